"""Endpoints: the addresses that are told when something happens. Kept by administrators.

Address and secrets are sealed under the practice's key; the log says that an endpoint was added,
changed or removed, by whom, and never its address.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from policy_service.audit.log import Owned
from policy_service.database.tables.webhooks import NoticeDeliveryRow, NoticeEndpointRow
from policy_service.domain.audiences import Audience
from policy_service.domain.notices import TOLD, DeliveryState, Detail, NoticeKind, Pause
from policy_service.domain.people import clean_text
from policy_service.domain.principals import Role, Scope
from policy_service.domain.webhook_signatures import new_secret
from policy_service.errors import NotAllowed, NotFound, StaleVersion
from policy_service.ledger.canonical import Json, canonical_bytes, parse_strict
from policy_service.services.context import Context
from policy_service.services.outbound import AddressRefused, Outbound
from policy_service.services.parties import refusal
from policy_service.services.webhooks.secret_rings import SecretRing

LONGEST_NAME = 200
AUDIENCES = {Detail.BRIEF: Audience.INTAKE, Detail.FULL: Audience.EHR}
"""For whom an event is redacted, by what the endpoint may learn."""


@dataclass(frozen=True, slots=True)
class EndpointForm:
    """An endpoint as it is to be. A brief one is told of every changed standing, and no more."""

    name: str
    url: str
    detail: str = Detail.BRIEF.value
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint, opened."""

    row: NoticeEndpointRow
    url: str
    ring: SecretRing

    @property
    def kinds(self) -> tuple[str, ...]:
        """What it is told."""
        return tuple(self.row.kinds.split())

    @property
    def audience(self) -> Audience:
        """For whom its events are redacted."""
        return AUDIENCES[Detail(self.row.detail)]


def require_keeper(context: Context) -> None:
    """NotAllowed unless the principal is an administrator or a key that may manage webhooks."""
    principal = context.principal
    may = principal.has(Role.ADMIN, Role.OPERATOR) or Scope.WEBHOOKS_MANAGE in principal.scopes
    if not may:
        raise NotAllowed("This needs an administrator.")


def endpoints(context: Context) -> list[Endpoint]:
    """All that are not removed, by name."""
    require_keeper(context)
    rows = select(NoticeEndpointRow).where(NoticeEndpointRow.removed_at.is_(None))
    ordered = rows.order_by(NoticeEndpointRow.name, NoticeEndpointRow.id)
    return [opened(context, row) for row in context.session.scalars(ordered)]


def paused_by_itself(context: Context) -> int:
    """How many endpoints are told nothing because they fail: everybody may know that."""
    failing = (Pause.FAILING.value, Pause.GONE.value)
    rows = select(NoticeEndpointRow.id).where(
        NoticeEndpointRow.removed_at.is_(None), NoticeEndpointRow.paused_why.in_(failing)
    )
    return len(context.session.scalars(rows).all())


def endpoint(context: Context, endpoint_id: str) -> Endpoint:
    """One of them. NotFound once it is removed."""
    require_keeper(context)
    return opened(context, _row(context, endpoint_id))


def opened(context: Context, row: NoticeEndpointRow) -> Endpoint:
    """Its address and secrets."""
    raw = context.keyring.open(context.session, None, row.sealed, _place(row.id))
    said: Any = parse_strict(raw)
    return Endpoint(row, said["url"], SecretRing.from_json(said["ring"]))


def add_endpoint(context: Context, outbound: Outbound, form: EndpointForm) -> tuple[str, str]:
    """Add one; returns its id and its secret, which is never shown again."""
    require_keeper(context)
    kinds = _require_form(context, outbound, form)
    endpoint_id, secret = context.new_id(), new_secret()
    row = NoticeEndpointRow(
        practice_id=context.practice_id,
        id=endpoint_id,
        name=clean_text(form.name, LONGEST_NAME),
        kinds=" ".join(kinds),
        detail=form.detail,
        sealed=_sealed(context, endpoint_id, form.url, SecretRing(secret)),
        created_at=context.now,
        created_by=context.principal.actor_ref,
        failures=0,
        version=1,
    )
    context.session.add(row)
    context.session.flush()
    _log(context, "webhook.endpoint_added", row)
    return row.id, secret


def change_endpoint(
    context: Context, outbound: Outbound, endpoint_id: str, version: int, form: EndpointForm
) -> None:
    """Put another name, address or choice in place. StaleVersion where it moved since."""
    old = _held(context, endpoint_id, version)
    kinds = _require_form(context, outbound, form)
    row = old.row
    row.name, row.kinds = clean_text(form.name, LONGEST_NAME), " ".join(kinds)
    row.detail = form.detail
    row.sealed = _sealed(context, row.id, form.url, old.ring)
    if form.url != old.url:
        row.failing_since, row.failures, row.retry_at = None, 0, None
    _log(context, "webhook.endpoint_changed", row)


def remove_endpoint(context: Context, endpoint_id: str) -> None:
    """It is told nothing from now on; its address and secrets go."""
    row = _held(context, endpoint_id).row
    row.removed_at = context.now
    row.sealed = b""
    _log(context, "webhook.endpoint_removed", row)


def rotate_secret(context: Context, endpoint_id: str) -> str:
    """A new secret, which is never shown again; the one before signs beside it for a day."""
    old = _held(context, endpoint_id)
    secret = new_secret()
    ring = old.ring.rotated(secret, context.now)
    old.row.sealed = _sealed(context, old.row.id, old.url, ring)
    _log(context, "webhook.secret_rotated", old.row)
    return secret


def pause(context: Context, row: NoticeEndpointRow, why: Pause) -> None:
    """Nothing is sent until it is resumed; what happens meanwhile is held, not lost."""
    row.paused_at, row.paused_why = context.now, why.value
    waiting = select(NoticeDeliveryRow).where(
        NoticeDeliveryRow.endpoint_id == row.id,
        NoticeDeliveryRow.state == DeliveryState.WAITING.value,
    )
    for delivery in context.session.scalars(waiting.with_for_update()).all():
        delivery.state, delivery.due_at = DeliveryState.HELD.value, None
    _log(context, "webhook.endpoint_paused", row)


def pause_by_hand(context: Context, endpoint_id: str) -> None:
    """The same, asked for."""
    row = _held(context, endpoint_id).row
    if row.paused_at is None:
        pause(context, row, Pause.BY_HAND)


def mark_resumed(context: Context, row: NoticeEndpointRow) -> None:
    """It may be told again."""
    row.paused_at = row.paused_why = None
    row.failing_since = row.retry_at = None
    row.failures = 0
    _log(context, "webhook.endpoint_resumed", row)


def held(context: Context, endpoint_id: str) -> NoticeEndpointRow:
    """The row of an endpoint, locked, for a keeper. NotFound once it is removed."""
    return _held(context, endpoint_id).row


def _held(context: Context, endpoint_id: str, version: int | None = None) -> Endpoint:
    require_keeper(context)
    row = _row(context, endpoint_id, lock=True)
    if version is not None and row.version != version:
        raise StaleVersion
    row.version += 1
    return opened(context, row)


def _row(context: Context, endpoint_id: str, *, lock: bool = False) -> NoticeEndpointRow:
    wanted = select(NoticeEndpointRow).where(
        NoticeEndpointRow.id == endpoint_id, NoticeEndpointRow.removed_at.is_(None)
    )
    row = context.session.scalars(wanted.with_for_update() if lock else wanted).first()
    if row is None:
        raise NotFound
    return row


def _require_form(context: Context, outbound: Outbound, form: EndpointForm) -> Sequence[str]:
    """InvalidRequest that names the field; the kinds that count."""
    if not clean_text(form.name, LONGEST_NAME):
        raise refusal("/name", "A name is required.")
    if form.detail not in set(Detail):
        raise refusal("/tells", "This word is not allowed.", [word.value for word in Detail])
    _require_full(context, form)
    try:
        outbound.examine(form.url)
    except AddressRefused as error:
        raise refusal("/url", f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
    return _kinds(form)


def _require_full(context: Context, form: EndpointForm) -> None:
    """A key grants no endpoint more than it may read itself."""
    principal = context.principal
    is_key = principal.has(Role.EHR) and Scope.DECISION_FULL not in principal.scopes
    if form.detail == Detail.FULL and is_key:
        said = "A key without the scope decision.full adds brief endpoints."
        raise refusal("/tells", said, [Detail.BRIEF.value])


def _kinds(form: EndpointForm) -> Sequence[str]:
    allowed = [kind.value for kind in TOLD]
    if form.detail == Detail.BRIEF:
        allowed = [NoticeKind.STANDING_CHANGED.value]
    unknown = [kind for kind in form.kinds if kind not in allowed]
    if unknown:
        raise refusal("/kinds", "This word is not allowed.", allowed)
    return [kind for kind in allowed if kind in form.kinds] or allowed


def _sealed(context: Context, endpoint_id: str, url: str, ring: SecretRing) -> bytes:
    said: Json = {"url": url, "ring": ring.to_json()}
    return context.keyring.seal(context.session, None, canonical_bytes(said), _place(endpoint_id))


def _place(endpoint_id: str) -> tuple[str, str, str]:
    return ("notice_endpoint", endpoint_id, "sealed")


def _log(context: Context, action: str, row: NoticeEndpointRow) -> None:
    """What it may learn is the log's business; where it stands is not."""
    said: Json = {
        "endpoint": row.id,
        "name": row.name,
        "kinds": row.kinds,
        "detail": row.detail,
        "why": row.paused_why,
    }
    context.log(action, {"webhook": Owned(said)})
