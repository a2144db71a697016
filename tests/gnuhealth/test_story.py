"""The story of a practice that runs GNU Health, over JSON-RPC, on SQLite and on PostgreSQL.

Two live servers that know nothing of each other but HTTP: trytond with the module of
clients/gnuhealth, and this service under granian.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from policy_service.domain.standings import MESSAGES, Advice
from tests.gnuhealth.hospital import Hospital, Refused, slot
from tests.gnuhealth.practice import Practice

pytestmark = pytest.mark.gnuhealth
SOON = datetime.now(UTC).replace(tzinfo=None, microsecond=0) + timedelta(days=2)
PRIVATE = ("brother", "BRO", "sibling", "sibbling", "relative", "family", "disclos", "tie")


def at(hours: int) -> datetime:
    return SOON + timedelta(hours=hours)


def refused(book: Callable[[], object], kind: str) -> Refused:
    """The dialog that a booking ends in; nothing private stands in it."""
    with pytest.raises(Refused) as caught:
        book()
    assert caught.value.kind == kind, caught.value.text
    words = caught.value.text.casefold()
    assert [word for word in PRIVATE if word.casefold() in words.split()] == []
    return caught.value


def test_the_front_desk_books_and_the_practice_decides(both: tuple[Hospital, Practice]) -> None:
    hospital, practice = both
    anna, ben = hospital.id("anna"), hospital.id("ben")
    marco, kim = hospital.id("marco"), hospital.id("kim")
    desk = hospital.sign_in("front.desk")

    # 4 · nobody stands in the way: booked, one entry, and it is known that it was booked.
    before = practice.decisions()
    kims = desk.book(anna, kim, at(0))
    assert practice.decisions() == before + 1
    assert desk.read(kims)["standing"] == Advice.PROCEED.value
    assert practice.cases() == []

    # 5 · her brother: a dialog, no row, neutral words, a reference.
    held = refused(lambda: desk.book(anna, marco, at(1)), "UserWarning")
    assert MESSAGES[Advice.HOLD_FOR_REVIEW] in held.text
    assert desk.appointments(anna, marco) == []
    asked_once = practice.decisions()
    (case,) = practice.cases()

    # 6 · YES: booked, by whom is reported; the dialog does not come again, and nothing is decided
    # twice, whatever the database does with the ids of a refused create.
    desk.skip(held)
    marcos = desk.book(anna, marco, at(1))
    assert practice.decisions() == asked_once
    kept = desk.read(marcos)
    assert (kept["standing"], kept["by"]) == (Advice.HOLD_FOR_REVIEW.value, "front.desk")
    assert kept["check"] in held.text
    assert practice.feedback() == [("overridden", kept["check"])]
    assert kept["report"] is None

    # 7 · one case, one override, and the whole log verifies.
    assert [one.id for one in practice.cases()] == [case.id]
    assert practice.entries("feedback.received") == 1
    practice.verify()

    # 8 · with another clinician he is welcome.
    desk.book(ben, marco, at(2))
    assert len(practice.cases()) == 1

    # 9 · an officer decides that it may go ahead: the next booking passes without a dialog. Under
    # a law that bars it, it is refused, no row, and there is no YES.
    practice.lift(case.id)
    allowed = desk.book(anna, marco, at(3))
    assert desk.read(allowed)["standing"] == Advice.PROCEED.value
    practice.tighten("anna")
    practice.work()
    barred = refused(lambda: desk.book(anna, marco, at(4)), "UserError")
    assert MESSAGES[Advice.CHOOSE_ANOTHER_CLINICIAN] in barred.text
    assert sorted(desk.appointments(anna, marco)) == sorted([marcos, allowed])
    assert [one.outcome for one in practice.cases()] == ["prohibit"]

    # 10 · the service is gone: it is said, care goes on, and the check is made good.
    practice.served.kill()
    absent = refused(lambda: desk.book(ben, kim, at(5)), "UserWarning")
    assert "pending" in absent.text
    desk.skip(absent)
    unchecked = desk.book(ben, kim, at(5))
    assert desk.read(unchecked)["standing"] == "pending"
    practice.served.start()
    waited_for = practice.decisions()
    hospital.cron()
    assert practice.decisions() == waited_for + 1
    assert desk.read(unchecked)["standing"] == Advice.PROCEED.value
    outcomes = [outcome for outcome, _ in practice.feedback()]
    assert outcomes.count("booked") == 4
    assert outcomes.count("overridden") == 1

    # 11 · a free slot asks nothing; given to somebody, it is asked about.
    free = desk.book_all([slot(ben, None, at(6), state="free")])[0]
    decided = practice.decisions()
    desk("gnuhealth.appointment.write", [free], {"comments": "kept free"})
    assert practice.decisions() == decided
    lea = hospital.id("lea")
    practice.disclose(
        "ben",
        "FRND",
        {
            "names": [{"given": "Lea", "family": "Wolff"}],
            "birth_date": "1975-12-03",
            "phones": ["+15125550166"],
        },
    )
    practice.work()
    taken = {"patient": lea, "state": "confirmed"}
    caught = refused(lambda: desk("gnuhealth.appointment.write", [free], taken), "UserWarning")
    assert desk("gnuhealth.appointment.read", [free], ["state"])[0]["state"] == "free"

    # 12 · no: nothing was saved and nothing is reported; a yes to one slot is none to another.
    reported = len(practice.feedback())
    other = refused(lambda: desk.book(ben, lea, at(7)), "UserWarning")
    assert other.name != caught.name
    assert len(practice.feedback()) == reported
    practice.verify()
