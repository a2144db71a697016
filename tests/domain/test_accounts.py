"""Connections in the words of the facts."""

from __future__ import annotations

import pytest

from policy_service.domain.accounts import (
    AccountKind,
    Connection,
    ConnectionState,
    connection_word,
    gravest_word,
)


@pytest.mark.parametrize(
    ("state", "initiator", "words"),
    [
        (ConnectionState.ACCEPTED, None, {"connected"}),
        (ConnectionState.REQUESTED, "client", {"requested_by_client"}),
        (ConnectionState.REQUESTED, "clinician", {"requested_by_clinician"}),
        (ConnectionState.REQUESTED, None, {"requested_by_client", "requested_by_clinician"}),
        (ConnectionState.DECLINED, "client", {"declined"}),
        (ConnectionState.REMOVED, None, {"removed"}),
    ],
)
def test_a_connection_says_what_is_known_and_no_more(
    state: ConnectionState, initiator: str | None, words: set[str]
) -> None:
    assert connection_word(Connection(AccountKind.PERSONAL, state, initiator)) == words


def test_being_connected_outweighs_all_and_nothing_is_none() -> None:
    assert gravest_word(["declined", "connected", "requested_by_client"]) == "connected"
    assert gravest_word([]) == "none"
