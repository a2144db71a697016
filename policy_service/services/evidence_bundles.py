"""Make an evidence bundle: chosen entries with proofs, for somebody who need not trust us.

The making is an entry of its own, which commits to the manifest; so what was chosen, for whom and
why cannot be said otherwise later. What a bundle opens is what its maker may open: never a
clinician's previews, and nothing whose key was destroyed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from policy_service.audit import reading
from policy_service.audit.evidence.archive import Archive, programs
from policy_service.audit.evidence.contents import Contents, digests, readme
from policy_service.audit.evidence.proofs import Signed, consistency_file, proof_files
from policy_service.audit.log import Owned
from policy_service.domain.principals import Principal, Role
from policy_service.errors import FieldError, InvalidRequest, NotAllowed
from policy_service.ledger.canonical import Json, canonical_bytes
from policy_service.ledger.checkpoint import open_checkpoint
from policy_service.ledger.errors import NoteRefused
from policy_service.ledger.note import Verifier
from policy_service.policy.registry import shipped_texts
from policy_service.services import audit_reading
from policy_service.services.bundle_choice import Choice, chosen_by, places_of
from policy_service.services.bundle_entries import EntryLines
from policy_service.services.case_steps import require_text
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.packs import stored_document

BUNDLED = "evidence.bundled"


@dataclass(frozen=True, slots=True)
class BundleForm:
    """What is asked for. `groups`: families of groups to open (`care`, `tie`, …); None: all.

    `previous`: a checkpoint of this log that the recipient kept, to be continued from.
    """

    choice: Choice
    purpose: str
    groups: frozenset[str] | None = None
    previous: str | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was made: a zip, a name for the file, and the entry about it."""

    content: bytes
    file_name: str
    entry_id: str
    contents: Contents


def make_bundle(desk: Desk, principal: Principal, form: BundleForm) -> Bundle:
    """The bundle; its entry is committed before the first byte of it is given.

    NotAllowed for anyone but a compliance officer, InvalidRequest for what cannot be chosen.
    """
    _require_maker(principal)
    purpose = require_text("/purpose", form.purpose)
    audit_reading.place_pending(desk, principal)
    archive = Archive()
    with desk.reading(principal) as context:
        places = places_of(context, form.choice)
        lines = EntryLines(context, form.groups)
        archive.add_lines("entries.jsonl", lines.of(places))
        packs = _packs(context, lines.packs)
        previous_size = _previous_size(desk, context, form.previous)
    contents = Contents(
        log=desk.practice(principal.practice_id).log_origin,
        practice=principal.practice_id,
        made_at=desk.clock(),
        places=places,
        chosen_by=chosen_by(form.choice),
        groups=None if form.groups is None else tuple(sorted(form.groups)),
        withheld=lines.withheld,
        purpose=purpose,
        previous_size=previous_size,
    )
    files = _files(desk, contents) | packs
    if form.previous is not None:
        files["previous.checkpoint"] = form.previous.encode()
    contents = replace(contents, files=digests(files))
    entry_id = _log_making(desk, principal, contents)
    for name, content in {**files, "manifest.json": contents.manifest()}.items():
        archive.add(name, content)
    _add_proofs(desk, principal, archive, contents, entry_id)
    return Bundle(archive.close(), _file_name(contents), entry_id, contents)


def _require_maker(principal: Principal) -> None:
    if not principal.has(Role.COMPLIANCE):
        raise NotAllowed(f"This needs the role {Role.COMPLIANCE}.")


def _packs(context: Context, wanted: set[str]) -> dict[str, bytes]:
    """The documents of the packs that the entries name, as far as they are at hand."""
    shipped = shipped_texts()
    found = {}
    for digest in sorted(wanted):
        kept = shipped.get(digest)
        raw = (
            kept.document if kept else stored_document(context.session, context.practice_id, digest)
        )
        if raw is not None:
            found[f"packs/{digest}.json"] = raw
    return found


def _previous_size(desk: Desk, context: Context, note: str | None) -> int | None:
    """The size of the checkpoint to continue from. InvalidRequest unless this log signed it."""
    if note is None:
        return None
    try:
        size = open_checkpoint(note, _verifier(desk, context.principal)).size
    except NoteRefused as error:
        raise InvalidRequest(errors=[FieldError("/previous", f"{error}.")]) from error
    now = reading.head(context.session, context.practice_id).size
    if size > now:
        said = f"That checkpoint covers {size} entries and the log has only {now}: it was cut back."
        raise InvalidRequest(errors=[FieldError("/previous", said)])
    return size


def _verifier(desk: Desk, principal: Principal) -> Verifier:
    return Verifier.of(desk.log_key(desk.practice(principal.practice_id).log_origin))


def _files(desk: Desk, contents: Contents) -> dict[str, bytes]:
    """What the manifest names besides the packs."""
    log = Verifier.of(desk.log_key(contents.log)).vkey
    keys = {"log": [log], "receipts": [Verifier.of(desk.receipt_key).vkey], "witnesses": []}
    return {
        "README.txt": readme(contents, log).encode(),
        "keys.json": canonical_bytes(keys),
        **dict(programs()),
    }


def _log_making(desk: Desk, principal: Principal, contents: Contents) -> str:
    """The entry that commits to the manifest; it names nobody."""
    said: dict[str, Json] = {
        "manifest": hashlib.sha256(contents.manifest()).hexdigest(),
        "entries": len(contents.places),
        "contiguous": contents.is_contiguous,
    }
    with desk.writing(principal) as context:
        return context.log(BUNDLED, {"bundle": Owned(said)}).id


def _add_proofs(
    desk: Desk, principal: Principal, archive: Archive, contents: Contents, entry_id: str
) -> None:
    """Checkpoint, proofs, and the entry about the bundle, which that checkpoint covers."""
    note = audit_reading.checkpoint(desk, principal)
    signed = Signed(note, open_checkpoint(note, _verifier(desk, principal)).size)
    archive.add("checkpoint", note.encode())
    with desk.reading(principal) as context:
        session, practice = context.session, context.practice_id
        own = reading.leaf_index(session, practice, entry_id)
        archive.add_lines("made.jsonl", EntryLines(context, None).of([own]))
        for places in (contents.places, (own,)):
            for name, content in proof_files(session, practice, signed, places):
                archive.add(name, content)
        if contents.previous_size is not None:
            path = consistency_file(session, practice, contents.previous_size, signed)
            archive.add("consistency.json", path)


def _file_name(contents: Contents) -> str:
    kind = "" if contents.is_contiguous else "-incomplete"
    return f"evidence-{contents.made_at:%Y%m%d-%H%M%S}{kind}.zip"
