"""Chains of ties against an oracle that tries every walk, on random graphs, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policy_service.database import Database
from policy_service.database.tables.ties import TieRow
from policy_service.domain.kinship import TieStep, compose, converse
from policy_service.domain.ties import TIE_KINDS, TieCategory, tie_kind
from policy_service.services.clients import register_client
from policy_service.services.context import Context
from policy_service.services.disclosures import DisclosureForm, TieForm, disclose, state_tie
from policy_service.services.gathering import tie_graph
from policy_service.services.gathering.paths import walk_from
from policy_service.services.gathering.targets import Certainty, Target
from policy_service.services.gathering.tie_graph import Arc, chains
from policy_service.services.parties import client_row, clinician_row
from policy_service.services.people import register
from policy_service.services.ties import StatedTie, seal_tie
from tests.cast import World, person

FORGETS = HealthCheck.function_scoped_fixture
WHEN = datetime(2026, 3, 2, tzinfo=UTC)
PERSONS = tuple(str(UUID(int=number, version=4)) for number in range(7))
KINDS = sorted({kind.neutral for kind in TIE_KINDS.values()} - {"ONESELF"})
places = st.integers(0, len(PERSONS) - 1)
live = st.sampled_from(["live", "live", "live", "live", "old", "withdrawn"])
graphs = st.lists(st.tuples(places, places, live).filter(lambda tie: tie[0] != tie[1]), max_size=14)

Step = tuple[str, str, str]
Trail = tuple[Step, ...]


def store(database: Database, practice: str, ties: list[tuple[int, int, str]]) -> list[Step]:
    """Write the ties; returns the live ones as both of their arcs."""
    arcs: list[Step] = []
    with database.write(practice) as session:
        for one, other, state in ties:
            tie_id = str(uuid4())
            session.add(
                TieRow(
                    practice_id=practice,
                    id=tie_id,
                    revision=1,
                    is_current=state != "old",
                    is_withdrawn=state == "withdrawn",
                    recorded_at=WHEN,
                    recorded_by="a test",
                    from_person_id=PERSONS[one],
                    to_person_id=PERSONS[other],
                    is_ended=False,
                    source="officer",
                    sealed=b"",
                )
            )
            if state == "live":
                arcs.append((PERSONS[one], PERSONS[other], tie_id))
                arcs.append((PERSONS[other], PERSONS[one], tie_id))
    return arcs


def every_walk(start: str, ends: set[str], arcs: list[Step], most: int = 3) -> Iterator[Trail]:
    """The oracle: go everywhere, keep the walks that end well and meet nobody twice."""
    trails: list[Trail] = [()]
    for _ in range(most + 1):
        for trail in trails:
            people = [start, *(far for _, far, _ in trail)]
            if people[-1] in ends and len(set(people)) == len(people):
                yield trail
        trails = [
            (*trail, arc)
            for trail in trails
            for arc in arcs
            if arc[0] == (trail[-1][1] if trail else start)
        ]


@settings(suppress_health_check=[FORGETS], max_examples=25)
@given(ties=graphs, start=places, ends=st.sets(places, min_size=1, max_size=3))
def test_chains_are_all_simple_walks_and_no_others(
    database: Database, ties: list[tuple[int, int, str]], start: int, ends: set[int]
) -> None:
    practice = str(uuid4())
    arcs = store(database, practice, ties)
    wanted = {PERSONS[end] for end in ends}
    with database.read(practice) as session:
        found = chains(session, PERSONS[start], wanted).found
    read = [tuple((arc.near, arc.far, arc.tie) for arc in chain) for chain in found]
    assert len(set(read)) == len(read)
    assert set(read) == set(every_walk(PERSONS[start], wanted, arcs))


def test_the_oracle_sees_a_query_that_forgets_one_direction(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    practice = str(uuid4())
    arcs = store(database, practice, [(0, 1, "live"), (2, 1, "live"), (2, 3, "live")])
    one_way = {
        dialect: statement.split(" UNION ALL ")[0]
        for dialect, statement in tie_graph._BETWEEN.items()
    }
    monkeypatch.setattr(tie_graph, "_BETWEEN", one_way)
    with database.read(practice) as session:
        found = chains(session, PERSONS[0], {PERSONS[3]}).found
    assert found == ()
    assert len(list(every_walk(PERSONS[0], {PERSONS[3]}, arcs))) == 1


def test_given_arcs_are_walked_like_ties(database: Database) -> None:
    practice = str(uuid4())
    store(database, practice, [(1, 2, "live"), (2, 3, "live")])
    with database.read(practice) as session:
        known = [Arc(PERSONS[0], PERSONS[1], "", 0)]
        found = chains(session, PERSONS[0], {PERSONS[3], PERSONS[1]}, known).found
    assert [[arc.far for arc in chain] for chain in found] == [
        [PERSONS[1]],
        [PERSONS[1], PERSONS[2], PERSONS[3]],
    ]


def test_other_practices_ties_are_not_walked(database: Database) -> None:
    theirs, ours = str(uuid4()), str(uuid4())
    store(database, theirs, [(0, 1, "live")])
    with database.read(ours) as session:
        assert chains(session, PERSONS[0], {PERSONS[1]}).found == ()


def test_a_walk_through_too_many_is_cut_and_says_so(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tie_graph, "MIDDLE_LIMIT", 2)
    practice = str(uuid4())
    store(database, practice, [(0, 1, "live"), (0, 2, "live"), (0, 3, "live"), (3, 4, "live")])
    with database.read(practice) as session:
        found = chains(session, PERSONS[0], {PERSONS[4]})
    assert found.cut
    assert [len(chain) for chain in found.found] == [2]


# -- paths ------------------------------------------------------------------------------------


def state(context: Context, people: list[str], tie: tuple[int, int, str]) -> None:
    one, other, kind = tie
    stated = StatedTie(
        str(uuid4()), people[one], people[other], kind, False, None, None, "officer", None
    )
    context.session.add(
        TieRow(
            practice_id=context.practice_id,
            id=stated.id,
            revision=1,
            is_current=True,
            recorded_at=WHEN,
            recorded_by="a test",
            from_person_id=stated.from_person,
            to_person_id=stated.to_person,
            is_ended=False,
            source=stated.source,
            sealed=seal_tie(context, stated, 1),
        )
    )


kinds = st.sampled_from(KINDS)
small = st.integers(0, 4)
ties_of_kinds = st.lists(
    st.tuples(small, small, kinds).filter(lambda tie: tie[0] != tie[1]), min_size=1, max_size=8
)


@settings(suppress_health_check=[FORGETS], max_examples=10)
@given(ties=ties_of_kinds)
def test_asking_from_either_end_gives_converse_paths(
    world: World, ties: list[tuple[int, int, str]]
) -> None:
    with world.writing() as context:
        people = [register(context, person("Ada", f"Kin{number}")) for number in range(5)]
        for tie in ties:
            state(context, people, tie)
    with world.reading() as context:
        there = walk_from(context, people[0], [Target(people[1], Certainty.FACT)]).paths
        back = walk_from(context, people[1], [Target(people[0], Certainty.FACT)]).paths
    neutral = {_neutral(path.steps) for path in there}
    assert neutral == {_turned(_neutral(path.steps)) for path in back}
    for path in there:
        met = [people[0], *(edge.far for edge in path.edges)]
        assert len(set(met)) == len(met)
    read = {_neutral(path.steps): compose(path.steps) for path in there}
    for path in back:
        mine = read[_turned(_neutral(path.steps))]
        theirs = compose(path.steps)
        assert mine.degrees == theirs.degrees
        assert mine.category == _TURNED.get(theirs.category, theirs.category)


_ONE_WAY = (
    (TieCategory.EMPLOYER, TieCategory.EMPLOYEE),
    (TieCategory.SUPERVISOR, TieCategory.SUPERVISEE),
    (TieCategory.TEACHER, TieCategory.STUDENT),
)
_TURNED: dict[TieCategory | None, TieCategory] = {
    one: other for pair in _ONE_WAY for one, other in (pair, pair[::-1])
}


def _neutral(steps: tuple[TieStep, ...]) -> tuple[str, ...]:
    return tuple(tie_kind(step.kind).neutral for step in steps)


def _turned(kinds: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(converse(kind) for kind in reversed(kinds))


def test_somebody_who_contradicts_themselves_is_warned_of(world: World) -> None:
    """Ben says that one person is his parent and his child: the generation is then not known."""
    ada = person("Ada", "Contrary", "1960-01-01", emails=("ada@example.org",))
    with world.writing() as context:
        known = register_client(context, ada)
        far = client_row(context, known).person_id
        for kind in ("MTH", "DAUC"):
            disclose(context, DisclosureForm(world.ids["ben"], kind, person_id=far))
    world.ids["ada"] = known
    answer = world.check("ben", "ada")
    warned = {tie["path"]: tie.get("warning", "") for tie in answer["ties"].values()}
    assert set(warned) == {"the clinician's mother", "the clinician's daughter"}
    for said in warned.values():
        assert "the clinician's daughter and the clinician's mother" in said
    near = [f for f in answer["findings"] if f["rule"] == "baseline.ties.near-relative-as-client"]
    assert near


def test_a_parent_cycle_of_three_is_warned_of(world: World) -> None:
    ada = person("Ada", "Contrary", "1960-01-01", emails=("ada@example.org",))
    with world.writing() as context:
        known = register_client(context, ada)
        far = client_row(context, known).person_id
        middle = register(context, person("Bo", "Contrary", "1961"))
        ben = clinician_row(context, world.ids["ben"]).person_id
        for one, other in ((ben, middle), (middle, far), (far, ben)):
            state_tie(context, TieForm(one, other, "PRN"))
    world.ids["ada"] = known
    warned = [tie.get("warning", "") for tie in world.check("ben", "ada")["ties"].values()]
    assert all("parent of the clinician's parent" in said for said in warned)


def test_ties_that_agree_are_not_warned_of(world: World) -> None:
    ada = person("Ada", "Plain", "1960-01-01", emails=("ada@example.org",))
    with world.writing() as context:
        known = register_client(context, ada)
        far = client_row(context, known).person_id
        for kind in ("SIS", "HSIB", "FRND"):
            disclose(context, DisclosureForm(world.ids["ben"], kind, person_id=far))
    world.ids["ada"] = known
    ties = world.check("ben", "ada")["ties"].values()
    assert len(ties) == 3
    assert not any("warning" in tie for tie in ties)
