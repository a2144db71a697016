"""POST /webhooks/in/{source}: who is believed, what is kept, and that nothing is done twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from policy_service.domain.webhook_signatures import Signed, signature
from policy_service.services.webhooks.sources import (
    Reads,
    SourceForm,
    change_source,
    remove_source,
    rotate_source_secret,
    source,
)
from tests.cast import World
from tests.interop.webhooks.ehr import TOKEN, Ehr, a_secret, ehr_at
from tests.services.loopback import Host, web_server
from tests.services.webhooks.post import ada

EVENT = {"type": "client.updated", "data": {"id": "ehr-tomas"}}


@pytest.fixture
def host() -> Iterator[Host]:
    with web_server() as serving:
        yield serving


@pytest.fixture
def ehr(sqlite_world: World, host: Host) -> Ehr:
    return ehr_at(sqlite_world, host, "rest")


def test_a_signed_event_is_recorded_at_once_and_nothing_is_fetched_yet(
    world: World, host: Host
) -> None:
    ehr = ehr_at(world, host, "rest")
    answer = ehr.send(EVENT)
    assert (answer.status_code, answer.json) == (202, {"status": "recorded"})
    assert (host.received, ehr.states()) == ([], [("waiting", None)])


def test_an_event_that_comes_twice_is_answered_alike_and_kept_once(
    world: World, host: Host
) -> None:
    ehr = ehr_at(world, host, "rest")
    first, second = ehr.send(EVENT), ehr.send(EVENT)
    third = ehr.send({"type": "client.deleted", "data": {"id": "another"}})  # same id: same event
    assert first.data == second.data == third.data
    assert len(ehr.arrivals()) == 1
    ehr.send(EVENT, "evt_2")
    assert len(ehr.arrivals()) == 2  # control: another id is another event


def test_an_event_that_was_done_is_not_done_again(ehr: Ehr) -> None:
    ehr.records["clients/ehr-new"] = {"person": {"names": [{"given": "New", "family": "Moss"}]}}
    event = {"type": "client.created", "data": {"id": "ehr-new"}}
    ehr.send(event)
    ehr.take()
    ehr.send(event)
    ehr.take()
    assert ehr.world.actions().count("client.registered") == 3  # two of the cast, and this one
    assert len(ehr.host.received) == 1


_SIGNED_ELSEWHERE = Signed("evt_1", "0", b"{}")
BAD: dict[str, dict[str, Any]] = {
    "another secret": {"secret": a_secret(7)},
    "no signature": {"headers": {"webhook-signature": ""}},
    "a signature of something else": {
        "headers": {"webhook-signature": signature(a_secret(7), _SIGNED_ELSEWHERE)}
    },
    "another id": {"headers": {"webhook-id": "evt_2"}},
    "another time": {"headers": {"webhook-timestamp": "1"}},
    "another body": {"sent": b'{"type": "client.updated", "data": {"id": "other"}}'},
    "an id with a point": {"headers": {"webhook-id": "evt.1"}},
    "a source that nobody has": {"source": str(uuid4())},
}


@pytest.mark.parametrize("what", BAD)
def test_whatever_is_wrong_is_answered_alike_and_nothing_is_kept(ehr: Ehr, what: str) -> None:
    answer = ehr.send(EVENT, **BAD[what])
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert "WWW-Authenticate" not in answer.headers
    other = ehr.send(EVENT, secret=a_secret(9))
    assert other.data == answer.data
    assert ehr.arrivals() == []
    assert ehr.send(EVENT).status_code == 202  # control


@pytest.mark.parametrize("off", [-301, 301, -86_400])
def test_a_signature_of_another_time_is_refused(ehr: Ehr, off: int) -> None:
    at = ehr.world.clock().timestamp()
    assert ehr.send(EVENT, at=at + off).status_code == 401
    inside = 300 if off > 0 else -300
    assert ehr.send(EVENT, at=at + inside).status_code == 202


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"type": "client.updated"}, "/data"),
        ({"type": "client.updated", "data": []}, "/data"),
        ({"type": "client.updated", "data": {}}, "/data/id"),
        ({"type": "client.updated", "data": {"id": ""}}, "/data/id"),
        ({"type": "client.updated", "data": {"id": "x" * 101}}, "/data/id"),
        ({"type": "client.updated", "data": {"id": True}}, "/data/id"),
        ({"resource_id_type": "Appointment"}, "/resource_id"),
    ],
    ids=["none", "list", "no-id", "empty", "long", "boolean", "healthie"],
)
def test_a_signed_event_without_an_id_is_refused_by_field(
    ehr: Ehr, body: Any, pointer: str
) -> None:
    answer = ehr.send(body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


@pytest.mark.parametrize("raw", [b"", b"[]", b"no json", b'{"a": 1, "a": 2}', b'{"a": NaN}'])
def test_a_signed_body_that_is_no_object_is_refused(ehr: Ehr, raw: bytes) -> None:
    assert ehr.send(None, raw=raw or b" ").status_code == 400


@pytest.mark.parametrize(
    ("body", "state"),
    [
        ({"type": "patient.created", "data": {"id": 7}}, "waiting"),
        ({"type": "Patient/updated", "data": {"id": "7"}}, "waiting"),
        ({"type": "updated", "data": {"id": "7", "resourceType": "EpisodeOfCare"}}, "waiting"),
        ({"resource_id": 7, "resource_id_type": "Appointment", "event_type": "x"}, "waiting"),
        ({"resource_id": 7, "resource_id_type": "Entry", "event_type": "entry.x"}, "ignored"),
        ({"type": "invoice.paid", "data": {"id": "7"}}, "ignored"),
    ],
    ids=["patient", "slash", "fhir", "healthie", "healthie-other", "other"],
)
def test_events_are_told_apart_by_what_they_are_about(ehr: Ehr, body: Any, state: str) -> None:
    assert ehr.send(body).status_code == 202
    assert [found for found, _ in ehr.states()] == [state]


def test_what_arrived_lies_sealed_and_goes_when_it_is_done(ehr: Ehr) -> None:
    ehr.send({"type": "client.updated", "data": {"id": "ehr-tomas"}, "name": "Tomas Reyes"})
    [row] = ehr.arrivals()
    assert row.sealed is not None
    assert b"ehr-tomas" not in row.sealed
    assert "evt_1" not in row.event_key
    ehr.take()
    [row] = ehr.arrivals()
    assert (row.state, row.sealed) == ("done", None)


def test_while_secrets_overlap_either_signs_and_then_the_new_one_alone(ehr: Ehr) -> None:
    old, world = ehr.secret, ehr.world
    with world.writing(ada(world)) as context:
        new = rotate_source_secret(context, ehr.id, a_secret(5))
    assert new == a_secret(5)
    assert [ehr.send(EVENT, "e1", secret=one).status_code for one in (old, new)] == [202, 202]
    world.clock.advance(hours=25)
    assert [ehr.send(EVENT, "e2", secret=one).status_code for one in (old, new)] == [401, 202]


def test_a_changed_source_keeps_its_secret_and_a_token_that_is_not_given(ehr: Ehr) -> None:
    world = ehr.world
    with world.writing(ada(world)) as context:
        form = SourceForm("Another name", "fhir", ehr.host.url("/fhir"))
        change_source(context, world.desk.outbound, ehr.id, form)
        found = source(context, ehr.id)
    assert (found.name, found.reads, found.token) == ("Another name", Reads.FHIR, TOKEN)
    assert ehr.send(EVENT).status_code == 202


def test_a_removed_source_is_believed_no_more(ehr: Ehr) -> None:
    with ehr.world.writing(ada(ehr.world)) as context:
        remove_source(context, ehr.id)
    assert ehr.send(EVENT).status_code == 401


def test_what_waits_when_its_source_is_removed_is_not_fetched(ehr: Ehr) -> None:
    ehr.send(EVENT)
    with ehr.world.writing(ada(ehr.world)) as context:
        remove_source(context, ehr.id)
    ehr.take()
    assert ehr.states() == [("failed", "the source was removed")]
    assert ehr.host.received == []


def test_addresses_beside_it_answer_as_problems(ehr: Ehr) -> None:
    client = ehr.world.app.test_client()
    for answer in (client.get(f"/webhooks/in/{ehr.id}"), client.post("/webhooks/in/nobody")):
        assert answer.status_code in (404, 405)
        assert answer.mimetype == "application/problem+json"
