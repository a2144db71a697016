"""Put packs in use: ask, approve, refuse. Every step is one row, one entry, one transaction.

A compliance officer decides alone what is proved to loosen no prohibition. Whatever loosens one, or
is not proved not to, waits for an approver, who is somebody else (design §7, §9: lifting a prohibit
takes two people, and a rule that is loosened lifts it for everyone). A machine may only ask.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from policy_service.audit.log import Owned
from policy_service.database.tables.packs import (
    PackActivationRow,
    PackHeadRow,
    PackProposalRow,
    PackRow,
)
from policy_service.domain.principals import Role, Scope
from policy_service.errors import (
    FieldError,
    InvalidRequest,
    NotAllowed,
    NotFound,
    StaleVersion,
    StateConflict,
)
from policy_service.ledger.canonical import Json, canonical_bytes
from policy_service.policy.pack import Pack
from policy_service.policy.registry import shipped_texts
from policy_service.services.adoption import (
    ACTIVATED,
    adopt_shipped,
    pack_row,
    seal_reason,
    store_rows,
)
from policy_service.services.case_steps import require_text
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.pack_examination import Examination, examine
from policy_service.services.pack_storing import prove_fitness
from policy_service.services.packs import Mode, open_packs, packs_in_use
from policy_service.services.touch import rescreen_everyone

WAITING, TAKEN, DONE, REFUSED = "waiting", "taken", "done", "refused"
LONGEST_REASON = 600


@dataclass(frozen=True, slots=True)
class ActivationForm:
    """What is asked. `number` is the newest activation the caller has seen (None: any)."""

    digest: str
    reason: str
    mode: Mode = Mode.ACTIVE
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of it: done as activation `number`, or waiting as a proposal, and for what."""

    number: int | None
    proposal_id: str | None
    loosens: tuple[str, ...]


def ask(desk: Desk, context: Context, form: ActivationForm) -> Asked:
    """Put a stored pack in use, or ask a second person to.

    NotFound for a pack that is neither stored nor shipped; PackRefused if it fails its tests among
    the packs of today; StateConflict if this step is not possible; StaleVersion if the packs in use
    changed since they were read.
    """
    principal = context.principal
    is_officer = principal.has(Role.COMPLIANCE)
    if not is_officer and Scope.PACKS_PROPOSE not in principal.scopes:
        raise NotAllowed("This needs a compliance officer.")
    reason = _reason(form.reason)
    number = _hold_head(desk, context)
    if form.number is not None and form.number != number:
        raise StaleVersion
    found = _examined(desk, context, form.digest, form.mode)
    if not is_officer or found.needs_second:
        return Asked(None, _propose(context, found, reason, number), found.loosens)
    _settle(context, form.digest, TAKEN)
    return Asked(_record(desk, context, _Step(found, reason)), None, ())


def approve(desk: Desk, context: Context, proposal_id: str, reason: str) -> int:
    """The second person puts in use what an officer asked for; returns the activation's number."""
    text = _reason(reason)
    number = _hold_head(desk, context)
    row = _waiting(context, proposal_id)
    if row.asked_by.startswith("ehr:"):
        raise StateConflict("A machine asked for this. A compliance officer must ask first.")
    _require_second(context, row)
    if row.number != number:
        raise StateConflict("The packs in use changed after this was asked for. Refuse it.")
    found = _examined(desk, context, row.digest, Mode(row.mode))
    asked = _opened(context, row)
    _settle(context, row.digest, DONE)
    return _record(desk, context, _Step(found, asked, row.asked_by, text))


def refuse(desk: Desk, context: Context, proposal_id: str, reason: str) -> None:
    """Not put in use: by an approver, or by an officer (who may also take back their own)."""
    if not context.principal.has(Role.COMPLIANCE, Role.APPROVER):
        raise NotAllowed("This needs a compliance officer or an approver.")
    text = _reason(reason)
    _hold_head(desk, context)
    row = _waiting(context, proposal_id)
    _settle(context, row.digest, REFUSED)
    said: dict[str, Json] = {"proposal": row.id, "digest": row.digest, "reason": text}
    context.log("pack.refused", {"proposal": Owned(said)}, packs=frozenset({row.digest}))


def examine_stored(desk: Desk, context: Context, digest: str, mode: Mode) -> Examination:
    """What putting a pack in use would change; nothing is tested or written."""
    pack = _pack(desk, context, digest)
    return examine(packs_in_use(desk, context), desk.packs, pack, mode)


def _reason(text: str) -> str:
    reason = require_text("/reason", text)
    if len(reason) > LONGEST_REASON:
        said = f"At most {LONGEST_REASON} characters are allowed."
        raise InvalidRequest(errors=[FieldError("/reason", said)])
    return reason


def _hold_head(desk: Desk, context: Context) -> int:
    """The newest activation, held until the transaction ends: checks record before it or after.

    A practice without any takes over the shipped packs first, so that every step has a before.
    """
    head = context.session.scalars(
        select(PackHeadRow).where(PackHeadRow.practice_id == context.practice_id).with_for_update()
    ).first()
    if head is None or head.number == 0:
        keyring, actor = context.keyring, context.principal.actor_ref
        adopt_shipped(desk, context.session, keyring, actor)
        head = context.session.get_one(PackHeadRow, context.practice_id)
    return head.number


def _pack(desk: Desk, context: Context, digest: str) -> Pack:
    known = context.session.get(PackRow, (context.practice_id, digest)) is not None
    if not known and not any(pack.digest == digest for pack in desk.packs):
        raise NotFound
    return open_packs(desk, context, [digest])[digest]


def _examined(desk: Desk, context: Context, digest: str, mode: Mode) -> Examination:
    pack = _pack(desk, context, digest)
    found = examine(packs_in_use(desk, context), desk.packs, pack, mode)
    if found.forbidden:
        raise StateConflict(found.forbidden)
    if mode is not Mode.RETIRED:
        prove_fitness(desk, context, pack)
    return found


def _require_second(context: Context, row: PackProposalRow) -> None:
    if not context.principal.has(Role.APPROVER):
        raise NotAllowed("This needs an approver.")
    if row.asked_by == context.principal.actor_ref:
        raise NotAllowed("Whoever asked cannot approve.")


def _waiting(context: Context, proposal_id: str) -> PackProposalRow:
    row = context.session.get(PackProposalRow, (context.practice_id, proposal_id))
    if row is None:
        raise NotFound
    if row.state != WAITING:
        raise StateConflict("This was decided already.")
    return row


def _propose(context: Context, found: Examination, reason: str, number: int) -> str:
    """One proposal of a pack waits; asking again replaces it."""
    _settle(context, found.pack.digest, TAKEN)
    row = PackProposalRow(
        practice_id=context.practice_id,
        id=context.new_id(),
        pack_id=found.pack.id,
        digest=found.pack.digest,
        mode=found.mode.value,
        number=number,
        state=WAITING,
        asked_at=context.now,
        asked_by=context.principal.actor_ref,
        sealed_reason=b"",
    )
    where = ("pack_proposal", row.id, "reason")
    row.sealed_reason = context.keyring.seal(context.session, None, reason.encode(), where)
    context.session.add(row)
    context.session.flush()
    said = {**_said(found), "proposal": row.id, "reason": reason}
    context.log("pack.proposed", {"proposal": Owned(said)}, packs=_named(found))
    return row.id


def _opened(context: Context, row: PackProposalRow) -> str:
    where = ("pack_proposal", row.id, "reason")
    return context.keyring.open(context.session, None, row.sealed_reason, where).decode()


def _settle(context: Context, digest: str, state: str) -> None:
    context.session.execute(
        update(PackProposalRow)
        .where(
            PackProposalRow.practice_id == context.practice_id,
            PackProposalRow.digest == digest,
            PackProposalRow.state == WAITING,
        )
        .values(state=state, decided_at=context.now, decided_by=context.principal.actor_ref)
    )


@dataclass(frozen=True, slots=True)
class _Step:
    """A step that is allowed. `asked_by` is set where the principal is the second person."""

    found: Examination
    reason: str
    asked_by: str = ""
    approval: str = ""


def _record(desk: Desk, context: Context, step: _Step) -> int:
    """The row, the entry and the head: from this commit on every check decides by the new packs."""
    found = step.found
    _store_shipped(context, found.pack)
    head = context.session.get_one(PackHeadRow, context.practice_id)
    number = head.number + 1
    leaf = context.log(ACTIVATED, _groups(context, step, number), packs=_named(found))
    certificate = found.certificate
    proof = canonical_bytes(certificate.to_json()) if certificate else None
    actor = context.principal.actor_ref
    context.session.add(
        PackActivationRow(
            practice_id=context.practice_id,
            number=number,
            pack_id=found.pack.id,
            digest=found.pack.digest,
            replaced_digest=found.ends.digest if found.ends else None,
            mode=found.mode.value,
            activated_at=context.now,
            activated_by=step.asked_by or actor,
            approved_by=actor if step.asked_by else None,
            sealed_reason=seal_reason(context.session, context.keyring, number, step.reason),
            certificate_digest=hashlib.sha256(proof).hexdigest() if proof else None,
            entry_id=leaf.id,
        )
    )
    head.number, head.entry_id = number, leaf.id
    _rescreen(context, found, leaf.id)
    context.session.flush()
    return number


def _store_shipped(context: Context, pack: Pack) -> None:
    """A newly shipped pack is stored when it is first put in use: the next upgrade may drop it."""
    text = shipped_texts().get(pack.digest)
    if text is not None:
        row = pack_row(pack, text, context.now, context.principal.actor_ref)
        store_rows(context.session, context.practice_id, [row])


def _rescreen(context: Context, found: Examination, entry_id: str) -> None:
    """What binds changed, so every pair is asked about again; shadows change no answer."""
    if found.mode is Mode.ACTIVE or found.ends is not None:
        rescreen_everyone(context, entry_id)


def _named(found: Examination) -> frozenset[str]:
    return frozenset({found.pack.digest, *([found.ends.digest] if found.ends else [])})


def _said(found: Examination) -> dict[str, Any]:
    return {
        "mode": found.mode.value,
        "pack": found.pack.id,
        "version": found.pack.version,
        "digest": found.pack.digest,
        "replaced": found.ends.digest if found.ends else None,
        "loosens": list(found.loosens),
    }


def _groups(context: Context, step: _Step, number: int) -> dict[str, Owned]:
    """The step, what changes, and the proof: each a commitment of the entry."""
    found = step.found
    said = {
        **_said(found),
        "number": number,
        "reason": step.reason,
        "asked_by": step.asked_by or context.principal.actor_ref,
        "approval": step.approval,
    }
    groups = {"activation": Owned(said)}
    if found.comparison is not None:
        full = found.comparison.to_json()
        summary = {name: full[name] for name in ("old", "new", "rules", "known", "with_unknowns")}
        groups["comparison"] = Owned(summary)
    if found.certificate is not None:
        groups["certificate"] = Owned(found.certificate.to_json())
    return groups
