"""Schemathesis and mutated bodies against /cds-services, /fhir, /token and webhooks: no 500.

2,000 cases in CI, 20,000 by `make fuzz-doors`. Half are made from the document by Schemathesis,
with it and against it; half are whole calls in which some members were changed. Every case carries
a good credential of its own, so that it gets past the door. What must hold: never a server error;
every refusal is in its door's words and says what it is about; every answer to a hook is valid.
"""

from __future__ import annotations

import copy
import json
import math
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from werkzeug.test import TestResponse

from tests.cast import empty_world, populate
from tests.contract.ehr_doors import DOCUMENT, Json
from tests.interop.conformance.backend import Backend
from tests.interop.conformance.ehr import SERVICES, Ehr
from tests.interop.conformance.hooks import HOOKS, RESOURCES, authorization, body_of, service_id
from tests.interop.conformance.inferno import service_response_validation
from tests.interop.conformance.registering import register, register_backend
from tests.interop.conformance.tokens import es384
from tests.interop.webhooks.ehr import Ehr as Source
from tests.interop.webhooks.ehr import ehr_at
from tests.services.loopback import web_server

TOTAL = int(os.environ.get("POLICY_TEST_DOOR_CASES", "2000"))
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
MUTATED = (*HOOKS, "feedback", "$check-boundary", "token", "webhook")
EACH = math.ceil(TOTAL / 2 / (len(OPERATIONS) * len(MODES)))
EACH_MUTATED = math.ceil(TOTAL / 2 / len(MUTATED))
pytestmark = pytest.mark.slow


def campaign(cases: int) -> settings:
    """So many cases, the same in every run."""
    return settings(
        max_examples=cases,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@dataclass
class Doors:
    """One service, and a good caller for each of its EHR doors."""

    ehr: Ehr
    backend: Backend
    source: Source
    access: str
    sent: int = 0

    def send(self, method: str, path: str, **request: Any) -> TestResponse:
        """Any request, with the credential that its door asks for."""
        self.sent += 1
        headers = {**request.pop("headers", {}), **self._credential(path)}
        client = self.ehr.world.app.test_client()
        return client.open(path, method=method, headers=headers, **request)

    def _credential(self, path: str) -> dict[str, str]:
        if path.startswith(SERVICES):
            return {"Authorization": f"Bearer {self.ehr.token(path)}"}
        if path.startswith("/fhir"):
            return {"Authorization": f"Bearer {self.access}"}
        return {}

    def event(self, body: Any) -> TestResponse:
        """A signed webhook; every one has an id of its own."""
        self.sent += 1
        return self.source.send(None, f"evt_{self.sent}", raw=json.dumps(body).encode())


@pytest.fixture(scope="module")
def doors(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """The cast, whom the EHR has names for."""
    folder = tmp_path_factory.mktemp("doors")
    file = folder / "world.sqlite3"
    file.write_bytes(sqlite_template.read_bytes())
    world = populate(empty_world(f"sqlite:///{file}", folder))
    with ExitStack() as stack:
        stack.callback(world.desk.database.dispose)
        source = ehr_at(world, stack.enter_context(web_server()), "fhir")
        ehr = register(world, "https://ehr.example.org", es384())
        backend = register_backend(world, "a backend", es384())
        yield Doors(ehr, backend, source, backend.token())


def judge(path: str, answer: TestResponse, hook: str | None = None) -> None:
    """What must hold of every answer."""
    assert answer.status_code < 500, (path, answer.status_code, answer.text)
    if answer.status_code >= 400:
        _judge_refusal(path, answer)
    elif hook is not None:
        assert list(service_response_validation(hook, answer.json)) == []


def _judge_refusal(path: str, answer: TestResponse) -> None:
    if path.startswith((SERVICES, "/fhir")) and ".well-known" not in path:
        assert answer.json["resourceType"] == "OperationOutcome", (path, answer.text)
        for issue in answer.json["issue"]:
            assert issue["severity"] == "error"
            assert issue.get("expression"), (path, answer.json)
    elif path == "/token":
        assert answer.json["error"], answer.text
        assert answer.json["error_description"].isascii()
    elif answer.mimetype == "application/problem+json":
        assert answer.json["status"] == answer.status_code


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_no_made_up_case_is_a_server_error(
    operation: Any, mode: GenerationMode, doors: Doors
) -> None:
    has_input = operation.body or operation.query or operation.path_parameters
    if mode is GenerationMode.NEGATIVE and not has_input:
        mode = GenerationMode.POSITIVE  # nothing in it can be wrong

    @given(case=operation.as_strategy(generation_mode=mode))
    @campaign(EACH)
    def attacked(case: Any) -> None:
        path = case.formatted_path
        judge(path, doors.send(case.method, path, **_request(case)))

    attacked()


def _request(case: Any) -> dict[str, Any]:
    """The case as Werkzeug sends it: bytes, so that nothing is put right on the way."""
    given = case.as_transport_kwargs(base_url="http://127.0.0.1")
    request: dict[str, Any] = {"query_string": _pairs(case.query)}
    if "json" in given:
        request["data"] = json.dumps(given["json"]).encode()
        request["content_type"] = case.media_type
    elif given.get("data") is not None:
        data = given["data"]
        request["data"] = data if isinstance(data, bytes | str) else _pairs(data)
        request["content_type"] = case.media_type
    return request


def _pairs(value: Any) -> dict[str, Any]:
    """Form fields and query parameters as text, several of a name in a list."""
    if not isinstance(value, dict):
        return {}
    return {
        str(name): [str(one) for one in part] if isinstance(part, list) else str(part)
        for name, part in value.items()
    }


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 2**31, 2**63, 10**40, 0.5, 1e308, "", " ", "\0", "\ud800", "%00"]),
    st.sampled_from([[], {}, [[]], [None], {"": ""}, {"resourceType": 7}, "9" * 500, "é" * 200]),
    st.sampled_from([*RESOURCES, "Practitioner/", "https://x/Patient/1", "#contained", "../v1"]),
    st.sampled_from([*RESOURCES.values()]),
    st.text(max_size=40),
    st.recursive(
        st.none() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
        ),
        max_leaves=8,
    ),
)
"""What a member is changed to."""


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every member of a body, at any depth."""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in members:
        yield (*path, key)
        if isinstance(part, dict | list):
            yield from places(part, (*path, key))


@st.composite
def mutated(draw: st.DrawFn, whole: Json) -> Any:
    """A whole body in which one to three members were changed, added or taken away."""
    body = copy.deepcopy(whole)
    for _ in range(draw(st.integers(1, 3))):
        known = list(places(body))
        if not known:
            break
        *way, last = draw(st.sampled_from(known))
        place: Any = body
        for step in way:
            place = place[step]
        match draw(st.sampled_from(["change", "take", "add"])):
            case "take":
                del place[last]
            case "add" if isinstance(place, dict):
                place[draw(st.text(min_size=1, max_size=12))] = copy.deepcopy(draw(ODD))
            case _:
                place[last] = copy.deepcopy(draw(ODD))  # what was sampled stays as it is
    return body


def whole_body(kind: str) -> Json:
    """A call that is answered."""
    if kind in HOOKS:
        more = {"fhirServer": "https://ehr.example.org/fhir", "fhirAuthorization": authorization()}
        return body_of(kind, "alma", "tomas", **more)
    item = {"card": "00000000-0000-4000-8000-000000000000", "outcome": "overridden"}
    reason = {"reason": {"code": "x", "system": "urn:x"}, "userComment": "c"}
    when = {"outcomeTimestamp": "2026-03-02T09:05:31Z", "overrideReason": reason}
    person = {"name": "patient", "resource": RESOURCES["Patient/tomas"]}
    who = {"name": "practitioner", "valueReference": {"reference": "Practitioner/alma"}}
    purpose = {"name": "purpose", "valueCode": "intake"}
    bodies: dict[str, Json] = {
        "feedback": {"feedback": [item | when, item | {"outcome": "accepted"}]},
        "$check-boundary": {"resourceType": "Parameters", "parameter": [person, who, purpose]},
        "webhook": {"type": "appointment.created", "resource_id": "7", "data": {"id": "7"}},
    }
    return bodies[kind]


def posted(doors: Doors, kind: str, body: Any) -> tuple[str, TestResponse]:
    """A body to its address; as ASCII JSON, so that lone surrogates travel too."""
    if kind == "webhook":
        return "/webhooks/in", doors.event(body)
    service = f"{SERVICES}/{service_id(kind if kind in HOOKS else 'patient-view')}"
    path = {"feedback": f"{service}/feedback", "$check-boundary": "/fhir/$check-boundary"}.get(
        kind, service
    )
    media_type = "application/fhir+json" if path.startswith("/fhir") else "application/json"
    sent = {"data": json.dumps(body), "content_type": media_type}
    return path, doors.send("POST", path, **sent)


@pytest.mark.parametrize("kind", [kind for kind in MUTATED if kind != "token"])
def test_no_mutated_call_is_a_server_error(kind: str, doors: Doors) -> None:
    whole = whole_body(kind)

    @given(body=mutated(whole))
    @campaign(EACH_MUTATED)
    def attacked(body: Any) -> None:
        path, answer = posted(doors, kind, body)
        judge(path, answer, kind if kind in HOOKS else None)

    attacked()


def test_no_mutated_token_request_is_a_server_error(doors: Doors) -> None:
    """The assertion's header and claims are changed before it is signed."""
    backend = doors.backend
    whole = {
        "header": backend.header(),
        "claims": backend.claims(),
        "form": {"scope": "system/*.rs"},
    }

    @given(body=mutated(whole))
    @campaign(EACH_MUTATED)
    def attacked(body: Any) -> None:
        parts = [body.get(name) for name in ("header", "claims", "form")]
        header, claims, form = (part if isinstance(part, dict) else {} for part in parts)
        assertion = backend.key.sign(header, claims)
        changed = {name: str(value) for name, value in form.items()}
        request = backend.form(client_assertion=assertion) | changed
        kept = {name: text.encode("utf-8", "replace") for name, text in request.items()}
        judge("/token", doors.send("POST", "/token", data=kept))

    attacked()


def test_the_document_names_every_route_of_the_ehr_doors(doors: Doors) -> None:
    """Control: a new route must be attacked too."""
    prefixes = (SERVICES, "/fhir", "/token", "/.well-known", "/webhooks")
    routes = {
        (len(rule.rule.split("/")), rule.rule.split("<")[0])
        for rule in doors.ehr.world.app.url_map.iter_rules()
        if rule.rule.startswith(prefixes)
    }
    named = {(len(path.split("/")), path.split("{")[0]) for path in DOCUMENT["paths"]}
    assert routes == named


def test_there_are_as_many_cases_as_were_asked_for() -> None:
    made = EACH * len(OPERATIONS) * len(MODES)
    assert made + EACH_MUTATED * len(MUTATED) >= TOTAL


def test_the_attack_sees_a_server_error(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: with its packs lost the service fails, and the campaign says so."""
    whole = whole_body("patient-view")
    path, answer = posted(doors, "patient-view", whole)
    judge(path, answer, "patient-view")
    monkeypatch.setattr(doors.ehr.world.desk, "packs", None)
    path, answer = posted(doors, "patient-view", whole | {"hookInstance": whole["hookInstance"]})
    with pytest.raises(AssertionError):
        judge(path, answer, "patient-view")
