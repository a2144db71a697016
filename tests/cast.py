"""The standing cast: one small practice with invented people, for any test that needs a world.

Dr. Alma Reyes   Texas LPC, ACA member; her brother Tomas is a registered client; never attested
Dr. Ben Okafor   Texas LPC; attested everything today, no ties: a clean slate
Tomas Reyes      client, Alma's brother (she disclosed him)
Nora Lind        client, related to nobody
Cleo             compliance officer
Dana             EHR of another practice; on SQLite, which holds one practice, her ids are unknown

Use the fixture `world` (both databases). Services: `with world.writing() as context: …`.
REST: `world.http(Scope.REGISTRY_WRITE).post("/v1/…", json=…)`.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, make_url, select
from werkzeug.test import TestResponse

from policy_service.app import create_desk, doors, stand_on
from policy_service.auth.ehr_keys import NewEhrClient, issue_key
from policy_service.database.tables.audit import EntryRow
from policy_service.database.tables.jobs import WorkRow
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.domain.attestations import AttestationKind
from policy_service.domain.people import PersonName, PersonRecord
from policy_service.domain.principals import Principal, Role, Scope
from policy_service.services.attestations import attest
from policy_service.services.checks import CheckDoor, CheckRequest, prepare, run_check
from policy_service.services.clients import register_client
from policy_service.services.clinicians import (
    ClinicianForm,
    LicenceForm,
    MembershipForm,
    add_licence,
    add_membership,
    register_clinician,
)
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.disclosures import DisclosureForm, disclose
from policy_service.services.packs import wording
from policy_service.services.practices import NewPractice, found_practice
from policy_service.services.stored_responses import Response
from policy_service.settings import Settings

ALL_KINDS = frozenset(AttestationKind)
DAY_ONE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Clock:
    """The world's clock: it stands still until a test moves it."""

    now: datetime = DAY_ONE

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **how: float) -> None:
        """Let time pass: `advance(days=3)`."""
        self.now += timedelta(**how)


def person(given: str, family: str, birth_date: str = "", **more: Any) -> PersonRecord:
    """A record of an invented person."""
    return PersonRecord((PersonName(given, family),), birth_date=birth_date, **more)


ALMA = person("Alma", "Reyes", "1979-06-11", sex="female", phones=("+1 512 555 0101",))
BEN = person("Ben", "Okafor", "1968-01-30", sex="male", phones=("+1 512 555 0102",))
TOMAS = person(
    "Tomas", "Reyes", "1983-09-24", sex="male",
    phones=("+1 512 555 0147",), emails=("tomas.reyes@example.org",),
)  # fmt: skip
NORA = person(
    "Nora", "Lind", "1990-02-17", sex="female",
    phones=("+1 737 555 0199",), emails=("nora.lind@example.org",),
)  # fmt: skip


@dataclass
class World:
    """A running service and the ids of its people."""

    settings: Settings
    desk: Desk
    clock: Clock
    practice_id: str
    other_practice_id: str | None
    ids: dict[str, str] = field(default_factory=dict)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Hypothesis prints every argument; a whole service is no use in a failure's report."""
        printer.text(f"World({self.settings.database_url})")

    @cached_property
    def app(self) -> Flask:
        """The application. Its doors are built once in a process: that takes a quarter second."""
        app = copy.copy(_doors())
        app.config = copy.copy(app.config)
        app.extensions = dict(app.extensions)
        return stand_on(app, self.desk, self.settings)

    @property
    def cleo(self) -> Principal:
        """The compliance officer."""
        return self.account(Role.COMPLIANCE, name="Cleo")

    def account(self, *roles: Role, name: str = "Somebody", **more: Any) -> Principal:
        """An account of the practice; ids follow from the name."""
        known = f"account:{name}"
        self.ids.setdefault(known, str(uuid4()))
        return Principal(self.practice_id, self.ids[known], name, frozenset(roles), **more)

    def reading(self, principal: Principal | None = None) -> AbstractContextManager[Context]:
        """A read context, as Cleo unless told."""
        return self.desk.reading(principal or self.cleo)

    def writing(self, principal: Principal | None = None) -> AbstractContextManager[Context]:
        """A write context that commits, as Cleo unless told."""
        return self.desk.writing(principal or self.cleo)

    def http(self, *scopes: Scope, dana: bool = False) -> Caller:
        """An HTTP client with a key of these scopes; of the other practice for Dana."""
        practice = self.other_practice_id if dana else self.practice_id
        assert practice is not None, "SQLite holds one practice: Dana has no key there"
        key = issue_key(self.desk, NewEhrClient(practice, "an EHR", frozenset(scopes)))
        return Caller(self.app.test_client(), {"Authorization": f"Bearer {key}"})

    def dana(self) -> Principal | None:
        """A compliance officer of the other practice; None on SQLite."""
        if self.other_practice_id is None:
            return None
        return Principal(self.other_practice_id, str(uuid4()), "Dana", frozenset({Role.COMPLIANCE}))

    def check(self, clinician: str, client: str, purpose: str = "intake") -> dict[str, Any]:
        """The whole answer to a recorded check, as Cleo sees it; people by their names in `ids`."""
        request = CheckRequest(
            clinician_id=self.ids[clinician],
            purpose=purpose,
            as_of=self.clock().date(),
            client_id=self.ids[client],
        )
        answer: dict[str, Any] = orjson.loads(
            run_check(self.desk, self.cleo, request, self.door()).body
        )
        return answer

    def facts(self, clinician: str, client: str, purpose: str = "session") -> dict[str, Any]:
        """The base facts as the next check would read them: known values, None for the rest."""
        request = CheckRequest(
            clinician_id=self.ids[clinician],
            purpose=purpose,
            as_of=self.clock().date(),
            client_id=self.ids[client],
        )
        with self.reading() as context:
            facts = prepare(self.desk, context, request).material.gathered.facts.base
        return {name: getattr(fact, "value", None) for name, fact in facts.items()}

    def door(self) -> CheckDoor:
        """The simplest door: the answer as JSON."""
        return CheckDoor(
            render=wording(self.desk, self.cleo),
            respond=lambda body, _audience, _id: Response(201, orjson.dumps(body)),
        )

    def actions(self) -> list[str]:
        """The actions in the audit log, in the order they were recorded."""
        with self.reading() as context:
            rows = select(EntryRow.action).order_by(EntryRow.at)
            return list(context.session.scalars(rows))

    def version(self, name: str) -> int:
        """The version of a clinician or client of that name."""
        with self.reading() as context:
            for table in (ClinicianRow, ClientRow):
                row = context.session.get(table, (self.practice_id, self.ids[name]))
                if row is not None:
                    return row.version
        raise KeyError(name)

    @contextmanager
    def elsewhere(self) -> Iterator[Context]:
        """A write context of Dana's practice."""
        dana = self.dana()
        assert dana is not None, "SQLite holds one practice"
        with self.desk.writing(dana) as context:
            yield context


@cache
def _doors() -> Flask:
    return doors()


@dataclass
class Caller:
    """A test client that sends its key along."""

    client: FlaskClient
    headers: dict[str, str]

    def get(self, path: str, **more: Any) -> TestResponse:
        """GET."""
        return self.client.get(path, headers=self._with(more), **more)

    def post(self, path: str, **more: Any) -> TestResponse:
        """POST."""
        return self.client.post(path, headers=self._with(more), **more)

    def put(self, path: str, **more: Any) -> TestResponse:
        """PUT."""
        return self.client.put(path, headers=self._with(more), **more)

    def _with(self, more: dict[str, Any]) -> dict[str, str]:
        return self.headers | more.pop("headers", {})


def settings_for(database_url: str, folder: Path) -> Settings:
    """Settings of a service of its own under `folder`."""
    return Settings.from_environment(
        {
            "DATABASE_URL": _patient(database_url),
            "POLICY_KEK": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
            "POLICY_KEY_DIR": str(folder / "keys"),
        }
    )


def _patient(database_url: str) -> str:
    """PostgreSQL waits long for a lock: on a busy machine 503 is right, and not what we test."""
    if not database_url.startswith("postgresql"):
        return database_url
    waits = "-c lock_timeout=60s -c statement_timeout=60s"
    url = make_url(database_url).update_query_dict({"options": waits})
    return url.render_as_string(hide_password=False)


def empty_world(database_url: str, folder: Path) -> World:
    """A service with a practice and nobody in it; with a second practice on PostgreSQL."""
    clock, settings = Clock(), settings_for(database_url, folder)
    desk = create_desk(settings, clock)
    ours = found_practice(desk, NewPractice("elm", "Elm Street Practice", "US-TX"))
    theirs = None
    if desk.database.dialect == "postgresql":
        theirs = found_practice(desk, NewPractice("oak", "Oak Lane Practice", "US-TX"))
    return World(settings, desk, clock, ours, theirs)


def world_like(made: World, database_url: str, folder: Path) -> World:
    """The world whose database and keys were copied: the same people under the same ids."""
    shutil.copytree(made.settings.key_dir, folder / "keys")
    clock, settings = Clock(made.clock.now), settings_for(database_url, folder)
    desk = create_desk(settings, clock)
    return World(settings, desk, clock, made.practice_id, made.other_practice_id, dict(made.ids))


def populate(world: World) -> World:
    """Let the cast in."""
    with world.writing() as context:
        ids = world.ids
        ids["alma"] = _clinician(context, ALMA)
        ids["ben"] = _clinician(context, BEN)
        add_membership(context, ids["alma"], MembershipForm("ACA"))
        attest(context, ids["ben"], ALL_KINDS, context.today)
        ids["tomas"] = register_client(context, TOMAS, "ehr-tomas")
        ids["nora"] = register_client(context, NORA, "ehr-nora")
        ids["brother_tie"] = disclose(context, DisclosureForm(ids["alma"], "BRO", TOMAS))
        context.session.execute(delete(WorkRow))  # they have been here long: nothing waits
    return world


def _clinician(context: Context, record: PersonRecord) -> str:
    clinician_id = register_clinician(context, ClinicianForm(record))
    add_licence(context, clinician_id, LicenceForm("US-TX", "LPC", "2010"))
    return clinician_id
