"""What tests of webhooks share: a world that may reach loopback, and a receiver that verifies."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import select

from policy_service.database.tables.webhooks import NoticeDeliveryRow, NoticeEndpointRow
from policy_service.domain.principals import Principal, Role
from policy_service.domain.webhook_signatures import Signed, verify
from policy_service.services.address_rules import AddressRules
from policy_service.services.disclosures import DisclosureForm, disclose
from policy_service.services.outbound import Outbound
from policy_service.services.webhooks.endpoints import EndpointForm, add_endpoint
from policy_service.worker import Worker
from tests.cast import NORA, World
from tests.services.loopback import Host, Received


def open_loopback(world: World) -> World:
    """As an operator does who runs everything on one machine."""
    world.desk.outbound = Outbound(AddressRules(loopback=True))
    return world


def ada(world: World) -> Principal:
    """The administrator."""
    return world.account(Role.ADMIN, name="Keeper")


@dataclass
class Post:
    """An endpoint with a receiver behind it."""

    world: World
    host: Host
    id: str
    secret: str

    def run(self) -> None:
        """Let the worker do what is due."""
        Worker(self.world.desk).run_due()

    def events(self) -> list[dict[str, Any]]:
        """What arrived, each shown to be signed by the secret."""
        return [self._read(came) for came in self.host.received]

    def _read(self, came: Received) -> dict[str, Any]:
        signed = Signed(came.headers["webhook-id"], came.headers["webhook-timestamp"], came.body)
        verify([self.secret], signed, came.headers["webhook-signature"], float(signed.timestamp))
        event: dict[str, Any] = orjson.loads(came.body)
        assert event["data"]["id"] == signed.id
        return event

    def row(self) -> NoticeEndpointRow:
        """The endpoint as it stands."""
        with self.world.reading() as context:
            return context.session.get_one(NoticeEndpointRow, (self.world.practice_id, self.id))

    def deliveries(self) -> list[NoticeDeliveryRow]:
        """Its deliveries, the oldest first."""
        mine = select(NoticeDeliveryRow).where(NoticeDeliveryRow.endpoint_id == self.id)
        with self.world.reading() as context:
            return list(context.session.scalars(mine.order_by(NoticeDeliveryRow.at)))

    def states(self) -> list[tuple[str, int]]:
        """State and attempts of each."""
        return [(row.state, row.attempts) for row in self.deliveries()]

    def writing(self) -> AbstractContextManager[Any]:
        """As the administrator."""
        return self.world.writing(ada(self.world))


def open_a_case(world: World) -> None:
    """Another case: Ben turns out to be Nora's brother."""
    with world.writing() as context:
        disclose(context, DisclosureForm(world.ids["ben"], "BRO", NORA))
    world.check("ben", "nora")


def endpoint_at(world: World, host: Host, detail: str = "full", *kinds: str) -> Post:
    """An endpoint of the world at this host."""
    with world.writing(ada(world)) as context:
        form = EndpointForm("Front desk", host.url("/hook"), detail, kinds)
        made, secret = add_endpoint(context, world.desk.outbound, form)
    return Post(world, host, made, secret)
