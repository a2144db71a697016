"""What a running service notices: a moved clock, a sealer that stands still, triggers that go."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import text

from policy_service.worker import Worker
from tests.attacks.forger import look_inside
from tests.audit.logs import refuses_changes, sign, write
from tests.audit.test_clock import signed_at
from tests.audit.test_protection import FILLED
from tests.cast import World


@dataclass
class Clockwork:
    """A worker, and what its rounds say of the clock."""

    world: World
    worker: Worker = field(init=False)
    noticed: int = 0

    def __post_init__(self) -> None:
        self.worker = Worker(self.world.desk)

    def look(self) -> str:
        """One more entry and one more round; the entries about the clock that came of it."""
        write(self.world, "something")
        self.worker.run_due()
        found = self.world.actions().count("clock.moved")
        new, self.noticed = found - self.noticed, found
        return f"{new} clock.moved" if new else ""

    def order(self) -> str:
        """Whether the times of signed heads go back."""
        self.look()
        times = signed_at(self.world)
        return "" if times == sorted(times) else "the times of the heads go back"


def health(world: World) -> str:
    """What the probe says where it is not green."""
    said = world.app.test_client().get("/health")
    return "" if said.status_code == 200 else f"{said.status_code} {said.get_data(as_text=True)}"


def stall(world: World) -> tuple[str, ...]:
    """An entry, and nobody who seals and signs it for longer than the log promises."""
    write(world, "unsigned")
    world.clock.advance(seconds=world.settings.unsigned_alarm_seconds + 1)
    return "503", '"status":"red"', '"alarms":0'


def changes_refused(world: World) -> None:
    """Every table of the log refuses to have rows changed or deleted."""
    for name in FILLED:
        refuses_changes(world, name)


def drop_trigger(world: World, name: str) -> tuple[str, ...]:
    """One of them goes, and a row with it that nobody misses yet."""
    table = name.removesuffix("_no_delete").removesuffix("_no_update")
    where = f" ON {table}" if world.desk.database.dialect == "postgresql" else ""
    with world.desk.database.engine.begin() as connection:
        connection.execute(text(f"DROP TRIGGER {name}{where}"))
    return "exit 1: TAMPERED: a trigger that keeps rows from being changed is gone", name


def untouched(world: World) -> str:
    """As verifying says, of a log that has been signed."""
    sign(world)
    return look_inside(world)
