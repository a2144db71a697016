"""Releases: the row and entry without which nothing leaves for a board, a court or an insurer.

`record_release` runs in the transaction before the first byte is given: what was recorded and then
not fetched is on the list, never the other way round. The list by client is the *accounting of
disclosures* of 45 CFR 164.528.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, select

from policy_service.audit.log import Owned
from policy_service.database.tables.people import PersonRow
from policy_service.database.tables.registry import ClientRow
from policy_service.database.tables.releases import ReleaseRow, ReleaseSubjectRow
from policy_service.domain.principals import Scope
from policy_service.domain.releases import Recipient, RecipientKind, Release
from policy_service.errors import NotAllowed, NotFound
from policy_service.ledger.canonical import Json, canonical_bytes, parse_strict
from policy_service.ledger.leaf import format_at
from policy_service.services.audit_filters import READERS, pseudonym_named
from policy_service.services.case_steps import require_text
from policy_service.services.context import Context
from policy_service.services.csv_lines import csv_lines
from policy_service.vault.errors import KeyNotHeld

MOST_NAMED = 100
"""So many subjects at most stand in the entry itself, which may not outgrow a leaf."""
LARGEST_PAGE = 200
COLUMNS = ("at", "recipient_kind", "recipient", "address", "what", "purpose", "subjects", "id")


@dataclass(frozen=True, slots=True)
class ReleaseLine:
    """One line of an accounting. `told` None: sealed for a client whose key is destroyed."""

    id: str
    at: datetime
    actor: str
    recipient_kind: str
    subjects: int
    entry_id: str
    told: Release | None

    def to_json(self) -> dict[str, Any]:
        """As the doors give it; the words are null once erased."""
        told = self.told
        return {
            "id": self.id,
            "at": format_at(self.at),
            "actor": self.actor,
            "recipient_kind": self.recipient_kind,
            "recipient": told.recipient.name if told else None,
            "address": told.recipient.address if told else None,
            "what": told.what if told else None,
            "purpose": told.purpose if told else None,
            "subjects": self.subjects,
            "entry": self.entry_id,
        }


@dataclass(frozen=True, slots=True)
class ReleaseFilter:
    """Which releases. `subject`: a pseudonym, or the id of a client or clinician.

    `since` is included, `until` is not; `after` is the id of the last line of the page before.
    """

    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: str | None = None


def record_release(context: Context, release: Release) -> str:
    """Write the release and its entry in the caller's transaction; returns the release's id.

    InvalidRequest where recipient, what or purpose is empty or too long. Who may release is for the
    caller to have checked: it depends on what is given.
    """
    release = _cleaned(release)
    owner = _client_concerned(context, release.subjects)
    told = _told(release)
    release_id = context.new_id()
    leaf = context.log(
        "release.recorded",
        {"release": Owned({"release": release_id, **told, **_many(release)}, owner)},
        subjects=release.subjects if len(release.subjects) <= MOST_NAMED else frozenset(),
    )
    where = ("release_record", release_id, "sealed")
    row = {
        "practice_id": context.practice_id,
        "id": release_id,
        "at": context.now,
        "actor_ref": context.principal.actor_ref,
        "recipient_kind": release.recipient.kind.value,
        "subjects": len(release.subjects),
        "owner_person_id": owner,
        "sealed": context.keyring.seal(context.session, owner, canonical_bytes(told), where),
        "entry_id": leaf.id,
    }
    context.session.execute(insert(ReleaseRow), [row])
    _index(context, release_id, sorted(release.subjects))
    return release_id


def _cleaned(release: Release) -> Release:
    recipient = release.recipient
    address = recipient.address and require_text("/recipient/address", recipient.address)
    named = Recipient(recipient.kind, require_text("/recipient/name", recipient.name), address)
    return Release(
        named,
        require_text("/what", release.what),
        require_text("/purpose", release.purpose),
        release.subjects,
        release.content,
    )


def _told(release: Release) -> dict[str, Json]:
    return {
        "kind": release.recipient.kind.value,
        "recipient": release.recipient.name,
        "address": release.recipient.address,
        "what": release.what,
        "purpose": release.purpose,
        "content": dict(release.content),
    }


def _many(release: Release) -> dict[str, Json]:
    """How many it tells about, and the digest of their pseudonyms, one a line, ascending."""
    lines = "".join(f"{ref}\n" for ref in sorted(release.subjects))
    digest = hashlib.sha256(lines.encode()).hexdigest()
    return {"subjects": len(release.subjects), "subjects_digest": digest}


def _client_concerned(context: Context, subjects: frozenset[str]) -> str | None:
    """The person id of the one client among the subjects: the words lie under their key."""
    if len(subjects) > MOST_NAMED:
        return None
    clients = (
        select(PersonRow.id)
        .join(ClientRow, ClientRow.person_id == PersonRow.id)
        .where(PersonRow.pseudonym.in_(sorted(subjects)), PersonRow.erased_at.is_(None))
        .distinct()
    )
    found = context.session.scalars(clients).all()
    return found[0] if len(found) == 1 else None


def _index(context: Context, release_id: str, subjects: Iterable[str]) -> None:
    rows = [
        {"practice_id": context.practice_id, "subject_ref": ref, "release_id": release_id}
        for ref in subjects
    ]
    if rows:
        context.session.execute(insert(ReleaseSubjectRow), rows)


def list_releases(
    context: Context, wanted: ReleaseFilter, limit: int = LARGEST_PAGE
) -> tuple[list[ReleaseLine], str | None]:
    """Releases, the newest first, and the cursor of the next page. The reading is an entry."""
    require_accountant(context)
    asked = _asked(context, wanted)
    lines = list(_lines(context, asked, limit + 1))
    _log(context, asked, "release.listed", len(lines[:limit]))
    more = len(lines) > limit
    return lines[:limit], lines[limit - 1].id if more else None


def accounting_file(context: Context, wanted: ReleaseFilter) -> str:
    """The accounting as CSV, of one person or of all. That it was made is an entry."""
    require_accountant(context)
    asked = _asked(context, wanted)
    rows = [line.to_json() for line in _lines(context, asked, None)]
    _log(context, asked, "release.accounted", len(rows))
    return "".join(csv_lines([COLUMNS, *([row[name] for name in COLUMNS] for row in rows)]))


def _asked(context: Context, wanted: ReleaseFilter) -> ReleaseFilter:
    """With the pseudonym in the place of an id: who may account for disclosures asks by client."""
    if wanted.subject is None:
        return wanted
    return replace(wanted, subject=pseudonym_named(context, wanted.subject))


def _log(context: Context, asked: ReleaseFilter, action: str, shown: int) -> None:
    subjects = frozenset({asked.subject} if asked.subject else ())
    context.log(action, {"list": Owned({"shown": shown})}, subjects=subjects)


def require_accountant(context: Context) -> None:
    """NotAllowed unless the principal may read what was released."""
    principal = context.principal
    if not principal.has(*READERS) and Scope.RELEASES_READ not in principal.scopes:
        raise NotAllowed(f"This needs the role {' or '.join(READERS)}.")


def _lines(context: Context, wanted: ReleaseFilter, limit: int | None) -> Iterator[ReleaseLine]:
    query = select(ReleaseRow).where(*_conditions(context, wanted))
    newest_first = query.order_by(ReleaseRow.at.desc(), ReleaseRow.id.desc())
    for row in context.session.scalars(newest_first.limit(limit)):
        yield ReleaseLine(
            row.id,
            row.at,
            row.actor_ref,
            row.recipient_kind,
            row.subjects,
            row.entry_id,
            _opened(context, row),
        )


def _conditions(context: Context, wanted: ReleaseFilter) -> Iterator[ColumnElement[bool]]:
    yield ReleaseRow.practice_id == context.practice_id
    if wanted.subject is not None:
        about = select(ReleaseSubjectRow.release_id).where(
            ReleaseSubjectRow.subject_ref == wanted.subject
        )
        yield ReleaseRow.id.in_(about)
    if wanted.since is not None:
        yield ReleaseRow.at >= wanted.since
    if wanted.until is not None:
        yield ReleaseRow.at < wanted.until
    last = _last_shown(context, wanted.after)
    if last is not None:
        same_moment = (ReleaseRow.at == last.at) & (ReleaseRow.id < last.id)
        yield (ReleaseRow.at < last.at) | same_moment


def _last_shown(context: Context, release_id: str | None) -> ReleaseRow | None:
    if release_id is None:
        return None
    return context.session.get(ReleaseRow, (context.practice_id, release_id))


def _opened(context: Context, row: ReleaseRow) -> Release | None:
    where = ("release_record", row.id, "sealed")
    try:
        raw = context.keyring.open(context.session, row.owner_person_id, row.sealed, where)
    except KeyNotHeld:
        return None
    told: Any = parse_strict(raw)
    recipient = Recipient(RecipientKind(told["kind"]), told["recipient"], told["address"])
    return Release(recipient, told["what"], told["purpose"], frozenset(), told["content"])


def open_content(context: Context, release_id: str) -> Mapping[str, Any]:
    """How to make again what a release gave. NotFound for none, and once it is erased."""
    row = context.session.get(ReleaseRow, (context.practice_id, release_id))
    told = None if row is None else _opened(context, row)
    if told is None or not told.content:
        raise NotFound
    return told.content
