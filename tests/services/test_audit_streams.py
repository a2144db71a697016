"""A log that refuses to grow can still be read; any other failure to record gives nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from policy_service.domain.principals import Principal
from policy_service.domain.releases import Recipient, RecipientKind
from policy_service.errors import LogContradicted, NotReady
from policy_service.services.audit_exports import ExportOrder, Form, export, order_export
from policy_service.services.audit_filters import EntryFilter
from policy_service.services.audit_reading import browse
from policy_service.services.audit_tail import tail
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.receipts import reconcile_receipts
from tests.audit.logs import stop
from tests.cast import World

ALL = EntryFilter()
READINGS: dict[str, Callable[[World], object]] = {
    "page": lambda world: browse(world.desk, world.cleo, ALL, None, 10).entries,
    "tail": lambda world: tail(world.desk, world.cleo, ALL, -1).entries,
    "export": lambda world: list(export(world.desk, world.cleo, ALL, Form.JSONL).lines),
    "receipts": lambda world: reconcile_receipts(world.desk, world.cleo, [b"x"]).named,
}


@pytest.mark.parametrize("reading", READINGS)
def test_a_log_that_refuses_to_grow_can_still_be_read(world: World, reading: str) -> None:
    READINGS[reading](world)  # on PostgreSQL: everything has a place before the alarm
    stop(world)
    before = world.actions()
    assert READINGS[reading](world)
    assert world.actions() == before


@pytest.mark.parametrize("reading", READINGS)
def test_what_cannot_be_recorded_for_another_reason_is_not_given(
    sqlite_world: World, reading: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def full(_desk: Desk, _who: Principal) -> Iterator[Context]:
        raise NotReady("the disk is full")
        yield

    monkeypatch.setattr(Desk, "writing", full)
    with pytest.raises(NotReady):
        READINGS[reading](sqlite_world)


def test_nothing_is_released_while_nothing_can_be_recorded(world: World) -> None:
    stop(world)
    order = ExportOrder(ALL, Form.CSV, Recipient(RecipientKind.COURT, "County court"), "An order")
    with pytest.raises(LogContradicted), world.writing() as context:
        order_export(context, order)
