"""Exports: streamed at flat memory, safe in a spreadsheet, and released only on record."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Callable, Iterable
from dataclasses import replace

import orjson
import pytest

from policy_service.audit.log import NewEntry, Owned, append_all
from policy_service.domain.principals import Role, Scope
from policy_service.domain.releases import Recipient, RecipientKind
from policy_service.errors import NotAllowed, NotFound
from policy_service.ledger.canonical import canonical_bytes
from policy_service.ledger.merkle import leaf_hash
from policy_service.services import audit_streams
from policy_service.services.audit_exports import (
    ExportOrder,
    Form,
    export,
    fetch_export,
    order_export,
)
from policy_service.services.audit_filters import EntryFilter
from policy_service.services.releases import ReleaseFilter, list_releases
from tests.audit.logs import seal
from tests.cast import World

COURT = Recipient(RecipientKind.COURT, "County court")


def _fill(world: World, how_many: int) -> None:
    with world.writing() as context:
        append_all(
            context.session,
            context.keyring,
            [
                NewEntry(
                    id=context.new_id(),
                    action="test.noted",
                    at=context.now,
                    actor_ref=context.principal.actor_ref,
                    groups={"note": Owned({"number": number})},
                )
                for number in range(how_many)
            ],
        )


def _peak(world: World, consume: Callable[[Iterable[str]], object]) -> int:
    """Bytes at most held while the whole log is exported, beyond what was held before."""
    made = export(world.desk, world.cleo, EntryFilter(), Form.JSONL)
    tracemalloc.start()
    consume(made.lines)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def _drain(lines: Iterable[str]) -> None:
    for _ in lines:
        pass


def test_an_export_holds_no_more_however_long_the_log_is(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_streams, "_CHUNK", 50)
    _fill(sqlite_world, 200)
    _peak(sqlite_world, _drain)  # what is made once, such as compiled statements
    short, short_held = _peak(sqlite_world, _drain), _peak(sqlite_world, list)
    _fill(sqlite_world, 1200)
    long, long_held = _peak(sqlite_world, _drain), _peak(sqlite_world, list)
    assert long < 1.5 * short
    assert long_held > 2 * short_held, "the control: whoever holds all of it is found out"


def test_jsonl_carries_what_the_tree_commits_to(world: World) -> None:
    for line in export(world.desk, world.cleo, EntryFilter(), Form.JSONL).lines:
        entry = orjson.loads(line)
        assert leaf_hash(canonical_bytes(entry["entry"])).hex() == entry["leaf_hash"]


def test_csv_and_jsonl_hold_the_same_entries(world: World) -> None:
    rows = csv.DictReader(
        io.StringIO("".join(export(world.desk, world.cleo, EntryFilter(), Form.CSV).lines))
    )
    by_csv = {row["id"]: row["leaf_hash"] for row in rows}
    lines = export(world.desk, world.cleo, EntryFilter(), Form.JSONL).lines
    by_jsonl = {one["entry"]["id"]: one["leaf_hash"] for one in map(orjson.loads, lines)}
    assert by_csv.items() <= by_jsonl.items()
    assert len(by_jsonl) == len(by_csv) + 1, "the second holds the entry about the first"


def _order(world: World, form: Form = Form.CSV, **wanted: str) -> str:
    seal(world)
    with world.writing() as context:
        return order_export(context, ExportOrder(EntryFilter(**wanted), form, COURT, "An order"))


def test_what_was_released_is_the_same_to_the_byte_later(world: World) -> None:
    release = _order(world)
    first = "".join(fetch_export(world.desk, world.cleo, release).lines)
    world.check("ben", "nora")
    assert "".join(fetch_export(world.desk, world.cleo, release).lines) == first
    assert world.actions().count("release.fetched") == 2


def test_a_release_counts_all_whom_the_entries_name(world: World) -> None:
    world.check("alma", "tomas")
    _order(world, action="check.decided")
    for name, known in (("tomas", 1), ("alma", 1), ("nora", 0)):
        with world.writing() as context:
            lines, _ = list_releases(context, ReleaseFilter(subject=world.ids[name]))
        assert len(lines) == known, name


def test_the_description_names_nobody(world: World) -> None:
    _order(world, subject=world.ids["tomas"])
    with world.writing() as context:
        [line], _ = list_releases(context, ReleaseFilter())
    assert line.told is not None
    assert "one person" in line.told.what
    assert world.ids["tomas"] not in line.told.what


def test_nobody_releases_without_the_right(sqlite_world: World) -> None:
    release = _order(sqlite_world)
    ehr = replace(sqlite_world.cleo, roles=frozenset({Role.EHR}))
    for who in (
        sqlite_world.account(Role.AUDITOR, name="Udo"),
        sqlite_world.account(Role.CLINICIAN, name="Somebody"),
        replace(ehr, scopes=frozenset(Scope) - {Scope.AUDIT_RELEASE}),
    ):
        with pytest.raises(NotAllowed):
            fetch_export(sqlite_world.desk, who, release)
        order = ExportOrder(EntryFilter(), Form.CSV, COURT, "An order")
        with pytest.raises(NotAllowed), sqlite_world.writing(who) as context:
            order_export(context, order)
    allowed = replace(ehr, scopes=frozenset({Scope.AUDIT_RELEASE}))
    assert next(fetch_export(sqlite_world.desk, allowed, release).lines)


def test_a_release_that_never_was_is_not_found(sqlite_world: World) -> None:
    with pytest.raises(NotFound):
        fetch_export(sqlite_world.desk, sqlite_world.cleo, sqlite_world.ids["alma"])
