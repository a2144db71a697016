"""Disclosures: a clinician states a tie. Officers state ties between any two persons.

The person named gets a record of their own, whether or not someone like them is known: recognition
meets the two when a check is made, and nothing told back to the discloser depends on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import select

from policy_service.audit.log import Owned
from policy_service.database.tables.ties import TieRow
from policy_service.domain.people import PersonRecord
from policy_service.domain.ties import TIE_KINDS
from policy_service.errors import NotFound
from policy_service.services.context import Context
from policy_service.services.officers import require_officer
from policy_service.services.parties import (
    named_clinician,
    named_person,
    pseudonyms,
    refusal,
    require_period,
    tell,
)
from policy_service.services.people import register
from policy_service.services.revisions import add_first, current, revise
from policy_service.services.ties import StatedTie, TieSource, open_ties, seal_tie
from policy_service.services.touch import touch_clinicians, touch_tie

STATED_KINDS = tuple(sorted(set(TIE_KINDS) - {"ONESELF"}))
"""Kinds one can state: being the same person is an identity verdict, not a tie."""


@dataclass(frozen=True, slots=True)
class DisclosureForm:
    """What a clinician states: the person is `kind` to the clinician. Partial dates.

    The person is described by a record, or is a known person of that id.
    """

    clinician_id: str
    kind: str
    person: PersonRecord | None = None
    person_id: str | None = None
    since: str | None = None
    until: str | None = None
    is_ended: bool = False


@dataclass(frozen=True, slots=True)
class TieForm:
    """`to_person` is `kind` to `from_person` (person ids). Partial dates."""

    from_person: str
    to_person: str
    kind: str
    since: str | None = None
    until: str | None = None
    is_ended: bool = False
    source: TieSource = TieSource.OFFICER


@dataclass(frozen=True, slots=True)
class TieChange:
    """What a revision of a tie may say anew."""

    kind: str
    since: str | None = None
    until: str | None = None
    is_ended: bool = False


def disclose(context: Context, form: DisclosureForm) -> str:
    """Record a disclosure; returns the tie's id. Alike whether the person is a client or not."""
    clinician = named_clinician(context, form.clinician_id, "/clinician_id")
    _require_tie(TieChange(form.kind, form.since, form.until, form.is_ended))
    tie = StatedTie(
        id=context.new_id(),
        from_person=clinician.person_id,
        to_person=_far_person(context, form),
        kind=form.kind,
        is_ended=form.is_ended or form.until is not None,
        since=form.since,
        until=form.until,
        source=TieSource.DISCLOSURE.value,
        clinician_id=clinician.id,
    )
    _refuse_oneself(tie, "/person_id")
    _add(context, tie)
    _log(context, "disclosure.made", tie, form.person)
    _touch(context, tie)
    return tie.id


def _far_person(context: Context, form: DisclosureForm) -> str:
    if (form.person is None) == (form.person_id is None):
        raise refusal("/person", "Give either person or person_id, not both and not neither.")
    if form.person_id is not None:
        return named_person(context, form.person_id, "/person_id").id
    assert form.person is not None  # noqa: S101 - one of the two, see above
    return register(context, form.person)


def revise_disclosure(context: Context, tie_id: str, change: TieChange, reason: str) -> None:
    """State the tie anew: it ended, its kind was wrong, its dates are better known."""
    revised = _revise(context, tie_id, change, reason)
    tell(context, "disclosure.revised", revised.to_person, _told(revised), [revised.from_person])
    _touch(context, revised)


def withdraw_disclosure(context: Context, tie_id: str, reason: str) -> None:
    """The tie never was. It stays readable, with the reason, and counts no more."""
    row = _withdraw(context, tie_id, reason)
    told = {"id": row.id, "revision": row.revision, "reason": reason}
    tell(context, "disclosure.withdrawn", row.to_person_id, told, [row.from_person_id])
    _touch_ends(context, row.clinician_id, row.from_person_id, row.to_person_id)


def state_tie(context: Context, form: TieForm) -> str:
    """Record a tie between two known persons; returns its id. For officers and imports."""
    require_officer(context)
    _require_tie(TieChange(form.kind, form.since, form.until, form.is_ended))
    tie = StatedTie(
        id=context.new_id(),
        from_person=named_person(context, form.from_person, "/from_person").id,
        to_person=named_person(context, form.to_person, "/to_person").id,
        kind=form.kind,
        is_ended=form.is_ended or form.until is not None,
        since=form.since,
        until=form.until,
        source=form.source.value,
        clinician_id=None,
    )
    _refuse_oneself(tie, "/to_person")
    _add(context, tie)
    _log(context, "tie.stated", tie, None)
    _touch(context, tie)
    return tie.id


def revise_tie(context: Context, tie_id: str, change: TieChange, reason: str) -> None:
    """State an officer's tie anew. NotFound for a clinician's: that one is theirs to revise."""
    require_officer(context)
    officers_tie(context, tie_id)
    revised = _revise(context, tie_id, change, reason)
    tell(context, "tie.revised", revised.to_person, _told(revised), [revised.from_person])
    _touch(context, revised)


def withdraw_tie(context: Context, tie_id: str, reason: str) -> None:
    """The officer's tie never was. NotFound for a clinician's."""
    require_officer(context)
    officers_tie(context, tie_id)
    row = _withdraw(context, tie_id, reason)
    told = {"id": row.id, "revision": row.revision, "reason": reason}
    tell(context, "tie.withdrawn", row.to_person_id, told, [row.from_person_id])
    _touch_ends(context, row.clinician_id, row.from_person_id, row.to_person_id)


def officers_tie(context: Context, tie_id: str) -> tuple[TieRow, StatedTie]:
    """An officer's tie as it stands. NotFound for what a clinician stated: that is theirs."""
    row = current(context, TieRow, tie_id)
    if row.clinician_id is not None:
        raise NotFound
    return row, open_ties(context, [row])[0]


def disclosures_of(context: Context, clinician_id: str) -> list[tuple[TieRow, StatedTie]]:
    """What a clinician states now, withdrawn ones left out, in the order they were recorded."""
    rows = list(
        context.session.scalars(
            select(TieRow)
            .where(
                TieRow.clinician_id == clinician_id,
                TieRow.is_current.is_(True),
                TieRow.is_withdrawn.is_(False),
            )
            .order_by(TieRow.recorded_at, TieRow.id)
        )
    )
    return list(zip(rows, open_ties(context, rows), strict=True))


def _require_tie(change: TieChange) -> None:
    if change.kind not in STATED_KINDS:
        raise refusal("/kind", "This word is not allowed.", STATED_KINDS)
    require_period(change.since, change.until, ("/since", "/until"))


def _refuse_oneself(tie: StatedTie, pointer: str) -> None:
    if tie.from_person == tie.to_person:
        raise refusal(pointer, "Nobody has a tie to themselves.")


def _add(context: Context, tie: StatedTie) -> None:
    add_first(
        context,
        TieRow,
        id=tie.id,
        from_person_id=tie.from_person,
        to_person_id=tie.to_person,
        is_ended=tie.is_ended,
        source=tie.source,
        clinician_id=tie.clinician_id,
        sealed=seal_tie(context, tie, 1),
    )


def _revise(context: Context, tie_id: str, change: TieChange, reason: str) -> StatedTie:
    _require_tie(change)
    row = current(context, TieRow, tie_id)
    [old] = open_ties(context, [row])
    tie = replace(
        old,
        kind=change.kind,
        since=change.since,
        until=change.until,
        is_ended=change.is_ended or change.until is not None,
    )
    sealed = seal_tie(context, tie, row.revision + 1)
    revise(context, row, reason, sealed=sealed, is_ended=tie.is_ended)
    return tie


def _withdraw(context: Context, tie_id: str, reason: str) -> TieRow:
    """The seal names the revision: what is carried over is sealed anew, or it would not open."""
    row = current(context, TieRow, tie_id)
    [tie] = open_ties(context, [row])
    sealed = seal_tie(context, tie, row.revision + 1)
    return revise(context, row, reason, sealed=sealed, is_withdrawn=True)


def _told(tie: StatedTie) -> dict[str, str | bool | None]:
    return {
        "id": tie.id,
        "kind": tie.kind,
        "since": tie.since,
        "until": tie.until,
        "is_ended": tie.is_ended,
        "source": tie.source,
    }


def _log(context: Context, action: str, tie: StatedTie, record: PersonRecord | None) -> None:
    """What is said of the far person is sealed under that person's key."""
    groups = {"tie": Owned(_told(tie), tie.to_person)}
    if record is not None:
        groups["person"] = Owned(record.to_json(), tie.to_person)
    subjects = pseudonyms(context, [tie.from_person, tie.to_person])
    context.log(action, groups, subjects=subjects)


def _touch(context: Context, tie: StatedTie) -> None:
    _touch_ends(context, tie.clinician_id, tie.from_person, tie.to_person)


def _touch_ends(context: Context, clinician_id: str | None, one: str, other: str) -> None:
    """A disclosure touches its clinician too; whom the tie brings near, the worker finds."""
    if clinician_id is not None:
        touch_clinicians(context, [clinician_id])
    touch_tie(context, one, other)
