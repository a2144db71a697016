"""Full screens: every watched pair is asked about again, a few clients at a time.

Needed where something moved that every answer rests on: the packs in use, the model, the measured
frequencies, the number of people by a step, the engine's semantics, or the day (clocks run out,
attestations and licences end). Of changes to people and ties it finds nothing: those touched whom
they reach. Candidates come from keys and ties, never from all clinicians times all clients.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from policy_service.database.tables.watching import AskedKeyRow, ScreenedRow
from policy_service.domain.principals import Principal
from policy_service.jobs import queue
from policy_service.jobs.queue import Work
from policy_service.matching.model import MatchModel
from policy_service.policy.pack import SEMANTICS
from policy_service.services.asked import asked_keys, file_asked_keys
from policy_service.services.chunks import rows_of
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.people import Person, open_people
from policy_service.services.population import BEFORE_ALL, clients_after
from policy_service.services.recognition import population
from policy_service.services.rescreening import queue_pairs, rescreen_pair, rescreener
from policy_service.services.steps import people_counted
from policy_service.services.touch import RESCREEN_ALL, rescreen_everyone
from policy_service.services.watched import Pair, pairs_of_people

CLIENTS_A_PIECE = 100
_ASKED_KEYS = select(AskedKeyRow.person_id, AskedKeyRow.key).where(
    AskedKeyRow.practice_id == bindparam("practice"),
    AskedKeyRow.person_id.in_(bindparam("wanted", expanding=True)),
)


@dataclass(frozen=True, slots=True)
class Screened:
    """What a full screen did: pairs asked about, and those of which there was news."""

    pairs: int
    recorded: int


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some clients of a full screen: their pairs, whose keys are filed wrongly, who comes next."""

    pairs: set[Pair]
    stale: tuple[Person, ...]
    last: str | None


def screen_piece(desk: Desk, practice_id: str, work: Work) -> bool:
    """Queue the pairs of some clients, and the piece after this; True if there were clients."""
    principal = rescreener(practice_id)
    piece = _piece(desk, principal, work.body.get("after", BEFORE_ALL))
    queue_pairs(desk, principal, piece.pairs)
    _refile(desk, principal, piece)
    if piece.last is None:
        return False
    with desk.writing(principal) as context:
        body = {**work.body, "after": piece.last}
        queue.enqueue(context.session, practice_id, RESCREEN_ALL, [body], context.now)
    return True


def screen_everyone(desk: Desk, practice_id: str) -> Screened:
    """A full screen here and now: the same pairs, without the queue."""
    asked = recorded = 0
    for piece in _pieces(desk, rescreener(practice_id)):
        for clinician_id, client_id in sorted(piece.pairs):
            asked += 1
            recorded += rescreen_pair(desk, practice_id, clinician_id, client_id)
    return Screened(asked, recorded)


def _pieces(desk: Desk, principal: Principal) -> Iterator[_Piece]:
    after: str | None = BEFORE_ALL
    while after is not None:
        piece = _piece(desk, principal, after)
        _refile(desk, principal, piece)
        after = piece.last
        yield piece


def _piece(desk: Desk, principal: Principal, after: str) -> _Piece:
    with desk.reading(principal) as context:
        rows = clients_after(context, after, CLIENTS_A_PIECE)
        people = [person_id for _, person_id in rows]
        pairs = pairs_of_people(context, people)
        return _Piece(pairs, tuple(_misfiled(context, people)), rows[-1][0] if rows else None)


def _misfiled(context: Context, person_ids: list[str]) -> Iterator[Person]:
    """Clients filed before there were asked keys, or under other rules of writing them."""
    filed: dict[str, set[int]] = {}
    for person_id, key in rows_of(context, _ASKED_KEYS, person_ids):
        filed.setdefault(person_id, set()).add(key)
    for person in open_people(context, person_ids):
        wanted = asked_keys(context, person.record)
        if wanted != filed.get(person.id, set()):
            yield person


def _refile(desk: Desk, principal: Principal, piece: _Piece) -> None:
    if piece.stale:
        with desk.writing(principal) as context:
            for person in piece.stale:
                file_asked_keys(context, person.id, person.record)


def screen_if_moved(desk: Desk, practice_id: str) -> bool:
    """Queue a full screen if what the last one rested on has moved; True if it has."""
    principal = rescreener(practice_id)
    with desk.reading(principal) as context:
        people = people_counted(population(context))
        now = basis(context.practice_id, context.model, people, context.now)
        if _is_same(context.session.get(ScreenedRow, practice_id), now):
            return False
    with desk.writing(principal) as context:
        context.session.merge(now)
        rescreen_everyone(context, f"{now.day} {now.people} {now.model[:16]} {now.semantics}")
    return True


def basis(practice_id: str, model: MatchModel, people: int, now: datetime) -> ScreenedRow:
    """What all answers of a practice rest on, beside packs and facts."""
    return ScreenedRow(
        practice_id=practice_id,
        model=model.digest,
        semantics=SEMANTICS,
        people=people,
        day=now.date().isoformat(),
    )


def _is_same(then: ScreenedRow | None, now: ScreenedRow) -> bool:
    if then is None:
        return False
    before = (then.model, then.semantics, then.people, then.day)
    return before == (now.model, now.semantics, now.people, now.day)
