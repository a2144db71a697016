"""One GNU Health booking with our check beside one without, in the same run and in turn.

`make bench-gnuhealth` prints JSON lines {figure, value, unit, peer, peer_value, ratio}. What the
front desk waits for over JSON-RPC, both servers live on SQLite. *The call* is the create alone.
*The booking* is what the web client does for one: defaults, patient and clinician looked up as they
are typed, the create, and the appointment read back. The peer is the same without a clinician yet:
the module has nothing to ask.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.figures import report
from policy_service.database import migrate
from tests.gnuhealth.hospital import Hospital, Session, slot
from tests.gnuhealth.practice import ANNA, Practice

ROUNDS, WARM_UP = 60, 8
FIELDS = ["name", "patient", "healthprof", "appointment_date", "state", "patient.rec_name"]
Book = Callable[[int | None, datetime], None]


def main() -> None:
    """Set both up in a folder that goes at the end, measure, print."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        hospital = Hospital(folder / "gnuhealth")
        hospital.folder.mkdir()
        hospital.install()
        database = f"sqlite:///{folder}/policy.sqlite3"
        migrate.upgrade(database)
        practice = Practice.open(database, folder)
        try:
            measure(hospital, practice)
        finally:
            hospital.stop()
            practice.close()


def measure(hospital: Hospital, practice: Practice) -> None:
    """Book with and without a clinician in turn; medians and the 95th percentile."""
    practice.register("anna", ANNA, hospital)
    hospital.service_url = practice.served.url
    hospital.give_key(practice.front_desk_key)
    hospital.start()
    desk, kim = hospital.sign_in("front.desk"), hospital.id("kim")

    def call(clinician: int | None, when: datetime) -> None:
        desk.book_all([slot(clinician, kim, when)])

    def booking(clinician: int | None, when: datetime) -> None:
        as_the_web_client(desk, clinician, kim, when)

    for figure, book in (("gnuhealth_call", call), ("gnuhealth_booking", booking)):
        before = practice.decisions()
        checked, plain = in_turn(book, hospital.id("anna"))
        assert practice.decisions() == before + ROUNDS + WARM_UP
        for word, of in (("median", statistics.median), ("p95", _p95)):
            ours, theirs = of(checked) * 1000, of(plain) * 1000
            report(f"{figure}_{word}", ours, "ms", "the same without a check", theirs)


def in_turn(book: Book, clinician: int) -> tuple[list[float], list[float]]:
    """Seconds with the check, and without."""
    start = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    taken: tuple[list[float], list[float]] = ([], [])
    for number in range(ROUNDS + WARM_UP):
        for one, times in ((clinician, taken[0]), (None, taken[1])):
            began = time.perf_counter()
            book(one, start + timedelta(days=1, hours=number))
            if number >= WARM_UP:
                times.append(time.perf_counter() - began)
    return taken


def as_the_web_client(desk: Session, clinician: int | None, patient: int, when: datetime) -> None:
    """The calls that the web client makes for one booking."""
    desk("gnuhealth.appointment.default_get", ["patient", "healthprof", "state", "urgency"])
    desk(
        "gnuhealth.patient.search_read", [["rec_name", "ilike", "%Kim%"]], 0, 10, None, ["rec_name"]
    )
    desk("gnuhealth.healthprofessional.search_read", [], 0, 10, None, ["rec_name"])
    (made,) = desk.book_all([slot(clinician, patient, when)])
    desk("gnuhealth.appointment.read", [made], FIELDS)


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


if __name__ == "__main__":
    main()
