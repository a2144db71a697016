"""Keys come in strictly, never show themselves, and differ for every purpose."""

import base64
import itertools

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from policy_service.vault.errors import KeyRefused
from policy_service.vault.files import create_secret
from policy_service.vault.keys import (
    Key,
    KeyRing,
    Purpose,
    create_key_file,
    load_key_ring,
    parse_key,
    parse_key_ring,
    read_key_ring,
)

SECRET = bytes(range(32))
key_bytes = st.binary(min_size=32, max_size=32)


@given(key_bytes)
def test_hex_and_every_spelling_of_base64_give_the_same_key(secret):
    spellings = [
        secret.hex(),
        secret.hex().upper(),
        base64.b64encode(secret).decode(),
        base64.urlsafe_b64encode(secret).decode(),
        base64.b64encode(secret).decode().rstrip("="),
    ]
    assert {parse_key(text, "KEK").secret for text in spellings} == {secret}
    assert parse_key(Key(secret).to_text(), "KEK") == Key(secret)


@pytest.mark.parametrize(
    "text", ["", "short", "0" * 63, "g" * 64, "A" * 42, "A" * 46, "é" * 44, "A" * 43 + "!"]
)
def test_a_malformed_key_is_refused_by_the_name_of_its_setting_and_not_shown(text):
    with pytest.raises(KeyRefused, match=r"POLICY_KEK: .*32 random bytes") as refusal:
        parse_key(text, "POLICY_KEK")
    assert len(text) < 5 or text not in str(refusal.value)


@given(key_bytes, st.sampled_from(Purpose))
def test_purpose_keys_are_those_of_an_independent_hkdf(secret, purpose):
    info = f"policy_service/v1/purpose/{purpose.value}".encode()
    oracle = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret)
    assert Key(secret).derive(purpose).secret == oracle
    ids = HKDF(algorithm=SHA256(), length=8, salt=None, info=b"policy_service/v1/key-id")
    assert Key(secret).id == ids.derive(secret)


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_a_key_has_32_bytes(length):
    with pytest.raises(KeyRefused, match="a key has 32 bytes"):
        Key(bytes(length))


def test_a_key_never_shows_its_secret():
    key = Key(SECRET)
    shown = f"{key!r} {key} {key.derive(Purpose.FIELD)!r} {KeyRing(key)!r}"
    for spelling in (SECRET.hex(), repr(SECRET)[2:-1], key.to_text()):
        assert spelling not in shown


def test_purposes_and_key_ids_have_not_changed():
    """Final: another value here means that nothing sealed before can be opened."""
    assert Key(SECRET).id.hex() == "8ca19bd240098a14"
    assert (
        Key(SECRET).derive(Purpose.MATCH_KEY).secret.hex()
        == "7bf5377541ddd118f32b6cced21651ae9ad769656d2e6fdd254d905d22a7e857"
    )
    assert {purpose.name: purpose.value for purpose in Purpose} == {
        "WRAP": "wrap",
        "PERSON": "person",
        "OPENING": "opening",
        "TIE": "tie",
        "FIELD": "field",
        "STORED_RESPONSE": "stored-response",
        "MATCH_KEY": "match-key",
        "FREQUENCY": "frequency",
        "PSEUDONYM": "pseudonym",
        "ROW_MAC": "row-mac",
        "BODY_DIGEST": "body-digest",
        "CURSOR": "cursor",
        "SKETCH": "sketch",
        "THIRD_PARTY": "third-party",
        "ANSWER_KEY": "answer-key",
        "ERASURE_LIST": "erasure-list",
    }


def test_every_purpose_of_every_key_has_a_key_of_its_own():
    keys = [Key(SECRET), Key(bytes(32))]
    derived = [key.derive(purpose) for key, purpose in itertools.product(keys, Purpose)]
    assert len({each.secret for each in derived}) == len(derived)
    assert len({each.id for each in derived}) == len(derived)
    assert not {key.secret for key in keys} & {each.secret for each in derived}


def test_generated_keys_differ():
    assert len({Key.generate().id for _ in range(50)}) == 50


def test_a_ring_reads_current_first_and_skips_comments():
    old, new = Key(bytes(32)), Key(SECRET)
    ring = parse_key_ring(f"# rotated in March\n{new.to_text()}\n\n  # old\n{old.to_text()}\n", "f")
    assert ring == KeyRing(new, (old,))
    assert parse_key_ring(f"{new.to_text()} {old.to_text()}", "ENV") == ring


@pytest.mark.parametrize("text", ["", "  \n", "# only a comment"])
def test_an_empty_ring_is_refused(text):
    with pytest.raises(KeyRefused, match="is empty"):
        parse_key_ring(text, "KEK")


def test_a_ring_with_the_same_key_twice_is_refused():
    text = Key(SECRET).to_text()
    with pytest.raises(KeyRefused, match="twice"):
        parse_key_ring(f"{text} {SECRET.hex()}", "KEK")


def test_a_created_key_file_reads_back(tmp_path):
    ring = create_key_file(tmp_path / "kek")
    assert read_key_ring(tmp_path / "kek") == ring


def test_a_key_file_open_to_everyone_is_refused(tmp_path):
    create_key_file(tmp_path / "kek")
    (tmp_path / "kek").chmod(0o644)
    with pytest.raises(KeyRefused, match="mode 0644"):
        read_key_ring(tmp_path / "kek")


def test_a_binary_key_file_is_refused_with_the_allowed_form(tmp_path):
    create_secret(tmp_path / "kek", b"\xff" * 32)
    with pytest.raises(KeyRefused, match="32 random bytes as"):
        read_key_ring(tmp_path / "kek")


def test_the_environment_names_a_file_or_holds_a_key_but_not_both(tmp_path):
    ring = create_key_file(tmp_path / "kek")
    value, path = ring.current.to_text(), str(tmp_path / "kek")
    assert load_key_ring({"KEK": value}, "KEK", "KEK_FILE") == ring
    assert load_key_ring({"KEK_FILE": path}, "KEK", "KEK_FILE") == ring
    with pytest.raises(KeyRefused, match="KEK and KEK_FILE are both set"):
        load_key_ring({"KEK": value, "KEK_FILE": path}, "KEK", "KEK_FILE")
    with pytest.raises(KeyRefused, match="set KEK_FILE to a file, or KEK to a key"):
        load_key_ring({"KEK": ""}, "KEK", "KEK_FILE")
    with pytest.raises(KeyRefused, match="No such file"):
        load_key_ring({"KEK_FILE": path + "x"}, "KEK", "KEK_FILE")
