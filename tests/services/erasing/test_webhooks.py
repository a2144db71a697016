"""Webhooks and erasure: what waits about the person goes, and nobody is told of it."""

from __future__ import annotations

from policy_service.worker import Worker
from tests.cast import World
from tests.interop.webhooks.ehr import ehr_at
from tests.services.erasing.test_orders import erased
from tests.services.loopback import web_server
from tests.services.webhooks.post import endpoint_at, open_loopback


def test_an_arrival_that_names_the_person_goes_and_others_stay(world: World) -> None:
    with web_server() as host:
        ehr = ehr_at(world, host, "rest")
        for number, external_id in enumerate(("ehr-tomas", "ehr-nora")):
            world.clock.advance(seconds=1)
            event = {"type": "client.updated", "data": {"id": external_id}}
            assert ehr.send(event, f"evt_{number}").status_code == 202
        kept = ehr.arrivals()[1].id
        erased(world, "tomas")
        assert [row.id for row in ehr.arrivals()] == [kept]


def test_nobody_is_told_of_an_erasure(world: World) -> None:
    with web_server() as host:
        post = endpoint_at(open_loopback(world), host, "full", "case.opened", "standing.changed")
        world.check("alma", "tomas")
        Worker(world.desk).run_due()
        told = len(post.events())
        assert told == 1
        erased(world, "tomas")
        Worker(world.desk).run_due()
        assert len(post.events()) == told
