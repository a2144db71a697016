"""A GNU Health of its own: its database, its server, and a client of its JSON-RPC interface."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from tests.e2e.served import free_port

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PASSWORD = "a long enough password 1984"
STARTS_WITHIN_SECONDS, PATIENCE = 120, 600


def python_folder() -> Path:
    """Where GNU Health's own Python is: never that of this service (other licence, other pins)."""
    return Path(os.environ.get("POLICY_TEST_GNUHEALTH", str(ROOT / ".venv-gnuhealth"))) / "bin"


class Refused(Exception):
    """GNU Health said no. `kind` is UserError or UserWarning; `name` is a warning's own."""

    def __init__(self, kind: str, said: list[Any]) -> None:
        self.kind, self.said = kind, said
        self.name = said[0] if kind == "UserWarning" else ""
        self.text = "\n".join(str(part) for part in said if part)
        super().__init__(f"{kind}: {self.text}")


@dataclass
class Session:
    """A signed-in user of the JSON-RPC interface: what the web client does, and no more."""

    url: str
    login: str
    http: requests.Session = field(default_factory=requests.Session)

    def sign_in(self) -> Session:
        """Sign in with the password of the seeded users."""
        user, session = self._call("common.db.login", [self.login, {"password": PASSWORD}, "en"])
        raw = f"{self.login}:{user}:{session}".encode()
        self.http.headers["Authorization"] = f"Session {base64.b64encode(raw).decode()}"
        return self

    def __call__(self, method: str, *parameters: Any) -> Any:
        """Call `model.NAME.METHOD`. Refused where the web client would show a dialog."""
        return self._call(f"model.{method}", [*parameters, {}])

    def _call(self, method: str, parameters: Sequence[Any]) -> Any:
        body = {"id": 1, "method": method, "params": list(parameters)}
        response = self.http.post(self.url, json=body, timeout=60)
        response.raise_for_status()
        answer = response.json()
        if answer.get("error"):
            kind, said = answer["error"][:2]
            raise Refused(kind, said)
        return answer["result"]

    def book(self, clinician: int, patient: int, when: datetime, **more: Any) -> int:
        """Book one appointment; its id."""
        return self.book_all([slot(clinician, patient, when, **more)])[0]

    def book_all(self, slots: list[dict[str, Any]]) -> list[int]:
        """Book several in one create."""
        made: list[int] = self("gnuhealth.appointment.create", slots)
        return made

    def skip(self, warning: Refused, always: bool = False) -> None:
        """YES: what the web client calls before it sends the booking again."""
        self("res.user.warning.skip", warning.name, always)

    def appointments(self, clinician: int, patient: int) -> list[int]:
        """The ids of the appointments of a pair."""
        pair = [["healthprof", "=", clinician], ["patient", "=", patient]]
        found: list[int] = self("gnuhealth.appointment.search", pair, 0, None, None)
        return found

    def read(self, appointment: int) -> dict[str, Any]:
        """What the module keeps with an appointment."""
        names = [f"boundary_{name}" for name in ("standing", "check", "reason", "by", "report")]
        (row,) = self("gnuhealth.appointment.read", [appointment], [*names, "state"])
        return {name.removeprefix("boundary_"): value for name, value in row.items()}


def slot(clinician: int | None, patient: int | None, when: datetime, **more: Any) -> dict[str, Any]:
    """The values of an appointment, as the web client sends them."""
    return {
        "healthprof": clinician,
        "patient": patient,
        "appointment_date": moment(when),
        "state": "confirmed",
        "urgency": "a",
        "appointment_type": "outpatient",
        "visit_type": "new",
        **more,
    }


def moment(when: datetime) -> dict[str, Any]:
    """A moment in Tryton's JSON."""
    parts = ("year", "month", "day", "hour", "minute", "second", "microsecond")
    return {"__class__": "datetime", **{name: getattr(when, name) for name in parts}}


@dataclass
class Hospital:
    """GNU Health in `folder`. `uri` is Tryton's, without the database's name."""

    folder: Path
    uri: str = "sqlite://"
    database: str = "gh"
    service_url: str = "http://127.0.0.1:9"
    options: dict[str, str] = field(default_factory=dict)
    web_root: Path | None = None
    port: int = field(default_factory=free_port)
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where its users find it."""
        return f"http://127.0.0.1:{self.port}/{self.database}/"

    @property
    def configuration(self) -> Path:
        """Its trytond.conf."""
        return self.folder / "trytond.conf"

    def configure(self) -> None:
        """Write trytond.conf anew."""
        sections = {
            "database": {"uri": self.uri, "path": str(self.folder)},
            "web": {
                "listen": f"127.0.0.1:{self.port}",
                **({"root": str(self.web_root)} if self.web_root else {}),
            },
            "boundary": {
                "url": self.service_url,
                "key_file": str(self.folder / "boundary.key"),
                **self.options,
            },
        }
        lines: list[str] = []
        for name, values in sections.items():
            lines += [f"[{name}]", *(f"{key} = {value}" for key, value in values.items()), ""]
        self.configuration.write_text("\n".join(lines), encoding="utf-8")

    def give_key(self, key: str) -> None:
        """The key with which the module asks the service."""
        (self.folder / "boundary.key").write_text(f"{key}\n", encoding="ascii")

    def install(self) -> None:
        """Create the tables, activate GNU Health and the module, seed the people."""
        self.configure()
        (self.folder / "password").write_text(f"{PASSWORD}\n", encoding="ascii")
        if self.uri == "sqlite://":
            (self.folder / f"{self.database}.sqlite").touch()
        admin = ["trytond-admin", "-c", str(self.configuration), "-d", self.database]
        self.run([*admin, "--all", "--email", "admin@example.org"])
        modules = ["boundary_policy", "party_relationship"]
        self.run([*admin, "-u", *modules, "--activate-dependencies"])
        seed = ["python", str(HERE / "seed.py"), self.database, str(self.configuration)]
        said = self.run(seed).splitlines()[-1]
        (self.folder / "people.json").write_text(said, encoding="utf-8")
        self.people = json.loads(said)

    def run(self, command: list[str]) -> str:
        """A program of GNU Health's own Python; what it printed."""
        program, *rest = command
        done = subprocess.run(
            [str(python_folder() / program), *rest],
            cwd=self.folder,
            env=os.environ | {"TRYTONPASSFILE": str(self.folder / "password")},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        with (self.folder / "programs.log").open("a", encoding="utf-8") as log:
            log.write(f"--- {program}\n{done.stderr}")
        assert done.returncode == 0, f"{program}: {done.stderr[-3000:]}"
        return done.stdout

    def start(self) -> Hospital:
        """Start trytond, and wait until it answers."""
        self.configure()
        trytond = [str(python_folder() / "trytond"), "-c", str(self.configuration)]
        with (self.folder / "trytond.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*trytond, "-d", self.database],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until_it_answers(self.url, self.process)
        return self

    def stop(self) -> None:
        """End trytond."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(30)

    def restart(self, **options: str) -> None:
        """Start again with other options of the module."""
        self.stop()
        self.options = options
        self.start()

    def cron(self) -> None:
        """One run of GNU Health's own cron, with the module's task alone due now.

        On SQLite a second task could not write: trytond-cron keeps the lock that it took when it
        noted the first as done.
        """
        self.run(["python", str(HERE / "due.py"), self.database, str(self.configuration)])
        self.run(["trytond-cron", "-c", str(self.configuration), "-d", self.database, "--once"])

    def as_root(self, pairs: list[list[int]]) -> list[str]:
        """Book for each pair as nobody in particular; what became of each."""
        program = ["python", str(HERE / "root.py"), self.database, str(self.configuration)]
        said: list[str] = json.loads(self.run([*program, json.dumps(pairs)]).splitlines()[-1])
        return said

    def sign_in(self, login: str) -> Session:
        """A signed-in user."""
        return Session(self.url, login).sign_in()

    def id(self, name: str) -> int:
        """The row of a seeded clinician or patient."""
        found: int = self.people[name]["id"]
        return found


def until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until the server takes requests."""
    body = {"id": 1, "method": "common.db.list", "params": []}
    give_up = time.monotonic() + STARTS_WITHIN_SECONDS
    while True:
        assert process.poll() is None, "trytond ended while starting"
        assert time.monotonic() < give_up, "trytond did not get ready"
        try:
            requests.post(url.rsplit("/", 2)[0] + "/", json=body, timeout=60)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
