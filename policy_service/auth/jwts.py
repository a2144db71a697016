"""Signed tokens (JWT) of EHR clients: what is read before a key is known, and what is proven.

Two kinds share this: the tokens of CDS Hooks calls and the assertions of SMART token requests.
What depends on our registrations and is not proven by a signature (unknown issuer, unknown key,
wrong signature) is refused in one text, so that nobody learns who is registered here. What the
token itself lacks, or a proven client said wrong, is named.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from joserfc import jws
from joserfc.errors import ClaimError, ExpiredTokenError, JoseError
from joserfc.jws import CompactSignature, JWSRegistry
from joserfc.jwt import JWTClaimsRegistry

from policy_service.auth.jwks import ALGORITHMS, PublicKey, decoy, pick

SKEW = timedelta(seconds=60)
"""How far the clocks of client and service may lie apart."""
UNPROVEN = "No key that is registered for this issuer and tenant verifies the token."
_LONGEST_TOKEN = 16_384
_LONGEST_NAME = 500
_OWN_KEYS = ("jwk", "x5c", "x5u", "x5t", "x5t#S256", "crit")
"""Header members that bring or name a key of their own, or ask for extensions we do not know."""
_NAMES = ("iss", "sub", "jti", "tenant")


class TokenRefused(Exception):
    """A token is worth nothing. The text names what is wrong and may be told to the caller."""


class _Jws(JWSRegistry):
    """The two algorithms. Members of the header that we do not use are ignored."""

    max_header_length = 4096  # room for a long jku

    def __init__(self) -> None:
        super().__init__(algorithms=list(ALGORITHMS), strict_check_header=False)


_JWS = _Jws()


@dataclass(frozen=True, slots=True)
class Token:
    """A token of the right form. Nothing in it is proven before `verify`."""

    signed: CompactSignature
    claims: dict[str, Any]

    @property
    def header(self) -> dict[str, Any]:
        """The members of its protected header."""
        return self.signed.headers()

    @property
    def jku(self) -> str | None:
        """Where its keys are, as it says; nothing is ever requested because of it."""
        return self.header.get("jku")

    def name(self, claim: str) -> str:
        """A claim that is a text; empty where the token has none."""
        return str(self.claims.get(claim, ""))

    @property
    def expires_at(self) -> datetime:
        """Its `exp`. Only after `verify`, which bounds it."""
        return datetime.fromtimestamp(self.claims["exp"], UTC)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a proven token must say."""

    audiences: frozenset[str]
    now: datetime
    longest_life: timedelta | None = None
    """At the most between `iat` and `exp`."""
    furthest_end: timedelta | None = None
    """At the most between now and `exp`, clock skew apart."""


def read_token(text: str, required: Sequence[str]) -> Token:
    """The form of a token, with every claim that is required. TokenRefused names what is wrong."""
    if len(text) > _LONGEST_TOKEN:
        raise TokenRefused(f"The token is longer than {_LONGEST_TOKEN} characters.")
    try:
        signed = jws.extract_compact(text.encode("ascii"), registry=_JWS)
        claims = json.loads(signed.payload)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise TokenRefused("The token is not a JSON Web Token in its compact form.") from error
    if not isinstance(claims, dict):
        raise TokenRefused("The token's claims are not a JSON object.")
    require_header(signed.headers())
    require_claims(claims, required)
    return Token(signed, claims)


def require_header(header: dict[str, Any]) -> None:
    """A named algorithm, a named key and none that the token brings along.

    A `typ` that is there must be JWT, so that no token made for something else is taken (RFC 8725
    section 3.11). Public SMART clients leave it out (openid-client 6).
    """
    if header.get("alg") not in ALGORITHMS:
        raise TokenRefused(f"The token's alg is not allowed. Allowed: {', '.join(ALGORITHMS)}.")
    if not _is_name(header.get("kid")):
        raise TokenRefused("The token's header lacks kid, the name of the key that signed it.")
    if str(header.get("typ", "JWT")).upper() != "JWT":
        raise TokenRefused("The token's typ is not JWT.")
    if "jku" in header and not isinstance(header["jku"], str):
        raise TokenRefused("The token's jku is not a text.")
    for member in _OWN_KEYS:
        if member in header:
            raise TokenRefused(f"The token's header may not hold {member}.")


def require_claims(claims: dict[str, Any], required: Sequence[str]) -> None:
    """Every required claim, and texts where texts belong."""
    missing = [claim for claim in required if claims.get(claim) in (None, "", [])]
    if missing:
        raise TokenRefused(f"The token lacks {', '.join(missing)}.")
    for claim in _NAMES:
        if claim in claims and not _is_name(claims[claim]):
            raise TokenRefused(f"The token's {claim} is not a text of 1 to {_LONGEST_NAME}.")


def _is_name(value: object) -> bool:
    fits = isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME
    return fits and isinstance(value, str) and value.isprintable()


def verify(token: Token, keys: Sequence[PublicKey], rules: Rules) -> PublicKey:
    """The key that signed the token, whose claims hold as well. TokenRefused otherwise."""
    key = verify_signature(token, keys)
    require_times_and_audience(token, rules)
    require_short_life(token, rules)
    return key


def verify_signature(token: Token, keys: Sequence[PublicKey]) -> PublicKey:
    """The one key of that kid and type, if it verifies the token.

    Without such a key a decoy is asked, whatever it says: the time it takes does not tell.
    """
    key = pick(keys, token.header["kid"], token.header["alg"])
    asked = decoy(token.header["alg"]) if key is None else key.key
    try:
        if jws.validate_compact(token.signed, asked, registry=_JWS) and key is not None:
            return key
    except (JoseError, ValueError, TypeError) as error:
        raise TokenRefused(UNPROVEN) from error
    raise TokenRefused(UNPROVEN)


def require_times_and_audience(token: Token, rules: Rules) -> None:
    """`exp`, `iat` and `nbf` against the clock, `aud` against our configured address."""
    now = int(rules.now.timestamp())
    claims = JWTClaimsRegistry(
        now, int(SKEW.total_seconds()), aud={"essential": True, "values": sorted(rules.audiences)}
    )
    try:
        claims.validate(token.claims)
    except ExpiredTokenError as error:
        raise TokenRefused("The token's exp is past.") from error
    except ClaimError as error:
        raise TokenRefused(_claim_text(error.claim, rules)) from error


def _claim_text(claim: str, rules: Rules) -> str:
    if claim == "aud":
        return f"The token's aud is none of: {', '.join(sorted(rules.audiences))}."
    return f"The token's {claim} is not a time that has come."


def require_short_life(token: Token, rules: Rules) -> None:
    """A token that leaked is worth nothing for long."""
    exp, iat = token.claims["exp"], token.claims.get("iat")
    if iat is not None and exp <= iat:
        raise TokenRefused("The token's exp is not later than its iat.")
    if rules.longest_life is not None and exp - iat > rules.longest_life.total_seconds():
        minutes = int(rules.longest_life.total_seconds() // 60)
        raise TokenRefused(f"Between the token's iat and exp are more than {minutes} minutes.")
    if rules.furthest_end is not None:
        furthest = rules.now + rules.furthest_end + SKEW
        if exp > furthest.timestamp():
            minutes = int(rules.furthest_end.total_seconds() // 60)
            raise TokenRefused(f"The token's exp is more than {minutes} minutes ahead.")
