"""Webhooks and notices in the console: for administrators and officers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from policy_service.domain.principals import Role
from policy_service.services.webhooks.endpoints import pause_by_hand
from policy_service.worker import Worker
from tests.cast import World
from tests.console.office import signed_in
from tests.interop.webhooks.ehr import a_secret, ehr_at
from tests.services.loopback import Host, web_server
from tests.services.webhooks.post import endpoint_at, open_loopback

ENDPOINT = {"name": "Front desk", "url": "https://ehr.example/hook", "tells": "brief"}
SOURCE = {"name": "The EHR", "base_url": "https://ehr.example/fhir", "reads": "fhir"}


@pytest.fixture
def host() -> Iterator[Host]:
    with web_server() as serving:
        yield serving


def test_an_endpoint_is_added_and_its_secret_shown_once(world: World) -> None:
    admin = signed_in(world, "ada", Role.ADMIN)
    answer = admin.post("/webhooks/endpoints", ENDPOINT, "/webhooks/endpoints/new")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 201
    [secret] = re.findall(r"whsec_[A-Za-z0-9+/=&#;]+", page)
    where = re.search(r'href="/console(/webhooks/endpoints/[0-9a-f-]+)"', page)
    assert where is not None
    for path in ("/webhooks", where[1]):
        shown = admin.get(path).get_data(as_text=True)
        assert "Front desk" in shown
        assert secret not in shown


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"url": "https://192.168.0.7/hook"}, "its address is private"),
        ({"url": "http://ehr.example/hook"}, "begins with https://"),
        ({"name": " "}, "A name is required."),
        ({"tells": "all"}, "This word is not allowed."),
    ],
)
def test_a_refused_endpoint_says_why_and_keeps_what_was_typed(
    sqlite_world: World, changed: dict[str, str], said: str
) -> None:
    admin = signed_in(sqlite_world, "ada", Role.ADMIN)
    answer = admin.post("/webhooks/endpoints", ENDPOINT | changed, "/webhooks/endpoints/new")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said in page
    assert (ENDPOINT | changed)["url"] in page


def test_deliveries_are_seen_replayed_paused_and_resumed(sqlite_world: World, host: Host) -> None:
    post = endpoint_at(open_loopback(sqlite_world), host)
    admin = signed_in(sqlite_world, "ada", Role.ADMIN)
    path = f"/webhooks/endpoints/{post.id}"
    host.status = 404
    assert admin.post(f"{path}/ping", {}, path).status_code == 303
    Worker(sqlite_world.desk).run_due()
    page = admin.get(path).get_data(as_text=True)
    assert "given up" in page
    assert "HTTP 404" in page
    host.status = 200
    sent = post.deliveries()[0].id
    assert admin.post(f"{path}/deliveries/{sent}", {}, path).status_code == 303
    Worker(sqlite_world.desk).run_due()
    assert "delivered" in admin.get(path).get_data(as_text=True)
    assert admin.post(f"{path}/pause", {}, path).status_code == 303
    assert admin.post(f"{path}/deliveries/{sent}", {}, path).status_code == 409
    assert "paused by an administrator" in admin.get("/webhooks").get_data(as_text=True)
    assert admin.post(f"{path}/resume", {}, path).status_code == 303
    changed = {**ENDPOINT, "version": "9"}
    assert admin.post(path, changed, path).status_code == 412
    changed |= {"version": str(post.row().version), "tells": "full", "kinds": "duty.due"}
    assert admin.post(path, changed, path).status_code == 303
    assert (post.row().detail, post.row().kinds) == ("full", "duty.due")
    assert admin.post(f"{path}/secret", {}, path).status_code == 201
    assert admin.post(f"{path}/remove", {}, path).status_code == 303
    assert admin.get(path).status_code == 404


def test_an_endpoint_that_pauses_by_itself_is_seen_by_officers_and_administrators(
    sqlite_world: World, host: Host
) -> None:
    post = endpoint_at(open_loopback(sqlite_world), host)
    officer = signed_in(sqlite_world, "olga", Role.COMPLIANCE)
    admin = signed_in(sqlite_world, "ada", Role.ADMIN)
    with post.writing() as context:
        pause_by_hand(context, post.id)
    assert "Nobody is told" not in officer.get("/cases").get_data(as_text=True)
    with post.writing() as context:
        row = context.session.merge(post.row())
        row.paused_why = "failing"
    assert "Nobody is told" in officer.get("/cases").get_data(as_text=True)
    assert "Open the webhooks" in admin.get("/accounts").get_data(as_text=True)


def test_a_source_is_added_shown_changed_and_removed(world: World) -> None:
    admin = signed_in(world, "ada", Role.ADMIN)
    typed = {**SOURCE, "token": "read-token", "secret": a_secret(3)}
    answer = admin.post("/webhooks/sources", typed, "/webhooks/sources/new")
    assert answer.status_code == 201
    page = answer.get_data(as_text=True)
    where = re.search(r'href="/console(/webhooks/sources/[0-9a-f-]+)"', page)
    assert where is not None
    shown = admin.get(where[1]).get_data(as_text=True)
    assert f"/webhooks/in/{where[1].rpartition('/')[2]}" in shown
    assert "read-token" not in shown
    assert a_secret(3) not in shown
    assert admin.post(where[1], SOURCE | {"name": "Other"}, where[1]).status_code == 303
    assert "Other" in admin.get("/webhooks").get_data(as_text=True)
    odd = {"secret": "whsec_short"}
    assert admin.post(f"{where[1]}/secret", odd, where[1]).status_code == 422
    assert admin.post(f"{where[1]}/secret", {"secret": ""}, where[1]).status_code == 201
    assert admin.post(f"{where[1]}/remove", {}, where[1]).status_code == 303
    assert admin.get(where[1]).status_code == 404


def test_a_refused_source_sends_no_secret_back(sqlite_world: World) -> None:
    admin = signed_in(sqlite_world, "ada", Role.ADMIN)
    typed = {**SOURCE, "base_url": "https://10.0.0.1/", "token": "t-1", "secret": a_secret(3)}
    answer = admin.post("/webhooks/sources", typed, "/webhooks/sources/new")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "t-1" not in page
    assert a_secret(3) not in page


def test_what_failed_is_read_back_again_by_a_button(sqlite_world: World, host: Host) -> None:
    ehr = ehr_at(sqlite_world, host, "rest")
    ehr.records["appointments/a1"] = {"client_ids": ["ehr-nora"], "clinician_ids": ["who"]}
    ehr.send({"type": "appointment.created", "data": {"id": "a1"}})
    ehr.take()
    admin = signed_in(sqlite_world, "ada", Role.ADMIN)
    path = f"/webhooks/sources/{ehr.id}"
    page = admin.get(path).get_data(as_text=True)
    assert "needs you" in page
    assert "No active clinician" in page
    arrival = ehr.arrivals()[0].id
    assert admin.post(f"{path}/arrivals/{arrival}", {}, path).status_code == 303
    assert ehr.states()[0][0] == "waiting"
    assert admin.post(f"{path}/arrivals/{arrival}", {}, path).status_code == 409


def test_notices_link_to_what_happened_for_officers(sqlite_world: World, host: Host) -> None:
    endpoint_at(open_loopback(sqlite_world), host)
    sqlite_world.check("alma", "tomas")
    officer = signed_in(sqlite_world, "olga", Role.COMPLIANCE)
    page = officer.get("/notices").get_data(as_text=True)
    assert "A case was opened" in page
    where = re.search(r'href="/console(/cases/[0-9a-f-]+)"', page)
    assert where is not None
    assert officer.get(where[1]).status_code == 200
    assert signed_in(sqlite_world, "ada", Role.ADMIN).get("/notices").status_code == 403


def test_an_officer_chooses_mail_where_there_is_a_server(sqlite_world: World) -> None:
    officer = signed_in(sqlite_world, "olga", Role.COMPLIANCE)
    assert "configured no mail server" in officer.get("/notices").get_data(as_text=True)
    chosen = {"kinds": ["case.opened", "duty.due"]}
    assert officer.post("/notices/mail", chosen, "/notices").status_code == 303
    assert officer.post("/notices/mail", {"kinds": ["odd"]}, "/notices").status_code == 422
