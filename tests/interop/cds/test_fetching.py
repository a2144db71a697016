"""Reading back: from the registered server alone, with the given token, within the budget."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from policy_service.interop.cds import fetching
from policy_service.interop.cds.contexts import Grant
from policy_service.interop.cds.fetching import Fetcher
from policy_service.services.address_rules import AddressRules
from policy_service.services.ehr_clients import ClientSettings, change_settings, ehr_clients
from policy_service.services.outbound import Outbound
from tests.cast import World
from tests.interop.cds.hooks import BEN, DESK, NO_RELATED, TOMAS, HookEhr, booking
from tests.services.loopback import Host, Received, web_server

LOCAL = Outbound(rules=AddressRules(loopback=True))
ALMAS_SON = {
    "resourceType": "RelatedPerson",
    "patient": {"reference": "Patient/ehr-tomas"},
    "relationship": [{"coding": [{"code": "SON"}]}],
    "name": [{"given": ["Milo"], "family": "Reyes"}],
}


def page(*resources: Any, more: str = "") -> dict[str, Any]:
    """One page of a search."""
    links = {"link": [{"relation": "next", "url": more}]} if more else {}
    entries = {"entry": [{"resource": one} for one in resources]} if resources else {}
    return {"resourceType": "Bundle", "type": "searchset", **entries, **links}


@pytest.fixture
def server() -> Iterator[Host]:
    with web_server() as host:
        yield host


def serve(host: Host, answers: dict[str, Any]) -> None:
    """Answer these paths below /fhir, and 404 anything else."""

    def answer(came: Received) -> tuple[int, bytes]:
        found = answers.get(came.path.removeprefix("/fhir/"))
        return (404, b"{}") if found is None else (200, json.dumps(found).encode())

    host.answer = answer


def calling(world: World, host: Host, registered: str | None = None) -> dict[str, Any]:
    """Register the server; the members of a call that brings a token for it and no prefetch."""
    world.desk.outbound = LOCAL
    base = host.url("/fhir")
    with world.writing() as context:
        (client,) = [one for one in ehr_clients(context) if one.name == "an EHR"]
        wanted = ClientSettings(fhir_server=registered or base)
        change_settings(context, LOCAL, client.id, wanted)
    grant = {
        "access_token": "the-token",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/*.rs",
        "subject": "policy",
    }
    return {"prefetch": {}, "fhirServer": base, "fhirAuthorization": grant}


def test_what_was_left_out_is_read_back_with_the_given_token(world: World, server: Host) -> None:
    ehr = HookEhr.at(world)
    serve(
        server,
        {"Patient/ehr-tomas": TOMAS, "RelatedPerson?patient=ehr-tomas": NO_RELATED},
    )
    assert ehr.cards("appointment-book", booking(DESK, BEN), **calling(world, server)) == []
    assert [one.path for one in server.received] == [
        "/fhir/Patient/ehr-tomas",
        "/fhir/RelatedPerson?patient=ehr-tomas",
    ]
    assert {one.headers["authorization"] for one in server.received} == {"Bearer the-token"}


def test_a_server_that_is_not_registered_is_never_asked(sqlite_world: World, server: Host) -> None:
    ehr = HookEhr.at(sqlite_world)
    other = "http://127.0.0.1:9/fhir"
    more = calling(sqlite_world, server, registered=other)
    (card,) = ehr.cards("appointment-book", booking(DESK, BEN), **more)
    assert card["source"]["topic"]["code"] == "boundary-check-incomplete"
    assert server.received == []


def test_further_pages_are_read_from_the_same_server(sqlite_world: World, server: Host) -> None:
    ehr = HookEhr.at(sqlite_world)
    second = "RelatedPerson?patient=ehr-tomas&page=2"
    serve(server, {second: page(ALMAS_SON)})
    more = calling(sqlite_world, server)
    first = page(ALMAS_SON, more=server.url(f"/fhir/{second}"))
    more["prefetch"] = {"patient": TOMAS, "related": first}
    assert ehr.cards("appointment-book", booking(DESK, BEN), **more) == []
    assert [one.path for one in server.received] == [f"/fhir/{second}"]


def test_a_page_on_another_host_is_not_followed(sqlite_world: World, server: Host) -> None:
    ehr = HookEhr.at(sqlite_world)
    more = calling(sqlite_world, server)
    elsewhere = server.url("/fhir/x", host="localhost")
    more["prefetch"] = {"patient": TOMAS, "related": page(ALMAS_SON, more=elsewhere)}
    (card,) = ehr.cards("appointment-book", booking(DESK, BEN), **more)
    assert card["summary"].startswith("Boundary check not complete")
    assert server.received == []


@pytest.mark.parametrize(
    "answer",
    [
        (200, b"no json"),
        (200, b"[]"),
        (500, b"{}"),
        (302, b""),
        (200, b'{"resourceType": "Basic"}'),
    ],
    ids=["no JSON", "a list", "an error", "a redirect", "another resource"],
)
def test_an_answer_that_is_none_is_a_gap(
    sqlite_world: World, server: Host, answer: tuple[int, bytes]
) -> None:
    ehr = HookEhr.at(sqlite_world)
    server.answer = lambda _: answer
    server.headers = {"Location": "http://127.0.0.1:9/"} if answer[0] == 302 else {}
    more = calling(sqlite_world, server)
    (card,) = ehr.cards("appointment-book", booking(DESK, BEN), **more)
    assert "could not be read" in card["detail"]


def test_the_budget_is_for_the_whole_call(server: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    base = server.url("/fhir")
    fetcher = Fetcher(LOCAL, base, Grant(base, "t"))
    assert fetcher.read("Patient", "1") == {}
    monkeypatch.setattr(fetching, "_LEAST", 10.0)
    assert fetcher.read("Patient", "1") is None
    assert len(server.received) == 1


def test_an_id_is_a_single_part_of_the_path(server: Host) -> None:
    base = server.url("/fhir")
    Fetcher(LOCAL, base, Grant(base, "t")).read("Practitioner", "../../admin?x=1")
    assert server.received[0].path == "/fhir/Practitioner/..%2F..%2Fadmin%3Fx%3D1"


def test_without_a_token_nothing_is_asked(server: Host) -> None:
    base = server.url("/fhir")
    fetcher = Fetcher(LOCAL, base, None)
    assert fetcher.read("Patient", "1") is None
    assert not fetcher.may_fetch
    assert server.received == []
