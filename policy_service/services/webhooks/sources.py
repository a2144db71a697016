"""Sources: EHRs that send us webhooks, and from which we read back. Kept by administrators.

A source has an address of ours to post to, a secret that both sides hold, and an address of theirs
with a token to read by. All of that is sealed under the practice's key.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from policy_service.audit.log import Owned
from policy_service.database.tables.directory import PracticeRow
from policy_service.database.tables.webhooks import WebhookSourceRow
from policy_service.domain.people import clean_text
from policy_service.domain.principals import Principal, Role
from policy_service.errors import NotFound
from policy_service.ledger.canonical import Json, canonical_bytes, parse_strict
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.outbound import AddressRefused, Outbound
from policy_service.services.parties import refusal
from policy_service.services.webhooks.endpoints import LONGEST_NAME, require_keeper
from policy_service.services.webhooks.secret_rings import SecretRing, chosen_secret

LONGEST_TOKEN = 4000


class Reads(StrEnum):
    """How records are read back."""

    REST = "rest"
    FHIR = "fhir"


@dataclass(frozen=True, slots=True)
class SourceForm:
    """A source as it is to be. `token` empty on a change: the one that is there stays."""

    name: str
    reads: str
    base_url: str
    token: str = ""
    secret: str = ""
    """The webhook secret, where the EHR made one; else one is made."""


@dataclass(frozen=True, slots=True)
class Source:
    """A source, opened."""

    id: str
    practice_id: str
    name: str
    reads: Reads
    base_url: str
    token: str
    ring: SecretRing
    version: int

    @property
    def principal(self) -> Principal:
        """Who acts when it sends something: an EHR without any scope, who is answered nothing."""
        return Principal(self.practice_id, self.id, self.name, frozenset({Role.EHR}))


def sources(context: Context) -> list[Source]:
    """All that are not removed, by name."""
    require_keeper(context)
    rows = select(WebhookSourceRow).where(
        WebhookSourceRow.practice_id == context.practice_id, WebhookSourceRow.removed_at.is_(None)
    )
    ordered = rows.order_by(WebhookSourceRow.name, WebhookSourceRow.id)
    return [_opened(context, row) for row in context.session.scalars(ordered)]


def source(context: Context, source_id: str) -> Source:
    """One of them. NotFound once it is removed."""
    require_keeper(context)
    return _opened(context, _row(context, source_id))


def source_in_use(context: Context, source_id: str) -> Source:
    """The same for the service itself, when something has arrived."""
    return _opened(context, _row(context, source_id))


def practice_of_source(desk: Desk, source_id: str) -> str | None:
    """The practice of a source in use; None for an id that nobody gave out."""
    with desk.database.directory() as session:
        row = session.get(WebhookSourceRow, source_id)
        if row is None or row.removed_at is not None:
            return None
        return session.get_one(PracticeRow, row.practice_id).id


def add_source(context: Context, outbound: Outbound, form: SourceForm) -> tuple[str, str]:
    """Add one; returns its id and its secret, which is never shown again."""
    require_keeper(context)
    _require_form(outbound, form)
    secret, source_id = chosen_secret(form.secret), context.new_id()
    row = WebhookSourceRow(
        id=source_id,
        practice_id=context.practice_id,
        name=clean_text(form.name, LONGEST_NAME),
        reads=form.reads,
        sealed=_sealed(context, source_id, form, SecretRing(secret)),
        created_at=context.now,
        created_by=context.principal.actor_ref,
        version=1,
    )
    context.session.add(row)
    context.session.flush()
    _log(context, "webhook.source_added", row)
    return source_id, secret


def change_source(context: Context, outbound: Outbound, source_id: str, form: SourceForm) -> None:
    """Put another name, address or token in place; the secret stays."""
    old, row = source(context, source_id), _row(context, source_id)
    _require_form(outbound, form)
    kept = form if form.token else SourceForm(form.name, form.reads, form.base_url, old.token)
    row.name, row.reads = clean_text(form.name, LONGEST_NAME), form.reads
    row.sealed = _sealed(context, row.id, kept, old.ring)
    row.version += 1
    _log(context, "webhook.source_changed", row)


def rotate_source_secret(context: Context, source_id: str, secret: str = "") -> str:
    """Take a new secret, made here or by the EHR; the one before counts for another day."""
    old, row = source(context, source_id), _row(context, source_id)
    made = chosen_secret(secret)
    form = SourceForm(old.name, old.reads.value, old.base_url, old.token)
    row.sealed = _sealed(context, row.id, form, old.ring.rotated(made, context.now))
    row.version += 1
    _log(context, "webhook.secret_rotated", row)
    return made


def remove_source(context: Context, source_id: str) -> None:
    """Nothing it sends is taken from now on; secrets, token and address go."""
    require_keeper(context)
    row = _row(context, source_id)
    row.removed_at, row.sealed = context.now, b""
    row.version += 1
    _log(context, "webhook.source_removed", row)


def _row(context: Context, source_id: str) -> WebhookSourceRow:
    row = context.session.get(WebhookSourceRow, source_id)
    if row is None or row.practice_id != context.practice_id or row.removed_at is not None:
        raise NotFound
    return row


def _require_form(outbound: Outbound, form: SourceForm) -> None:
    if not clean_text(form.name, LONGEST_NAME):
        raise refusal("/name", "A name is required.")
    if form.reads not in set(Reads):
        raise refusal("/reads", "This word is not allowed.", [word.value for word in Reads])
    token = form.token
    if len(token) > LONGEST_TOKEN or not (token.isascii() and token.isprintable()):
        raise refusal("/token", f"At most {LONGEST_TOKEN} printable ASCII characters are allowed.")
    try:
        target = outbound.examine(form.base_url)
    except AddressRefused as error:
        raise refusal("/base_url", f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
    if "?" in target.path:
        raise refusal("/base_url", "An address without a query is expected.")


def _opened(context: Context, row: WebhookSourceRow) -> Source:
    raw = context.keyring.open(context.session, None, row.sealed, _place(row.id))
    said: Any = parse_strict(raw)
    ring = SecretRing.from_json(said["ring"])
    own = (row.id, row.practice_id, row.name, Reads(row.reads))
    return Source(*own, said["base_url"], said["token"], ring, row.version)


def _sealed(context: Context, source_id: str, form: SourceForm, ring: SecretRing) -> bytes:
    base_url = form.base_url.rstrip("/")
    said: Json = {"base_url": base_url, "token": form.token, "ring": ring.to_json()}
    return context.keyring.seal(context.session, None, canonical_bytes(said), _place(source_id))


def _place(source_id: str) -> tuple[str, str, str]:
    return ("webhook_source", source_id, "sealed")


def _log(context: Context, action: str, row: WebhookSourceRow) -> None:
    """Neither address nor secret nor token."""
    said: Json = {"source": row.id, "name": row.name, "reads": row.reads}
    context.log(action, {"webhook": Owned(said)})
