"""Contacts over REST: once per key, in numbers, and never a name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from policy_service.domain.principals import Scope
from policy_service.worker import run_due
from tests.cast import Caller, World
from tests.services.imports.contact_files import contacts_of, linkedin_file

FILE = linkedin_file("Thorvald,Quill,thorvald-q", "Anna,Zweig,anna-zweig") + b"two,cells\n"


@pytest.fixture
def ehr(world: World) -> Caller:
    return world.http(Scope.CONTACTS_WRITE)


def at(world: World, rest: str = "", clinician: str = "ben") -> str:
    return f"/v1/clinicians/{world.ids[clinician]}/contact-imports{rest}"


def send(world: World, ehr: Caller, raw: bytes = FILE, **more: Any) -> Any:
    said = {"content_type": "application/octet-stream", **more}
    return ehr.post(at(world, "?name=Connections.csv"), data=raw, **said)


def test_an_export_is_previewed_stored_and_taken_back(world: World, ehr: Caller) -> None:
    answer = send(world, ehr)
    assert answer.status_code == 201
    [made] = answer.json["items"]
    assert (made["state"], made["contacts"], made["new"], made["refused"]) == ("ready", 2, 2, 1)
    [line] = made["refused_lines"]
    assert (line["member"], line["line"]) == ("Connections.csv", 7)
    assert contacts_of(world) == []
    stored = ehr.post(at(world, f"/{made['id']}/storing"), json={})
    assert (stored.status_code, stored.json["state"]) == (202, "storing")
    run_due(world.desk)
    now = ehr.get(at(world, f"/{made['id']}")).json
    assert (now["state"], now["parts"], now["parts_done"]) == ("stored", 1, 1)
    assert ehr.post(at(world, f"/{made['id']}/undo")).status_code == 202
    run_due(world.desk)
    assert ehr.get(at(world)).json["items"][0]["state"] == "undone"
    assert contacts_of(world) == []


def test_no_answer_holds_a_name(world: World, ehr: Caller) -> None:
    said = [send(world, ehr).text, ehr.get(at(world)).text]
    assert not any("Thorvald" in text or "quill" in text.lower() for text in said)


def test_the_same_key_uploads_once_and_another_file_is_another_request(
    world: World, ehr: Caller
) -> None:
    key = {"Idempotency-Key": "upload-1"}
    first = send(world, ehr, headers=key)
    again = send(world, ehr, headers=key)
    assert (again.status_code, again.data) == (201, first.data)
    assert len(ehr.get(at(world)).json["items"]) == 1
    other = send(world, ehr, FILE + b"\xff\xfe", headers=key)
    assert (other.status_code, other.json["type"].rpartition("/")[2]) == (
        422,
        "idempotency-mismatch",
    )


def test_a_discarded_upload_is_not_stored_later(world: World, ehr: Caller) -> None:
    [made] = send(world, ehr).json["items"]
    assert ehr.post(at(world, f"/{made['id']}/discard")).json["state"] == "discarded"
    late = ehr.post(at(world, f"/{made['id']}/storing"), json={})
    assert (late.status_code, late.json["type"].rpartition("/")[2]) == (409, "state-conflict")


def test_a_file_that_holds_no_contacts_is_a_problem_with_a_page(world: World, ehr: Caller) -> None:
    answer = send(world, ehr, b"nothing of the kind")
    assert answer.status_code == 422
    assert answer.json["type"].rpartition("/")[2] == "file-not-readable"


def test_a_file_over_the_limit_is_too_large(world: World, ehr: Caller) -> None:
    small = replace(world.settings, max_upload_bytes=1024)
    world.app.extensions["policy_service_settings"] = small
    assert send(world, ehr, b"x" * 2000).status_code == 413


def test_a_file_may_be_larger_than_other_bodies(world: World, ehr: Caller) -> None:
    many = (f"Given{n},Family{n},handle-{n}" for n in range(4000))
    raw = linkedin_file(*many)
    assert len(raw) > world.settings.max_body_bytes
    assert send(world, ehr, raw).json["items"][0]["contacts"] == 4000


def test_other_media_types_are_refused(world: World, ehr: Caller) -> None:
    assert send(world, ehr, content_type="text/csv").status_code == 415


def test_a_clinician_s_import_is_not_found_under_another_s_name(world: World, ehr: Caller) -> None:
    [made] = send(world, ehr).json["items"]
    assert ehr.get(at(world, f"/{made['id']}", "alma")).status_code == 404
    assert ehr.post(at(world, f"/{made['id']}/storing", "alma"), json={}).status_code == 404


def test_dana_finds_none_of_our_imports(postgresql_world: World) -> None:
    ours = postgresql_world.http(Scope.CONTACTS_WRITE)
    [made] = send(postgresql_world, ours).json["items"]
    theirs = postgresql_world.http(Scope.CONTACTS_WRITE, dana=True)
    assert theirs.get(at(postgresql_world)).status_code == 404
    assert theirs.get(at(postgresql_world, f"/{made['id']}")).status_code == 404
