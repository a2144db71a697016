"""Blind equality: what an audience sees depends on its standing, never on the hidden cause.

Worlds that differ only in why the answer is what it is give one audience the same status, headers,
length and bytes, once the declared fixed-length fields (id, at, receipt) are replaced. The control
at the end breaks redaction on purpose and sees the comparison fail.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from policy_service.domain import audiences
from policy_service.domain.principals import Scope
from policy_service.services.context import Context
from policy_service.services.disclosures import DisclosureForm, TieForm, disclose, state_tie
from policy_service.services.parties import client_row, clinician_row
from tests.api.conftest import EVERY_SCOPE, asked
from tests.cast import World, empty_world, populate

Cause = Callable[[Context, World], object]
UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NOWHERE = "00000000-0000-4000-8000-000000000000"
AT = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z")
RECEIPT = re.compile(rb'"receipt":"(?:[^"\\]|\\.)*"')


def _nobody_says_anything(context: Context, world: World) -> None:
    """The cast as it is: Ben has attested that he has no tie."""


def _ben_says_so(context: Context, world: World) -> None:
    """The clinician states the tie himself."""
    disclose(context, DisclosureForm(world.ids["ben"], "BRO", person_id=_tomas(context, world)))


def _an_officer_says_so(context: Context, world: World) -> None:
    """Neither Ben nor the client: an officer recorded it."""
    state_tie(context, TieForm(_ben(context, world), _tomas(context, world), "BRO"))


def _alma_is_bens_wife(context: Context, world: World) -> None:
    """Another clinician discloses; the path to her brother leads through her."""
    alma = clinician_row(context, world.ids["alma"]).person_id
    disclose(context, DisclosureForm(world.ids["alma"], "HUSB", person_id=_ben(context, world)))
    state_tie(context, TieForm(alma, _tomas(context, world), "BRO"))


def _they_were_partners(context: Context, world: World) -> None:
    """Another kind of tie altogether, recorded by an officer."""
    state_tie(context, TieForm(_ben(context, world), _tomas(context, world), "ex_partner"))


def _they_are_friends(context: Context, world: World) -> None:
    """A friendship, recorded by an officer."""
    state_tie(context, TieForm(_ben(context, world), _tomas(context, world), "FRND"))


def _they_do_business(context: Context, world: World) -> None:
    """A business partnership, recorded by an officer."""
    state_tie(context, TieForm(_ben(context, world), _tomas(context, world), "business_partner"))


HIDDEN: list[Cause] = [
    _an_officer_says_so,
    _alma_is_bens_wife,
    _they_were_partners,
    _they_are_friends,
    _they_do_business,
]
CAUSES: list[Cause] = [_nobody_says_anything, _ben_says_so, *HIDDEN]


def _ben(context: Context, world: World) -> str:
    return clinician_row(context, world.ids["ben"]).person_id


def _tomas(context: Context, world: World) -> str:
    return client_row(context, world.ids["tomas"]).person_id


class Seen:
    """What came over the wire: comparable once the declared fields are replaced."""

    def __init__(self, response: Any) -> None:
        headers = {name: value for name, value in response.headers.items() if name != "Date"}
        if "Location" in headers:
            headers["Location"] = UUID.sub(b"ID", headers["Location"].encode()).decode()
        body = RECEIPT.sub(b'"receipt":"R"', response.data)
        self.shape = (response.status_code, sorted(headers.items()), len(response.data))
        self.body = AT.sub(b"AT", UUID.sub(b"ID", body))
        self.json: dict[str, Any] = response.json

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Seen) and (self.shape, self.body) == (other.shape, other.body)

    def __hash__(self) -> int:
        return hash(self.body)


class Worlds:
    """One world a cause, each on a database of its own."""

    def __init__(self, template: Path, folder: Path) -> None:
        self._worlds = {cause: self._make(template, folder, cause) for cause in CAUSES}

    def _make(self, template: Path, folder: Path, cause: Cause) -> World:
        own = folder / cause.__name__
        own.mkdir()
        (own / "world.sqlite3").write_bytes(template.read_bytes())
        world = populate(empty_world(f"sqlite:///{own / 'world.sqlite3'}", own))
        with world.writing() as context:
            cause(context, world)
        return world

    def ask(self, cause: Cause, acting: dict[str, Any] | None, *scopes: Scope) -> list[Seen]:
        """POST the check about Ben and Tomas, and GET it back, as that audience."""
        world = self._worlds[cause]
        ehr = world.http(*(scopes or EVERY_SCOPE))
        body = asked(world, "ben", "tomas")
        query: dict[str, str] = {}
        del body["acting_user"]
        if acting is not None:
            known = {"own": world.ids["ben"], "other": world.ids["alma"]}
            who = {key: known.get(value, value) for key, value in acting.items()}
            body["acting_user"] = who
            query = {f"acting_{key.removeprefix('acting_')}": who[key] for key in who}
        posted = ehr.post("/v1/checks", json=body)
        return [Seen(posted), Seen(ehr.get(posted.headers["Location"], query_string=query))]

    def close(self) -> None:
        for world in self._worlds.values():
            world.desk.database.dispose()


@pytest.fixture(scope="module")
def worlds(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    """Seven practices, alike but for one cause."""
    made = Worlds(sqlite_template, tmp_path_factory.mktemp("paired"))
    yield made
    made.close()


def _all_alike(worlds: Worlds, causes: list[Cause], acting: dict[str, Any] | None) -> None:
    seen = [worlds.ask(cause, acting) for cause in causes]
    for one, other in pairwise(seen):
        assert one == other


SYSTEM = {"role": "system"}
INTAKE = {"role": "intake"}
TREATING = {"role": "clinician", "clinician_id": "own"}


def test_the_worlds_do_differ_for_those_who_may_see(worlds: Worlds) -> None:
    """Otherwise everything below would hold of nothing."""
    said = [worlds.ask(cause, SYSTEM)[0].body for cause in HIDDEN]
    assert len(set(said)) == len(HIDDEN)


def test_intake_cannot_tell_causes_of_one_standing_apart(worlds: Worlds) -> None:
    by_standing: defaultdict[str, list[list[Seen]]] = defaultdict(list)
    for cause in CAUSES:
        answers = worlds.ask(cause, INTAKE)
        by_standing[answers[0].json["standing"]].append(answers)
    assert len(by_standing) >= 2
    assert max(len(alike) for alike in by_standing.values()) >= 3
    for alike in by_standing.values():
        assert all(one == other for one, other in pairwise(alike))


def test_a_brief_key_is_intake_whoever_acts(worlds: Worlds) -> None:
    for cause in CAUSES:
        brief = worlds.ask(cause, SYSTEM, Scope.DECISION_BRIEF)
        assert brief == worlds.ask(cause, INTAKE)


def test_the_treating_clinician_cannot_tell_what_others_said_apart(worlds: Worlds) -> None:
    by_standing: defaultdict[str, list[list[Seen]]] = defaultdict(list)
    for cause in HIDDEN:
        answers = worlds.ask(cause, TREATING)
        assert answers[0].json["findings"] == []
        by_standing[answers[0].json["standing"]].append(answers)
    for alike in by_standing.values():
        assert all(one == other for one, other in pairwise(alike))
    assert max(len(alike) for alike in by_standing.values()) >= 2


def test_the_treating_clinician_sees_what_they_said_themselves(worlds: Worlds) -> None:
    posted, read = worlds.ask(_ben_says_so, TREATING)
    assert {finding["kind"] for finding in posted.json["findings"]} == {"relative"}
    assert read.json == posted.json


@pytest.mark.parametrize(
    "acting",
    [
        None,
        {"role": "unknown"},
        {"role": "patient"},
        {"role": "relative"},
        {"role": "clinician"},
        {"role": "clinician", "clinician_id": "other"},
        {"role": "clinician", "clinician_id": NOWHERE},
    ],
    ids=str,
)
def test_anyone_else_sees_one_constant_whatever_is_the_case(
    worlds: Worlds, acting: dict[str, Any] | None
) -> None:
    _all_alike(worlds, CAUSES, acting)
    posted, read = worlds.ask(_they_were_partners, acting)
    assert posted.json.keys() == read.json.keys() == {"id", "at", "status"}
    assert (posted.shape[0], read.shape[0]) == (202, 200)


def test_all_who_may_learn_nothing_see_the_same_nothing(worlds: Worlds) -> None:
    seen = [
        worlds.ask(_they_were_partners, acting)
        for acting in (None, {"role": "patient"}, {"role": "clinician", "clinician_id": "other"})
    ]
    assert all(one == other for one, other in pairwise(seen))


def test_the_comparison_sees_a_leak(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: redaction broken on purpose, first by bytes, then by length alone."""
    brief = audiences._brief

    def telling(answer: audiences.Answer) -> dict[str, Any]:
        return {**brief(answer), "n": len(answer.full["findings"])}

    def padding(answer: audiences.Answer) -> dict[str, Any]:
        return {**brief(answer), "pad": " " * len(answer.full["findings"][0]["because"])}

    same = [
        cause for cause in HIDDEN
        if worlds.ask(cause, INTAKE) == worlds.ask(HIDDEN[0], INTAKE)
    ]  # fmt: skip
    assert len(same) >= 2
    for broken in (telling, padding):
        monkeypatch.setattr(audiences, "_brief", broken)
        assert len({tuple(worlds.ask(cause, INTAKE)) for cause in same}) > 1
