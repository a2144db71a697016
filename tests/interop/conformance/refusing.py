"""Registrations that must be refused."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from policy_service.auth.client_forms import ClientForm
from policy_service.errors import InvalidRequest
from tests.cast import World
from tests.interop.conformance.hooks import Json
from tests.interop.conformance.registering import EVERY_SCOPE, key_set, registered


def refuse_key_set(world: World, keys: Sequence[Json]) -> str:
    """Try to register a key set that must be refused; what was said of it."""
    issuer = "https://refused.example.org"
    form = ClientForm("refused", EVERY_SCOPE, issuer=issuer, jwks=key_set(keys))
    with pytest.raises(InvalidRequest) as refusal:
        registered(world, form)
    [field] = refusal.value.errors
    assert field.pointer == "/jwks"
    return field.detail
