"""Attacks on the rows: what somebody does who may write to the database and has no key."""

from __future__ import annotations

from collections.abc import Sequence

from policy_service.audit.guard import guard_in
from policy_service.audit.log import _ENTRY
from policy_service.database import driver
from policy_service.ledger.merkle import leaf_hash
from tests.attacks.forger import Row, columns_of, invented, rebuild, rewritten, rows_of, size_of
from tests.audit.logs import seal
from tests.audit.test_guard import DROP_NEWEST
from tests.audit.test_rows import forge
from tests.cast import World
from tests.tampering import tamper

LIE = "note.approved"


def edit_one_field(world: World, index: int) -> Sequence[str]:
    """The leaf says another action; nothing is recomputed."""
    row = rows_of(world)[index]
    tamper(
        world.desk.database,
        "UPDATE audit_entry SET leaf = :leaf WHERE id = :id",
        leaf=rewritten(row, action=LIE)["leaf"],
        id=row["id"],
    )
    return f"exit 1: TAMPERED at index {index}:", "the field action is", LIE


def edit_one_column(world: World, index: int) -> Sequence[str]:
    """The leaf stays; the column that lists and filters go by says another action."""
    found = rows_of(world)[index]["id"]
    tamper(
        world.desk.database,
        "UPDATE audit_entry SET action = :action WHERE id = :id",
        action=LIE,
        id=found,
    )
    return (f"exit 1: TAMPERED at index {index}: the field action is '{LIE}' in its row",)


def hide_from_a_subject(world: World, index: int) -> Sequence[str]:
    """The leaf stays; what is found of the person it names no longer holds it."""
    found = rows_of(world)[index]["id"]
    statement = "DELETE FROM audit_entry_subject WHERE entry_id = :id"
    assert tamper(world.desk.database, statement, id=found)
    return (f"exit 1: TAMPERED at index {index}: the field subject_refs is [] in its row",)


def name_another_subject(world: World, index: int) -> Sequence[str]:
    """The leaf stays; it is also found under somebody it does not name."""
    found = rows_of(world)[index]["id"]
    tamper(
        world.desk.database,
        "INSERT INTO audit_entry_subject (practice_id, subject_ref, entry_id)"
        " VALUES (:practice, :ref, :id)",
        practice=world.practice_id,
        ref="0f9d2c4e-0000-4000-8000-000000000000",
        id=found,
    )
    return (f"exit 1: TAMPERED at index {index}: the field subject_refs is ['0f9d2c4e-",)


def edit_and_recompute(world: World, index: int) -> Sequence[str]:
    """The entry is rewritten, and leaf hash, tree and head are made to match."""

    def change(rows: list[Row]) -> None:
        rows[index] = rewritten(rows[index], action=LIE)

    rebuild(world, change)
    return f"exit 1: TAMPERED at index {index}:", "do not add up to the root of the checkpoint"


def delete_from_the_middle(world: World, index: int) -> Sequence[str]:
    """An entry is taken out, and those after it move up."""
    rebuild(world, lambda rows: rows.pop(index))
    return (f"exit 1: TAMPERED at index {index}:",)


def leave_a_gap(world: World, index: int) -> Sequence[str]:
    """An entry is taken out, and nothing is recomputed."""
    found = rows_of(world)[index]["id"]
    tamper(
        world.desk.database,
        "DELETE FROM audit_entry WHERE id = :id",
        "DELETE FROM audit_leaf WHERE entry_id = :id",
        id=found,
    )
    return (f"exit 1: TAMPERED at index {index}: index {index + 1} follows where {index} was due",)


def drop_the_newest(world: World, how_many: int) -> Sequence[str]:
    """The newest entries go; the head and its signature stay."""
    size = size_of(world)
    kept = size - how_many
    drop = [statement for statement in DROP_NEWEST if not statement.startswith("UPDATE")]
    tamper(world.desk.database, *drop, practice=world.practice_id, size=kept)
    return (
        f"TAMPERED at index {kept}: the checkpoint covers {size} entries, "
        f"but there are only {kept}",
    )


def swap(world: World, one: int, other: int) -> Sequence[str]:
    """Two entries change places."""

    def change(rows: list[Row]) -> None:
        rows[one], rows[other] = rows[other], rows[one]

    rebuild(world, change)
    return (f"exit 1: TAMPERED at index {one}:",)


def replay(world: World, index: int) -> Sequence[str]:
    """An entry is put in again at the end, under a row id of its own."""
    size = size_of(world)

    def change(rows: list[Row]) -> None:
        again = invented(rows[index])
        rows.append(again | {"leaf": rows[index]["leaf"], "leaf_hash": rows[index]["leaf_hash"]})

    used = rows_of(world)[index]["id"]
    rebuild(world, change)
    return (f"exit 1: TAMPERED at index {size}: the entry id {used} was already used",)


def forge_waiting(world: World) -> Sequence[str]:
    """A row put in beside those that wait, with everything right that needs no key."""
    return f"entry {forge(world)}:", "its row MAC is wrong", "forged"


def insert_backdated(world: World, index: int) -> Sequence[str]:
    """A new entry among the old ones, with the time of its neighbour."""

    def change(rows: list[Row]) -> None:
        rows.insert(index, invented(rows[index], action=LIE))

    rebuild(world, change)
    return (f"exit 1: TAMPERED at index {index}:",)


def delete_waiting(world: World, entry_id: str) -> Sequence[str]:
    """A committed entry goes before it has a place."""
    tamper(
        world.desk.database,
        "DELETE FROM audit_entry WHERE id = :id",
        "DELETE FROM audit_pending WHERE entry_id = :id",
        id=entry_id,
    )
    return "is missing: deleted", "1 unmatched"


def sealed_look(world: World) -> str:
    """What the sealer raises the alarm for."""
    seal(world)
    alarm = guard_in(world.desk.database).heads.alarm(world.practice_id)
    return alarm.text if alarm is not None else ""


def put_twisted(world: World, index: int, raw: bytes) -> Sequence[str]:
    """An entry's leaf in other bytes, with its leaf hash; the tree made to match."""

    def change(rows: list[Row]) -> None:
        rows[index] = rows[index] | {"leaf": raw, "leaf_hash": leaf_hash(raw)}

    rebuild(world, change)
    return (f"exit 1: TAMPERED at index {index}:",)


def insert_again(world: World, row: Row) -> None:
    """The same row once more: the database itself refuses an id that is used."""
    with world.desk.database.write(world.practice_id) as session:
        driver.writing(session).insert({_ENTRY: [columns_of(row)]})
