"""What officers have said of the person of a record: read by recognition, written by `identity`."""

from __future__ import annotations

from dataclasses import dataclass

from policy_service.database.driver import fetch, spellings
from policy_service.domain.kinship import converse
from policy_service.services.context import Context

_VERDICTS_ON = spellings("""
SELECT digest_a, digest_b, person_a, person_b, verdict, relation FROM identity_verdict
WHERE practice_id = {practice} AND (digest_a = {digest} OR digest_b = {digest})
ORDER BY decided_at, id
""")


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict read from one record. `relation` is what its person is to the other person."""

    verdict: str
    relation: str | None = None


Judgements = dict[tuple[str, bytes], Judgement]
"""By the other person's id and the digest of the record that was judged."""


def judgements_on(context: Context, digest: bytes) -> Judgements:
    """The newest verdict per other person that was given on a record of this digest."""
    found: Judgements = {}
    rows = fetch(context.session, _VERDICTS_ON, {"digest": digest})
    for digest_a, digest_b, person_a, person_b, verdict, relation in rows:
        # Two persons may have equal records: then the verdict reads both ways.
        if digest_a == digest:
            back = converse(relation) if relation else None
            found[person_b, digest_b] = Judgement(verdict, back)
        if digest_b == digest:
            found[person_a, digest_a] = Judgement(verdict, relation)
    return found
