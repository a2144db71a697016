"""Take in a pack: every check a shipped pack passes, then it is stored and binds nobody yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select

from policy_service.audit.log import Owned
from policy_service.database.tables.packs import PackRow
from policy_service.domain.principals import Role, Scope
from policy_service.errors import Conflict, FieldError, NotAllowed, PackRefused
from policy_service.policy.analysis.items import Gravity
from policy_service.policy.analysis.standing import Standing
from policy_service.policy.documents import pack_from_document, parse_document
from policy_service.policy.faults import PackFault
from policy_service.policy.files import README, parse_files
from policy_service.policy.loader import build_pack
from policy_service.policy.pack import Pack, PackSet
from policy_service.policy.registry import PackText, refuse_shared_ids, shipped_rows
from policy_service.policy.rule_tests import run_cases_of
from policy_service.policy.sources import check_against_sources
from policy_service.services.adoption import pack_row
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.packs import active_packs, packs_at_hand

LONGEST_RATIONALE = 20_000
STORED = "pack.stored"


@dataclass(frozen=True, slots=True)
class PackUpload:
    """A pack as it came: its files by name, or its document with the rationale beside it.

    `digest` is what the sender says it is, or None.
    """

    files: Mapping[str, str] | None = None
    document: Mapping[str, Any] | None = None
    rationale: str = ""
    digest: str | None = None


def require_author(context: Context) -> None:
    """NotAllowed unless the principal may bring packs in: they bind nobody by that alone."""
    principal = context.principal
    if not (
        principal.has(Role.COMPLIANCE, Role.OPERATOR) or Scope.PACKS_PROPOSE in principal.scopes
    ):
        raise NotAllowed("This needs a compliance officer.")


def store_pack(desk: Desk, context: Context, upload: PackUpload) -> Pack:
    """Check and store a pack; returns it. Storing the same pack again changes nothing.

    PackRefused with the place of the fault, Conflict where its version is another pack's.
    """
    require_author(context)
    pack, text = read_upload(upload)
    prove_fitness(desk, context, pack)
    if _is_stored(context, pack.digest):
        return pack
    _refuse_reused_version(packs_at_hand(desk, context), pack)
    row = pack_row(pack, text, context.now, context.principal.actor_ref)
    context.session.execute(insert(PackRow), [{"practice_id": context.practice_id, **row}])
    said = {"pack": pack.id, "version": pack.version, "digest": pack.digest}
    context.log(STORED, {"pack": Owned(said)}, packs=frozenset({pack.digest}))
    desk.compiled[pack.digest] = pack
    return pack


def read_upload(upload: PackUpload) -> tuple[Pack, PackText]:
    """The pack of an upload and what is to be kept of it. PackRefused with the place of a fault."""
    try:
        pack, text = _of_files(upload.files) if upload.files is not None else _of_document(upload)
    except PackFault as fault:
        raise refused(fault, in_files=upload.files is not None) from fault
    if upload.digest is not None and upload.digest != pack.digest:
        said = f"The pack has the digest {pack.digest}, not the one that was given."
        raise PackRefused(errors=[FieldError("/digest", said)])
    return pack, text


def _of_files(files: Mapping[str, str]) -> tuple[Pack, PackText]:
    parsed = parse_files(files)
    if len(files[README]) > LONGEST_RATIONALE:
        raise PackFault(README, 1, f"longer than {LONGEST_RATIONALE} characters")
    return build_pack(parsed), PackText(parsed.document(), files[README])


def _of_document(upload: PackUpload) -> tuple[Pack, PackText]:
    document = upload.document or {}
    if not 0 < len(upload.rationale.strip()) <= LONGEST_RATIONALE:
        said = f"A pack says why it says what it says, in 1 to {LONGEST_RATIONALE} characters."
        raise PackRefused(errors=[FieldError("/rationale", said)])
    text = PackText(parse_document(document).document(), upload.rationale)
    return pack_from_document(document), text


def refused(fault: PackFault, *, in_files: bool) -> PackRefused:
    """A fault as the doors tell it: which file and line, or which rule of the document."""
    name = fault.file.replace("~", "~0").replace("/", "~1")
    pointer = f"/files/{name}" if in_files else "/document"
    said = f"line {fault.line}: {fault.message}" if fault.line else f"{fault.file}: {fault.message}"
    return PackRefused(errors=[FieldError(pointer, said)])


def prove_fitness(desk: Desk, context: Context, pack: Pack) -> None:
    """What a pack must show beyond loading, among the packs that bind now. Raises PackRefused.

    Its rule ids are nobody else's, no rule says more than its row of the rule table (packs of our
    own have none), its cases come out as written, and every rule can hold.
    """
    try:
        refuse_shared_ids(pack, packs_at_hand(desk, context))
        check_against_sources(pack, shipped_rows())
        run_cases_of(pack, active_packs(desk, context).with_pack(pack))
        _refuse_dead_rules(pack)
    except PackFault as fault:
        raise refused(fault, in_files=bool(fault.line)) from fault


def _refuse_dead_rules(pack: Pack) -> None:
    for item in Standing.of(pack).items():
        if item.gravity is Gravity.FAULT:
            raise PackFault(item.file, item.line, f"rule {item.rule!r} {item.sentence}")


def _is_stored(context: Context, digest: str) -> bool:
    return context.session.get(PackRow, (context.practice_id, digest)) is not None


def _refuse_reused_version(at_hand: PackSet, pack: Pack) -> None:
    for other in at_hand:
        if (other.id, other.version) == (pack.id, pack.version) and other.digest != pack.digest:
            raise Conflict(f"Version {pack.version} of {pack.id} is another pack already.")


def rationale_of(context: Context, digest: str) -> str:
    """The README of a stored pack, empty where none is stored."""
    query = select(PackRow.rationale).where(PackRow.digest == digest)
    return context.session.scalars(query).first() or ""
