"""What officers have said of the person of a record: read by recognition, written by `identity`."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, or_, select

from policy_service.database.guard import practice_of
from policy_service.database.tables.people import IdentityVerdictRow
from policy_service.domain.kinship import converse
from policy_service.services.context import Context

_VERDICTS_ON = (
    select(
        IdentityVerdictRow.digest_a,
        IdentityVerdictRow.digest_b,
        IdentityVerdictRow.person_a,
        IdentityVerdictRow.person_b,
        IdentityVerdictRow.verdict,
        IdentityVerdictRow.relation,
    )
    .where(
        IdentityVerdictRow.practice_id == bindparam("practice"),
        or_(
            IdentityVerdictRow.digest_a == bindparam("digest"),
            IdentityVerdictRow.digest_b == bindparam("digest"),
        ),
    )
    .order_by(IdentityVerdictRow.decided_at, IdentityVerdictRow.id)
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict read from one record. `relation` is what its person is to the other person."""

    verdict: str
    relation: str | None = None


Judgements = dict[tuple[str, bytes], Judgement]
"""By the other person's id and the digest of the record that was judged."""


def judgements_on(context: Context, digest: bytes) -> Judgements:
    """The newest verdict per other person that was given on a record of this digest."""
    values = {"practice": practice_of(context.session), "digest": digest}
    found: Judgements = {}
    for row in context.session.connection().execute(_VERDICTS_ON, values):
        # Two persons may have equal records: then the verdict reads both ways.
        if row.digest_a == digest:
            back = converse(row.relation) if row.relation else None
            found[row.person_b, row.digest_b] = Judgement(row.verdict, back)
        if row.digest_b == digest:
            found[row.person_a, row.digest_a] = Judgement(row.verdict, row.relation)
    return found
