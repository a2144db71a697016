"""Public keys of EHR clients: registered here, or fetched from the one address registered.

Registered keys win: where a client has any, nothing is fetched. What is fetched is kept no longer
than its Cache-Control says.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.util import base64_to_int, int_to_base64

_log = structlog.get_logger()

ALGORITHMS = ("ES384", "RS384")
"""What a client may sign with; every other algorithm, and `none`, is refused."""
MOST_KEYS = 20
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_TYPES = {"EC": "ES384", "RSA": "RS384"}
_PUBLIC = {"EC": ("crv", "kty", "x", "y"), "RSA": ("e", "kty", "n")}
_LONGEST_KID = 200
_SHORTEST_RSA = 2048
_LONGEST_RSA = 8192
_USUAL_AGE = timedelta(minutes=5)
_LONGEST_AGE = timedelta(hours=1)
_AGAIN = timedelta(seconds=30)
"""A key that is not in what was fetched makes us ask anew, no more often than this."""
_MAX_AGE = re.compile(r"max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE | re.ASCII)


class KeySetRefused(ValueError):
    """A JWK or JWK Set that may not be used. The text names the member."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key by its name, and the one algorithm it is good for."""

    kid: str
    algorithm: str
    key: ECKey | RSAKey

    @property
    def thumbprint(self) -> str:
        """RFC 7638, SHA-256: the same for the same key, whatever its kid."""
        return str(self.key.thumbprint())

    def as_jwk(self) -> dict[str, Any]:
        """The public members, the kid and the algorithm; nothing else that was sent along."""
        members = self.key.as_dict(private=False)
        kept = {name: members[name] for name in _PUBLIC[str(members["kty"])]}
        return {**kept, "kid": self.kid, "alg": self.algorithm}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a JWKS address answered."""

    body: bytes
    cache_control: str = ""


Fetch = Callable[[str], Fetched]
"""Request a registered address; any exception means that there are no keys now."""


def read_key_set(text: str | bytes) -> list[PublicKey]:
    """The keys of a JWK Set, or of a single JWK. KeySetRefused names what is wrong.

    Keys that are not for signing, or of a type that cannot sign by ALGORITHMS, are left out; a
    private key is refused loudly.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise KeySetRefused(f"Not JSON: {error}"[:200]) from error
    if not isinstance(value, dict):
        raise KeySetRefused("A JWK Set, an object with the list keys, is expected.")
    listed = value.get("keys", [value] if "kty" in value else None)
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_KEYS:
        raise KeySetRefused(f"keys: a list of 1 to {MOST_KEYS} keys is expected.")
    found = [_read_key(jwk, f"keys[{place}]") for place, jwk in enumerate(listed)]
    usable = [key for key in found if key is not None]
    if not usable:
        raise KeySetRefused("keys: an EC key on P-384 (ES384) or an RSA key (RS384) is expected.")
    return usable


def _read_key(jwk: object, place: str) -> PublicKey | None:
    if not isinstance(jwk, dict):
        raise KeySetRefused(f"{place}: a JWK object is expected.")
    if _PRIVATE & jwk.keys():
        raise KeySetRefused(
            f"{place}: this is a private key. Register the public one, and replace this key: it "
            "has been shown."
        )
    algorithm = _algorithm_of(jwk)
    if algorithm is None:
        return None
    kid = jwk.get("kid")
    if not (isinstance(kid, str) and 0 < len(kid) <= _LONGEST_KID and kid.isprintable()):
        raise KeySetRefused(f"{place}.kid: a text of 1 to {_LONGEST_KID} is expected.")
    return PublicKey(kid, algorithm, _import(jwk, place))


def _algorithm_of(jwk: Mapping[str, Any]) -> str | None:
    """The algorithm a key can sign by here; None for keys that are for something else."""
    algorithm = _TYPES.get(str(jwk.get("kty")))
    meant = jwk.get("alg") in (None, algorithm) and jwk.get("use") in (None, "sig")
    curve = jwk.get("kty") != "EC" or jwk.get("crv") == "P-384"
    operations = jwk.get("key_ops")
    verifies = operations is None or (isinstance(operations, list) and "verify" in operations)
    return algorithm if meant and curve and verifies else None


def _import(jwk: Mapping[str, Any], place: str) -> ECKey | RSAKey:
    members: dict[str, Any] = {name: jwk.get(name) for name in _PUBLIC[str(jwk["kty"])]}
    if not all(isinstance(value, str) for value in members.values()):
        raise KeySetRefused(f"{place}: {', '.join(members)} are expected as texts.")
    try:
        if members["kty"] == "EC":
            return _checked_point(ECKey.import_key(members))
        if not _SHORTEST_RSA <= base64_to_int(members["n"]).bit_length() <= _LONGEST_RSA:
            raise KeySetRefused(f"{place}.n: {_SHORTEST_RSA} to {_LONGEST_RSA} bits are expected.")
        return RSAKey.import_key(members)
    except KeySetRefused:
        raise
    except (JoseError, ValueError, TypeError) as error:
        raise KeySetRefused(f"{place}: not a usable key ({error})"[:200]) from error


def _checked_point(key: ECKey) -> ECKey:
    """ValueError where the point is not on the curve: the library looks when it is first used."""
    key.public_key.public_numbers()
    return key


def pick(keys: Sequence[PublicKey], kid: str, algorithm: str) -> PublicKey | None:
    """The key of that name and algorithm, if it is exactly one (SMART App Launch 2.2)."""
    found = [key for key in keys if key.kid == kid and key.algorithm == algorithm]
    return found[0] if len(found) == 1 else None


@cache
def decoy(algorithm: str) -> ECKey | RSAKey:
    """A key of nobody, to spend the time of a verification on. What it verifies proves nothing."""
    if algorithm == "ES384":
        return ECKey.generate_key("P-384", private=False)
    # Any odd number of that size costs the same; nobody knows its factors, nor has to.
    number = int_to_base64((1 << _SHORTEST_RSA) - 1)
    return RSAKey.import_key({"kty": "RSA", "n": number, "e": int_to_base64(65_537)})


@dataclass(frozen=True, slots=True)
class _Kept:
    keys: list[PublicKey]
    fetched_at: datetime
    good_until: datetime


class FetchedKeys:
    """Key sets fetched by this process, by issuer and address. Threads share one."""

    def __init__(self, fetch: Fetch, clock: Callable[[], datetime]) -> None:
        self._fetch, self._clock = fetch, clock
        self._kept: dict[tuple[str, str], _Kept] = {}
        self._lock = threading.Lock()

    def of(self, client_id: str, url: str, kid: str) -> list[PublicKey]:
        """The keys at a registered address; none while it cannot be reached or read."""
        now, place = self._clock(), (client_id, url)
        with self._lock:
            kept = self._kept.get(place)
        if kept is not None and not _is_due(kept, kid, now):
            return kept.keys
        kept = self._ask(url, now, kept)
        with self._lock:
            self._kept[place] = kept
        return kept.keys

    def _ask(self, url: str, now: datetime, kept: _Kept | None) -> _Kept:
        try:
            answer = self._fetch(url)
            return _Kept(read_key_set(answer.body), now, now + max_age(answer.cache_control))
        except Exception as error:  # whatever went wrong out there: there are no new keys now
            _log.warning("jwks_not_fetched", cause=type(error).__name__)
            if kept is not None and now < kept.good_until:
                return _Kept(kept.keys, now, kept.good_until)
            return _Kept([], now, now)


def _is_due(kept: _Kept, kid: str, now: datetime) -> bool:
    """Past its age; or another key is asked for, or none was got, and we did not just ask."""
    lacks = all(key.kid != kid for key in kept.keys)
    if lacks:
        return now >= kept.fetched_at + _AGAIN
    return now >= kept.good_until


def max_age(cache_control: str) -> timedelta:
    """How long a key set may be kept: what Cache-Control says, an hour at most."""
    said = cache_control.lower()
    if "no-store" in said or "no-cache" in said:
        return timedelta(0)
    found = _MAX_AGE.search(said)
    return min(timedelta(seconds=int(found[1])), _LONGEST_AGE) if found else _USUAL_AGE
