"""SMART Backend Services: /token (RFC 6749 errors) and /.well-known/smart-configuration."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from policy_service import errors
from policy_service.auth.jwks import ALGORITHMS
from policy_service.auth.jwts import TokenRefused
from policy_service.auth.smart_scopes import SUPPORTED
from policy_service.auth.smart_tokens import LIFETIME, ScopeRefused, TokenIssuer, TokenRequest
from policy_service.errors import ServiceError
from policy_service.refusals import Refuser
from policy_service.settings import Settings

TOKEN_PATH = "/token"  # noqa: S105  # an address, not a secret
WELL_KNOWN = "/.well-known/smart-configuration"
METADATA = "/.well-known/oauth-authorization-server"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_FORM = "application/x-www-form-urlencoded"
_LONGEST_SAID = 300

blueprint = Blueprint("smart", __name__)


class OAuthRefusal(Exception):
    """A refusal in the words of RFC 6749 section 5.2."""

    def __init__(self, code: str, said: str, status: int = 400) -> None:
        self.code, self.said, self.status = code, said, status
        super().__init__(said)


def is_smart() -> bool:
    """True for the token endpoint and the SMART configuration."""
    return request.path in (TOKEN_PATH, WELL_KNOWN, METADATA)


@blueprint.get(WELL_KNOWN)
@blueprint.get(f"/fhir{WELL_KNOWN}")
@blueprint.get(METADATA)
def smart_configuration() -> Response:
    """Where the token endpoint is, and what it takes; needs no credential.

    The same under RFC 8414's address, where OAuth libraries look.
    """
    return jsonify(configuration(_base_url()))


def configuration(base_url: str) -> dict[str, Any]:
    """The SMART configuration of a service at this public address."""
    return {
        "issuer": base_url,
        "token_endpoint": f"{base_url}{TOKEN_PATH}",
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": sorted(ALGORITHMS, reverse=True),
        "scopes_supported": list(SUPPORTED),
        "response_types_supported": [],
        "capabilities": [
            "client-confidential-asymmetric",
            "permission-v1",
            "permission-v2",
        ],
        "code_challenge_methods_supported": ["S256"],
    }


@blueprint.post(TOKEN_PATH)
def give_token() -> Response:
    """An access token for a client that proves itself by a signed assertion."""
    issuer: TokenIssuer = current_app.extensions["policy_service_token_issuer"]
    try:
        issued = issuer.issue(_token_request())
    except TokenRefused as error:
        return _oauth_error(OAuthRefusal("invalid_client", str(error)))
    except ScopeRefused as error:
        return _oauth_error(OAuthRefusal("invalid_scope", str(error)))
    except OAuthRefusal as error:
        return _oauth_error(error)
    return _unstored(
        {
            "access_token": issued.token,
            "token_type": "bearer",
            "expires_in": int(LIFETIME.total_seconds()),
            "scope": issued.scope,
        }
    )


def _token_request() -> TokenRequest:
    if request.mimetype != _FORM:
        raise OAuthRefusal("invalid_request", f"The body must be {_FORM}.")
    if _field("grant_type") != "client_credentials":
        raise OAuthRefusal("unsupported_grant_type", "grant_type must be client_credentials.")
    if request.headers.get("Authorization") is not None:
        said = "Authenticate by client_assertion alone, without an Authorization header."
        raise OAuthRefusal("invalid_request", said)
    if _field("client_assertion_type") != ASSERTION_TYPE:
        raise OAuthRefusal("invalid_client", f"client_assertion_type must be {ASSERTION_TYPE}.")
    scope = _field("scope")
    if not scope:
        raise OAuthRefusal("invalid_scope", "scope is missing: name the scopes that are needed.")
    return TokenRequest(_field("client_assertion"), scope, _field("client_id"))


def _field(name: str) -> str:
    """A parameter of the form; RFC 6749 section 3.2: none may come twice."""
    values = request.form.getlist(name)
    if len(values) > 1:
        raise OAuthRefusal("invalid_request", f"{name} comes more than once.")
    return values[0] if values else ""


def _oauth_error(refusal: OAuthRefusal) -> Response:
    """`error_description` is ASCII without quotes and backslashes (RFC 6749 section 5.2)."""
    plain = refusal.said.encode("ascii", "replace").decode().replace('"', "'").replace("\\", "/")
    body = {"error": refusal.code, "error_description": plain[:_LONGEST_SAID]}
    response = _unstored(body)
    response.status_code = refusal.status
    return response


def _unstored(body: dict[str, Any]) -> Response:
    response = jsonify(body)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


def _answer(error: ServiceError) -> Response:
    """What was refused before the view was reached, in the same words."""
    known = {errors.NotReady: "temporarily_unavailable", errors.InternalError: "server_error"}
    code = next((word for kind, word in known.items() if isinstance(error, kind)), None)
    refusal = OAuthRefusal(code or "invalid_request", error.detail, error.status)
    response = _oauth_error(refusal)
    response.headers.update(error.headers)
    return response


def _base_url() -> str:
    settings: Settings = current_app.extensions["policy_service_settings"]
    return settings.public_base_url


REFUSER = Refuser(is_smart, _answer)
