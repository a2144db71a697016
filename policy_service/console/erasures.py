"""Erasures: find the person, see what would go and what blocks; one asks, another carries out."""

from __future__ import annotations

from typing import Any

from flask import flash, request
from werkzeug.wrappers import Response

from policy_service.console import door
from policy_service.console.audit_log import actor_names
from policy_service.console.door import OFFICERS, Refusal, blueprint, form_text
from policy_service.domain.erasures import ErasureState, Ground
from policy_service.errors import FieldError, InvalidRequest, ServiceError
from policy_service.services.erasing.blocks import floor_years
from policy_service.services.erasing.carrying_out import erase
from policy_service.services.erasing.holds import lift_hold, place_hold, set_floor
from policy_service.services.erasing.orders import Ordered, ask, drop
from policy_service.services.erasing.plans import find_people, orders, plan_of

Answer = Response | tuple[str, int]


@blueprint.get("/erasures")
def erasures() -> str:
    """What was asked, refused and done; and the form that finds a person."""
    return _list_page(None)


def _list_page(refusal: Refusal | None) -> str:
    who = door.principal(*OFFICERS)
    named = {name: request.args.get(name, "").strip() for name in ("client", "given", "family")}
    with door.desk().writing(who) as context:
        found = (
            find_people(context, named["given"], named["family"], named["client"])
            if any(named.values())
            else None
        )
        return door.page(
            "erasures.html",
            orders=orders(context),
            found=found,
            named=named,
            years=floor_years(context),
            people=actor_names(context),
            me=who.actor_ref,
            refusal=refusal,
        )


@blueprint.get("/erasures/people/<uuid:person_id>")
def erasure_plan(person_id: Any) -> str:
    """One person: what would go, what blocks, holds, likely the same."""
    return _plan_page(str(person_id), None)


def _plan_page(person_id: str, refusal: Refusal | None) -> str:
    who = door.principal(*OFFICERS)
    with door.desk().writing(who) as context:
        plan, people = plan_of(context, person_id), actor_names(context)
    return door.page(
        "erasure_plan.html",
        plan=plan,
        people=people,
        grounds=list(Ground),
        me=who.actor_ref,
        refusal=refusal,
    )


@blueprint.post("/erasures/people/<uuid:person_id>")
def ask_erasure(person_id: Any) -> Answer:
    """Ask for it; refused at once where something blocks it."""
    who = door.principal(*OFFICERS)
    also = request.form.getlist("also")
    try:
        with door.desk().writing(who) as context:
            made = ask(context, str(person_id), form_text("ground"), also)
    except ServiceError as error:
        refusal = Refusal(error, request.form.to_dict(), "ask")
        return _plan_page(str(person_id), refusal), error.status
    flash(_said(made))
    return door.see("console.erasures")


@blueprint.post("/erasures/people/<uuid:person_id>/holds")
def hold_person(person_id: Any) -> Answer:
    """Place a legal hold."""
    who = door.principal(*OFFICERS)
    try:
        with door.desk().writing(who) as context:
            place_hold(context, str(person_id), form_text("reason"))
    except InvalidRequest as error:
        refusal = Refusal(error, request.form.to_dict(), "hold")
        return _plan_page(str(person_id), refusal), error.status
    flash("The hold stands: the person is not erased until it is lifted.")
    return door.see("console.erasure_plan", person_id=person_id)


@blueprint.post("/erasures/people/<uuid:person_id>/holds/<uuid:hold_id>")
def lift_legal_hold(person_id: Any, hold_id: Any) -> Answer:
    """Lift it, with a reason."""
    who = door.principal(*OFFICERS)
    try:
        with door.desk().writing(who) as context:
            lift_hold(context, str(hold_id), form_text("reason"))
    except InvalidRequest as error:
        refusal = Refusal(error, request.form.to_dict(), f"lift-{hold_id}")
        return _plan_page(str(person_id), refusal), error.status
    flash("The hold is lifted.")
    return door.see("console.erasure_plan", person_id=person_id)


@blueprint.post("/erasures/<uuid:erasure_id>/carry-out")
def carry_out_erasure(erasure_id: Any) -> Answer:
    """Erase; the box must be ticked, for it cannot be undone."""
    who = door.principal(*OFFICERS)
    try:
        if form_text("sure") != "yes":
            said = "Tick the box: what is erased cannot be brought back."
            raise InvalidRequest(errors=[FieldError(f"/sure-{erasure_id}", said)])
        done = erase(door.desk(), who, str(erasure_id))
    except ServiceError as error:
        refusal = Refusal(error, request.form.to_dict(), f"carry-{erasure_id}")
        return _list_page(refusal), error.status
    flash(_said(done))
    return door.see("console.erasures")


@blueprint.post("/erasures/<uuid:erasure_id>/drop")
def drop_erasure(erasure_id: Any) -> Answer:
    """It is not to be done."""
    who = door.principal(*OFFICERS)
    with door.desk().writing(who) as context:
        drop(door.desk(), context, str(erasure_id))
    flash("The erasure is dropped; nothing was erased.")
    return door.see("console.erasures")


@blueprint.post("/erasures/floor")
def set_retention_floor() -> Answer:
    """For how many years records are kept at least."""
    who = door.principal(*OFFICERS)
    years = form_text("years").strip()
    try:
        with door.desk().writing(who) as context:
            set_floor(context, int(years) if years.isascii() and years.isdigit() else 0)
    except InvalidRequest as error:
        return _list_page(Refusal(error, request.form.to_dict(), "floor")), error.status
    flash("The retention floor is set.")
    return door.see("console.erasures")


def _said(order: Ordered) -> str:
    if order.state is ErasureState.REFUSED:
        return "The erasure is refused. The list says what blocks it; the refusal is recorded."
    if order.state is ErasureState.DONE:
        return "The person is erased."
    return "The erasure is asked for. Somebody else must carry it out."
