"""When something fails between GNU Health and the service: care goes on, and nothing is silently
clear. Live on both sides; a socket of the test's own stands in for a service that is ill."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from policy_service.database.tables.registry import ClientRow
from policy_service.domain.standings import Advice
from tests.gnuhealth.hospital import Hospital, Refused, Session, slot
from tests.gnuhealth.practice import MARCO, Practice
from tests.gnuhealth.test_story import at, refused

pytestmark = pytest.mark.gnuhealth
SLOW = b""
ILL = {
    "overloaded": b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n{}",
    "refuses": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}",
    "says nothing": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    "says nonsense": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<html",
    "cut off": b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"answers":',
    "no HTTP": b"SSH-2.0-OpenSSH\r\n",
    "slow": SLOW,
}


@contextmanager
def ill_service(answer: bytes) -> Iterator[str]:
    """Something on loopback that gives this answer to whatever is asked; SLOW never gives one."""
    enough = threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            if answer == SLOW:
                enough.wait(60)
            else:
                self.request.sendall(answer)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            enough.set()
            server.shutdown()
            thread.join()


def goes_on(desk: Session, hospital: Hospital, hours: int) -> int:
    """Booking without an answer: a dialog that says so, and after YES an appointment that waits."""
    ben, kim = hospital.id("ben"), hospital.id("kim")
    absent = refused(lambda: desk.book(ben, kim, at(hours)), "UserWarning")
    assert "pending" in absent.text
    assert len(desk.appointments(ben, kim)) == hours
    desk.skip(absent)
    booked = desk.book(ben, kim, at(hours))
    assert desk.read(booked)["standing"] == "pending"
    return booked


def test_whatever_fails_the_booking_waits_for_its_check_and_goes_on(
    on_sqlite: tuple[Hospital, Practice],
) -> None:
    hospital, practice = on_sqlite
    waiting = []
    for hours, answer in enumerate(ILL.values()):
        with ill_service(answer) as url:
            hospital.service_url = url
            hospital.restart(timeout="0.5")
            waiting.append(goes_on(hospital.sign_in("front.desk"), hospital, hours))
    # Well again: every one of them is asked about, once, and it is known that it was booked.
    before = practice.decisions()
    hospital.service_url = practice.served.url
    hospital.restart()
    hospital.cron()
    desk = hospital.sign_in("front.desk")
    assert {desk.read(one)["standing"] for one in waiting} == {Advice.PROCEED.value}
    assert practice.decisions() == before + len(waiting)
    assert [outcome for outcome, _ in practice.feedback()] == ["booked"] * len(waiting)
    hospital.cron()
    assert practice.decisions() == before + len(waiting)


def test_an_emergency_is_booked_without_a_dialog_whatever_fails(
    on_sqlite: tuple[Hospital, Practice],
) -> None:
    hospital, practice = on_sqlite
    desk = hospital.sign_in("doctor")
    anna, marco = hospital.id("anna"), hospital.id("marco")
    answered = desk.book(anna, marco, at(0), urgency="c")
    assert desk.read(answered)["standing"] == Advice.PROCEED.value
    assert len(practice.cases()) == 1  # what was found waits in the queue
    practice.served.kill()
    unanswered = desk.book(anna, marco, at(1), urgency="c")
    assert desk.read(unanswered)["standing"] == "pending"


def test_a_site_may_choose_to_go_on_quietly_and_still_nothing_is_clear(
    on_sqlite: tuple[Hospital, Practice],
) -> None:
    hospital, practice = on_sqlite
    hospital.restart(on_error="open")
    practice.served.kill()
    desk = hospital.sign_in("front.desk")
    booked = desk.book(hospital.id("anna"), hospital.id("marco"), at(0))
    assert desk.read(booked)["standing"] == "pending"
    practice.served.start()
    hospital.cron()
    found = desk.read(booked)
    assert found["standing"] == Advice.HOLD_FOR_REVIEW.value
    assert [outcome for outcome, _ in practice.feedback()] == ["overridden"]
    assert len(practice.cases()) == 1


def test_a_clinician_whom_the_service_does_not_know_is_not_clear(
    on_sqlite: tuple[Hospital, Practice],
) -> None:
    """A 4xx for one line of a batch: the other line is answered all the same."""
    hospital, practice = on_sqlite
    practice.send(
        f"/v1/clinicians/{practice.world.ids['ben']}/deactivation", {"reason": "He left."}
    )
    desk = hospital.sign_in("front.desk")
    ben, anna, kim = hospital.id("ben"), hospital.id("anna"), hospital.id("kim")
    slots = [slot(ben, kim, at(0)), slot(anna, kim, at(1))]
    absent = refused(lambda: desk.book_all(slots), "UserWarning")
    assert "HTTP 422" in absent.text
    desk.skip(absent)
    first, second = desk.book_all(slots)
    assert desk.read(first)["standing"] == "pending"
    assert desk.read(second)["standing"] == Advice.PROCEED.value


def test_five_in_one_create_are_one_dialog_and_each_is_decided_once(
    on_sqlite: tuple[Hospital, Practice],
) -> None:
    hospital, practice = on_sqlite
    desk = hospital.sign_in("front.desk")
    anna, marco = hospital.id("anna"), hospital.id("marco")
    slots = [slot(anna, marco, at(hours)) for hours in range(5)]
    before = practice.decisions()
    held = refused(lambda: desk.book_all(slots), "UserWarning")
    desk.skip(held)
    made = desk.book_all(slots)
    assert len(set(made)) == 5
    assert practice.decisions() == before + 5
    assert len(practice.cases()) == 1
    assert len(practice.feedback()) == 5


def test_the_same_slot_twice_is_two_bookings_and_one_case(
    on_sqlite: tuple[Hospital, Practice],
) -> None:
    """The second is a question of its own: what was decided meanwhile would be seen."""
    hospital, practice = on_sqlite
    desk = hospital.sign_in("front.desk")
    anna, marco = hospital.id("anna"), hospital.id("marco")
    for _ in range(2):
        held = refused(lambda: desk.book(anna, marco, at(0)), "UserWarning")
        desk.skip(held)
        desk.book(anna, marco, at(0))
    assert len(desk.appointments(anna, marco)) == 2
    assert len(practice.cases()) == 1
    assert len({check for _, check in practice.feedback()}) == 2


def test_a_patient_who_changed_name_is_still_the_same_client(
    on_sqlite: tuple[Hospital, Practice],
) -> None:
    """Renamed between the dialog and YES: another question, and no refusal for its key."""
    hospital, practice = on_sqlite
    desk, admin = hospital.sign_in("front.desk"), hospital.sign_in("admin")
    anna, marco = hospital.id("anna"), hospital.id("marco")
    held = refused(lambda: desk.book(anna, marco, at(0)), "UserWarning")
    party = hospital.people["marco"]["party"]
    admin("party.party.write", [party], {"lastname": "Bianchi"})
    desk.skip(held)
    try:
        desk.book(anna, marco, at(0))
    except Refused as changed:  # what the service says of the new name is another answer
        desk.skip(changed)
        desk.book(anna, marco, at(0))
    known = hospital.people["marco"]["external_id"]
    assert practice.count(ClientRow, ClientRow.external_id == known) == 1
    assert len({one.client_id for one in practice.cases()}) == 1


def test_always_ignore_holds_for_that_slot_alone(on_sqlite: tuple[Hospital, Practice]) -> None:
    hospital, _ = on_sqlite
    desk = hospital.sign_in("front.desk")
    anna, marco = hospital.id("anna"), hospital.id("marco")
    held = refused(lambda: desk.book(anna, marco, at(0)), "UserWarning")
    desk.skip(held, always=True)
    desk.book(anna, marco, at(0))
    refused(lambda: desk.book(anna, marco, at(1)), "UserWarning")


def test_where_nobody_can_be_asked_a_held_booking_is_refused(
    on_sqlite: tuple[Hospital, Practice],
) -> None:
    """A warning is never shown to a cron or an import by root: it would be waved through."""
    hospital, _ = on_sqlite
    anna, ben, marco = (hospital.id(name) for name in ("anna", "ben", "marco"))
    said = hospital.as_root([[anna, marco], [ben, marco]])
    assert said == ["UserError", "booked"]


def test_a_site_may_ask_for_a_reason(on_sqlite: tuple[Hospital, Practice]) -> None:
    hospital, practice = on_sqlite
    hospital.restart(reason_required="true")
    desk = hospital.sign_in("front.desk")
    anna, marco = hospital.id("anna"), hospital.id("marco")
    wanted = refused(lambda: desk.book(anna, marco, at(0)), "UserError")
    assert "Reason to go ahead" in wanted.text
    why = {"boundary_reason": "The supervisor agreed."}
    held = refused(lambda: desk.book(anna, marco, at(0), **why), "UserWarning")
    desk.skip(held)
    booked = desk.book(anna, marco, at(0), **why)
    assert desk.read(booked)["reason"] == why["boundary_reason"]
    assert len(practice.feedback()) == 1


def test_a_tie_disclosed_later_shows_on_what_is_in_the_book(
    on_sqlite: tuple[Hospital, Practice],
) -> None:
    hospital, practice = on_sqlite
    desk = hospital.sign_in("front.desk")
    ben, marco, kim = (hospital.id(name) for name in ("ben", "marco", "kim"))
    booked, other = desk.book(ben, marco, at(0)), desk.book(ben, kim, at(1))
    hospital.cron()
    assert desk.read(booked)["standing"] == Advice.PROCEED.value
    practice.disclose("ben", "SPS", MARCO)
    practice.work()
    hospital.cron()
    assert desk.read(booked)["standing"] != Advice.PROCEED.value
    assert desk.read(other)["standing"] == Advice.PROCEED.value


def test_a_cancelled_booking_is_reported(on_sqlite: tuple[Hospital, Practice]) -> None:
    hospital, practice = on_sqlite
    desk = hospital.sign_in("front.desk")
    booked = desk.book(hospital.id("ben"), hospital.id("kim"), at(0))
    hospital.cron()
    desk("gnuhealth.appointment.write", [booked], {"state": "user_cancelled"})
    hospital.cron()
    assert [outcome for outcome, _ in practice.feedback()] == ["booked", "cancelled"]


def test_a_client_may_not_wave_the_dialog_away(on_sqlite: tuple[Hospital, Practice]) -> None:
    hospital, _ = on_sqlite
    desk = hospital.sign_in("front.desk")
    values = [slot(hospital.id("anna"), hospital.id("marco"), at(0))]
    method = "model.gnuhealth.appointment.create"
    with pytest.raises(Refused) as caught:
        desk._call(method, [values, {"_skip_warnings": True}])
    assert caught.value.kind == "UserWarning"
