// What IHE's Basic Audit Log Patterns (BALP 1.1) demand of the audit events we emit, restated in the
// fewest rules. The service never reads this: the tests compile it, and a validator by others applies
// it. Not restated: must-support flags, and patterns that we never claim.

Alias: DCM = http://dicom.nema.org/resources/ontology/DCM
Alias: EVENT = http://terminology.hl7.org/CodeSystem/audit-event-type
Alias: OUTCOME = http://terminology.hl7.org/CodeSystem/audit-event-outcome
Alias: REST = http://hl7.org/fhir/restful-interaction
Alias: ENTITY = http://terminology.hl7.org/CodeSystem/audit-entity-type
Alias: ROLE = http://terminology.hl7.org/CodeSystem/object-role
Alias: PART = http://terminology.hl7.org/CodeSystem/v3-ParticipationType
Alias: LIFE = http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle

RuleSet: Sliced(element, kind, path)
* {element} ^slicing.discriminator.type = #{kind}
* {element} ^slicing.discriminator.path = "{path}"
* {element} ^slicing.rules = #open

RuleSet: Machine(slice, code)
* agent[{slice}].type = DCM#{code}
* agent[{slice}].who 1..1
* agent[{slice}].network 1..1

RuleSet: Parties(client, server)
* insert Sliced(agent, pattern, type)
* agent 2..
* agent contains client 1..1 and server 1..1 and user 0..1
* insert Machine(client, {client})
* insert Machine(server, {server})
* agent[client].media 0..0
* agent[server].media 0..0
* agent[user].who 1..1
* agent[user].requestor = true
* agent[user].media 0..0
* agent[user].network 0..0

RuleSet: Restful(action)
* type = EVENT#rest
* subtype 1..
* insert Sliced(subtype, value, $this)
* action = #{action}
* outcome = OUTCOME#0

RuleSet: ThePatient
* entity contains patient 1..1
* entity[patient].type = ENTITY#1
* entity[patient].role = ROLE#1
* entity[patient].what 1..1
* entity[patient].what only Reference(Patient)

RuleSet: TheObject
* insert Sliced(entity, pattern, type)
* entity 1..
* entity contains data 1..1
* entity[data].type = ENTITY#2
* entity[data].role from RestObjectRoles (required)
* entity[data].what 1..1

ValueSet: RestObjectRoles
Id: RestObjectRoles
* ROLE#4
* ROLE#3
* ROLE#20

ValueSet: DataSources
Id: DataSources
* PART#AUT
* PART#INF
* PART#CST

Invariant: val-audit-source
Description: "The source of the data is the source of the audit event too."
Expression: "$this.who = %resource.source.observer"
Severity: #error

Profile: Create
Parent: AuditEvent
Id: IHE.BasicAudit.Create
* insert Restful(C)
* subtype contains anyCreate 1..1
* subtype[anyCreate] = REST#create
* insert Parties(110153, 110152)
* agent[user].type from DataSources (required)
* insert TheObject

Profile: PatientCreate
Parent: Create
Id: IHE.BasicAudit.PatientCreate
* entity 2..
* insert ThePatient

Profile: Update
Parent: AuditEvent
Id: IHE.BasicAudit.Update
* insert Restful(U)
* subtype contains anyUpdate 0..1 and anyPatch 0..1
* subtype[anyUpdate] = REST#update
* subtype[anyPatch] = REST#patch
* insert Parties(110153, 110152)
* agent[user].type from DataSources (required)
* insert TheObject

Profile: PatientUpdate
Parent: Update
Id: IHE.BasicAudit.PatientUpdate
* entity 2..
* insert ThePatient

Profile: Read
Parent: AuditEvent
Id: IHE.BasicAudit.Read
* insert Restful(R)
* subtype contains anyRead 0..1 and anyVread 0..1
* subtype[anyRead] = REST#read
* subtype[anyVread] = REST#vread
* insert Parties(110152, 110153)
* agent[user].type = PART#IRCP
* insert TheObject

Profile: PatientRead
Parent: Read
Id: IHE.BasicAudit.PatientRead
* entity 2..
* insert ThePatient

Profile: Query
Parent: AuditEvent
Id: IHE.BasicAudit.Query
* insert Restful(E)
* subtype contains anySearch 0..1
* subtype[anySearch] = REST#search
* insert Parties(110153, 110152)
* agent[user].type = PART#IRCP
* insert Sliced(entity, pattern, type)
* entity 1..
* entity contains query 1..1
* entity[query].type = ENTITY#2
* entity[query].role = ROLE#24
* entity[query].what 0..0
* entity[query].lifecycle 0..0
* entity[query].query 1..1
* entity[query].detail 0..0

Profile: PatientQuery
Parent: Query
Id: IHE.BasicAudit.PatientQuery
* insert ThePatient

Profile: PrivacyDisclosureSource
Parent: AuditEvent
Id: IHE.BasicAudit.PrivacyDisclosure.Source
* modifierExtension 0..0
* type = DCM#110106
* action = #R
* subtype 1..
* insert Sliced(subtype, value, $this)
* subtype contains disclosure 1..1
* subtype[disclosure] = LIFE#disclose
* outcome 1..1
* insert Sliced(agent, pattern, type)
* agent 2..
* agent contains source 1..1 and recipient 1..1
* insert Machine(source, 110153)
* agent[source] obeys val-audit-source
* insert Machine(recipient, 110152)
* insert Sliced(entity, pattern, type)
* entity 2..
* insert ThePatient
