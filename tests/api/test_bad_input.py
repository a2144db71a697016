"""Bad input: a 4xx problem that names the field and what is allowed; nothing stored, nothing lost.

One SQLite world serves all cases of this module: refused requests must leave it as it was.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import create_environ, run_wsgi_app

from policy_service.app import configure_log
from policy_service.domain.vocabulary import PURPOSES
from tests.api.conftest import EVERY_SCOPE, asked
from tests.api.rows import new_rows, row_counts
from tests.api.test_openapi import operations
from tests.cast import Caller, World, empty_world, populate

CHECKS = "/v1/checks"
NOWHERE = "00000000-0000-4000-8000-000000000000"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def shared(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The cast, once for the module."""
    folder = tmp_path_factory.mktemp("bad-input")
    file = folder / "world.sqlite3"
    file.write_bytes(sqlite_template.read_bytes())
    world = populate(empty_world(f"sqlite:///{file}", folder))
    yield world
    world.desk.database.dispose()


@pytest.fixture(scope="module")
def ehr(shared: World) -> Caller:
    """An EHR whose key may do everything."""
    return shared.http(*EVERY_SCOPE)


@pytest.fixture(autouse=True)
def nothing_is_stored(shared: World, ehr: Caller) -> Iterator[None]:
    """Holds for every test of this module."""
    before = row_counts(shared)
    yield
    assert new_rows(before, row_counts(shared)) == {}


def _is_problem(response: Any, status: int, slug: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    body: dict[str, Any] = response.json
    assert body["type"].endswith(f"/problems/{slug}")
    assert body["status"] == status
    return body


def _with(body: dict[str, Any], pointer: str, value: Any) -> dict[str, Any]:
    """A copy of the body with one value replaced, by JSON pointer."""
    changed: Any = json.loads(json.dumps(body))
    *path, last = pointer.strip("/").split("/")
    inner = changed
    for part in path:
        inner = inner[int(part) if isinstance(inner, list) else part]
    inner[int(last) if isinstance(inner, list) else last] = value
    return dict(changed)


NOBODY = "1bbfbb77-aa10-48f9-b9aa-14efd892367d"  # parameters must be the same in every process
PERSON = {
    "names": [{"given": "Ida", "family": "Moss"}],
    "birth_date": "1984-04-04",
    "sex": "female",
    "phones": ["+1 512 555 0161"],
    "related": [{"name": {"given": "Jo", "family": "Moss"}, "relation": "SPS"}],
}


def _full(world: World) -> dict[str, Any]:
    return {**asked(world, "ben", "nora"), "client": {"person": PERSON}}


@pytest.mark.parametrize(
    ("pointer", "value", "named"),
    [
        ("/purpose", "lunch", "/purpose"),
        ("/purpose", None, "/purpose"),
        ("/purpose", 7, "/purpose"),
        ("/acting_user/role", "boss", "/acting_user/role"),
        ("/acting_user/colour", "red", "/acting_user/colour"),
        ("/clinician/id", "nobody", "/clinician/id"),
        ("/clinician/id", "9" * 36, "/clinician/id"),
        ("/clinician/id", NOBODY, "/clinician/id"),
        ("/clinician/id", "5643BDA3-F965-4174-9F06-8401B66FF5CA", "/clinician/id"),
        ("/clinician", "me", "/clinician"),
        ("/clinician", [], "/clinician"),
        ("/client", {"id": NOBODY}, "/client/id"),
        ("/client", {}, "/client"),
        ("/client", {"id": NOBODY, "person": PERSON}, "/client"),
        ("/as_of", "2026-02-30", "/as_of"),
        ("/as_of", "2026-13-01", "/as_of"),
        ("/as_of", "0000-01-01", "/as_of"),
        ("/as_of", "1899-12-31", "/as_of"),
        ("/as_of", "2100-12-31", "/as_of"),
        ("/as_of", "2026", "/as_of"),
        ("/as_of", "2026-03-02T09:00:00Z", "/as_of"),
        ("/as_of", "٢٠٢٦-٠٣-٠٢", "/as_of"),
        ("/as_of", 20260302, "/as_of"),
        ("/location_of_service", "Texas", "/location_of_service"),
        ("/location_of_service", "us-tx", "/location_of_service"),
        ("/client/person/birth_date", "2026-03-03", "/client/person/birth_date"),
        ("/client/person/birth_date", "1984-02-30", "/client/person/birth_date"),
        ("/client/person/sex", "yes", "/client/person/sex"),
        ("/client/person/names", [], "/client/person/names"),
        ("/client/person/names/0", {}, "/client/person/names/0"),
        ("/client/person/names/0", {"middle": "Q"}, "/client/person/names/0"),
        ("/client/person/names/0/given", "A" * 201, "/client/person/names/0/given"),
        ("/client/person/names/0/given", "", "/client/person/names/0/given"),
        ("/client/person/names/0/given", "Ida\u0000", "/client/person/names/0/given"),
        ("/client/person/names/0/given", "Ida\u202e", "/client/person/names/0/given"),
        ("/client/person/names/0/given", "Ida\n", "/client/person/names/0/given"),
        ("/client/person/names/0/given", "  ", "/client/person/names/0/given"),
        ("/client/person/names/0/given", "Ida\u0378", "/client/person/names/0/given"),
        ("/client/person/names/0/kind", "stage", "/client/person/names/0/kind"),
        ("/client/person/phones/0", "1" * 41, "/client/person/phones/0"),
        ("/client/person/phones", ["+1 512 555 0161"] * 33, "/client/person/phones"),
        ("/client/person/related/0/relation", "PAL", "/client/person/related/0/relation"),
        ("/client/person/shoe~size", 44, "/client/person/shoe~0size"),
        ("/client/person/a", 1, "/client/person/a"),
    ],
)
def test_a_bad_field_is_named_by_pointer(
    shared: World, ehr: Caller, pointer: str, value: Any, named: str
) -> None:
    response = ehr.post(CHECKS, json=_with(_full(shared), pointer, value))
    body = _is_problem(response, 422, "invalid-request")
    assert named in {error["pointer"] for error in body["errors"]}
    assert all(error["detail"] for error in body["errors"])


@pytest.mark.parametrize(
    ("pointer", "allowed"),
    [
        ("/purpose", set(PURPOSES) - {"event"}),
        ("/acting_user/role", {"system", "intake", "clinician", "patient"}),
        ("/client/person/sex", {"female", "male", "other"}),
    ],
)
def test_an_unknown_word_is_answered_with_those_allowed(
    shared: World, ehr: Caller, pointer: str, allowed: set[str]
) -> None:
    for value in ("lunch", 3, None):
        response = ehr.post(CHECKS, json=_with(_full(shared), pointer, value))
        [error] = _is_problem(response, 422, "invalid-request")["errors"]
        assert allowed <= set(error["allowed"])


def test_every_missing_field_is_named(ehr: Caller) -> None:
    for body in ({"json": {}}, {"data": b""}):
        response = ehr.post(CHECKS, **body)
        named = {
            error["pointer"] for error in _is_problem(response, 422, "invalid-request")["errors"]
        }
        assert named == {"/clinician", "/client", "/purpose"}


def test_several_mistakes_are_all_named(shared: World, ehr: Caller) -> None:
    bad = _with(_with(_full(shared), "/purpose", "lunch"), "/as_of", "never")
    errors = _is_problem(ehr.post(CHECKS, json=bad), 422, "invalid-request")["errors"]
    assert {error["pointer"] for error in errors} == {"/purpose", "/as_of"}


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"",
        b"[]]",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1.5}',
        b'{"a": 1e400}',
        b'{"a": 123456789012345678901234567890}',
        b'{"a": "\\ud800"}',
        b'{"\\u00e4": 1}',
        b'{"purpose": "intake", "purpose": "emergency"}',
        b'{"client": {"id": "1", "id": "2"}}',
        b"[" * 100_000,
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        b"[" * 70 + b"]" * 70,
    ],
    ids=lambda raw: repr(raw[:24]),
)
def test_what_can_be_read_in_two_ways_is_malformed(ehr: Caller, raw: bytes) -> None:
    headers = {**JSON, "Content-Length": str(len(raw))}
    response = ehr.post(CHECKS, data=raw, headers=JSON if raw else headers)
    if raw:
        _is_problem(response, 400, "malformed")
    else:
        _is_problem(response, 422, "invalid-request")


@pytest.mark.parametrize("raw", [b"[]", b'"text"', b"7", b"null", b"true"])
def test_json_that_is_no_object_is_refused(ehr: Caller, raw: bytes) -> None:
    _is_problem(ehr.post(CHECKS, data=raw, headers=JSON), 422, "invalid-request")


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data",
     "application/problem+json", "application/jsonx", "nonsense"],
)  # fmt: skip
def test_another_content_type_is_not_read(shared: World, ehr: Caller, content_type: str) -> None:
    raw = json.dumps(_full(shared))
    response = ehr.post(CHECKS, data=raw, headers={"Content-Type": content_type})
    assert "application/json" in _is_problem(response, 415, "unsupported-media-type")["detail"]


def test_ten_megabytes_are_too_large(ehr: Caller) -> None:
    response = ehr.post(CHECKS, data=b" " * 10_000_000, headers=JSON)
    assert "262144" in _is_problem(response, 413, "too-large")["detail"]


def test_a_body_without_a_length_is_cut_at_the_same_limit(shared: World, ehr: Caller) -> None:
    environ = create_environ(CHECKS, method="POST", headers={**ehr.headers, **JSON})
    environ |= {
        "wsgi.input": io.BytesIO(b" " * 400_000),
        "wsgi.input_terminated": True,
        "HTTP_TRANSFER_ENCODING": "chunked",
    }
    environ.pop("CONTENT_LENGTH", None)
    body, status, headers = run_wsgi_app(shared.app, environ, buffered=True)
    assert (status, headers["Content-Type"]) == (
        "413 REQUEST ENTITY TOO LARGE",
        "application/problem+json",
    )
    assert b"too-large" in b"".join(body)


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/", "/v1/nothing", "/v1/checks/", "/v1/checks/7", "/v1/checks/%00",
             "/v1/%2e%2e/checks", "/v1/audit", "/v1/checks/../../livez"],
)  # fmt: skip
def test_an_unknown_address_is_a_problem_too(ehr: Caller, path: str) -> None:
    _is_problem(ehr.get(path), 404, "not-found")


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "PUT", "TRACE"])
def test_another_method_is_told_which_are_allowed(ehr: Caller, method: str) -> None:
    response = ehr.client.open(CHECKS, method=method, headers=ehr.headers)
    _is_problem(response, 405, "method-not-allowed")
    assert response.headers["Allow"] == "OPTIONS, POST"


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("acting_role=boss", "/query/acting_role"),
        ("acting_role=intake%00", "/query/acting_role"),
        ("acting_role=%ff%fe", "/query/acting_role"),
        ("acting_clinician_id=%00", "/query/acting_clinician_id"),
        ("acting_rol=intake", "/query/acting_rol"),
    ],
)
def test_a_bad_query_is_named(ehr: Caller, query: str, named: str) -> None:
    response = ehr.get(f"{CHECKS}/{uuid4()}?{query}")
    body = _is_problem(response, 422, "invalid-request")
    assert [error["pointer"] for error in body["errors"]] == [named]


def test_every_writing_address_refuses_the_same_way(shared: World, ehr: Caller) -> None:
    """Whatever is added to the door later is held to it as well."""
    document = ehr.client.get("/v1/openapi.json").json
    tried = 0
    for name, operation in operations(document).items():
        method, path = name.split(" ")
        if "application/json" not in operation.get("requestBody", {}).get("content", {}):
            continue
        tried += 1
        address = path.replace("{", "").replace("}", "")
        for parameter in document["paths"][path].get("parameters", []):
            address = address.replace(parameter["name"], str(uuid4()))

        def send(data: bytes, kind: str, to: tuple[str, str] = (method, address)) -> Any:
            headers = {**ehr.headers, "Content-Type": kind}
            return ehr.client.open(to[1], method=to[0], data=data, headers=headers)

        _is_problem(send(b"{}", "text/csv"), 415, "unsupported-media-type")
        _is_problem(send(b'{"a":1,"a":2}', "application/json"), 400, "malformed")
        _is_problem(send(b" " * 300_000, "application/json"), 413, "too-large")
        body = _is_problem(send(b'{"surprise":1}', "application/json"), 422, "invalid-request")
        assert "/surprise" in {error["pointer"] for error in body["errors"]}, name
    assert tried >= 2


def test_every_address_asks_for_a_key_first(shared: World, ehr: Caller) -> None:
    document = ehr.client.get("/v1/openapi.json").json
    for name in operations(document):
        method, path = name.split(" ")
        address = path.replace("{", "").replace("}", "")
        for parameter in document["paths"][path].get("parameters", []):
            address = address.replace(parameter["name"], str(uuid4()))
        response = shared.app.test_client().open(address, method=method, data=b"{", headers=JSON)
        _is_problem(response, 401, "unauthenticated")
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_fault_of_ours_tells_nothing_and_stores_nothing(
    shared: World, ehr: Caller, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pack set that breaks in the middle of a decision: a real fault in a real request."""
    configure_log("info")  # onto the stderr that this test looks at
    monkeypatch.setattr(shared.desk, "packs", None)
    response = ehr.post(CHECKS, json=asked(shared, "ben", "nora"))
    body = _is_problem(response, 500, "internal-error")
    assert "NoneType" not in response.text
    assert body.keys() == {"type", "title", "status", "detail"}
    logged = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line]
    [line] = [line for line in logged if line["event"] == "unhandled_fault"]
    assert line["level"] == "error"
    assert "Lind" not in json.dumps(line)


def test_the_host_header_does_not_reach_the_answer(ehr: Caller) -> None:
    response = ehr.get(f"{CHECKS}/{uuid4()}", headers={"Host": "evil.example"})
    assert "evil" not in response.text
