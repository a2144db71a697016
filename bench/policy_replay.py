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
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from bench.policy_records import PACKS, practice_record, with_unknowns
from policy_service.app import create_desk
from policy_service.database import migrate
from policy_service.database.keyring import Keyring, PracticeKeys
from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.people import PersonKeyRow
from policy_service.database.tables.registry import ClientRow
from policy_service.domain.decisions import decide
from policy_service.domain.facts import Facts, facts_to_json
from policy_service.ledger.canonical import canonical_bytes, parse_strict
from policy_service.policy.documents import pack_from_document
from policy_service.policy.engine import evaluate
from policy_service.policy.pack import SEMANTICS, Pack
from policy_service.policy.registry import PackText, load_shipped_packs, shipped_texts
from policy_service.services.desk import Desk
from policy_service.services.pack_replays import Candidate, ReplayReport, replay_candidate
from policy_service.services.practices import NewPractice, found_practice
from policy_service.settings import Settings
from policy_service.vault.keys import Key

DECISIONS = 1_000_000
PER_CLIENT = 10
BATCH = 5_000
A_DAY = 300
"""Decisions a day: a large practice's."""
FIRST = datetime(2016, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Filled:
    """A practice with a log, and the packs its decisions were made under."""

    desk: Desk
    practice_id: str
    packs: Sequence[Pack]
    different: float
    """The share of records that differ from all others."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some decisions to be made up; `key` is the practice's."""

    practice_id: str
    key: bytes
    seed: int
    numbers: range


@dataclass(slots=True)
class Made:
    """The rows of a batch, and the digests of its records."""

    keys: list[dict[str, Any]]
    clients: list[dict[str, Any]]
    decisions: list[dict[str, Any]]
    records: set[bytes]


def fill(url: str, keys: Path, decisions: int, processes: int) -> Filled:
    """Found a practice and write its decisions, in batches that are made up side by side."""
    migrate.upgrade(url)
    desk = create_desk(_settings(url, keys))
    practice_id = found_practice(desk, NewPractice("bench", "Bench", "US-TX"))
    key = desk.practice(practice_id).keys.key.secret
    batches = [
        Batch(practice_id, key, start, range(start, min(start + BATCH, decisions)))
        for start in range(0, decisions, BATCH)
    ]
    records: set[bytes] = set()
    for made in _made_by(batches, processes):
        with desk.database.write(practice_id) as session:
            session.execute(insert(PersonKeyRow), made.keys)
            session.execute(insert(ClientRow), made.clients)
            session.execute(insert(DecisionRow), made.decisions)
        records |= made.records
    return Filled(desk, practice_id, _packs(), len(records) / decisions)


def _made_by(batches: Sequence[Batch], processes: int) -> Iterator[Made]:
    if processes < 2:
        yield from map(_make, batches)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_make, batches)


def _packs() -> list[Pack]:
    shipped = load_shipped_packs()
    return sorted((shipped.by_id(name) for name in PACKS), key=lambda pack: pack.id)


def _settings(url: str, keys: Path) -> Settings:
    kek = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="
    named = {"DATABASE_URL": url, "POLICY_KEK": kek, "POLICY_KEY_DIR": str(keys)}
    return Settings.from_environment(named)


def _make(batch: Batch) -> Made:
    """Clients with keys of their own, and ten decisions about each."""
    rng, packs = random.Random(batch.seed), _packs()
    keyring = Keyring(PracticeKeys(batch.practice_id, Key(batch.key)))
    made = Made([], [], [], set())
    client = person = ""
    for number in batch.numbers:
        if number % PER_CLIENT == 0 or not client:
            client, person = _uuid(rng), _uuid(rng)
            made.keys.append(keyring.new_person_key(person))
            made.clients.append(
                {
                    "practice_id": batch.practice_id,
                    "id": client,
                    "person_id": person,
                    "version": 1,
                    "created_at": FIRST,
                }
            )
        row, record = _decision(keyring, rng, (number, client, person), packs)
        made.decisions.append(row)
        made.records.add(record)
    return made


def _uuid(rng: random.Random) -> str:
    return str(UUID(int=rng.getrandbits(128)))


def _decision(
    keyring: Keyring, rng: random.Random, named: tuple[int, str, str], packs: Sequence[Pack]
) -> tuple[dict[str, Any], bytes]:
    """The row of a decision, and the digest of the record it was made on."""
    number, client, person = named
    facts = replace(_facts(rng), as_of=FIRST.date() + timedelta(days=number // A_DAY))
    decision = decide(evaluate(packs, facts), ())
    decision_id = _uuid(rng)
    parts = {
        "facts": canonical_bytes(facts_to_json(facts)),
        "body": canonical_bytes(decision.to_json()),
        "context": canonical_bytes({"request": {"purpose": "intake"}, "ties": []}),
    }
    no_session: Any = None  # the key of the person was made here, so none is read
    sealed = {
        f"sealed_{name}": keyring.seal(no_session, person, part, ("decision", decision_id, name))
        for name, part in parts.items()
    }
    row = {
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
    return row, sha256(parts["facts"]).digest()


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
        filled = fill(url, Path(folder) / "keys", asked.decisions, asked.processes)
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
