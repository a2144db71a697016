"""The bench of returning clients on a few invented people: through HTTP, against a real server."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bench.returning import People, bench_returning, bench_unrelated
from policy_service.demo.households import client_roster
from policy_service.domain.people import PersonName, PersonRecord
from policy_service.importers.roster import ClientLine, RosterKind, read_roster

HOW_MANY = 60


def invented() -> tuple[People, People]:
    """People as FEBRL writes them, and the same with a letter doubled and a house number lost."""
    known = {}
    for line in read_roster(RosterKind.CLIENTS, client_roster(HOW_MANY)).lines:
        assert isinstance(line, ClientLine)
        birth_date = line.record.birth_date.replace("-", "")
        known[line.external_id] = PersonRecord(
            line.record.names[:1], birth_date, addresses=line.record.addresses
        )
    return known, {ref: damaged(number, known[ref]) for number, ref in enumerate(known)}


def damaged(number: int, record: PersonRecord) -> PersonRecord:
    name, home = record.names[0], record.addresses[0]
    typo = PersonName(name.given, name.family[:3] + name.family[2:])
    if number % 2:
        return replace(record, names=(typo,))
    return replace(record, addresses=(replace(home, house=""),))


def figures(printed: str) -> dict[str, float]:
    return {line["figure"]: line["value"] for line in map(json.loads, printed.splitlines())}


@pytest.mark.slow
def test_returning_clients_are_known_and_strangers_are_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    known, intakes = invented()
    bench_returning(known, intakes, connections=2)
    found = figures(capsys.readouterr().out)
    assert found["returning clients recognised"] >= 0.95
    assert found["answered as another client"] == 0
    assert found["log verifies"] == 1
    bench_unrelated(known, intakes, connections=2)
    found = figures(capsys.readouterr().out)
    assert found["log verifies"] == 1
    assert {"cases opened by unrelated intakes", "unrelated intakes taken for a client"} <= set(
        found
    )
