"""Several at once on PostgreSQL: nothing is lost, nothing is done twice, nobody sees a 500."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from policy_service.database.tables.events import BoundaryEventRow
from policy_service.database.tables.registry import ClientRow, LicenceRow
from policy_service.domain.principals import Scope
from policy_service.errors import StaleVersion
from policy_service.services.clinicians import licences_of
from policy_service.services.revisions import revise
from tests.cast import Caller, World

PERSON = {"names": [{"given": "Ulla", "family": "Sandoval"}]}


def together(world: World, scopes: tuple[Scope, ...], calls: list[dict[str, Any]]) -> list[int]:
    """Post each (path, json, headers) from a thread of its own; the status codes."""
    callers: list[Caller] = [world.http(*scopes) for _ in calls]
    callers = [Caller(world.app.test_client(), callers[0].headers) for _ in calls]
    with ThreadPoolExecutor(len(calls)) as pool:
        posts = [
            pool.submit(caller.post, call.pop("path"), **call)
            for caller, call in zip(callers, calls, strict=True)
        ]
        return sorted(post.result().status_code for post in posts)


def test_events_of_one_pair_at_once_are_all_recorded_and_counted(postgresql_world: World) -> None:
    world = postgresql_world
    event = {
        "clinician": {"id": world.ids["ben"]},
        "client": {"id": world.ids["nora"]},
        "kind": "gift",
        "amount": 100,
    }
    calls = [{"path": "/v1/events", "json": event} for _ in range(3)]
    assert together(world, (Scope.EVENTS_WRITE,), calls) == [202, 202, 202]
    with world.reading() as context:
        rows = context.session.execute(select(func.count()).select_from(BoundaryEventRow))
        assert rows.scalar_one() == 3
    assert world.facts("ben", "nora")["gift_total"] == 300


def test_one_external_id_at_once_is_taken_once(postgresql_world: World) -> None:
    body = {"person": PERSON, "external_id": "p-1"}
    calls = [{"path": "/v1/clients", "json": body} for _ in range(3)]
    assert together(postgresql_world, (Scope.REGISTRY_WRITE,), calls) == [201, 409, 409]


def test_one_idempotency_key_at_once_registers_once(postgresql_world: World) -> None:
    headers = {"Idempotency-Key": "twins"}
    calls = [
        {"path": "/v1/clients", "json": {"person": PERSON}, "headers": headers} for _ in range(3)
    ]
    assert together(postgresql_world, (Scope.REGISTRY_WRITE,), calls) == [201, 201, 201]
    with postgresql_world.reading() as context:
        rows = context.session.execute(select(func.count()).select_from(ClientRow))
        assert rows.scalar_one() == 3


def test_who_revises_what_was_revised_meanwhile_must_read_again(postgresql_world: World) -> None:
    world = postgresql_world
    with world.writing() as late:
        [seen] = licences_of(late, world.ids["ben"])
        with world.writing() as early:
            [row] = licences_of(early, world.ids["ben"])
            revise(early, row, "first", valid_to="2025")
        with pytest.raises(StaleVersion):
            revise(late, seen, "second", valid_to="2024")
    with world.reading() as context:
        [now] = licences_of(context, world.ids["ben"])
        assert (now.revision, now.valid_to) == (2, "2025")
        assert context.session.query(LicenceRow).filter_by(id=now.id).count() == 2
