"""Use of JSON, and transport (CDS Hooks 2.0 "Use of JSON", "Security and Safety")."""

from __future__ import annotations

import pytest

from policy_service.settings import InvalidSetting, Settings
from tests.interop.conformance.ehr import SERVICES, Ehr, refused
from tests.interop.conformance.hooks import service_id
from tests.interop.empties import empties

JSON_TYPES = ("application/json", "application/fhir+json")
MAY_BE_EMPTY = (".cards", ".systemActions")
"""The text allows the first; Inferno's CRD kit wants the second there even so."""
CALLED = f"{SERVICES}/{service_id('patient-view')}"


def test_every_answer_is_json(ehr: Ehr) -> None:
    answers = [
        ehr.get(SERVICES),
        ehr.call("patient-view", "alma", "tomas"),
        ehr.call("patient-view", "ben", "nora"),
        ehr.get(SERVICES, token=""),
        ehr.get(f"{SERVICES}/nobody"),
        ehr.send("patient-view", {}),
        ehr.send("patient-view", []),
    ]
    for answer in answers:
        assert answer.mimetype in JSON_TYPES, (answer.status_code, answer.mimetype)
        assert isinstance(answer.json, dict)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"1", b"null", b"\xff\xfe"])
def test_a_body_that_is_not_a_json_object_is_400(ehr: Ehr, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {ehr.token(CALLED)}"}
    sent = {"data": body, "content_type": "application/json", "headers": headers}
    refused(ehr.world.app.test_client().post(CALLED, **sent), 400, "http.body")


def test_nothing_sent_is_null_or_empty(ehr: Ehr) -> None:
    for answer in ehr.every_answer():
        assert list(empties(answer, spared=MAY_BE_EMPTY)) == []
    refusals = [ehr.send("patient-view", {}), ehr.get(SERVICES, token="")]
    for answer in refusals:
        assert list(empties(answer.json, spared=MAY_BE_EMPTY)) == []


def test_the_walk_sees_what_is_null_or_empty() -> None:
    """Control: one of each, and the array that may be empty is let pass."""
    answer = {"cards": [], "a": None, "b": [{"c": ""}], "d": {}, "e": [], "f": 0, "g": False}
    seen = empties(answer, spared=MAY_BE_EMPTY)
    assert list(seen) == [".a", ".b[0].c", ".d", ".e"]


@pytest.mark.parametrize("url", ["http://policy.example.org", "http://10.0.0.7:8000"])
def test_a_public_address_without_tls_is_refused_at_the_start(url: str) -> None:
    needed = {"POLICY_KEK": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}
    with pytest.raises(InvalidSetting, match="POLICY_PUBLIC_BASE_URL"):
        Settings.from_environment(needed | {"POLICY_PUBLIC_BASE_URL": url})
    for good in ("https://policy.example.org", "http://127.0.0.1:8000", "http://localhost:8000"):
        read = Settings.from_environment(needed | {"POLICY_PUBLIC_BASE_URL": good})
        assert read.public_base_url == good
