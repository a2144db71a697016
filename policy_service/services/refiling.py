"""File everybody anew when the software finds people by other keys than those they were filed by.

A batch is read and its keys are made outside the write lock; then one short transaction replaces
the keys of those whose record has not changed meanwhile. Each person carries the number they are
filed under, so it may stop and go on anywhere, and several may run at once. Until everybody is
filed, nobody is "not found": recognition says that it could not look at all (promise 1). When
everybody is, every pair that matters is asked about again.

Third parties of whom only hashes are kept cannot be filed anew; they are counted, and the next
import of those contacts files them; until then answers say so (`old_contacts`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, func, select, update

from policy_service.audit.log import Owned
from policy_service.database import match_index
from policy_service.database.tables.people import HASHED, PLAIN, MatchKeyRow, PersonRow
from policy_service.domain.principals import Principal
from policy_service.matching.filing import FILING
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.directory import practices
from policy_service.services.match_models import hold_head
from policy_service.services.match_state import forget_state, match_state
from policy_service.services.people import Filing, Person, filing_of, open_people
from policy_service.services.touch import rescreen_everyone

REFILED = "matching.refiled"
BATCH = 200
_OLD = (
    PersonRow.practice_id == bindparam("practice"),
    PersonRow.filed != bindparam("version"),
    PersonRow.kept == bindparam("kept"),
    PersonRow.erased_at.is_(None),
)
_NEXT = select(PersonRow.id).where(*_OLD).order_by(PersonRow.id).limit(bindparam("batch"))
_LEFT = select(func.count()).select_from(PersonRow).where(*_OLD)
_ERASED_ARE_FILED = (
    update(PersonRow)
    .where(
        PersonRow.practice_id == bindparam("practice"),
        PersonRow.erased_at.is_not(None),
        PersonRow.filed != FILING,
    )
    .values(filed=FILING)
    .execution_options(synchronize_session=False)
)
"""Nothing finds an erased person by any key: none is left to look through for who waits."""
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class HowFar:
    """How far it is. `left` people wait; `hashed` third parties can only be imported again."""

    version: int
    left: int
    hashed: int
    is_finished: bool


def how_far(context: Context) -> HowFar:
    """How many people stand on keys of another release."""
    left, hashed = (
        context.session.execute(_LEFT, _asked(context, kept)).scalar_one()
        for kept in (PLAIN, HASHED)
    )
    return HowFar(FILING, left, hashed, context.matching.is_filed and not left)


def _asked(context: Context, kept: str) -> dict[str, object]:
    return {
        "practice": context.practice_id,
        "version": FILING,
        "kept": kept,
        "batch": BATCH,
    }


def refile(desk: Desk, principal: Principal, progress: Progress) -> int:
    """File everybody who is not filed by this software's keys; returns how many were."""
    done = 0
    while filed := refile_batch(desk, principal):
        done += filed
        progress(f"{done} people filed anew")
    finish_filing(desk, principal)
    return done


def refile_batch(desk: Desk, principal: Principal) -> int:
    """File one batch; returns how many people it looked at, 0 when nobody is left."""
    with desk.reading(principal) as context:
        ids = list(context.session.scalars(_NEXT, _asked(context, PLAIN)))
        people = open_people(context, ids)
        filings = {one.id: filing_of(context, one.id, one.record) for one in people}
    if people:
        with desk.writing(principal) as context:
            kept = _unchanged(context, people)
            _file(context, {person_id: filings[person_id] for person_id in kept})
    return len(people)


def _unchanged(context: Context, people: list[Person]) -> list[str]:
    """Those whose record is still the one read: a change since has filed them itself."""
    rows = context.session.execute(
        select(PersonRow.id, PersonRow.record_digest)
        .where(PersonRow.id.in_([person.id for person in people]), PersonRow.erased_at.is_(None))
        .order_by(PersonRow.id)
        .with_for_update()
    )
    digests = {row.id: row.record_digest for row in rows}
    return [person.id for person in people if digests.get(person.id) == person.digest]


def _file(context: Context, filings: Mapping[str, Filing]) -> None:
    """Put features and keys in place of the old ones. Nothing about the people changed."""
    mine = PersonRow.practice_id == context.practice_id
    for person_id, filing in filings.items():
        context.session.execute(
            update(PersonRow)
            .where(mine, PersonRow.id == person_id)
            .values(**filing.columns)
            .execution_options(synchronize_session=False)
        )
    context.session.execute(
        delete(MatchKeyRow)
        .where(
            MatchKeyRow.practice_id == context.practice_id,
            MatchKeyRow.person_id.in_(sorted(filings)),
        )
        .execution_options(synchronize_session=False)
    )
    pairs = [(key, own) for own, filing in filings.items() for key in filing.match_keys]
    match_index.file_keys(context.session, "match_key", pairs)


def finish_filing(desk: Desk, principal: Principal) -> bool:
    """Once nobody is left, say so and ask about every pair again; True if that was to be said."""
    with desk.writing(principal) as context:
        head = hold_head(context)
        if (
            head.filed == FILING
            or context.session.execute(_LEFT, _asked(context, PLAIN)).scalar_one()
        ):
            return False
        context.session.execute(_ERASED_ARE_FILED, {"practice": context.practice_id})
        before, head.filed, head.number = head.filed, FILING, head.number + 1
        context.session.flush()
        forget_state(context.session)
        context.log(REFILED, {"filing": Owned({"before": before, "now": FILING})})
        rescreen_everyone(context, f"filed:{FILING}")
    return True


def practices_being_filed(desk: Desk) -> int:
    """In how many practices people still stand on the keys of another release."""
    return sum(not _is_filed(desk, practice.id) for practice in practices(desk))


def _is_filed(desk: Desk, practice_id: str) -> bool:
    with desk.database.read(practice_id) as session:
        return match_state(session, practice_id, desk.models).is_filed


def refile_due(desk: Desk, principal: Principal) -> int:
    """What a worker does in one round: one batch if anybody is to be filed anew, else nothing."""
    with desk.reading(principal) as context:
        if context.matching.is_filed:
            return 0
    return refile_batch(desk, principal) or int(finish_filing(desk, principal))
