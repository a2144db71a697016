"""What the tests of the REST door share."""

from __future__ import annotations

from typing import Any

import pytest

from policy_service.domain.principals import Scope
from tests.cast import Caller, World

EVERY_SCOPE = tuple(Scope)


@pytest.fixture
def ehr(world: World) -> Caller:
    """An EHR whose key may do everything."""
    return world.http(*EVERY_SCOPE)


def asked(world: World, clinician: str, client: str, **more: Any) -> dict[str, Any]:
    """The body of a check about two of the cast."""
    return {
        "clinician": {"id": world.ids[clinician]},
        "client": {"id": world.ids[client]},
        "purpose": "intake",
        "acting_user": {"role": "system"},
        **more,
    }
