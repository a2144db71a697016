"""Change the log's key, with an entry signed by both: old proofs and pinned keys stay good.

    rotate   make the next key, say so in the log, put it in force; both keys sign each head
    retire   when readers have pinned the new one: say so, delete the old secret

Each may be broken off anywhere and is simply called again.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from policy_service.audit.log import Owned
from policy_service.database.tables.audit import (
    IS_LEAF_OF,
    IS_OPENING_OF,
    EntryRow,
    LeafRow,
    OpeningRow,
)
from policy_service.domain.principals import Principal
from policy_service.errors import FieldError, InvalidRequest
from policy_service.ledger.commitments import Opening
from policy_service.ledger.key_change import sign_key_change
from policy_service.ledger.leaf import format_at
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.vault.errors import KeyRefused
from policy_service.vault.log_keys import LogKeyFolder

KEY_CHANGED = "log.key_changed"
KEY_RETIRED = "log.key_retired"


def rotate_key(desk: Desk, principal: Principal) -> str:
    """Put a new log key in force beside the present one; returns its vkey."""
    origin, folder = _files(desk, principal)
    try:
        staged = folder.stage(origin)
    except KeyRefused as error:
        raise _refused(str(error)) from error
    present = folder.keys(origin).signing[0]
    with desk.writing(principal) as context:
        if staged.vkey not in [change["new"] for change in key_changes(context)]:
            said = sign_key_change(format_at(context.now), present, staged)
            context.log(KEY_CHANGED, {"keys": Owned(said)})
    folder.put_in_force(origin)
    return staged.vkey


def retire_key(desk: Desk, principal: Principal) -> str:
    """End the changeover; returns the vkey that no longer signs."""
    origin, folder = _files(desk, principal)
    signing = folder.keys(origin).signing
    if len(signing) < 2:
        raise _refused("No changeover is under way: there is one log key.")
    with desk.writing(principal) as context:
        context.log(KEY_RETIRED, {"keys": Owned({"old": signing[-1].vkey})})
    return folder.retire(origin)


def _files(desk: Desk, principal: Principal) -> tuple[str, LogKeyFolder]:
    if desk.log_keys is None:
        raise _refused(
            "A signer process holds the key; change it while the service holds the files."
        )
    return desk.practice(principal.practice_id).log_origin, desk.log_keys


def _refused(said: str) -> InvalidRequest:
    return InvalidRequest(errors=[FieldError("/key", said)])


def key_changes(context: Context) -> list[dict[str, Any]]:
    """The statements of all key changes in the log, in no order (`ledger.key_change` reads one)."""
    rows = context.session.scalars(
        select(OpeningRow)
        .join(EntryRow, IS_OPENING_OF)
        .where(EntryRow.practice_id == context.practice_id, EntryRow.action == KEY_CHANGED)
    )
    found = []
    for row in rows:
        where = ("audit_opening", row.entry_id, row.name)
        raw = context.keyring.open(context.session, row.owner_person_id, row.sealed, where)
        value = Opening.from_bytes(raw).value
        assert isinstance(value, dict)  # noqa: S101 - written by sign_key_change
        found.append(value)
    return found


def key_change_places(context: Context, size: int) -> list[int]:
    """The places of all key changes among the first `size` entries, ascending."""
    rows = context.session.scalars(
        select(LeafRow.leaf_index)
        .join(EntryRow, IS_LEAF_OF)
        .where(
            LeafRow.practice_id == context.practice_id,
            LeafRow.leaf_index < size,
            EntryRow.action == KEY_CHANGED,
        )
        .order_by(LeafRow.leaf_index)
    )
    return list(rows)
