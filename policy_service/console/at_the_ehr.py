"""At the EHR: which clients are on trial, what they would have been told, who their users are.

Also the calls that nobody could answer, and the address that a card links to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, request
from werkzeug.wrappers import Response

from policy_service.console import door
from policy_service.console.door import READERS, Refusal, blueprint, form_text
from policy_service.database.tables.registry import ClinicianRow
from policy_service.domain.principals import Role
from policy_service.errors import Conflict, FieldError, InvalidRequest
from policy_service.services.case_queue import active_clinicians, names_of
from policy_service.services.cases import cases_met
from policy_service.services.context import Context
from policy_service.services.decisions import read_decision
from policy_service.services.ehr_clients import (
    LIVE,
    ClientSettings,
    change_settings,
    ehr_client,
    ehr_clients,
    set_mode,
)
from policy_service.services.external_identifiers import (
    NewIdentifier,
    identifiers,
    register_identifier,
    remove_identifier,
)
from policy_service.services.logins import enabled_logins
from policy_service.services.lost_calls import read_calls, settle_call
from policy_service.services.prompts import SilentAsk, read_silent_asks

Answer = Response | tuple[str, int]
SETTING = (*READERS, Role.ADMIN)
_CLINICIAN, _LOGIN = "clinician:", "login:"


@blueprint.get("/ehr")
def at_the_ehr() -> str:
    """Clients, users, and calls that nobody could answer."""
    return _page(None)


def _page(refusal: Refusal | None) -> str:
    who = door.principal(*SETTING)
    officer = who.has(*READERS)
    with door.desk().writing(who) as context:
        clients = ehr_clients(context)
        return door.page(
            "at_the_ehr.html",
            clients=clients,
            names={row.id: row.name for row in clients},
            calls=read_calls(context) if officer else [],
            rows=identifiers(context),
            clinicians=names_of(context, ClinicianRow, active_clinicians(context)),
            logins={row.id: row.name for row in enabled_logins(context)},
            may=_may_change(),
            officer=officer,
            refusal=refusal,
        )


def _may_change() -> bool:
    return door.principal().has(Role.COMPLIANCE, Role.ADMIN)


@blueprint.get("/ehr/<uuid:client_id>", endpoint="ehr_answers")
def ehr_answers(client_id: Any) -> str:
    """One client: on trial or live, and what it would have been told."""
    return _client(str(client_id), None)


def _client(client_id: str, refusal: Refusal | None) -> str:
    who = door.principal(*SETTING)
    officer = who.has(*READERS)
    with door.desk().writing(who) as context:
        row = ehr_client(context, client_id)
        asks = read_silent_asks(context, client_id) if officer else []
        return door.page(
            "ehr_answers.html",
            row=row,
            asks=[_ask(context, one) for one in asks],
            may=_may_change(),
            officer=officer,
            refusal=refusal,
        )


def _ask(context: Context, one: SilentAsk) -> dict[str, Any]:
    """A question on trial with the clinician's name, and the decision's own outcome."""
    recorded = read_decision(context, one.id)
    names = names_of(context, ClinicianRow, {recorded.clinician_id})
    return {
        "ask": one,
        "clinician": names.get(recorded.clinician_id, "a clinician"),
        "outcome": recorded.body["outcome"],
        "answer": one.said["answer"],
    }


@blueprint.post("/ehr/<uuid:client_id>/mode")
def switch_mode(client_id: Any) -> Answer:
    """Take a client live, or back on trial."""
    wanted = form_text("mode")
    said = "The client is live." if wanted == LIVE else "The client is on trial."

    def change(context: Context) -> None:
        set_mode(context, str(client_id), wanted)

    return _change(str(client_id), "mode", change, said)


@blueprint.post("/ehr/<uuid:client_id>/settings")
def change_ehr(client_id: Any) -> Answer:
    """Where a client is read back from, and how long its answers are waited for."""

    def change(context: Context) -> None:
        change_settings(context, door.desk().outbound, str(client_id), _settings())

    return _change(str(client_id), "settings", change, "The settings are kept.")


def _settings() -> ClientSettings:
    hours = form_text("answer_hours").strip()
    if hours and not (hours.isascii() and hours.isdigit() and len(hours) < 5):
        text = "A whole number is expected, or nothing."
        raise InvalidRequest(errors=[FieldError("/answer_hours", text)])
    return ClientSettings(
        fhir_server=form_text("fhir_server") or None,
        answer_hours=int(hours) if hours else None,
        suggests_issues=form_text("suggests_issues") == "yes",
    )


def _change(client_id: str, form: str, change: Callable[[Context], None], said: str) -> Answer:
    who = door.principal(*SETTING)
    try:
        with door.desk().writing(who) as context:
            change(context)
    except InvalidRequest as error:
        return _client(client_id, Refusal(error, request.form.to_dict(), form)), error.status
    flash(said)
    return door.see("console.ehr_answers", client_id=client_id)


@blueprint.post("/ehr/identifiers")
def add_identifier() -> Answer:
    """Let a name that an EHR uses mean a clinician or an account."""
    who = door.principal(*SETTING)
    try:
        with door.desk().writing(who) as context:
            register_identifier(context, _identifier())
    except (InvalidRequest, Conflict) as error:
        return _page(Refusal(error, request.form.to_dict(), "identifier")), error.status
    flash("The identifier is registered.")
    return door.see("console.at_the_ehr")


def _identifier() -> NewIdentifier:
    """Whom it means comes as one choice of two kinds."""
    means = form_text("means")
    return NewIdentifier(
        system=form_text("system"),
        value=form_text("value"),
        clinician_id=means.removeprefix(_CLINICIAN) if means.startswith(_CLINICIAN) else None,
        login_id=means.removeprefix(_LOGIN) if means.startswith(_LOGIN) else None,
    )


@blueprint.post("/ehr/identifiers/remove")
def drop_identifier() -> Response:
    """A name means nobody any more."""
    with door.desk().writing(door.principal(*SETTING)) as context:
        remove_identifier(context, form_text("system"), form_text("value"))
    flash("The identifier is removed.")
    return door.see("console.at_the_ehr")


@blueprint.post("/ehr/calls/<uuid:call_id>/settle")
def settle_lost_call(call_id: Any) -> Response:
    """Somebody has seen to a call that was not answered."""
    with door.desk().writing(door.principal(*READERS)) as context:
        settle_call(context, str(call_id))
    flash("The call is settled.")
    return door.see("console.at_the_ehr")


@blueprint.get("/decisions/<uuid:decision_id>")
def decision(decision_id: Any) -> Response:
    """Where a card leads: the decision's case for officers, their own page for clinicians."""
    who = door.principal()
    if not who.has(*READERS, Role.CONSULTANT):
        return door.see("console.own" if who.has(Role.CLINICIAN) else "console.home")
    with door.desk().reading(who) as context:
        found = read_decision(context, str(decision_id))
        cases = sorted(cases_met(context, found.id).items())
    if cases:
        return door.see("console.case", case_id=cases[0][1])
    return door.see("console.audit_entry", entry_id=found.id)
