"""Whatever is sent to /fhir is answered, or refused by an OperationOutcome; nothing is a fault."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from policy_service.domain.principals import Scope
from tests.cast import Caller, World
from tests.interop.fhir.checks import defects, parameters

_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)
_LENIENT = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
_SEARCHES = (
    "_after", "_count", "_cursor", "_format", "acting-practitioner", "acting-role", "agent", "date",
    "entity", "identified", "patient", "status", "subtype",
)  # fmt: skip


def _caller(world: World) -> Caller:
    """One key for all examples."""
    if "hostile" not in world.ids:
        world.ids["hostile"] = world.http(*Scope).headers["Authorization"]
    return Caller(world.app.test_client(), {"Authorization": world.ids["hostile"]})


def _post(world: World, raw: bytes) -> TestResponse:
    media_type = {"Content-Type": "application/fhir+json"}
    return _caller(world).post("/fhir/$check-boundary", data=raw, headers=media_type)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside."""
    if not isinstance(value, dict | list):
        return [path]
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [path, *(place for key, part in inner for place in _places(part, (*path, key)))]


def _placed(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = deepcopy(body)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


@_LENIENT
@given(data=st.data(), value=_VALUES)
def test_a_value_anywhere_in_a_question_is_answered_or_refused_by_name(
    shared_world: World, data: st.DataObject, value: Any
) -> None:
    body = parameters(shared_world, "ben")
    inside = sorted((path for path in _places(body) if path), key=str)
    changed = _placed(body, data.draw(st.sampled_from(inside)), value)
    answer = _post(shared_world, json.dumps(changed).encode())
    assert answer.status_code in (200, 400, 422), answer.text
    said = answer.json or {}
    assert not defects(said)
    if answer.status_code != 200:
        assert said["resourceType"] == "OperationOutcome"
        assert all(one["expression"] for one in said["issue"])


@_LENIENT
@given(
    kind=st.sampled_from(("DetectedIssue", "AuditEvent")),
    query=st.lists(st.tuples(st.sampled_from(_SEARCHES), st.text(max_size=60)), max_size=3),
)
def test_any_search_is_answered_or_refused_by_name(
    shared_world: World, kind: str, query: list[tuple[str, str]]
) -> None:
    answer = _caller(shared_world).get(f"/fhir/{kind}", query_string=query)
    assert answer.status_code in (200, 422), answer.text
    if answer.mimetype == "application/fhir+json":
        assert not defects(answer.json or {})


@_LENIENT
@given(path=st.text(max_size=40), raw=st.binary(max_size=200))
def test_any_address_and_any_bytes_are_refused(shared_world: World, path: str, raw: bytes) -> None:
    answer = _post(shared_world, raw)
    assert answer.status_code in (400, 422)
    assert (answer.json or {})["resourceType"] == "OperationOutcome"
    elsewhere = _caller(shared_world).get(f"/fhir/DetectedIssue/{quote(path, safe='')}")
    assert elsewhere.status_code in (200, 308, 404, 422)
