"""How long does it take to decide a whole log again under a candidate?

A practice is founded in a fresh SQLite file and its log filled with decisions on invented records:
four of five fully known, one in five with one to three facts unknown, over ten years of days.
Strangers of one day are alike, as they are in a practice; how many records differ is printed.
Facts, body and context are sealed as a check seals them, each client has a key of its own, and
nothing is remembered from the filling. Then the log is replayed in two processes: outcomes alone,
whole bodies under the same pack (all must be equal), and outcomes under a stricter version.

    python -m bench.policy_replay [--decisions 1000000] [--processes 2]

Prints JSON lines {figure, value, unit}; the decisions must be equal, times are only told.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from bench.policy_records import PACKS, practice_record, with_unknowns
from policy_service.app import create_desk
from policy_service.database import migrate
from policy_service.database.keyring import Keyring
from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.people import PersonKeyRow
from policy_service.database.tables.registry import ClientRow
from policy_service.domain.decisions import decide
from policy_service.domain.facts import Facts, facts_to_json
from policy_service.ledger.canonical import canonical_bytes, parse_strict
from policy_service.policy.documents import pack_from_document
from policy_service.policy.engine import evaluate
from policy_service.policy.pack import SEMANTICS, Pack
from policy_service.policy.registry import PackText, shipped_texts
from policy_service.services.desk import Desk
from policy_service.services.pack_replays import Candidate, ReplayReport, replay_candidate
from policy_service.services.practices import NewPractice, found_practice
from policy_service.settings import Settings

DECISIONS = 1_000_000
PER_CLIENT = 10
BATCH = 5_000
A_DAY = 300
"""Decisions a day: a large practice's."""
FIRST = datetime(2016, 1, 1, tzinfo=UTC)


Chance = tuple[random.Random, set[bytes]]
"""Where records come from, and the digests of those that came."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A practice with a log, and the packs its decisions were made under."""

    desk: Desk
    practice_id: str
    packs: Sequence[Pack]
    different: float
    """The share of records that differ from all others."""


def fill(url: str, keys: Path, decisions: int, seed: int = 1) -> Filled:
    """Found a practice and write its decisions, in batches."""
    migrate.upgrade(url)
    desk = create_desk(_settings(url, keys))
    practice_id = found_practice(desk, NewPractice("bench", "Bench", "US-TX"))
    packs = sorted((desk.packs.by_id(name) for name in PACKS), key=lambda pack: pack.id)
    rng = random.Random(seed)
    seen: set[bytes] = set()
    for start in range(0, decisions, BATCH):
        with desk.database.write(practice_id) as session:
            keyring = Keyring(desk.practice(practice_id).keys)
            numbers = range(start, min(start + BATCH, decisions))
            _batch(session, keyring, (rng, seen), numbers, packs)
        if start % (BATCH * 20) == 0:
            print(f"filled {start + BATCH} of {decisions}", file=sys.stderr)
    return Filled(desk, practice_id, packs, len(seen) / decisions)


def _settings(url: str, keys: Path) -> Settings:
    kek = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
    named = {"DATABASE_URL": url, "POLICY_KEK": kek, "POLICY_KEY_DIR": str(keys)}
    return Settings.from_environment(named)


def _batch(
    session: Session,
    keyring: Keyring,
    chance: Chance,
    numbers: range,
    packs: Sequence[Pack],
) -> None:
    """Some decisions and the clients they are about."""
    rng, _ = chance
    clients = {number: str(UUID(int=rng.getrandbits(128))) for number in numbers[::PER_CLIENT]}
    people = {number: str(UUID(int=rng.getrandbits(128))) for number in clients}
    rows = [keyring.new_person_key(person) for person in people.values()]
    session.execute(insert(PersonKeyRow), rows)
    session.execute(insert(ClientRow), [
        {"practice_id": keyring.practice_id, "id": clients[n], "person_id": people[n],
         "version": 1, "created_at": FIRST}
        for n in clients
    ])  # fmt: skip
    made = []
    for number in numbers:
        first = number - (number - numbers[0]) % PER_CLIENT
        whose = (clients[first], people[first])
        made.append(_decision(session, keyring, chance, (number, whose), packs))
    session.execute(insert(DecisionRow), made)


def _decision(
    session: Session,
    keyring: Keyring,
    chance: Chance,
    named: tuple[int, tuple[str, str]],
    packs: Sequence[Pack],
) -> dict[str, Any]:
    number, (client, person) = named
    rng, seen = chance
    facts = replace(_facts(rng), as_of=FIRST.date() + timedelta(days=number // A_DAY))
    decision = decide(evaluate(packs, facts), ())
    decision_id = str(UUID(int=rng.getrandbits(128)))
    parts = {
        "facts": facts_to_json(facts),
        "body": decision.to_json(),
        "context": {"request": {"purpose": "intake"}, "ties": [], "private_facts": []},
    }
    seen.add(sha256(canonical_bytes(parts["facts"])).digest())
    sealed = {
        f"sealed_{name}": keyring.seal(
            session, person, canonical_bytes(part), ("decision", decision_id, name)
        )
        for name, part in parts.items()
    }
    return {
        "practice_id": keyring.practice_id,
        "id": decision_id,
        "at": FIRST + timedelta(days=number // A_DAY, seconds=number % A_DAY),
        "clinician_id": client,
        "client_id": client,
        "purpose": "intake",
        "as_of": facts.as_of.isoformat(),
        "outcome": decision.outcome.value,
        "could_become": decision.could_become.value,
        "complete": decision.complete,
        "packs": " ".join(sorted(pack.digest for pack in packs)),
        "semantics": SEMANTICS,
        "model": "0" * 64,
        "entry_id": decision_id,
        "receipt": "",
        **sealed,
    }


def _facts(rng: random.Random) -> Facts:
    facts = practice_record(rng)
    return with_unknowns(rng, facts, rng.randint(1, 3)) if rng.random() < 0.2 else facts


def tightened(pack: Pack) -> Candidate:
    """The same pack with one more rule, by which every current client is prohibited."""
    raw: Any = parse_strict(shipped_texts()[pack.digest].document)
    raw["rules"].append(
        {
            "id": "bench.current-client",
            "title": "A current client",
            "because": "Always.",
            "cite": [{"code": "Bench", "section": "1"}],
            "in_force": {"seen_in_force_on": "2026"},
            "verification": raw["rules"][0]["verification"],
            "when": {"client_status": "current"},
            "outcome": "prohibit",
            "kind": "other",
            "tests": [
                {"given": {"client_status": "current"}, "expect": "prohibit"},
                {"given": {"client_status": "former"}, "expect": "no_finding"},
            ],
        }
    )
    raw["pack"]["version"] = "99.0.0"
    text = PackText(canonical_bytes(raw), "For the bench.")
    return Candidate(pack_from_document(raw), text)


def replays(filled: Filled, processes: int) -> Iterator[dict[str, Any]]:
    """The figures, one line each."""
    baseline = next(pack for pack in filled.packs if pack.id == "baseline")
    text = shipped_texts()[baseline.digest]
    for name, candidate in (
        ("replay outcomes, same pack", Candidate(baseline, text)),
        ("replay digests, same pack", Candidate(baseline, text, with_digests=True)),
        ("replay outcomes, a stricter version", tightened(baseline)),
    ):
        began, spent = time.perf_counter(), _processor_seconds()
        report = replay_candidate(filled.desk, filled.practice_id, candidate, processes)
        seconds = time.perf_counter() - began
        spent = _processor_seconds() - spent
        yield {"figure": f"{name}: processor", "value": round(spent, 1), "unit": "s, all processes"}
        yield from _figures(name, report, seconds)


def _processor_seconds() -> float:
    """Of this process and of those it has waited for; tells more than a clock on a busy machine."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _figures(name: str, report: ReplayReport, seconds: float) -> Iterator[dict[str, Any]]:
    yield {"figure": name, "value": round(seconds, 1), "unit": "s"}
    per_second = round(report.decisions / seconds)
    yield {"figure": f"{name}: decisions", "value": report.decisions, "unit": "decisions"}
    yield {"figure": f"{name}: speed", "value": per_second, "unit": "decisions/s"}
    equal = 100 * (report.decisions - report.changed) / report.decisions
    yield {"figure": f"{name}: equal", "value": round(equal, 4), "unit": "%"}
    assert not report.tally.cannot_tell
    assert not report.tally.erased
    if name.endswith("same pack"):
        assert not report.changed, report.tally.changes[:3]
    else:
        assert report.changed


def main(arguments: Sequence[str] | None = None) -> None:
    """Fill, replay, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=DECISIONS)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/log.sqlite3"
        filled = fill(url, Path(folder) / "keys", asked.decisions)
        size = Path(folder, "log.sqlite3").stat().st_size
        per_row = {"figure": "bytes per stored decision", "unit": "bytes"}
        print(json.dumps(per_row | {"value": size // asked.decisions}))
        different = round(100 * filled.different, 1)
        print(json.dumps({"figure": "records that differ", "value": different, "unit": "%"}))
        for line in replays(filled, asked.processes):
            print(json.dumps(line), flush=True)
        filled.desk.database.dispose()


if __name__ == "__main__":
    main()
