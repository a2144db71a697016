"""The clinician's own pages: what they stated, what is due, and the forms to state more."""

from __future__ import annotations

from typing import Any

from policy_service.console import door
from policy_service.console.door import Refusal, blueprint
from policy_service.console.duties import names, own_lines
from policy_service.console.tie_choices import tie_choices
from policy_service.domain.accounts import AccountKind, ConnectionState, Direction
from policy_service.domain.attestations import AttestationKind
from policy_service.domain.principals import Role
from policy_service.services.own_page import open_own, own_disclosure


@blueprint.get("/me")
def own() -> str:
    """Disclosures, attestations, accounts, duties."""
    return own_page(None)


def own_page(refusal: Refusal | None) -> str:
    """The page; with a refusal, its form again as it was typed."""
    with door.desk().reading(door.principal(Role.CLINICIAN)) as context:
        own = open_own(context)
        return door.page(
            "own.html",
            own=own,
            duties=own_lines(context, own.duties),
            day=context.today,
            **names(context, list(own.duties)),
            kinds=[kind.value for kind in AttestationKind],
            account_kinds=[kind.value for kind in AccountKind],
            states=[state.value for state in ConnectionState],
            directions=[direction.value for direction in Direction],
            today=context.today.isoformat(),
            refusal=refusal,
        )


@blueprint.get("/me/disclose")
def disclose_form() -> str:
    """The form for a tie."""
    return disclose_page(None)


def disclose_page(refusal: Refusal | None) -> str:
    """The form, as it was typed where it was refused."""
    door.principal(Role.CLINICIAN)
    return door.page("disclose.html", choices=tie_choices(), refusal=refusal)


@blueprint.get("/me/disclosures/<uuid:tie_id>")
def disclosure(tie_id: Any) -> str:
    """One disclosure: correct it or withdraw it."""
    return disclosure_page(str(tie_id), None)


def disclosure_page(tie_id: str, refusal: Refusal | None) -> str:
    """The page; with a refusal, its form again as it was typed."""
    with door.desk().reading(door.principal(Role.CLINICIAN)) as context:
        mine = own_disclosure(context, tie_id)
    return door.page("disclosure.html", mine=mine, choices=tie_choices(), refusal=refusal)
