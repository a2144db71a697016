"""What a clinician states: ties, attestations, accounts, connections.

The answer to a disclosure is the same whether or not the person is a client: a redirect and one
sentence.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import flash, request
from werkzeug.wrappers import Response

from policy_service.console import door
from policy_service.console.door import Refusal, blueprint, form_text
from policy_service.console.own import disclose_page, disclosure_page, own_page
from policy_service.console.person_forms import form_person
from policy_service.domain.accounts import AccountKind, ConnectionState, Direction
from policy_service.domain.attestations import AttestationKind
from policy_service.domain.principals import Role
from policy_service.errors import Conflict, FieldError, InvalidRequest
from policy_service.services.accounts import (
    AccountForm,
    ConnectionForm,
    add_account,
    change_connection,
    connect,
    read_account,
    withdraw_account,
)
from policy_service.services.attestations import attest, withdraw_attestation
from policy_service.services.case_steps import require_text
from policy_service.services.context import Context
from policy_service.services.disclosures import (
    DisclosureForm,
    TieChange,
    disclose,
    revise_disclosure,
    withdraw_disclosure,
)
from policy_service.services.own_page import (
    own_clinician,
    own_disclosure,
    require_own_account,
    require_own_attestation,
    require_own_connection,
)
from policy_service.services.parties import clinician_row

Answer = Response | tuple[str, int]
E = TypeVar("E", AccountKind, AttestationKind, ConnectionState, Direction)


def _take(
    step: Callable[[Context], object], form: str, show: Callable[[Refusal], str], done: str
) -> Answer:
    who = door.principal(Role.CLINICIAN)
    try:
        with door.desk().writing(who) as context:
            step(context)
    except (InvalidRequest, Conflict) as error:
        return show(Refusal(error, request.form.to_dict(), form)), error.status
    flash(done)
    return door.see("console.own")


@blueprint.post("/me/disclose")
def take_disclosure() -> Answer:
    """State a tie to a person described in one's own words."""

    def step(context: Context) -> None:
        form = DisclosureForm(
            clinician_id=own_clinician(context),
            kind=form_text("kind"),
            person=form_person(),
            since=form_text("since").strip() or None,
            until=form_text("until").strip() or None,
            is_ended=bool(form_text("is_ended")),
        )
        disclose(context, form)

    return _take(step, "disclose", disclose_page, "Recorded. Thank you for disclosing it.")


@blueprint.post("/me/disclosures/<uuid:tie_id>")
def correct_disclosure(tie_id: Any) -> Answer:
    """State a tie anew: it ended, or was not as first stated."""

    def step(context: Context) -> None:
        own_disclosure(context, str(tie_id))
        change = TieChange(
            kind=form_text("kind"),
            since=form_text("since").strip() or None,
            until=form_text("until").strip() or None,
            is_ended=bool(form_text("is_ended")),
        )
        reason = require_text("/reason", form_text("reason"))
        revise_disclosure(context, str(tie_id), change, reason)

    def show(refusal: Refusal) -> str:
        return disclosure_page(str(tie_id), refusal)

    return _take(step, "correct", show, "Recorded. The earlier version is kept.")


@blueprint.post("/me/disclosures/<uuid:tie_id>/withdraw")
def take_back_disclosure(tie_id: Any) -> Answer:
    """The tie never was."""

    def step(context: Context) -> None:
        own_disclosure(context, str(tie_id))
        reason = require_text("/withdraw_reason", form_text("withdraw_reason"))
        withdraw_disclosure(context, str(tie_id), reason)

    def show(refusal: Refusal) -> str:
        return disclosure_page(str(tie_id), refusal)

    return _take(step, "withdraw", show, "Withdrawn. What you stated and withdrew is kept.")


@blueprint.post("/me/attest")
def take_attestation() -> Answer:
    """ "Nothing more to disclose as of", for the kinds ticked."""

    def step(context: Context) -> None:
        chosen = frozenset(
            _word(AttestationKind, word, "kinds") for word in request.form.getlist("kinds")
        )
        as_of = door.form_day("as_of") or context.today
        attest(context, own_clinician(context), chosen, as_of)

    return _take(step, "attest", own_page, "Your attestation is recorded.")


@blueprint.post("/me/attestations/<uuid:attestation_id>/withdraw")
def take_back_attestation(attestation_id: Any) -> Answer:
    """The clinician takes an attestation back."""

    def step(context: Context) -> None:
        require_own_attestation(context, str(attestation_id))
        reason = "withdrawn by the clinician"
        withdraw_attestation(context, str(attestation_id), reason)

    return _take(step, "attest", own_page, "The attestation is withdrawn.")


@blueprint.post("/me/accounts")
def take_account() -> Answer:
    """Record an account of one's own."""

    def step(context: Context) -> None:
        kind = _word(AccountKind, form_text("account_kind"), "account_kind")
        platform = require_text("/account_platform", form_text("account_platform"))
        handle = require_text("/account_handle", form_text("account_handle"))
        person_id = clinician_row(context, own_clinician(context)).person_id
        add_account(context, person_id, AccountForm(platform[:30], handle[:200], kind))

    return _take(step, "account", own_page, "The account is recorded.")


@blueprint.post("/me/accounts/<uuid:account_id>/withdraw")
def take_back_account(account_id: Any) -> Answer:
    """The account is gone, or was entered by mistake."""

    def step(context: Context) -> None:
        require_own_account(context, str(account_id))
        withdraw_account(context, str(account_id), "withdrawn by the clinician")

    return _take(step, "account", own_page, "The account is withdrawn.")


@blueprint.post("/me/connections")
def take_connection() -> Answer:
    """Record a connection of one of one's own accounts."""

    def step(context: Context) -> None:
        account_id = form_text("account_id")
        require_own_account(context, account_id)
        form = ConnectionForm(
            account_id=account_id,
            far_platform=_platform(context, account_id),
            far_handle=require_text("/far_handle", form_text("far_handle")),
            direction=_word(Direction, form_text("direction"), "direction"),
            state=_word(ConnectionState, form_text("connection_state"), "connection_state"),
            initiator=form_text("initiator") or None,
            since=form_text("connected_since").strip() or None,
        )
        connect(context, form)

    return _take(step, "connection", own_page, "The connection is recorded.")


def _platform(context: Context, account_id: str) -> str:
    return read_account(context, account_id).platform


@blueprint.post("/me/connections/<uuid:connection_id>")
def change_own_connection(connection_id: Any) -> Answer:
    """A request was accepted or declined, or the connection was removed."""

    def step(context: Context) -> None:
        require_own_connection(context, str(connection_id))
        state = _word(ConnectionState, form_text("connection_state"), "connection_state")
        change_connection(context, str(connection_id), state)

    return _take(step, "connection", own_page, "The connection is changed.")


def _word(words: type[E], text: str, name: str) -> E:
    try:
        return words(text)
    except ValueError:
        allowed = tuple(word.value for word in words)
        said = "Choose one of the answers."
        raise InvalidRequest(errors=[FieldError(f"/{name}", said, allowed)]) from None
