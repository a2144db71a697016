"""Ties between persons: stated by clinicians (disclosures), clients or officers.

Append-only revisions. Kind, period and origin are sealed under the key of the far person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from policy_service.database.tables.ties import TieRow
from policy_service.domain.ties import TIE_KINDS, TieCategory
from policy_service.ledger.canonical import canonical_bytes, parse_object
from policy_service.services.context import Context


class TieSource(StrEnum):
    """Who states a tie."""

    DISCLOSURE = "disclosure"
    CLIENT = "client"
    IMPORT = "import"
    ADDRESS_BOOK = "address_book"
    """Read from a clinician's address book: says that they are known, not what they are."""
    OFFICER = "officer"


@dataclass(frozen=True, slots=True)
class StatedTie:
    """An opened tie: `to_person` is `kind` to `from_person`. Dates are partial ISO text."""

    id: str
    from_person: str
    to_person: str
    kind: str
    is_ended: bool
    since: str | None
    until: str | None
    source: str
    clinician_id: str | None

    @property
    def category(self) -> TieCategory:
        """What the tie is to a rule."""
        return TIE_KINDS[self.kind].category


def seal_tie(context: Context, tie: StatedTie, revision: int) -> bytes:
    """The sealed part of a tie row."""
    body = canonical_bytes({"kind": tie.kind, "since": tie.since, "until": tie.until})
    return context.keyring.seal(context.session, tie.to_person, body, _where(tie.id, revision))


def open_ties(context: Context, rows: Sequence[TieRow]) -> list[StatedTie]:
    """Unseal tie rows; their far persons' keys are loaded by one query."""
    context.keyring.load_person_keys(context.session, {row.to_person_id for row in rows})
    return [_open(context, row) for row in rows]


def _open(context: Context, row: TieRow) -> StatedTie:
    raw = context.keyring.open(
        context.session, row.to_person_id, row.sealed, _where(row.id, row.revision)
    )
    body = parse_object(raw)
    return StatedTie(
        id=row.id,
        from_person=row.from_person_id,
        to_person=row.to_person_id,
        kind=str(body["kind"]),
        is_ended=row.is_ended,
        since=_text(body["since"]),
        until=_text(body["until"]),
        source=row.source,
        clinician_id=row.clinician_id,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _where(tie_id: str, revision: int) -> tuple[str, str, str]:
    return ("tie", f"{tie_id}/{revision}", "sealed")
