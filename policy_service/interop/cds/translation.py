"""A hook call as checks, and their answers as cards. It decides nothing of its own.

Each practitioner of the context is one `services.checks.run_check`. Cards are kept, with their
entries, before anybody sees them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from policy_service.domain.audiences import Audience
from policy_service.domain.principals import ActingRole, Principal
from policy_service.domain.standings import Advice
from policy_service.interop.cds.actions import another_clinician, without_empty
from policy_service.interop.cds.cards import Missing, Setting, Told, card_of, incomplete_card
from policy_service.interop.cds.contexts import HookRequest
from policy_service.interop.cds.fetching import Fetcher
from policy_service.interop.cds.parties import Cast, Clinician, find_cast
from policy_service.interop.cds.prefetch import Supply
from policy_service.services.alternatives import find_alternative
from policy_service.services.checks import CheckDoor, CheckRequest, run_check
from policy_service.services.desk import Desk
from policy_service.services.ehr_clients import ClientSettings, ehr_client, settings_of
from policy_service.services.packs import wording
from policy_service.services.prompts import CDS, Card, HookCall, keep_cards, note_unregistered
from policy_service.services.screenings import PURPOSES as SCREENED
from policy_service.services.screenings import ScreeningRequest
from policy_service.services.stored_responses import Response

_NOTHING: Mapping[str, Any] = {"cards": []}


@dataclass(frozen=True, slots=True)
class Asking:
    """One call on its way: who asks, and with what."""

    desk: Desk
    principal: Principal
    request: HookRequest
    settings: ClientSettings
    setting: Setting


def answer_hook(
    desk: Desk, principal: Principal, request: HookRequest, base_url: str
) -> dict[str, Any]:
    """The answer to a call: cards for those who may see them. Unresolvable, InvalidRequest."""
    asking = _asking(desk, principal, request, base_url)
    supply = Supply(request, Fetcher(desk.outbound, asking.settings.fhir_server, request.grant))
    cast = find_cast(desk, principal, supply)
    told = [_check(asking, cast, clinician) for clinician in cast.clinicians]
    _queue_unregistered(asking, cast, told)
    cards = [] if principal.is_silent else list(_cards(asking, cast, supply, told))
    keep_cards(desk, principal, _call(asking), cards, wording(desk, principal))
    return _answer(request, cards)


def _answer(request: HookRequest, cards: Sequence[Card]) -> dict[str, Any]:
    """`cards` may be empty (CDS Hooks 2.0); so may `systemActions`, where a profile asks for it."""
    more: dict[str, Any] = {"systemActions": []} if request.service.has_system_actions else {}
    return {**_NOTHING, "cards": [dict(card.body) for card in cards], **more}


def _asking(desk: Desk, principal: Principal, request: HookRequest, base_url: str) -> Asking:
    with desk.reading(principal) as context:
        settings = settings_of(ehr_client(context, principal.id))
    practice = desk.practice(principal.practice_id).name
    setting = Setting(base_url, practice, request.patient_id, desk.new_id, settings.suggests_issues)
    return Asking(desk, principal, request, settings, setting)


def _check(asking: Asking, cast: Cast, clinician: Clinician) -> Told:
    purpose = asking.request.service.purpose
    request = CheckRequest(
        clinician_id=clinician.id,
        purpose=purpose,
        as_of=asking.desk.clock().date(),
        client_id=cast.client.id,
        client_record=cast.client.record,
        client_external_id=cast.client.external_id,
        acting=cast.acting,
    )
    seen: list[Audience] = []

    def respond(body: dict[str, Any], audience: Audience, _decision_id: str) -> Response:
        seen.append(audience)
        return Response(200, orjson.dumps(body))

    door = CheckDoor(wording(asking.desk, asking.principal), respond, name=CDS)
    response = run_check(asking.desk, asking.principal, request, door)
    return Told(clinician.name, seen[-1], orjson.loads(response.body), purpose)


def _cards(asking: Asking, cast: Cast, supply: Supply, told: Sequence[Told]) -> Iterator[Card]:
    if not cast.may_be_told:
        return
    for one, clinician in zip(told, cast.clinicians, strict=True):
        card = card_of(one, asking.setting, _suggestions(asking, cast, one, clinician))
        if card is not None:
            yield card
    if supply.gaps or cast.strangers or _names_nobody(asking, cast):
        first = told[0].decision_id if told else None
        missing = Missing(supply.gaps, len(cast.strangers), first)
        yield incomplete_card(missing, asking.setting)


def _names_nobody(asking: Asking, cast: Cast) -> bool:
    """A booking or an order that names no clinician is a question that nobody could answer."""
    return asking.request.service.purpose in SCREENED and not cast.clinicians


def _suggestions(
    asking: Asking, cast: Cast, told: Told, clinician: Clinician
) -> list[dict[str, Any]]:
    """Another clinician who can take the client, found by a screening: who, never why."""
    audience_may = told.audience in (Audience.INTAKE, Audience.EHR)
    if told.advice is Advice.PROCEED or told.purpose not in SCREENED or not audience_may:
        return []
    screening = ScreeningRequest(
        client=cast.client,
        purpose=told.purpose,
        as_of=asking.desk.clock().date(),
        acting=cast.acting,
    )
    besides = [one.id for one in cast.clinicians]
    found = find_alternative(asking.desk, asking.principal, screening, besides)
    if found is None:
        return []
    actions = (
        another_clinician(
            asking.request.contained, clinician.reference, found.reference, found.name
        )
        if found.reference
        else []
    )
    said = {
        "label": f"{found.name} can take this client",
        "uuid": asking.desk.new_id(),
        "actions": actions,
    }
    return [without_empty(said)]


def _queue_unregistered(asking: Asking, cast: Cast, told: Sequence[Told]) -> None:
    """A user nobody registered learns the least, and the cases say so: somebody should."""
    user = asking.request.user
    if user is None or cast.acting.role is not ActingRole.UNKNOWN or asking.principal.is_silent:
        return
    decisions = [one.decision_id for one in told]
    note_unregistered(asking.desk, asking.principal, decisions, f"{user.kind}/{user.id}")


def _call(asking: Asking) -> HookCall:
    request = asking.request
    user = request.user.reference if request.user else ""
    return HookCall(
        hook=request.service.hook,
        service=request.service.id,
        instance=request.instance,
        user=user,
        patient=f"Patient/{request.patient_id}",
        issuer=asking.principal.name,
    )
