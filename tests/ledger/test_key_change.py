"""A key change counts when both keys signed it, and only for whoever pinned the old one."""

import pytest

from policy_service.ledger.errors import NoteRefused
from policy_service.ledger.key_change import open_key_change, sign_key_change
from policy_service.ledger.note import Verifier
from tests.ledger.keys import LOG_KEY, LOG_VERIFIER, ORIGIN, OTHER_KEY, SeededKey

AT = "2026-03-01T09:30:00.000000Z"
NEW = SeededKey(ORIGIN, seed="second")
THIEF = SeededKey(ORIGIN, seed="thief")
GOOD = sign_key_change(AT, LOG_KEY, NEW)


def test_whoever_pinned_the_old_key_is_led_to_the_new_one():
    change = open_key_change(GOOD, LOG_VERIFIER)
    assert (change.at, change.new) == (AT, Verifier.of(NEW))


def test_a_change_by_one_key_alone_is_refused():
    by_new_alone = sign_key_change(AT, THIEF, NEW) | {"old": GOOD["old"]}
    with pytest.raises(NoteRefused, match="old_sig"):
        open_key_change(by_new_alone, LOG_VERIFIER)
    by_old_alone = sign_key_change(AT, LOG_KEY, THIEF) | {"new": GOOD["new"]}
    with pytest.raises(NoteRefused, match="old_sig"):
        open_key_change(by_old_alone, LOG_VERIFIER)
    swapped = GOOD | {"new_sig": sign_key_change(AT, LOG_KEY, THIEF)["new_sig"]}
    with pytest.raises(NoteRefused, match="new_sig"):
        open_key_change(swapped, LOG_VERIFIER)


def test_a_change_from_a_key_that_was_not_pinned_is_refused():
    with pytest.raises(NoteRefused, match="does not lead on"):
        open_key_change(sign_key_change(AT, THIEF, NEW), LOG_VERIFIER)


def test_a_key_of_another_log_does_not_follow():
    with pytest.raises(NoteRefused, match="another log"):
        open_key_change(sign_key_change(AT, LOG_KEY, OTHER_KEY), LOG_VERIFIER)


@pytest.mark.parametrize(
    "changed",
    [{"at": "2026-03-01T09:30:00.000001Z"}, {"old_sig": "A"}, {"v": 2}, {"more": 1}, {"log": "x"}],
    ids=["time", "signature", "version", "field", "log"],
)
def test_an_altered_change_is_refused(changed):
    with pytest.raises(NoteRefused):
        open_key_change(GOOD | changed, LOG_VERIFIER)


@pytest.mark.parametrize("value", [None, [], "text", {}], ids=["null", "list", "text", "empty"])
def test_another_value_is_refused(value):
    with pytest.raises(NoteRefused, match="exactly the fields"):
        open_key_change(value, LOG_VERIFIER)
