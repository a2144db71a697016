"""EHR clients as the practice knows them: what each may be told, and how it is reached.

A client on trial (*silent*) asks and is told nothing: its questions are decided and logged, no case
opens, no duty and no timer runs, and what it would have been told is kept (`prompts`). One switch
takes it live.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from policy_service.audit.log import Owned
from policy_service.database.tables.directory import EhrClientRow
from policy_service.domain.principals import Role
from policy_service.errors import FieldError, InvalidRequest, NotAllowed, NotFound
from policy_service.ledger.canonical import Json
from policy_service.services.context import Context
from policy_service.services.outbound import AddressRefused, Outbound

LIVE, SILENT = "live", "silent"
MODES = (LIVE, SILENT)
KEEPERS = (Role.COMPLIANCE, Role.ADMIN, Role.OPERATOR)
"""Who may register, change and withdraw EHR clients."""
LONGEST_WAIT = 24 * 14
"""Hours an answer may be waited for."""


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """How an EHR client is served. See `EhrClientRow`."""

    mode: str = LIVE
    fhir_server: str | None = None
    answer_hours: int | None = None
    suggests_issues: bool = False


def ehr_clients(context: Context) -> list[EhrClientRow]:
    """All EHR clients of the practice, by name."""
    mine = select(EhrClientRow).where(EhrClientRow.practice_id == context.practice_id)
    return list(context.session.scalars(mine.order_by(EhrClientRow.name, EhrClientRow.id)))


def ehr_client(context: Context, client_id: str) -> EhrClientRow:
    """An EHR client of this practice. NotFound for any other."""
    row = context.session.get(EhrClientRow, client_id)
    if row is None or row.practice_id != context.practice_id:
        raise NotFound
    return row


def settings_of(row: EhrClientRow) -> ClientSettings:
    """How a client is served now."""
    return ClientSettings(row.mode, row.fhir_server, row.answer_hours, row.suggests_issues)


def set_mode(context: Context, client_id: str, mode: str) -> bool:
    """Take a client live, or back on trial; False if it is so already. For officers."""
    if mode not in MODES:
        raise InvalidRequest(errors=[FieldError("/mode", "One of these is expected.", MODES)])
    return _change(context, client_id, {"mode": mode})


def change_settings(
    context: Context, outbound: Outbound, client_id: str, settings: ClientSettings
) -> bool:
    """Change how a client is reached and followed; its mode stays. False if nothing changed."""
    server = _server(outbound, settings.fhir_server)
    hours = settings.answer_hours
    if hours is not None and not 1 <= hours <= LONGEST_WAIT:
        text = f"A whole number of hours from 1 to {LONGEST_WAIT} is expected."
        raise InvalidRequest(errors=[FieldError("/answer_hours", text)])
    values = {"answer_hours": hours, "suggests_issues": settings.suggests_issues}
    return _change(context, client_id, {"fhir_server": server, **values})


def _server(outbound: Outbound, url: str | None) -> str | None:
    """A base URL without its last slash, judged as far as it can be before it is reached."""
    if url is None or not url.strip():
        return None
    server = url.strip().rstrip("/")
    try:
        target = outbound.examine(server)
    except AddressRefused as error:
        raise InvalidRequest(errors=[FieldError("/fhir_server", f"{error}.")]) from error
    if "?" in target.path:
        raise InvalidRequest(errors=[FieldError("/fhir_server", "No query may stand here.")])
    return server


def require_keeper(context: Context) -> None:
    """NotAllowed for whoever may not change EHR clients."""
    if not context.principal.has(*KEEPERS):
        raise NotAllowed("This needs a compliance officer or an administrator.")


def _change(context: Context, client_id: str, values: Mapping[str, str | int | None]) -> bool:
    require_keeper(context)
    row = ehr_client(context, client_id)
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        context.session.flush()
        said: dict[str, Json] = {"client": row.id, **changed}
        context.log("ehr_client.changed", {"ehr_client": Owned(said)})
    return bool(changed)
