"""Fill an empty GNU Health with a small practice. A program for GNU Health's own Python:

    python seed.py DATABASE trytond.conf      prints the ids as JSON

Nothing of this service is imported, and everybody is invented.
"""

import json
import sys
from datetime import date

from proteus import Model, config

FRONT_DESK, DOCTOR = "Health Front Desk", "Health Doctor"
PASSWORD = "a long enough password 1984"


def person(given, family, born, gender="u", phone=None, **more):
    """One party a call: GNU Health gives the codes of a second one twice."""
    party = Model.get("party.party")()
    party.name, party.lastname, party.dob, party.gender = given, family, born, gender
    party.is_person = True
    party.fed_country = "XXX"
    for name, value in more.items():
        setattr(party, name, value)
    if phone:
        contact = party.contact_mechanisms.new()
        contact.type, contact.value = "mobile", phone
    party.save()
    return party


def clinician(given, family, born, licence, phone):
    party = person(given, family, born, phone=phone, is_healthprof=True)
    made = Model.get("gnuhealth.healthprofessional")()
    made.party, made.code = party, licence
    made.save()
    return made


def patient(given, family, born, gender="u", phone=None):
    party = person(given, family, born, gender, phone, is_patient=True)
    (made,) = Model.get("gnuhealth.patient").find([("party", "=", party.id)])
    return made


def user(login, group):
    groups = Model.get("res.group").find([("name", "=", group)])
    made = Model.get("res.user")()
    made.name, made.login, made.password = login, login, PASSWORD
    for one in groups:
        made.groups.append(one)
    made.save()
    return made


def family_of(patient_party, clinician_party):
    """Free-text roles, as the field's own help text spells them."""
    family = Model.get("gnuhealth.family")()
    family.name = "ROSSI"
    for party, role in ((patient_party, "sibbling"), (clinician_party, "Sister")):
        member = family.members.new()
        member.party, member.role = party, role
    family.save()


def main(database, config_file):
    config.set_trytond(database, user="admin", config_file=config_file)
    people = {
        "anna": clinician("Anna", "Rossi", date(1979, 6, 11), "LIC-1", "+15125550101"),
        "ben": clinician("Ben", "Okafor", date(1968, 1, 30), "LIC-2", "+15125550102"),
        "marco": patient("Marco", "Rossi", date(1984, 5, 2), "m", "+15125550147"),
        "kim": patient("Kim", "Park", date(1991, 8, 20), "f", "+15125550155"),
        "lea": patient("Lea", "Wolff", date(1975, 12, 3), "f", "+15125550166"),
        "noor": patient("Noor", "Aziz", date(1988, 3, 14), "f", "+15125550177"),
    }
    user("front.desk", FRONT_DESK)
    user("doctor", DOCTOR)
    known = {
        name: {
            "id": one.id,
            "party": one.party.id,
            "external_id": one.party.federation_account,
            "name": one.party.rec_name,
        }
        for name, one in people.items()
    }
    print(json.dumps(known))


if __name__ == "__main__":
    main(*sys.argv[1:])
