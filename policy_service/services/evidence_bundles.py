"""Make an evidence bundle: chosen entries with proofs, for somebody who need not trust us.

The making is an entry of its own, which commits to the manifest; so what was chosen, for whom and
why cannot be said otherwise later. What a bundle opens is what its maker may open: never a
clinician's previews, and nothing whose key was destroyed. Given to somebody outside, it is a
release, recorded in the same transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from policy_service.audit import reading
from policy_service.audit.evidence.archive import Archive, programs
from policy_service.audit.evidence.contents import Contents, digests, readme
from policy_service.audit.evidence.proofs import (
    Signed,
    consistency_file,
    newest_witnessed,
    proof_files,
)
from policy_service.audit.log import Owned
from policy_service.domain.principals import Principal, Role, Scope
from policy_service.domain.releases import Recipient, Release
from policy_service.errors import FieldError, InvalidRequest, NotAllowed
from policy_service.ledger.canonical import Json, canonical_bytes
from policy_service.ledger.checkpoint import open_checkpoint
from policy_service.ledger.errors import NoteRefused
from policy_service.ledger.note import Verifier, signed_by
from policy_service.policy.registry import shipped_texts
from policy_service.services import audit_reading
from policy_service.services.audit_streams import place_pending
from policy_service.services.bundle_choice import Choice, chosen_by, places_of
from policy_service.services.bundle_entries import EntryLines
from policy_service.services.case_steps import require_text
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.log_keys import key_change_places
from policy_service.services.packs import stored_document
from policy_service.services.releases import record_release

BUNDLED = "evidence.bundled"


@dataclass(frozen=True, slots=True)
class BundleForm:
    """What is asked for. `groups`: families of groups to open (`care`, `tie`, …); None: all.

    `recipient` None: for the practice's own use. `previous`: a checkpoint of this log that the
    recipient kept, to be continued from.
    """

    choice: Choice
    purpose: str
    groups: frozenset[str] | None = None
    recipient: Recipient | None = None
    previous: str | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was made: a zip, a name for the file, and the entry about it."""

    content: bytes
    file_name: str
    entry_id: str
    contents: Contents


@dataclass(frozen=True, slots=True)
class _Gathered:
    """What the log says of the choice, and the older head that the bundle continues from."""

    contents: Contents
    packs: dict[str, bytes]
    subjects: frozenset[str]
    older: Signed | None


def make_bundle(desk: Desk, principal: Principal, form: BundleForm) -> Bundle:
    """The bundle; its entry is committed before the first byte of it is given.

    NotAllowed for whoever may not make one or open so much, InvalidRequest for what cannot be
    chosen.
    """
    require_maker(principal, form.groups)
    form = replace(form, purpose=require_text("/purpose", form.purpose))
    place_pending(desk, principal)
    with Archive() as archive:
        gathered = _gather(desk, principal, form, archive)
        files = _files(desk, gathered)
        contents = replace(gathered.contents, files=digests(files))
        entry_id = _log_making(desk, principal, form, replace(gathered, contents=contents))
        for name, content in {**files, "manifest.json": contents.manifest()}.items():
            archive.add(name, content)
        _add_proofs(desk, principal, archive, contents, entry_id)
        return Bundle(archive.content(), _file_name(contents), entry_id, contents)


def require_maker(principal: Principal, groups: frozenset[str] | None) -> None:
    """NotAllowed unless the principal may make a bundle that opens these groups."""
    if principal.has(Role.COMPLIANCE):
        return
    if Scope.AUDIT_RELEASE not in principal.scopes:
        raise NotAllowed(f"This needs the role {Role.COMPLIANCE}.")
    if groups != frozenset() and Scope.DECISION_FULL not in principal.scopes:
        raise NotAllowed(f"To open groups, the key needs the scope {Scope.DECISION_FULL} as well.")


def _gather(desk: Desk, principal: Principal, form: BundleForm, archive: Archive) -> _Gathered:
    """Read the chosen entries, once, into the archive."""
    with desk.reading(principal) as context:
        places = places_of(context, form.choice)
        lines = EntryLines(context, form.groups)
        archive.add_lines("entries.jsonl", lines.of(places))
        packs = _packs(context, lines.packs)
        older = _older(desk, context, form.previous)
    contents = Contents(
        log=desk.practice(principal.practice_id).log_origin,
        practice=principal.practice_id,
        made_at=desk.clock(),
        places=places,
        chosen_by=chosen_by(form.choice),
        groups=None if form.groups is None else tuple(sorted(form.groups)),
        withheld=lines.withheld,
        purpose=form.purpose,
        recipient=_named(form.recipient),
        previous_size=None if older is None else older.size,
    )
    return _Gathered(contents, packs, frozenset(lines.subjects), older)


def _named(recipient: Recipient | None) -> dict[str, str] | None:
    return None if recipient is None else {"kind": recipient.kind.value, "name": recipient.name}


def _packs(context: Context, wanted: set[str]) -> dict[str, bytes]:
    """The documents of the packs that the entries name, as far as they are at hand."""
    shipped = shipped_texts()
    found = {}
    for digest in sorted(wanted):
        if digest in shipped:
            found[f"packs/{digest}.json"] = shipped[digest].document
        elif raw := stored_document(context.session, context.practice_id, digest):
            found[f"packs/{digest}.json"] = raw
    return found


def _older(desk: Desk, context: Context, note: str | None) -> Signed | None:
    """The head to continue from: the one that was handed in, else the newest that was witnessed.

    InvalidRequest unless this log signed it, and still covers it.
    """
    keys = desk.log_verifiers(desk.practice(context.practice_id).log_origin)
    if note is None:
        return _witnessed(context, keys)
    try:
        size = open_checkpoint(note, signed_by(note, keys)).size
    except NoteRefused as error:
        raise InvalidRequest(errors=[FieldError("/previous", f"{error}.")]) from error
    now = reading.head(context.session, context.practice_id).size
    if size > now:
        said = f"That checkpoint covers {size} entries and the log has only {now}: it was cut back."
        raise InvalidRequest(errors=[FieldError("/previous", said)])
    return Signed(note, size)


def _witnessed(context: Context, keys: Sequence[Verifier]) -> Signed | None:
    """The newest head that a witness cosigned, unless a key that is not known here signed it."""
    found = newest_witnessed(context.session, context.practice_id)
    if found is None:
        return None
    with suppress(NoteRefused):
        open_checkpoint(found.note, signed_by(found.note, keys))
        return found
    return None


def _verifier(desk: Desk, principal: Principal) -> Verifier:
    return Verifier.of(desk.log_key(desk.practice(principal.practice_id).log_origin))


def _files(desk: Desk, gathered: _Gathered) -> dict[str, bytes]:
    """What the manifest names."""
    log = Verifier.of(desk.log_key(gathered.contents.log)).vkey
    keys = {
        "log": [one.vkey for one in reversed(desk.log_verifiers(gathered.contents.log))],
        "receipts": [Verifier.of(desk.receipt_key).vkey],
        "witnesses": [address.cosigner.vkey for address in desk.witnesses],
    }
    older = gathered.older
    return {
        "README.txt": readme(gathered.contents, log).encode(),
        "keys.json": canonical_bytes(keys),
        **dict(programs()),
        **gathered.packs,
        **({} if older is None else {"previous.checkpoint": older.note.encode()}),
    }


def _log_making(desk: Desk, principal: Principal, form: BundleForm, gathered: _Gathered) -> str:
    """The release, if it is one, and the entry that commits to the manifest and names nobody."""
    contents = gathered.contents
    with desk.writing(principal) as context:
        said: dict[str, Json] = {
            "manifest": hashlib.sha256(contents.manifest()).hexdigest(),
            "entries": len(contents.places),
            "contiguous": contents.is_contiguous,
        }
        if form.recipient is not None:
            what = f"evidence bundle: {_what(contents)}"
            release = Release(form.recipient, what, form.purpose, gathered.subjects)
            said["release"] = record_release(context, release)
        return context.log(BUNDLED, {"bundle": Owned(said)}).id


def _what(contents: Contents) -> str:
    """The brief description that an accounting asks for; it names nobody."""
    opened = "all groups" if contents.groups is None else ", ".join(contents.groups) or "nothing"
    return f"{contents.note()} Opened: {opened}."


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
        beside = (own, *_add_key_changes(context, archive, contents, signed.size))
        for places in (contents.places, beside):
            for name, content in proof_files(session, practice, signed, places):
                archive.add(name, content)
        if contents.previous_size is not None:
            path = consistency_file(session, practice, contents.previous_size, signed)
            archive.add("consistency.json", path)


def _add_key_changes(
    context: Context, archive: Archive, contents: Contents, size: int
) -> tuple[int, ...]:
    """Every change of the log's key, opened, so that whoever pinned an older key can follow.

    Returns their places as far as `contents` does not prove each of them anyway.
    """
    found = key_change_places(context, size)
    if found:
        lines = EntryLines(context, frozenset({"keys"})).of(found)
        archive.add_lines("key-changes.jsonl", lines)
    proven = contents.places if contents.is_each_proven else ()
    return tuple(place for place in found if place not in proven)


def _file_name(contents: Contents) -> str:
    kind = "" if contents.is_contiguous else "-incomplete"
    return f"evidence-{contents.made_at:%Y%m%d-%H%M%S}{kind}.zip"
