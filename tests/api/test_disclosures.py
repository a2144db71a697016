"""Disclosures over REST: the answer never tells whether the person named is a client."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest
from sqlalchemy import delete, func, select
from werkzeug.test import TestResponse

from policy_service.api import changes
from policy_service.database.tables.jobs import WorkRow
from policy_service.database.tables.registry import ClientRow
from policy_service.domain.principals import Scope
from policy_service.services.clients import register_client
from policy_service.services.context import Context
from policy_service.services.disclosures import disclosures_of
from policy_service.services.stored_responses import Response
from tests.cast import World, person

NAMED = {
    "names": [{"given": "Paula", "family": "Quist"}],
    "birth_date": "1988-04-04",
    "phones": ["+1 512 555 0123"],
}
PAULA = person("Paula", "Quist", "1988-04-04", phones=("+1 512 555 0123",))
CHANGING = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[^\"]{15,16}Z")


def disclose(world: World, **more: Any) -> TestResponse:
    caller = world.http(Scope.REGISTRY_WRITE)
    body = {"kind": "ex_partner", "person": NAMED, **more}
    return caller.post(f"/v1/clinicians/{world.ids['ben']}/disclosures", json=body)


def seen_by_the_discloser(response: TestResponse) -> tuple[object, ...]:
    """Status, headers and bytes with the declared fixed-length fields blanked."""
    headers = [(name, CHANGING.sub(b"*", value.encode())) for name, value in response.headers]
    return response.status_code, headers, len(response.data), CHANGING.sub(b"*", response.data)


def test_a_disclosure_is_answered_alike_whether_or_not_the_person_is_a_client(
    world: World, twin_world: World
) -> None:
    with world.writing() as context:
        register_client(context, PAULA)
        context.session.execute(delete(WorkRow))  # a new client leaves work of its own
    named, unknown = disclose(world), disclose(twin_world)
    assert named.status_code == 202
    assert set(named.get_json()) == {"id", "at", "status"}
    assert seen_by_the_discloser(named) == seen_by_the_discloser(unknown)
    assert work_queued(world) == work_queued(twin_world)


def work_queued(world: World) -> int:
    with world.reading() as context:
        return context.session.execute(select(func.count()).select_from(WorkRow)).scalar_one()


def test_a_disclosure_is_kept_with_kind_and_period(world: World) -> None:
    answer = disclose(world, since="2015", until="2019-06")
    with world.reading() as context:
        [(row, tie)] = disclosures_of(context, world.ids["ben"])
    assert (tie.kind, tie.since, tie.until, tie.is_ended) == ("ex_partner", "2015", "2019-06", True)
    assert answer.headers["Location"].endswith(row.id)


def test_the_list_of_disclosures_names_nobody(world: World) -> None:
    disclose(world)
    path = f"/v1/clinicians/{world.ids['ben']}/disclosures"
    listed = world.http(Scope.REGISTRY_READ).get(path)
    assert listed.get_json()["items"][0]["kind"] == "ex_partner"
    assert b"Paula" not in listed.data
    assert b"Quist" not in listed.data


def test_a_disclosure_is_revised_and_withdrawn_and_stays_in_its_revisions(world: World) -> None:
    caller, read = world.http(Scope.REGISTRY_WRITE), world.http(Scope.REGISTRY_READ)
    path = disclose(world).headers["Location"]
    said = {"kind": "FRND", "reason": "it was never a partnership"}
    assert caller.put(path, json=said).status_code == 202
    listing = path.rpartition("/")[0]
    assert [one["revision"] for one in read.get(listing).get_json()["items"]] == [2]
    assert caller.post(f"{path}/withdrawal", json={"reason": "a mix-up"}).status_code == 202
    assert read.get(listing).get_json() == {"items": []}
    assert caller.post(f"{path}/withdrawal", json={"reason": "again"}).status_code == 409


def test_a_kind_that_is_not_a_tie_is_refused_with_what_is_allowed(world: World) -> None:
    problem = disclose(world, kind="ONESELF").get_json()
    [error] = problem["errors"]
    assert error["pointer"] == "/kind"
    assert "BRO" in error["allowed"]
    assert "ONESELF" not in error["allowed"]


def test_a_disclosure_that_ends_before_it_began_is_refused(world: World) -> None:
    problem = disclose(world, since="2019", until="2015").get_json()
    assert (problem["status"], problem["errors"][0]["pointer"]) == (422, "/until")


def test_another_clinicians_disclosure_is_not_found_under_this_one(world: World) -> None:
    path = disclose(world).headers["Location"]
    elsewhere = path.replace(world.ids["ben"], world.ids["alma"])
    answer = world.http(Scope.REGISTRY_WRITE).post(
        f"{elsewhere}/withdrawal", json={"reason": "not mine"}
    )
    assert answer.status_code == 404


def test_the_paired_worlds_would_notice_an_answer_that_tells(
    world: World, twin_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: an acknowledgement that counts the clients it knows gives itself away."""

    def telling(context: Context, record_id: str, *_: object, **__: object) -> Response:
        known = len(context.session.scalars(select(ClientRow)).all())
        return Response(202, orjson.dumps({"id": record_id, "known": known}))

    monkeypatch.setattr(changes, "recorded", telling)
    with world.writing() as context:
        register_client(context, PAULA)
        context.session.execute(delete(WorkRow))  # a new client leaves work of its own
    named, unknown = disclose(world), disclose(twin_world)
    assert seen_by_the_discloser(named) != seen_by_the_discloser(unknown)
