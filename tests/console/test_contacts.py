"""A clinician's contacts in the console, and the little that officers see of them."""

from __future__ import annotations

import re
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from flask import Request, request

from policy_service.domain.principals import Role
from policy_service.worker import run_due
from tests.cast import World
from tests.console.office import TOKEN, Browser, signed_in
from tests.services.imports.contact_files import linkedin_file

SOME = linkedin_file("Thorvald,Quill,thorvald-q", "Anna,Zweig,anna-zweig")


def ben(world: World) -> Browser:
    return signed_in(world, "ben", Role.CLINICIAN, clinician_id=world.ids["ben"])


def send(who: Browser, raw: bytes = SOME, **more: Any) -> Any:
    token = TOKEN.search(who.get("/contacts").get_data(as_text=True))
    assert token
    form = {"csrf_token": token[1], "file": (BytesIO(raw), "Connections.csv"), **more}
    return who.client.post("/console/contacts", data=form, **who.base)


def page_of(who: Browser, answer: Any) -> tuple[str, str]:
    assert answer.status_code == 303, answer.text
    path = answer.location.removeprefix("/console")
    return path, who.get(path).get_data(as_text=True)


def test_a_clinician_looks_at_an_upload_stores_it_and_takes_it_back(world: World) -> None:
    who = ben(world)
    path, page = page_of(who, send(who))
    assert "Thorvald" in page
    assert "Store 2 contacts as hashes" in page
    assert who.post(f"{path}/store", {"with_missing": "yes"}, seen_on=path).status_code == 303
    page = who.get(path).get_data(as_text=True)
    assert "Being stored" in page
    assert "0 of 1 parts are stored" in page
    assert "Thorvald" not in page
    run_due(world.desk)
    page = who.get(path).get_data(as_text=True)
    assert "Take this import back" in page
    assert "Say what this account is used for" in page
    assert who.post(f"{path}/undo", {}, seen_on=path).status_code == 303
    run_due(world.desk)
    assert "Taken back" in who.get(path).get_data(as_text=True)


def test_the_page_loads_itself_only_where_that_was_asked_for(world: World) -> None:
    who = ben(world)
    path, _ = page_of(who, send(who))
    who.post(f"{path}/store", {"with_missing": "yes"}, seen_on=path)
    assert "Refresh" not in who.get(path).headers
    assert who.get(f"{path}?watch=1").headers["Refresh"] == "5"
    run_due(world.desk)
    assert "Refresh" not in who.get(f"{path}?watch=1").headers


def test_refused_lines_are_listed_with_their_reasons(world: World) -> None:
    who = ben(world)
    _, page = page_of(who, send(who, SOME + b"two,cells\n"))
    assert "Lines that were refused" in page
    assert "columns" in page


def test_a_discarded_upload_is_gone(world: World) -> None:
    who = ben(world)
    path, _ = page_of(who, send(who))
    assert who.post(f"{path}/discard", {}, seen_on=path).status_code == 303
    page = who.get(path).get_data(as_text=True)
    assert "Discarded" in page
    assert "Thorvald" not in page


@pytest.mark.parametrize(
    ("raw", "said"),
    [(b"", "Choose a file"), (b"nothing of the kind", "No contacts can be read from the file")],
)
def test_a_file_that_is_none_is_refused_on_the_form(world: World, raw: bytes, said: str) -> None:
    answer = send(ben(world), raw)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)


def test_a_file_over_the_limit_is_refused(world: World) -> None:
    world.app.extensions["policy_service_settings"] = replace(world.settings, max_upload_bytes=4096)
    answer = send(ben(world), b"x" * 5000)
    assert answer.status_code == 413
    assert "4096 bytes" in answer.get_data(as_text=True)


def test_what_an_account_is_for_is_marked(world: World) -> None:
    who = ben(world)
    path, _ = page_of(who, send(who))
    who.post(f"{path}/store", {}, seen_on=path)
    run_due(world.desk)
    page = who.get("/contacts").get_data(as_text=True)
    assert "What it is used for is not said yet." in page
    found = re.search(r"/console(/me/accounts/[0-9a-f-]+/kind)", page)
    assert found
    assert who.post(found[1], {"kind": "mixed"}, seen_on="/contacts").status_code == 303
    assert "Marked mixed." in who.get("/contacts").get_data(as_text=True)
    refused = who.post(found[1], {"kind": "secret"}, seen_on="/contacts")
    assert refused.status_code == 422


def test_a_colleague_s_import_is_not_there(world: World) -> None:
    who = ben(world)
    path, _ = page_of(who, send(who))
    alma = signed_in(world, "alma", Role.CLINICIAN, clinician_id=world.ids["alma"])
    assert alma.get(path).status_code == 404
    assert alma.post(f"{path}/store", {}, seen_on="/contacts").status_code == 404


def test_officers_see_numbers_and_no_names(world: World) -> None:
    who = ben(world)
    path, _ = page_of(who, send(who))
    olga = signed_in(world, "olga", Role.COMPLIANCE)
    page = olga.get("/contact-imports").get_data(as_text=True)
    assert "Ben Okafor" in page
    assert "LinkedIn" in page
    assert "Thorvald" not in page
    assert olga.get(path).status_code == 403
    assert who.get("/contact-imports").status_code == 403
    assert "contacts.counted" in world.actions()


def test_an_uploaded_file_never_touches_a_disk(sqlite_world: World) -> None:
    """However large: Werkzeug's own request would spool it to a temporary file, in plain."""
    app = sqlite_world.app
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="big.csv"\r\n\r\n'
    sent: dict[str, Any] = {
        "data": head + b"x" * 2_000_000 + b"\r\n--edge--\r\n",
        "content_type": "multipart/form-data; boundary=edge",
    }
    for kind, stays in ((app.request_class, True), (Request, False)):
        app.request_class = kind
        with app.test_request_context("/console/contacts", method="POST", **sent):
            request.max_content_length = 4_000_000
            stream = request.files["file"].stream
            assert isinstance(stream, BytesIO) == stays
            stream.close()
