"""Public keys: which are taken, which are refused loudly, and from where they are fetched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey
from joserfc.util import int_to_base64

from policy_service.auth.jwks import (
    Fetched,
    FetchedKeys,
    KeySetRefused,
    max_age,
    pick,
    read_key_set,
)
from policy_service.auth.jwks_address import fetch_through
from policy_service.services.address_rules import AddressRules
from policy_service.services.outbound import Outbound
from tests.cast import Clock, World
from tests.services.loopback import Host, web_server
from tests.signing import SigningEhr, key_set, signing_key

PATH = "/cds-services/some-service"


def public(algorithm: str = "ES384", **changes: Any) -> dict[str, Any]:
    """A public JWK; a change to None leaves the member out."""
    key = signing_key(algorithm)
    jwk = {**key.as_dict(private=False), "kid": key.kid} | changes
    return {name: value for name, value in jwk.items() if value is not None}


def test_a_key_is_kept_without_anything_else_that_came_along() -> None:
    (key,) = read_key_set(json.dumps({"keys": [public(use="sig", note="x")]}))
    assert key.as_jwk().keys() == {"kty", "crv", "x", "y", "kid", "alg"}
    assert pick(read_key_set(json.dumps(key.as_jwk())), "es384-1", "ES384") == key


@pytest.mark.parametrize("algorithm", ["ES384", "RS384"])
def test_a_single_key_is_a_set_of_one(algorithm: str) -> None:
    (key,) = read_key_set(json.dumps(public(algorithm)))
    assert key.algorithm == algorithm
    assert key.thumbprint == signing_key(algorithm).thumbprint()


def test_keys_that_cannot_sign_here_are_left_out() -> None:
    others = [
        public(use="enc"),
        public(alg="ES256"),
        public(key_ops=["encrypt"]),
        {"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "kid": "p256"},
        {"kty": "OKP", "crv": "Ed25519", "x": "x", "kid": "ed"},
    ]
    (key,) = read_key_set(json.dumps({"keys": [*others, public(kid="mine")]}))
    assert key.kid == "mine"
    with pytest.raises(KeySetRefused, match="P-384"):
        read_key_set(json.dumps({"keys": others}))


REFUSED: dict[str, tuple[Any, str]] = {
    "no JSON": ("{", "Not JSON"),
    "a list": ([], "JWK Set"),
    "no keys": ({"keys": []}, "1 to 20"),
    "too many keys": ({"keys": [{}] * 21}, "1 to 20"),
    "a key that is a text": ({"keys": ["x"]}, r"keys\[0\]"),
    "a private key": (
        {"keys": [{"kty": "EC", "crv": "P-384", "x": "x", "y": "y", "d": "d", "kid": "k"}]},
        "private key",
    ),
    "a shared secret": ({"kty": "oct", "k": "c2VjcmV0", "kid": "k"}, "private key"),
    "no kid": (lambda: public(kid=None), "kid"),
    "a kid that is a number": (lambda: public(kid=7), "kid"),
    "a point that is not on the curve": (lambda: public(x=public()["y"]), "not a usable key"),
    "a member that is missing": (lambda: public(y=None), "crv, kty, x, y"),
    "an exponent of zero bytes": (lambda: public("RS384", e=""), "not a usable key"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_public_key_is_refused_by_name(case: str) -> None:
    value, said = REFUSED[case]
    made = value() if callable(value) else value
    with pytest.raises(KeySetRefused, match=said):
        read_key_set(made if isinstance(made, str) else json.dumps(made))


def test_a_short_rsa_key_is_refused() -> None:
    n = (1 << 1023) + 1
    weak = {"kty": "RSA", "kid": "weak", "e": "AQAB", "n": int_to_base64(n)}
    with pytest.raises(KeySetRefused, match="2048"):
        read_key_set(json.dumps(weak))


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("", 300),
        ("max-age=60", 60),
        ("public, MAX-AGE = 120", 120),
        ("max-age=999999", 3600),
        ("max-age=0", 0),
        ("no-store", 0),
        ("no-cache, max-age=60", 0),
        ("max-age=nonsense", 300),
    ],
)
def test_a_set_is_kept_no_longer_than_its_cache_control(said: str, kept: int) -> None:
    assert max_age(said) == timedelta(seconds=kept)


class Source:
    """A JWKS address that counts how often it is asked."""

    def __init__(self) -> None:
        self.clock = Clock(datetime(2026, 3, 2, tzinfo=UTC))
        self.asked = 0
        self.body = key_set(signing_key("ES384")).encode()
        self.cache_control = "max-age=60"
        self.keys = FetchedKeys(self.answer, self.clock)

    def answer(self, _url: str) -> Fetched:
        self.asked += 1
        if not self.body:
            raise OSError("unreachable")
        return Fetched(self.body, self.cache_control)

    def kids(self, wanted: str = "es384-1") -> list[str]:
        return [key.kid for key in self.keys.of("client", "https://keys.example", wanted)]


def test_a_set_is_fetched_once_until_its_age_is_over() -> None:
    source = Source()
    assert source.kids() == source.kids() == ["es384-1"]
    source.clock.advance(seconds=59)
    assert source.kids() == ["es384-1"]
    assert source.asked == 1
    source.clock.advance(seconds=1)
    assert source.kids() == ["es384-1"]
    assert source.asked == 2


def test_a_new_key_is_asked_for_but_not_at_every_call() -> None:
    source = Source()
    assert source.kids() == ["es384-1"]
    source.body = key_set(signing_key("ES384", 2)).encode()
    assert source.kids("es384-2") == ["es384-1"]
    assert source.asked == 1, "not within 30 seconds of the last time"
    source.clock.advance(seconds=30)
    assert source.kids("es384-2") == ["es384-2"]
    assert source.asked == 2


def test_a_set_that_may_not_be_kept_is_asked_for_at_every_call() -> None:
    source = Source()
    source.cache_control = "no-store"
    assert source.kids() == source.kids() == ["es384-1"]
    assert source.asked == 2


def test_an_address_that_fails_gives_no_keys_and_is_not_hammered() -> None:
    source = Source()
    source.body = b""
    assert source.kids() == source.kids() == []
    assert source.asked == 1


def test_good_keys_outlive_a_failed_question_for_another_but_not_their_age() -> None:
    source = Source()
    assert source.kids() == ["es384-1"]
    source.body = b""
    source.clock.advance(seconds=40)
    assert source.kids("unknown") == ["es384-1"]
    assert source.asked == 2
    assert source.kids() == ["es384-1"]
    source.clock.advance(seconds=20)
    assert source.kids() == []


@pytest.fixture
def keys_host(sqlite_world: World) -> Iterator[Host]:
    """A JWKS address on loopback, which this world may reach."""
    allowed = Outbound(AddressRules(loopback=True))
    sqlite_world.desk.outbound = allowed
    with web_server() as host:
        host.body = key_set(signing_key("ES384")).encode()
        host.headers["Cache-Control"] = "max-age=60"
        yield host


def test_a_registered_address_is_asked_and_its_key_proves_the_client(
    sqlite_world: World, keys_host: Host
) -> None:
    url = keys_host.url("/jwks.json")
    ehr = SigningEhr.registered(sqlite_world, jwks="", jwks_url=url)
    with_jku = {"jku": url}
    for header in (with_jku, {}, with_jku):
        assert ehr.is_accepted(ehr.token(PATH, header))
    assert [came.path for came in keys_host.received] == ["/jwks.json"], "once, and kept"


def test_an_address_that_is_not_registered_is_never_asked(
    sqlite_world: World, keys_host: Host
) -> None:
    """The key there would verify the token: had it been asked, it would show."""
    ehr = SigningEhr.registered(sqlite_world, jwks="", jwks_url="https://keys.example/jwks.json")
    others = [
        keys_host.url("/jwks.json"),
        keys_host.url("/", "localhost"),
        "https://keys.example/jwks.json/",
    ]
    for jku in others:
        assert not ehr.is_accepted(ehr.token(PATH, {"jku": jku}))
    unknown = ehr.token(PATH, {"jku": others[0]}, iss="https://stranger.example")
    assert not ehr.is_accepted(unknown)
    assert keys_host.received == []


def test_registered_keys_win_and_nothing_is_asked(sqlite_world: World, keys_host: Host) -> None:
    url = keys_host.url("/jwks.json")
    ehr = SigningEhr.registered(sqlite_world, jwks_url=url)
    assert ehr.is_accepted(ehr.token(PATH, {"jku": url}))
    stranger = SigningEhr(sqlite_world, ehr.client_id, "ES384", key=signing_key("ES384", 2))
    keys_host.body = key_set(signing_key("ES384", 2)).encode()
    assert not ehr.is_accepted(stranger.token(PATH, {"jku": url}))
    assert keys_host.received == []


def test_a_redirect_is_not_followed(sqlite_world: World, keys_host: Host) -> None:
    with web_server() as inside:
        inside.body = keys_host.body
        keys_host.status = 302
        keys_host.headers["Location"] = inside.url("/jwks.json")
        ehr = SigningEhr.registered(sqlite_world, jwks="", jwks_url=keys_host.url("/jwks.json"))
        assert not ehr.is_accepted(ehr.token(PATH))
        assert len(keys_host.received) == 1
        assert inside.received == []


def test_a_private_address_is_refused_before_a_connection() -> None:
    with web_server() as inside:
        fetch = fetch_through(Outbound())
        with pytest.raises(Exception, match="loopback"):
            fetch(inside.url("/jwks.json"))
        assert inside.received == []


def test_an_elliptic_key_of_another_curve_never_becomes_one_of_ours() -> None:
    other = ECKey.generate_key("P-256", {"kid": "p"})
    with pytest.raises(KeySetRefused, match="P-384"):
        read_key_set(json.dumps(other.as_dict(private=False)))
