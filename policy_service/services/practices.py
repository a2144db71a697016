"""Found a practice: its key, its log with entry 0, and the packs that bind it."""

from __future__ import annotations

from dataclasses import dataclass

from policy_service.audit import sealer
from policy_service.audit.log import NewEntry, Owned, append
from policy_service.database.keyring import Keyring, PracticeKeys
from policy_service.database.single_practice import refuse_second_practice
from policy_service.database.tables.directory import PracticeRow
from policy_service.services.adoption import adopt_shipped
from policy_service.services.desk import Desk, practice_key_place
from policy_service.services.full_screens import basis
from policy_service.services.match_models import found_matching
from policy_service.services.steps import people_counted
from policy_service.vault.keys import Key
from policy_service.vault.sealing import wrap

FOUNDER = "account:founder"
"""Actor of a log's entry 0: whoever has the shell of the machine."""


@dataclass(frozen=True, slots=True)
class NewPractice:
    """What a practice is founded with. `jurisdiction` is where its clients usually are."""

    slug: str
    name: str
    jurisdiction: str


def found_practice(desk: Desk, new: NewPractice) -> str:
    """Create the practice and its log; returns its id. StateConflict for a second on SQLite.

    The directory row and the log commit one after the other; `open_log` is repeated safely, and
    nothing can be recorded before it has run.
    """
    practice_id, key = desk.new_id(), Key.generate()
    with desk.database.directory(write=True) as session:
        refuse_second_practice(session, PracticeRow)
        session.add(
            PracticeRow(
                id=practice_id,
                slug=new.slug,
                name=new.name,
                jurisdiction=new.jurisdiction,
                wrapped_key=wrap(key, desk.kek, practice_key_place(practice_id)),
                log_origin=f"policy-service/{practice_id}",
                created_at=desk.clock(),
            )
        )
    open_log(desk, practice_id, PracticeKeys(practice_id, key))
    return practice_id


def open_log(desk: Desk, practice_id: str, keys: PracticeKeys) -> None:
    """Write the head and entry 0, which names the keys that will sign: a log is never empty.

    Entry 1 activates the packs that ship with the software: from the first check on they bind.
    """
    origin = f"policy-service/{practice_id}"
    public_keys = {
        "log": desk.log_key(origin).public_key.hex(),
        "receipt": desk.receipt_key.public_key.hex(),
        "receipt_name": desk.receipt_key.name,
    }
    keyring = Keyring(keys)
    with desk.database.write(practice_id) as session:
        sealer.found(session, practice_id)
        found_matching(session, practice_id, desk.models.shipped, desk.clock())
        append(
            session,
            keyring,
            NewEntry(
                id=desk.new_id(),
                action="log.created",
                at=desk.clock(),
                actor_ref=FOUNDER,
                groups={"keys": Owned(public_keys)},
            ),
        )
    _seal(desk, practice_id)  # before anything else is written: the order of waiting is by time
    with desk.database.write(practice_id) as session:
        adopt_shipped(desk, session, keyring, FOUNDER)
        session.merge(basis(practice_id, desk.models.shipped, people_counted(0), desk.clock()))
    _seal(desk, practice_id)


def _seal(desk: Desk, practice_id: str) -> None:
    """SQLite gives places as it writes; PostgreSQL on sealing."""
    if desk.database.dialect == "postgresql":
        sealer.seal_pending(desk.database, practice_id)
