"""What is said of an EHR client when it is registered, and whether all of it may be kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from policy_service.auth.jwks import KeySetRefused, PublicKey, read_key_set
from policy_service.domain.people import clean_text
from policy_service.domain.principals import Scope
from policy_service.errors import FieldError, InvalidRequest
from policy_service.services.ehr_origins import ORIGIN
from policy_service.services.outbound import AddressRefused, Outbound

_LONGEST = {"name": 200, "issuer": 500, "tenant": 200, "jwks_url": 1000}
_LONGEST_ORIGINS = 1000


@dataclass(frozen=True, slots=True)
class ClientForm:
    """An EHR client as it is registered. `issuer` is what its CDS Hooks tokens say; a client of
    SMART alone has none. `jwks` is the text of a JWK Set; `jwks_url` where it is published."""

    name: str
    scopes: frozenset[Scope]
    issuer: str = ""
    tenant: str = ""
    jwks: str = ""
    jwks_url: str = ""
    origins: tuple[str, ...] = field(default=())


def checked_keys(outbound: Outbound, form: ClientForm) -> list[PublicKey]:
    """The keys of the form. InvalidRequest names each field that is wrong."""
    wrong = [*_wrong_texts(form), *_wrong_origins(form.origins)]
    if not form.scopes:
        allowed = tuple(scope.value for scope in Scope)
        wrong.append(FieldError("/scopes", "At least one scope is required.", allowed))
    if form.jwks_url:
        wrong.extend(_wrong_address(outbound, form.jwks_url))
    keys, unreadable = keys_of(form.jwks) if form.jwks.strip() else ([], [])
    if not (form.jwks.strip() or form.jwks_url):
        said = "Public keys are required, or the address they are published at."
        unreadable.append(FieldError("/jwks", said))
    if wrong or unreadable:
        raise InvalidRequest(errors=[*wrong, *unreadable])
    return keys


def _wrong_texts(form: ClientForm) -> list[FieldError]:
    said: Mapping[str, str] = {
        "name": form.name,
        "issuer": form.issuer,
        "tenant": form.tenant,
        "jwks_url": form.jwks_url,
    }
    wrong = [
        FieldError(f"/{name}", f"At most {_LONGEST[name]} printable characters are allowed.")
        for name, text in said.items()
        if len(text) > _LONGEST[name] or not text.isprintable()
    ]
    if not clean_text(form.name):
        wrong.append(FieldError("/name", "A name is required."))
    if form.tenant and not form.issuer:
        wrong.append(FieldError("/issuer", "A tenant is one of an issuer: name the issuer too."))
    return wrong


def _wrong_origins(origins: tuple[str, ...]) -> list[FieldError]:
    wrong = [origin for origin in origins if not ORIGIN.fullmatch(origin)]
    if wrong or len(" ".join(origins)) > _LONGEST_ORIGINS:
        said = "Origins such as https://ehr.example.org are expected, without a path."
        return [FieldError("/origins", said)]
    return []


def _wrong_address(outbound: Outbound, url: str) -> list[FieldError]:
    try:
        outbound.examine(url)
    except AddressRefused as error:
        return [FieldError("/jwks_url", f"This address is not allowed: {error}.")]
    return []


def keys_of(text: str) -> tuple[list[PublicKey], list[FieldError]]:
    """The keys of a JWK Set, and what is wrong with it."""
    try:
        keys = read_key_set(text)
    except KeySetRefused as error:
        return [], [FieldError("/jwks", str(error))]
    named = [(key.kid, key.algorithm) for key in keys]
    twice = next((kid for kid, algorithm in named if named.count((kid, algorithm)) > 1), None)
    if twice is None:
        return keys, []
    # Of two keys of a name neither is ever picked (SMART App Launch 2.2, "Signature Verification").
    return [], [FieldError("/jwks", f"Two keys have the kid {twice}: give each its own.")]
