"""Signing keys live in private files and sign what the ledger verifies."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from policy_service.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from policy_service.ledger.note import Verifier
from policy_service.vault.errors import KeyRefused
from policy_service.vault.files import create_secret
from policy_service.vault.signing import SigningKey, create_signing_key, load_signing_key

ORIGIN = "log.example/practice/fern"


def pem(key, encryption=None):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())


def test_a_created_key_loads_again_from_its_private_file(tmp_path):
    key = create_signing_key(tmp_path / "log.pem", ORIGIN)
    again = load_signing_key(tmp_path / "log.pem", ORIGIN)
    assert again.vkey == key.vkey
    assert (tmp_path / "log.pem").stat().st_mode & 0o777 == 0o600


def test_the_vkey_is_the_one_the_ledger_reads():
    key = SigningKey.generate(ORIGIN)
    assert Verifier.from_vkey(key.vkey) == Verifier.of(key)
    assert Verifier.of(key).vkey == key.vkey


def test_a_checkpoint_signed_with_a_loaded_key_opens_and_with_another_does_not(tmp_path):
    create_signing_key(tmp_path / "log.pem", ORIGIN)
    key = load_signing_key(tmp_path / "log.pem", ORIGIN)
    signed = sign_checkpoint(Checkpoint(ORIGIN, 1, bytes(32)), key).to_text()
    assert open_checkpoint(signed, Verifier.from_vkey(key.vkey)).size == 1
    with pytest.raises(ValueError, match="not signed by"):
        open_checkpoint(signed, Verifier.of(SigningKey.generate(ORIGIN)))


def test_a_raw_seed_of_32_bytes_loads(tmp_path):
    key = SigningKey.generate(ORIGIN)
    create_secret(tmp_path / "seed", key.private.private_bytes_raw())
    assert load_signing_key(tmp_path / "seed", ORIGIN).vkey == key.vkey


def test_a_key_is_never_replaced(tmp_path):
    create_signing_key(tmp_path / "log.pem", ORIGIN)
    with pytest.raises(KeyRefused, match="exists already"):
        create_signing_key(tmp_path / "log.pem", ORIGIN)


def test_a_key_file_open_to_everyone_is_refused(tmp_path):
    create_signing_key(tmp_path / "log.pem", ORIGIN)
    (tmp_path / "log.pem").chmod(0o644)
    with pytest.raises(KeyRefused, match="mode 0644"):
        load_signing_key(tmp_path / "log.pem", ORIGIN)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "must be Ed25519"),
        (b"x" * 31, "must be Ed25519"),
        (b"-----BEGIN PRIVATE KEY-----\nnonsense\n", "not a PKCS #8 PEM"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "must be an Ed25519 key"),
        (pem(x25519.X25519PrivateKey.generate()), "must be an Ed25519 key"),
        (
            pem(SigningKey.generate("n").private, BestAvailableEncryption(b"password")),
            "without password",
        ),
    ],
)
def test_other_files_are_refused_with_the_reason(tmp_path, content, message):
    create_secret(tmp_path / "key", content)
    with pytest.raises(KeyRefused, match=message):
        load_signing_key(tmp_path / "key", ORIGIN)


def test_a_missing_key_file_is_refused_by_name(tmp_path):
    with pytest.raises(KeyRefused, match=r"log\.pem: No such file"):
        load_signing_key(tmp_path / "log.pem", ORIGIN)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "line\n"])
def test_a_key_name_fits_into_a_signature_line(name):
    with pytest.raises(KeyRefused, match="signing key name"):
        SigningKey.generate(name)


def test_a_signing_key_never_shows_itself():
    key = SigningKey.generate(ORIGIN)
    assert key.private.private_bytes_raw().hex() not in repr(key)
    assert "private" not in repr(key)
