"""Under which keys a check of a person looks for others, so that it can be read backwards.

A check looks up the person's own match keys, those of the people whom the record names, and the
connections to the record's handles. The first are filed for everybody; the rest is filed here.
"""

from __future__ import annotations

from sqlalchemy import delete

from policy_service.database import match_index
from policy_service.database.tables.watching import AskedKeyRow
from policy_service.domain.people import PersonRecord, RelatedPerson
from policy_service.matching.keys import match_texts
from policy_service.services.accounts import handle_key
from policy_service.services.context import Context


def as_person(related: RelatedPerson) -> PersonRecord:
    """The record under which a person named by another's record is looked for."""
    return PersonRecord(
        names=(related.name,),
        birth_date=related.birth_date,
        phones=(related.phone,) if related.phone else (),
    )


def asked_keys(context: Context, record: PersonRecord) -> set[int]:
    """What is asked for beside the person's own match keys."""
    texts = {text.text for related in record.related for text in match_texts(as_person(related))}
    keys = {context.keyring.match_key(text) for text in texts}
    return keys | {handle_key(context, one.platform, one.handle) for one in record.handles}


def file_asked_keys(context: Context, person_id: str, record: PersonRecord) -> None:
    """File, in place of what was filed before, what a check of this person asks for."""
    context.session.execute(
        delete(AskedKeyRow)
        .where(AskedKeyRow.practice_id == context.practice_id, AskedKeyRow.person_id == person_id)
        .execution_options(synchronize_session=False)
    )
    pairs = [(key, person_id) for key in asked_keys(context, record)]
    match_index.file_keys(context.session, "asked_key", pairs)
