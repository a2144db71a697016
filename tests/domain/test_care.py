"""Where a client stands to a clinician."""

from __future__ import annotations

import pytest

from policy_service.domain.care import (
    BEGINNING_PURPOSES,
    CareSpell,
    ClientStatus,
    Service,
    client_status,
    service,
)

OPEN, OVER = CareSpell(None, is_open=True), CareSpell(None, is_open=False)


def test_no_spell_is_prospective_and_an_open_one_is_current() -> None:
    assert client_status([]) is ClientStatus.PROSPECTIVE
    assert client_status([OVER]) is ClientStatus.FORMER
    assert client_status([OVER, OPEN]) is ClientStatus.CURRENT


@pytest.mark.parametrize("purpose", sorted(BEGINNING_PURPOSES))
def test_a_former_client_asked_for_again_is_being_taken_back(purpose: str) -> None:
    assert service(ClientStatus.FORMER, purpose) is Service.BEGINNING


def test_an_event_after_care_does_not_begin_care() -> None:
    assert service(ClientStatus.FORMER, "event") is Service.ENDED
    assert service(ClientStatus.CURRENT, "event") is Service.ONGOING
    assert service(ClientStatus.PROSPECTIVE, "session") is Service.BEGINNING
