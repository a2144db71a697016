"""People with accounts for the console, and cases for them to work on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from policy_service.database.tables.reviews import CaseOccurrenceRow, CaseRow
from policy_service.domain.audiences import Audience
from policy_service.domain.deliberations import FIELDS
from policy_service.domain.people import PersonRecord
from policy_service.domain.principals import Role
from policy_service.services.attestations import attest
from policy_service.services.checks import CheckDoor, CheckRequest, run_check
from policy_service.services.clinicians import (
    ClinicianForm,
    LicenceForm,
    add_licence,
    register_clinician,
)
from policy_service.services.disclosures import DisclosureForm, disclose
from policy_service.services.logins import LoginForm, create_login
from policy_service.services.packs import wording
from policy_service.services.stored_responses import Response
from tests.cast import ALL_KINDS, World, person

PASSWORD = "a long enough password"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
VERSION = re.compile(r'name="version" value="(\d+)"')
FRIEND = person("Ines", "Falk", "1970-02-02", sex="female", phones=("+1 512 555 0177",))
EX = person("Vera", "Stone", "1981-03-04", sex="female", phones=("+1 512 555 0160",))


@dataclass
class Browser:
    """A test client that reads a page's form token before it posts, as a browser does."""

    client: FlaskClient
    base: dict[str, Any] = field(default_factory=dict)

    def get(self, path: str, **more: Any) -> TestResponse:
        """GET a page of the console."""
        return self.client.get(f"/console{path}", **self.base | more)

    def post(self, path: str, form: dict[str, Any], seen_on: str | None = None) -> TestResponse:
        """POST a form with the token (and version) of the page it is on."""
        page = self.get(seen_on or path).get_data(as_text=True)
        token, version = TOKEN.search(page), VERSION.search(page)
        assert token, f"no form on {seen_on or path}"
        fixed = {"csrf_token": unescape(token[1])}
        if version:
            fixed["version"] = version[1]
        return self.client.post(f"/console{path}", data=fixed | form, **self.base)

    def sign_in(self, email: str, password: str = PASSWORD) -> TestResponse:
        """Sign in through the form."""
        return self.post("/login", {"email": email, "password": password})


def browser(world: World) -> Browser:
    """A fresh browser without a session."""
    return Browser(world.app.test_client(), {"base_url": "https://console.example"})


def add_login(world: World, name: str, *roles: Role, **more: Any) -> str:
    """Open an account `name@example.org`; returns its id."""
    with world.writing() as context:
        form = LoginForm(f"{name}@example.org", name.title(), PASSWORD, frozenset(roles), **more)
        login_id = create_login(context, form)
    world.ids[f"account:{name.title()}"] = login_id
    return login_id


def signed_in(world: World, name: str, *roles: Role, **more: Any) -> Browser:
    """Open the account if it is new, and sign in."""
    if f"account:{name.title()}" not in world.ids:
        add_login(world, name, *roles, **more)
    mine = browser(world)
    assert mine.sign_in(f"{name}@example.org").status_code == 303
    return mine


def check(world: World, clinician: str, client: str | PersonRecord, purpose: str = "intake") -> str:
    """Make a check as Cleo; returns the decision's id."""
    request = CheckRequest(
        clinician_id=world.ids[clinician],
        purpose=purpose,
        as_of=world.clock().date(),
        client_id=world.ids[client] if isinstance(client, str) else None,
        client_record=None if isinstance(client, str) else client,
        location_of_service="US-VT" if clinician == "carl" else None,
    )

    def respond(body: dict[str, Any], _audience: Audience, check_id: str) -> Response:
        return Response(201, check_id.encode(), None)

    door = CheckDoor(wording(world.desk, world.cleo), respond)
    return run_check(world.desk, world.cleo, request, door).body.decode()


def open_case(world: World, clinician: str = "alma", client: str | PersonRecord = "tomas") -> str:
    """A check that opens a case; returns the case's id."""
    decision_id = check(world, clinician, client)
    with world.reading() as context:
        row = context.session.scalars(
            select(CaseRow)
            .join(CaseOccurrenceRow, CaseOccurrenceRow.case_id == CaseRow.id)
            .where(CaseOccurrenceRow.decision_id == decision_id)
            .order_by(CaseRow.kind)
        ).first()
        assert row is not None, "the check opened no case"
        return row.id


def add_clinician(world: World, name: str) -> str:
    """A clinician without a licence that a pack speaks for: the baseline alone binds."""
    with world.writing() as context:
        record = person(name.title(), "Moss", "1975-05-05")
        world.ids[name] = register_clinician(context, ClinicianForm(record))
        add_licence(context, world.ids[name], LicenceForm("US-VT", "LCMHC", "2012"))
        attest(context, world.ids[name], ALL_KINDS, context.today)
    return world.ids[name]


def friend_case(world: World) -> str:
    """Carl's friend asks for care: deliberate, and waivable."""
    return _tie_case(world, "FRND", FRIEND)


def former_partner_case(world: World) -> str:
    """Carl's former partner asks for care: prohibited, and an override is possible."""
    return _tie_case(world, "ex_partner", EX)


def _tie_case(world: World, kind: str, who: PersonRecord) -> str:
    if "carl" not in world.ids:
        add_clinician(world, "carl")
    with world.writing() as context:
        disclose(context, DisclosureForm(world.ids["carl"], kind, who))
    return open_case(world, "carl", who)


def case_row(world: World, case_id: str) -> CaseRow:
    """The case as it stands."""
    with world.reading() as context:
        return context.session.get_one(CaseRow, (world.practice_id, case_id))


def answers(**changed: str) -> dict[str, str]:
    """A complete deliberation."""
    filled = {
        f.name: f.options[0] if f.options else f"Thought about: {f.label}" for f in FIELDS
    } | {"review_on": "2026-09-01"}
    return filled | changed
