"""Standard Webhooks: what is signed, what is accepted, and every way it is refused."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.domain.webhook_signatures import (
    TOLERANCE_SECONDS,
    SignatureRefused,
    Signed,
    new_secret,
    secret_bytes,
    signature,
    signature_header,
    verify,
)

NOW = 1_700_000_000.0
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + base64.b64encode(bytes(range(32))).decode()
SIGNED = Signed("msg_p5jXN8AQM9LWM0D4loKWxJek", str(int(NOW)), b'{"test": 2432232314}')


def _is_taken(signed: Signed, header: str, *secrets: str, now: float = NOW) -> bool:
    try:
        verify(secrets or (SECRET,), signed, header, now)
    except SignatureRefused:
        return False
    return True


def test_the_signature_is_that_of_the_specification() -> None:
    """The example of the Standard Webhooks specification's reference libraries."""
    example = Signed(SIGNED.id, "1614265330", SIGNED.body)
    assert signature(SECRET, example) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_signature_is_an_hmac_over_id_time_and_body() -> None:
    content = b"%s.%s.%s" % (SIGNED.id.encode(), SIGNED.timestamp.encode(), SIGNED.body)
    made = hmac.new(secret_bytes(SECRET), content, hashlib.sha256).digest()
    assert signature(SECRET, SIGNED) == "v1," + base64.b64encode(made).decode()


@given(st.binary(max_size=200), st.integers(-TOLERANCE_SECONDS, TOLERANCE_SECONDS))
def test_what_was_signed_in_time_is_taken(body: bytes, off: int) -> None:
    signed = Signed("one", str(int(NOW) + off), body)
    assert _is_taken(signed, signature(SECRET, signed))


@pytest.mark.parametrize("off", [-TOLERANCE_SECONDS - 1, TOLERANCE_SECONDS + 1, -86_400])
def test_what_is_too_old_or_of_the_future_is_refused_though_signed(off: int) -> None:
    signed = Signed("one", str(int(NOW) + off), b"{}")
    header = signature(SECRET, signed)
    assert not _is_taken(signed, header)
    assert _is_taken(signed, header, now=NOW + off)  # control: only the time was wrong


@given(st.integers(0, 10_000), st.sampled_from(["id", "timestamp", "body"]))
def test_any_change_to_what_was_signed_is_noticed(seed: int, part: str) -> None:
    header = signature(SECRET, SIGNED)
    changed = {
        "id": Signed(f"{SIGNED.id}{seed}", SIGNED.timestamp, SIGNED.body),
        "timestamp": Signed(SIGNED.id, str(int(NOW) - 1 - seed % 200), SIGNED.body),
        "body": Signed(SIGNED.id, SIGNED.timestamp, SIGNED.body + str(seed).encode()),
    }[part]
    assert not _is_taken(changed, header)
    assert _is_taken(SIGNED, header)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "v1,",
        "v1",
        signature(SECRET, SIGNED).removeprefix("v1,"),
        signature(SECRET, SIGNED).replace("v1,", "v2,"),
        signature(SECRET, SIGNED).replace("v1,", "v1a,"),
        signature(SECRET, SIGNED).lower(),
        signature(OTHER, SIGNED),
        "v1,ünïcode",
        " ".join(["v1,x"] * 8 + [signature(SECRET, SIGNED)]),
    ],
    ids=[
        "empty", "no-mac", "no-comma", "bare", "v2", "asymmetric", "lower", "other-secret",
        "not-ascii", "ninth",
    ],
)  # fmt: skip
def test_a_header_that_is_no_signature_by_the_secret_is_refused(header: str) -> None:
    assert not _is_taken(SIGNED, header)


@pytest.mark.parametrize(
    "signed",
    [
        Signed("", SIGNED.timestamp, b"{}"),
        Signed("a.b", SIGNED.timestamp, b"{}"),
        Signed("a b", SIGNED.timestamp, b"{}"),
        Signed("a" * 201, SIGNED.timestamp, b"{}"),
        Signed("a", "", b"{}"),
        Signed("a", "-1", b"{}"),
        Signed("a", "1.7e9", b"{}"),
        Signed("a", "١٧٠٠٠٠٠٠٠٠", b"{}"),
    ],
    ids=["no-id", "point", "space", "long", "no-time", "negative", "float", "other-digits"],
)
def test_an_odd_id_or_time_is_refused_though_signed(signed: Signed) -> None:
    assert not _is_taken(signed, signature(SECRET, signed))


def test_while_secrets_overlap_either_signature_does() -> None:
    both = signature_header([OTHER, SECRET], SIGNED)
    assert _is_taken(SIGNED, both, SECRET)
    assert _is_taken(SIGNED, both, OTHER)
    assert _is_taken(SIGNED, signature(SECRET, SIGNED), OTHER, SECRET)
    assert not _is_taken(SIGNED, both, new_secret())


def test_a_new_secret_is_of_the_documented_form() -> None:
    secret = new_secret()
    assert secret.startswith("whsec_")
    assert len(secret_bytes(secret)) == 32
    assert secret != new_secret()


@pytest.mark.parametrize("text", ["whsec_", "whsec_short", "whsec_!!!!", "whsec_" + "A" * 100])
def test_a_secret_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="24 to 64 bytes"):
        secret_bytes(text)
