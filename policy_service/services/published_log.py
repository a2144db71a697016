"""Write a practice's log out for strangers' verifiers. The export is itself an entry."""

from __future__ import annotations

from pathlib import Path

from policy_service.audit.cosignatures import cosigned_note
from policy_service.audit.log import Owned
from policy_service.audit.tiles import Exported, export_tiles
from policy_service.domain.principals import Principal
from policy_service.ledger.checkpoint import Checkpoint
from policy_service.ledger.note import Note
from policy_service.services import audit_reading
from policy_service.services.desk import Desk


def publish(desk: Desk, principal: Principal, folder: Path) -> Exported:
    """Bring a tlog-tiles folder up to the newest head. ExportRefused when it holds another log."""
    with desk.writing(principal) as context:
        context.log("audit.exported", {"filters": Owned({"form": "tiles"})})
    note = audit_reading.checkpoint(desk, principal)
    size = Checkpoint.parse(Note.parse(note).text).size
    with desk.reading(principal) as context:
        note = cosigned_note(context.session, principal.practice_id, size) or note
    origin = desk.practice(principal.practice_id).log_origin
    keys = desk.log_verifiers(origin)
    return export_tiles(desk.database, principal.practice_id, folder, note, keys)
