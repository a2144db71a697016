"""A Bearer credential that is an API key or a SMART access token."""

from __future__ import annotations

from dataclasses import dataclass, replace

from policy_service.auth import ehr_keys
from policy_service.auth.smart_scopes import Granted
from policy_service.auth.smart_tokens import TOKEN_FORM, find_token
from policy_service.domain.principals import Principal
from policy_service.services.desk import Desk


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated EHR client. `granted` is what its access token says; None without one."""

    principal: Principal
    granted: Granted | None = None

    def permits(self, resource: str, interaction: str) -> bool:
        """Whether SMART's grants allow it; without an access token there is nothing to ask."""
        return self.granted is None or any(
            grant.covers(resource, interaction) for grant in self.granted.grants
        )


def authenticate_bearer(desk: Desk, authorization: str | None) -> Caller:
    """The client of the credential, with the scopes it may use at /fhir. Unauthenticated."""
    kind, _, text = (authorization or "").partition(" ")
    if kind.lower() != "bearer" or not TOKEN_FORM.fullmatch(text.strip()):
        return Caller(ehr_keys.authenticate(desk, authorization))
    principal, granted = find_token(desk, text.strip())
    scopes = granted.scopes(principal.scopes)
    return Caller(replace(principal, scopes=scopes), granted)


def authenticate_rest(desk: Desk, authorization: str | None) -> Principal:
    """The same for /v1, where an access token counts by our own words alone."""
    caller = authenticate_bearer(desk, authorization)
    if caller.granted is None:
        return caller.principal
    return replace(caller.principal, scopes=caller.granted.own)
