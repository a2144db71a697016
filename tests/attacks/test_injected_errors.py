"""Row 16 at full size: each call that keeps something fails once, as on a disk that breaks.

strace injects the error. After each the log must be whole: no decision without its entry, nothing
acknowledged lost, and no answer but 503 (NotReady) from the service itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from tests.attacks import tracing
from tests.attacks.survey import Heard, survey
from tests.attacks.tracing import strace
from tests.cast import World

__all__ = ["strace"]
pytestmark = pytest.mark.slow


@pytest.fixture
def traced(world: World, strace: str) -> Iterator[tracing.Traced]:
    """A process of the world's service under strace."""
    started = tracing.Traced(strace, world, Heard())
    yield started
    started.end()


def test_attack_16_an_error_at_every_write_sync_and_rename(traced: tracing.Traced) -> None:
    look = partial(survey, traced.world, traced.heard)
    traced.order("-e", "trace=fsync")
    assert look() == "", "the control"
    failed = {}
    for call in tracing.CALLS:
        failed[call] = traced.fail_each(call)
        assert look() == "", f"after errors in {call}"
    print(f"{traced.world.desk.database.dialect}: {failed} failed once each")
    assert failed["fsync"], "the published head is synced"
    assert failed["rename"], "and put in its place whole"
    assert set(traced.heard.refused) == {"NotReady 503"}, traced.heard.refused


def test_attack_16_every_acknowledged_decision_was_synced(sqlite_world: World, strace: str) -> None:
    """PostgreSQL syncs in its own processes: there it is a setting of the server."""
    traced = tracing.Traced(strace, sqlite_world, Heard())
    traced.order("-e", "trace=fsync")
    for _ in range(3):
        before, calls = len(traced.heard.decided), traced.count()
        assert len(traced.heard.decided) == before + 1
        assert calls["fsync"] + calls["fdatasync"] >= 1
    traced.end()
