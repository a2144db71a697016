"""The common door: credentials of both kinds, what needs none, and what bodies may be."""

from __future__ import annotations

from typing import Any

import pytest

from policy_service.auth.hook_tokens import HookTokens
from policy_service.auth.jwts import Rules
from policy_service.auth.registration import withdraw_client
from policy_service.domain.principals import Scope
from policy_service.errors import NotReady
from tests.cast import World
from tests.interop.conftest import HOOK, RESOURCE
from tests.signing import BASE, SigningEhr


def issue(answer: Any) -> dict[str, Any]:
    assert answer.json["resourceType"] == "OperationOutcome"
    (found,) = answer.json["issue"]
    return dict(found)


@pytest.mark.parametrize("algorithm", ["ES384", "RS384"])
def test_a_hook_call_is_answered_to_its_client(knocking: World, algorithm: str) -> None:
    ehr = SigningEhr.registered(knocking, algorithm=algorithm)
    answer = ehr.post(HOOK, {"hook": "patient-view"})
    assert answer.json == {"client": ehr.client_id, "body": {"hook": "patient-view"}}


def test_a_call_without_a_token_is_a_401_that_names_the_header(knocking: World) -> None:
    answer = knocking.app.test_client().post(HOOK, json={})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    found = issue(answer)
    assert (found["code"], found["expression"]) == ("login", ["http.Authorization"])


def test_an_api_key_opens_no_hook_and_a_hook_token_no_fhir(knocking: World) -> None:
    ehr = SigningEhr.registered(knocking)
    key = knocking.http(Scope.DECISION_BRIEF)
    assert key.post(HOOK, json={}).status_code == 401
    assert key.get(RESOURCE).status_code == 200
    assert ehr.get(RESOURCE).status_code == 401


def test_the_host_header_is_not_the_audience(knocking: World) -> None:
    """A token for another host, sent here with that host's name in the Host header."""
    ehr = SigningEhr.registered(knocking)
    token = ehr.token(HOOK, aud=f"https://evil.example{HOOK}")
    answer = ehr.post(HOOK, {}, token, base_url="https://evil.example")
    assert answer.status_code == 401
    assert "aud" in issue(answer)["diagnostics"]
    assert "evil" not in issue(answer)["diagnostics"]
    own = ehr.post(HOOK, {}, base_url="https://evil.example")
    assert own.status_code == 200, "the Host header makes nothing worse either"


def test_were_the_host_header_the_audience_it_would_pass(
    knocking: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = HookTokens.rules

    def by_host(self: HookTokens, path: str) -> Rules:
        rules = right(self, path)
        return Rules(frozenset({f"https://evil.example{path}"}), rules.now)

    monkeypatch.setattr(HookTokens, "rules", by_host)
    ehr = SigningEhr.registered(knocking)
    token = ehr.token(HOOK, aud=f"https://evil.example{HOOK}")
    assert ehr.post(HOOK, {}, token, base_url="https://evil.example").status_code == 200


def test_behind_a_proxy_the_configured_address_counts(knocking: World) -> None:
    ehr = SigningEhr.registered(knocking)
    forwarded = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    assert ehr.post(HOOK, {}, ehr.token(HOOK, aud=BASE), headers=forwarded).status_code == 200


def test_a_client_without_the_scope_is_not_let_on(knocking: World) -> None:
    ehr = SigningEhr.registered(knocking, Scope.REGISTRY_READ)
    answer = ehr.post(HOOK, {})
    assert answer.status_code == 403
    assert issue(answer)["code"] == "forbidden"


def test_a_public_view_and_options_need_no_credential(knocking: World) -> None:
    client = knocking.app.test_client()
    assert client.get(f"{RESOURCE}/open").status_code == 200
    for path in (HOOK, RESOURCE):
        assert 200 <= client.options(path).status_code < 300


def test_an_access_token_opens_what_it_grants_and_no_more(knocking: World) -> None:
    ehr = SigningEhr.registered(knocking, Scope.DECISION_BRIEF, Scope.AUDIT_READ)
    read = ehr.bearer("system/DetectedIssue.r")
    assert read.get(RESOURCE).json == {"client": ehr.client_id, "scopes": ["decision.brief"]}
    refused = read.post(RESOURCE, json={})
    assert refused.status_code == 403
    assert "system/DetectedIssue.c" in issue(refused)["diagnostics"]
    assert ehr.bearer("system/DetectedIssue.cruds").post(RESOURCE, json={}).status_code == 200
    assert ehr.bearer("system/AuditEvent.rs").get(RESOURCE).status_code == 403


def test_an_access_token_ends_with_its_client(knocking: World) -> None:
    ehr = SigningEhr.registered(knocking)
    caller = ehr.bearer("system/*.read")
    assert caller.get(RESOURCE).status_code == 200
    with knocking.writing() as context:
        withdraw_client(context, ehr.client_id)
    answer = caller.get(RESOURCE)
    assert answer.status_code == 401
    assert issue(answer)["code"] == "login"


BODIES: dict[str, tuple[bytes, str, int, str]] = {
    "no JSON": (b"{", "application/json", 400, "http.body"),
    "a list": (b"[]", "application/json", 400, "http.body"),
    "not UTF-8": (b'{"a": "\xff"}', "application/json", 400, "http.body"),
    "a key twice": (b'{"a": 1, "a": 2}', "application/json", 400, "http.body"),
    "NaN": (b'{"a": NaN}', "application/json", 400, "http.body"),
    "infinity": (b'{"a": 1e999}', "application/json", 400, "http.body"),
    "a NUL": (b'{"context": {"userId": "\\u0000"}}', "application/json", 400, "context.userId"),
    "half a character": (b'{"a": ["\\ud800"]}', "application/json", 400, "a[0]"),
    "nested deep": (b'{"a":' * 70 + b"1" + b"}" * 70, "application/json", 400, "a.a.a"),
    "nested very deep": (b'{"a":' * 9000 + b"1" + b"}" * 9000, "application/json", 400, "http"),
    "a long number": (b'{"a": ' + b"9" * 500 + b"}", "application/json", 400, "http.body"),
    "another type": (b"{}", "text/plain", 415, "http.Content-Type"),
    "no type": (b"{}", "", 415, "http.Content-Type"),
    "too large": (b" " * 300_000, "application/json", 413, "http.body"),
}


@pytest.mark.parametrize("case", BODIES)
def test_an_unreadable_body_is_refused_by_element(knocking: World, case: str) -> None:
    raw, kind, status, element = BODIES[case]
    ehr = SigningEhr.registered(knocking)
    headers = {"Authorization": f"Bearer {ehr.token(HOOK)}"} | (
        {"Content-Type": kind} if kind else {}
    )
    answer = knocking.app.test_client().post(HOOK, data=raw, headers=headers)
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert issue(answer)["expression"][0].startswith(element)


def test_decimals_are_read(knocking: World) -> None:
    ehr = SigningEhr.registered(knocking)
    assert ehr.post(HOOK, {"value": 1.5}).json["body"] == {"value": 1.5}


def test_while_nothing_can_be_written_no_token_is_accepted(
    knocking: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store of used tokens is what makes a token good for once."""

    def full(*_: object) -> None:
        raise NotReady

    monkeypatch.setattr("policy_service.auth.hook_tokens.use_once", full)
    answer = SigningEhr.registered(knocking).post(HOOK, {})
    assert answer.status_code == 503
    assert issue(answer)["code"] == "transient"
    assert answer.headers["Retry-After"]
