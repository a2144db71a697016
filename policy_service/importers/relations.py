"""What address books call a contact's relatives, as persons whom the contact's record names."""

from __future__ import annotations

from policy_service.domain.people import PersonName, RelatedPerson, RelatedRole
from policy_service.domain.relation_words import relation_code
from policy_service.domain.ties import TIE_KINDS, TieCategory
from policy_service.importers.entries import Entry
from policy_service.importers.people import full_name

_ROLES = {
    TieCategory.PARTNER: RelatedRole.PARTNER,
    TieCategory.RELATIVE: RelatedRole.FAMILY,
    TieCategory.GUARDIAN: RelatedRole.GUARDIAN,
}


def related_person(entry: Entry, field: str, label: str, name: str) -> RelatedPerson | None:
    """The person `name`, who is to the contact what `label` says ("* Spouse", `_$!<Mother>!$_`)."""
    read = full_name(entry.text(field, name))
    if read == PersonName():
        return None
    code = relation_code(label.strip("*_$!<> "))
    role = _ROLES.get(TIE_KINDS[code].category, RelatedRole.OTHER) if code else RelatedRole.OTHER
    return RelatedPerson(read, code, role)
