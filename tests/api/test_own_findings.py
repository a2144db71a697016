"""A clinician's own findings are theirs whether or not something hidden is on record as well.

Worlds that differ only in an event that neither the clinician stated nor the client told: what the
clinician sees of their own event is the same in all of them, bytes and numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from policy_service.services import decisions
from policy_service.services.decisions import Recorded
from tests.api.conftest import EVERY_SCOPE
from tests.cast import World, empty_world, populate

HIDDEN: dict[str, dict[str, Any] | None] = {
    "nothing": None,
    "a gift": {"kind": "gift", "direction": "clinician_to_client", "amount": 9900},
    "a gift without amount": {"kind": "gift", "direction": "clinician_to_client"},
    "a loan": {"kind": "loan", "direction": "clinician_to_client", "amount": 100},
}
OWN_GIFT = {"kind": "gift", "direction": "client_to_clinician", "amount": 6000}


@pytest.fixture(scope="module")
def worlds(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A practice for each thing that is hidden, alike but for it."""
    made = {}
    for place, (name, event) in enumerate(HIDDEN.items()):
        folder = tmp_path_factory.mktemp(f"own{place}")
        file = folder / "world.sqlite3"
        file.write_bytes(sqlite_template.read_bytes())
        made[name] = populate(empty_world(f"sqlite:///{file}", folder))
        if event is not None:
            _report(made[name], event | {"stated_by": "other"}, {"role": "system"})
    yield made
    for world in made.values():
        world.desk.database.dispose()


def _report(world: World, event: dict[str, Any], acting: dict[str, Any]) -> dict[str, Any]:
    body = {
        "clinician": {"id": world.ids["alma"]},
        "client": {"id": world.ids["nora"]},
        "occurred_on": "2026-03-01",
        "acting_user": acting,
        **event,
    }
    answer: dict[str, Any] = world.http(*EVERY_SCOPE).post("/v1/events", json=body).get_json()
    return answer


def _own(world: World) -> list[dict[str, Any]]:
    """What Alma sees of a gift that she reports herself, at once and when it is read again."""
    acting = {"role": "clinician", "clinician_id": world.ids["alma"]}
    told = _report(world, OWN_GIFT | {"stated_by": "clinician"}, acting)
    query = {"acting_role": "clinician", "acting_clinician_id": world.ids["alma"]}
    path = f"/v1/checks/{told['id']}"
    read = world.http(*EVERY_SCOPE).get(path, query_string=query).get_json()
    assert read["findings"] == told["findings"]
    findings: list[dict[str, Any]] = told["findings"]
    return findings


def test_what_is_hidden_neither_takes_nor_changes_a_clinician_s_own_findings(
    worlds: dict[str, World], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: findings picked from the whole answer would show the hidden gift in the total."""
    seen = {name: _own(world) for name, world in worlds.items()}
    alone = seen.pop("nothing")
    assert any("gift" in finding["rule"] for finding in alone)
    totals = [
        fact["value"]
        for finding in alone
        for fact in finding["facts"]
        if fact["fact"] == "gift_total"
    ]
    assert set(totals) == {6000}
    for name, findings in seen.items():
        assert findings == alone, name

    def whole(recorded: Recorded) -> list[Any]:
        return list(recorded.body["findings"])

    monkeypatch.setattr(decisions, "own_findings", whole)
    assert _own(worlds["a gift"]) != alone
