# SPDX-License-Identifier: GPL-3.0-or-later
"""What the service is told of a patient, in the words of its REST interface.

Everything is read with the rights of nobody in particular: the front desk need not see the family
records of a patient for the check to take them into account, and never sees what comes of them.
"""

MOST = 32
_SEXES = {"m": "male", "f": "female", "nb": "other", "other": "other"}
_NAME_KINDS = {
    "official": "legal",
    "usual": "chosen",
    "nickname": "nickname",
    "maiden": "maiden",
    "old": "former",
    "anonymous": "alias",
    "temp": "alias",
}
FAMILY_MEMBER = "FAMMEMB"
"""The service's word for a relative of any degree."""


def external_id(party):
    """The id by which the service knows a party: that of the federation, else the local one."""
    return party.federation_account or party.ref or ""


def person(party):
    """A party as the service describes persons. Empty values are left out."""
    said = {
        "names": _names(party),
        "birth_date": _birth_date(party),
        "sex": _SEXES.get(party.gender),
        "phones": _contacts(party, ("phone", "mobile")),
        "emails": _contacts(party, ("email",)),
        "addresses": [_address(one) for one in _homes(party)][:MOST],
        "related": _related(party),
    }
    return {name: value for name, value in said.items() if value}


def _names(party):
    names = [_name(party.name, party.lastname, "legal")]
    for one in party.person_names or ():
        names.append(_name(one.given, one.family, _NAME_KINDS.get(one.use, "alias")))
    found = [name for name in names if name]
    return [name for place, name in enumerate(found) if name not in found[:place]][:MOST]


def _name(given, family, kind=None):
    said = {"given": _text(given), "family": _text(family)}
    said = {name: value for name, value in said.items() if value}
    return {**said, "kind": kind} if said and kind else said


def _text(value, longest=200):
    """One line without control characters, as the service asks."""
    return " ".join("".join(c if c.isprintable() else " " for c in value or "").split())[:longest]


def _birth_date(party):
    if party.dob is None:
        return None
    return str(party.dob.year) if party.est_dob else party.dob.isoformat()


def _contacts(party, kinds):
    found = [
        _text(one.value, 254 if one.type == "email" else 40)
        for one in party.contact_mechanisms
        if one.type in kinds and not one.emergency
    ]
    return [value for value in found if value][:MOST]


def _homes(party):
    return [one for one in party.addresses if not (one.is_work or one.is_school)]


def _address(address):
    said = {
        "street": _text(" ".join((address.street or "").split("\n"))),
        "city": _text(address.city),
        "postcode": _text(address.postal_code, 20),
        "state": _text(address.subdivision.name if address.subdivision else "", 40),
    }
    return {name: value for name, value in said.items() if value}


def _related(party):
    named = [*_emergency(party), *_parents(party), *_at_addresses(party)]
    named += [*_family(party), *_relations(party)]
    return [one for one in named if one["name"]][:MOST]


def _emergency(party):
    """An emergency number bears the contact's name, or anything else, in its remarks."""
    for one in party.contact_mechanisms:
        words = _text(one.remarks).split()
        if one.emergency and words:
            name = _name(" ".join(words[:-1]), words[-1])
            number = {"phone": _text(one.value, 40)} if one.type in ("phone", "mobile") else {}
            yield {"name": name, "role": "emergency_contact", **number}


def _parents(party):
    for other, relation in ((party.mother, "MTH"), (party.father, "FTH")):
        if other:
            yield _named(other, {"relation": relation, "role": "family"})


def _at_addresses(party):
    """The relation of an address is free text, of whoever the address is shared with."""
    for one in party.addresses:
        if one.relative_id and one.relative_id != party:
            yield _named(one.relative_id, _typed(one.relationship))


def _family(party):
    """Kin of any degree: a role is what a member is in the family ("Father"), not to another.

    Of father and mother neither is the other's.
    """
    from trytond.pool import Pool

    Member = Pool().get("gnuhealth.family_member")
    families = [one.family for one in Member.search([("party", "=", party.id)])]
    for one in Member.search([("family", "in", families), ("party", "!=", party.id)]):
        yield _named(one.party, {"relation": FAMILY_MEMBER, "role": "family"})


def _relations(party):
    """The typed relations of party_relationship, where that module is there.

    A relation that reads differently backwards is sent as one to be asked about: which of its two
    names is whose, every site decides for itself.
    """
    for one in getattr(party, "relations", None) or ():
        names = {one.type.name, one.type.reverse.name if one.type.reverse else one.type.name}
        is_plain = len(names) == 1 and one.end_date is None
        typed = _typed(one.type.name) if is_plain else {"relation": FAMILY_MEMBER}
        if one.to != party:
            yield _named(one.to, typed)


def _typed(words):
    words = _text(words, 100)
    return {"relation_text": words} if words else {"relation": FAMILY_MEMBER}


def _named(party, said):
    birth = _birth_date(party)
    phones = _contacts(party, ("phone", "mobile"))[:1]
    return {
        "name": _name(party.name, party.lastname),
        **({"birth_date": birth} if birth else {}),
        **({"phone": phones[0]} if phones else {}),
        **said,
    }
