"""Laws of tokens: whatever is changed in one, it is refused or it is still the same token."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.auth.jwks import KeySetRefused, read_key_set
from policy_service.auth.jwts import Token, TokenRefused, read_token, verify_signature
from policy_service.auth.trust import stored_key
from tests.signing import key_set, sign, signing_key

REQUIRED = ("iss", "aud", "exp", "iat", "jti")
CLAIMS = {"iss": "https://ehr.example", "aud": "x", "exp": 10, "iat": 1, "jti": "one"}
KEYS = {name: [stored_key(key_set(signing_key(name)))] for name in ("ES384", "RS384")}
SIGNED = {name: sign(CLAIMS, signing_key(name), name) for name in KEYS}
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def accepted(text: str, algorithm: str = "ES384") -> Token | None:
    """The token, if it is read and a registered key verifies it."""
    try:
        token = read_token(text, REQUIRED)
        verify_signature(token, KEYS[algorithm])
    except TokenRefused:
        return None
    return token


@pytest.mark.parametrize("algorithm", KEYS)
@given(place=st.integers(0, 10_000), letter=st.characters(codec="ascii"))
def test_a_changed_letter_makes_it_worthless(algorithm: str, place: int, letter: str) -> None:
    """Base64 can be written in more than one way: what is the same when read is the same token."""
    text = SIGNED[algorithm]
    at = place % len(text)
    token = accepted(text[:at] + letter + text[at + 1 :], algorithm)
    assert token is None or token.claims == CLAIMS


@given(text=st.text(max_size=300) | st.from_regex(r"[\w-]*\.[\w-]*\.[\w-]*", fullmatch=True))
def test_no_text_at_all_is_more_than_refused(text: str) -> None:
    assert accepted(text) is None


@given(header=JSON, claims=JSON, signature=st.binary(max_size=120))
def test_no_header_and_claims_of_any_shape_are_more_than_refused(
    header: Any, claims: Any, signature: bytes
) -> None:
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    text = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    assert accepted(text) is None


@given(
    changes=st.dictionaries(
        st.sampled_from(["alg", "kid", "typ", "jku", "jwk", "x5c", "crit", "b64", "other"]),
        JSON,
        max_size=4,
    )
)
def test_a_header_of_any_values_never_lets_a_stranger_in(changes: dict[str, Any]) -> None:
    """Signed by the right key over a strange header, or not at all: never by another key."""
    header = {"alg": "ES384", "kid": "es384-1", **changes}
    said = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in (header, CLAIMS)
    )
    assert accepted(f"{said}.{SIGNED['ES384'].rsplit('.', 1)[1]}") is None or header == {
        "alg": "ES384",
        "kid": "es384-1",
        "typ": "JWT",
    }


@given(JSON)
def test_a_key_set_of_any_shape_is_read_or_refused(value: Any) -> None:
    for text in (json.dumps(value), json.dumps({"keys": [value]})):
        with suppress(KeySetRefused):
            assert read_key_set(text)
