"""Settings: read once, refused with the variable's name, never showing a key."""

from __future__ import annotations

import base64
import dataclasses
import re
from pathlib import Path

import pytest

from policy_service.app import create_desk
from policy_service.settings import VARIABLES, InvalidSetting, Settings, database_url_from

KEK = base64.b64encode(bytes(range(32))).decode()
PAGE = Path(__file__).parents[1] / "docs" / "settings.md"


def _read(**env: str) -> Settings:
    return Settings.from_environment({"POLICY_KEK": KEK, **env})


def _key_file(folder: Path, text: str, mode: int = 0o600) -> str:
    path = folder / "kek"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_a_key_alone_gives_the_documented_defaults() -> None:
    settings = _read()
    assert settings.database_url == "sqlite:///policy_service.sqlite3"
    assert settings.kek == bytes(range(32))
    assert settings.key_dir == Path("var/keys")
    assert settings.public_base_url == "http://127.0.0.1:8000"
    assert (settings.session_idle_minutes, settings.session_absolute_minutes) == (15, 720)
    assert settings.cookie_secure is True
    assert (settings.max_body_bytes, settings.max_upload_bytes) == (256 * 1024, 16 * 1024**2)
    assert settings.attestation_months == 12
    assert settings.log_level == "info"
    assert (settings.database_pool_size, settings.statement_timeout_ms) == (4, 5000)


def test_values_are_read_and_empty_means_not_set() -> None:
    settings = _read(
        DATABASE_URL="postgresql://app@db/policy",
        POLICY_PUBLIC_BASE_URL="https://policy.example/",
        POLICY_SESSION_IDLE_MINUTES="30",
        POLICY_COOKIE_SECURE="No",
        POLICY_LOG_LEVEL="DEBUG",
        POLICY_ATTESTATION_MONTHS=" ",
    )
    assert settings.database_url == "postgresql://app@db/policy"
    assert settings.public_base_url == "https://policy.example"
    assert settings.session_idle_minutes == 30
    assert settings.cookie_secure is False
    assert settings.log_level == "debug"
    assert settings.attestation_months == 12


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://host/x"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite://"),
        ("POLICY_KEK", "short"),
        ("POLICY_KEK", base64.b64encode(b"16 bytes only...").decode()),
        ("POLICY_SECRET_KEY", "too short"),
        ("POLICY_PUBLIC_BASE_URL", "policy.example"),
        ("POLICY_PUBLIC_BASE_URL", "https://policy.example/below"),
        ("POLICY_PUBLIC_BASE_URL", "http://policy.example"),
        ("POLICY_SESSION_IDLE_MINUTES", "0"),
        ("POLICY_SESSION_IDLE_MINUTES", "ten"),
        ("POLICY_SESSION_IDLE_MINUTES", "٣"),
        ("POLICY_SESSION_ABSOLUTE_MINUTES", "14"),
        ("POLICY_SESSION_ABSOLUTE_MINUTES", "1441"),
        ("POLICY_COOKIE_SECURE", "maybe"),
        ("POLICY_MAX_BODY_BYTES", "-1"),
        ("POLICY_MAX_UPLOAD_BYTES", "1e9"),
        ("POLICY_ATTESTATION_MONTHS", "37"),
        ("POLICY_LOG_LEVEL", "loud"),
        ("POLICY_DATABASE_POOL_SIZE", "1"),
        ("POLICY_STATEMENT_TIMEOUT_MS", "99"),
        ("POLICY_WITNESSES", "https://witness.example"),
        ("POLICY_WITNESSES", "ftp://witness.example officer+01234567+AAAA"),
        ("POLICY_WITNESSES", "https:// officer+01234567+AAAA"),
        ("POLICY_WITNESSES", "https://w.example one+1+A, https://w.example two+2+B"),
        ("POLICY_WITNESSES", "https://w.example one+1+A, https://v.example one+1+A"),
        ("POLICY_OUTBOUND_NETWORKS", "10.0.0.1/8"),
        ("POLICY_OUTBOUND_NETWORKS", "ehr.example"),
        ("POLICY_OUTBOUND_LOOPBACK", "sometimes"),
        ("POLICY_OUTBOUND_CA_FILE", "/no/such/file.pem"),
        ("POLICY_SMTP", "https://mail.example"),
        ("POLICY_SMTP", "smtp+plain://mail.example:25"),
        ("POLICY_SMTP", "smtp://user@mail.example"),
        ("POLICY_SMTP", "smtp://mail.example:99999"),
    ],
)
def test_a_bad_value_is_refused_by_name_with_what_is_allowed(name: str, value: str) -> None:
    with pytest.raises(InvalidSetting) as caught:
        _read(**{name: value})
    assert str(caught.value).startswith(f"{name}: allowed is ")
    assert len(str(caught.value)) > len(f"{name}: allowed is ")


def test_witnesses_are_pairs_of_address_and_key() -> None:
    assert _read().witnesses == ()
    given = "https://w.example/fern/ one+1+A/b+=, http://10.0.0.2:8020 two+2+B"
    settings = _read(POLICY_WITNESSES=given)
    assert settings.witnesses == (
        ("https://w.example/fern", "one+1+A/b+="),
        ("http://10.0.0.2:8020", "two+2+B"),
    )


def test_networks_are_read_one_by_one() -> None:
    settings = _read(
        POLICY_OUTBOUND_NETWORKS="10.1.0.0/16, fd12::/48", POLICY_OUTBOUND_LOOPBACK="1"
    )
    assert [str(network) for network in settings.outbound.networks] == ["10.1.0.0/16", "fd12::/48"]
    assert settings.outbound.loopback
    assert not _read().outbound.loopback


def test_a_mail_server_is_read_with_its_password_file(tmp_path: Path) -> None:
    assert _read().mail is None
    named = {"POLICY_SMTP": "smtp://mail.example", "POLICY_MAIL_FROM": "policy@elm.example"}
    plain = _read(**named).mail
    assert plain is not None
    assert (plain.security, plain.host, plain.port) == ("smtp", "mail.example", 587)
    password = _key_file(tmp_path, "pass-word\n")
    signed = {"POLICY_SMTP_USER": "policy", "POLICY_SMTP_PASSWORD_FILE": password}
    mail = _read(**named | signed | {"POLICY_SMTP": "smtps://mail.example:4650"}).mail
    assert mail is not None
    assert (mail.port, mail.user, mail.password) == (4650, "policy", "pass-word")
    assert "pass-word" not in repr(mail)


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({}, "POLICY_MAIL_FROM"),
        ({"POLICY_MAIL_FROM": "nobody"}, "POLICY_MAIL_FROM"),
        ({"POLICY_SMTP_USER": "policy"}, "POLICY_SMTP_PASSWORD_FILE"),
        ({"POLICY_SMTP_PASSWORD_FILE": "/no/such"}, "POLICY_SMTP_PASSWORD_FILE"),
    ],
    ids=["no-sender", "odd-sender", "no-password", "no-user"],
)
def test_half_a_mail_server_is_refused(more: dict[str, str], name: str) -> None:
    named = {"POLICY_SMTP": "smtp://mail.example", "POLICY_MAIL_FROM": "policy@elm.example"}
    named |= more
    if not more:
        del named["POLICY_MAIL_FROM"]
    with pytest.raises(InvalidSetting, match=name):
        _read(**named)


def test_a_password_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = _key_file(tmp_path, "pass-word", 0o644)
    with pytest.raises(InvalidSetting, match="chmod 600"):
        _read(
            POLICY_SMTP="smtp://mail.example",
            POLICY_MAIL_FROM="policy@elm.example",
            POLICY_SMTP_USER="policy",
            POLICY_SMTP_PASSWORD_FILE=file,
        )


def test_a_witness_key_that_is_none_stops_the_start(tmp_path: Path) -> None:
    settings = _read(
        DATABASE_URL=f"sqlite:///{tmp_path / 'x.sqlite3'}",
        POLICY_KEY_DIR=str(tmp_path / "keys"),
        POLICY_WITNESSES="https://w.example officer.example+01234567+AAAA",
    )
    with pytest.raises(InvalidSetting, match=r"POLICY_WITNESSES: allowed is .*officer"):
        create_desk(settings)


def test_a_refused_key_is_not_repeated() -> None:
    with pytest.raises(InvalidSetting) as caught:
        _read(POLICY_KEK="almost-a-real-key")
    assert "almost-a-real-key" not in str(caught.value)


def test_keys_stay_out_of_the_repr() -> None:
    settings = _read()
    assert "\\x01" not in repr(settings)
    assert settings.secret_key not in repr(settings)
    assert settings.database_url in repr(settings)


def test_the_key_may_come_from_a_private_file(tmp_path: Path) -> None:
    settings = Settings.from_environment({"POLICY_KEK_FILE": _key_file(tmp_path, f"{KEK}\n")})
    assert settings.kek == _read().kek


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    named = _key_file(tmp_path, KEK, 0o640)
    with pytest.raises(InvalidSetting, match="chmod 600"):
        Settings.from_environment({"POLICY_KEK_FILE": named})


@pytest.mark.parametrize("text", ["", "short", "ключ"])
def test_a_key_file_that_holds_no_key_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidSetting, match="POLICY_KEK_FILE"):
        Settings.from_environment({"POLICY_KEK_FILE": _key_file(tmp_path, text)})
    with pytest.raises(InvalidSetting, match="POLICY_KEK_FILE"):
        Settings.from_environment({"POLICY_KEK_FILE": str(tmp_path / "nowhere")})


def test_exactly_one_source_of_the_key() -> None:
    for env in ({}, {"POLICY_KEK": KEK, "POLICY_KEK_FILE": "kek"}):
        with pytest.raises(InvalidSetting, match="exactly one of the two"):
            Settings.from_environment(env)


def test_the_form_secret_is_given_or_derived_and_differs_from_the_key() -> None:
    assert _read(POLICY_SECRET_KEY="s" * 32).secret_key == "s" * 32
    derived = _read().secret_key
    assert derived == _read().secret_key
    assert len(derived) == 64
    assert derived != bytes(range(32)).hex()
    other = base64.b64encode(bytes(32)).decode()
    assert Settings.from_environment({"POLICY_KEK": other}).secret_key != derived


def test_a_misspelt_variable_is_refused_with_the_near_one() -> None:
    with pytest.raises(InvalidSetting, match="did you mean POLICY_LOG_LEVEL"):
        _read(POLICY_LOGLEVEL="debug")
    with pytest.raises(InvalidSetting, match=r"docs/settings\.md"):
        _read(POLICY_ZZZ="1")
    assert _read(POLICY_TEST_REQUIRE="postgresql", PATH="/bin") == _read()


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        _read().log_level = "debug"


def test_migrations_need_the_database_url_alone() -> None:
    assert database_url_from({}) == "sqlite:///policy_service.sqlite3"
    assert database_url_from({"DATABASE_URL": "sqlite:////srv/a.sqlite3"}).endswith("a.sqlite3")


def test_every_variable_is_documented_as_it_is() -> None:
    rows = [
        f"| `{each.name}` | {f'`{each.default}`' if each.default else '–'} "
        f"| {each.allowed} | {each.meaning} |"
        for each in VARIABLES
    ]
    page = PAGE.read_text(encoding="utf-8")
    assert [line for line in page.splitlines() if line.startswith("| `")] == rows


def test_nothing_else_reads_a_policy_variable() -> None:
    package = PAGE.parents[1] / "policy_service"
    known = {each.name for each in VARIABLES}
    for path in package.rglob("*.py"):
        found = set(re.findall(r"\bPOLICY_[A-Z_]+[A-Z]\b", path.read_text(encoding="utf-8")))
        assert found <= known | {"POLICY_TEST"}, path
