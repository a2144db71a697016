"""Found the demo practice on an empty database: clinicians, clients, stories, accounts.

Rosters go the way a practice's own files go, stories through the same services as everything else.
On a database that holds another practice nothing is done.
"""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from policy_service.audit.log import Owned
from policy_service.database.tables.audit import EntryRow
from policy_service.database.tables.directory import LoginRow
from policy_service.database.tables.reviews import CaseRow
from policy_service.demo import clinicians, households
from policy_service.demo.stories import STORIES
from policy_service.demo.story_form import Story
from policy_service.demo.telling import Teller, ask, clinician_row, record
from policy_service.domain.attestations import AttestationKind
from policy_service.domain.dates import plus_months
from policy_service.domain.deliberations import FIELDS
from policy_service.domain.principals import Principal, Role, Scope
from policy_service.domain.reviews import Disposition, DispositionKind
from policy_service.errors import StateConflict
from policy_service.importers.roster import RosterKind
from policy_service.services.attestations import attest
from policy_service.services.case_steps import CaseRef
from policy_service.services.deliberations import deliberate
from policy_service.services.desk import Desk
from policy_service.services.directory import practices
from policy_service.services.dispositions import dispose
from policy_service.services.imports.run import RosterFile, import_roster
from policy_service.services.logins import LoginForm, create_login, principal_of
from policy_service.services.practices import NewPractice, found_practice
from policy_service.vault.blind import keyed_digest
from policy_service.vault.keys import Purpose

PRACTICE = NewPractice("cedar-street", "Cedar Street Psychotherapy", "US-TX")
OFFICER, APPROVER, CLINICIAN = "officer", "approver", "marisol"
_ACCOUNTS = {
    OFFICER: ("Odile Brennecke", Role.COMPLIANCE),
    APPROVER: ("Percival Stroud", Role.APPROVER),
    "auditor": ("Hedda Lindgren", Role.AUDITOR),
    "admin": ("Ambrose Tully", Role.ADMIN),
    CLINICIAN: ("Marisol Vegara", Role.CLINICIAN),
}
_MARISOL = "CSP-01"
FOUNDED = "demo.founded"
_WORDS = defaultdict(
    lambda: "Written for the demo practice.",
    question="Whether Celestine may treat her business partner.",
    necessity="Two other clinicians were asked; neither has a place before spring.",
    client_benefit="Care now instead of in five months; she may hold back what touches the shop.",
    worst_outcome="The shop fails and the therapy with it; without care she waits alone.",
    mitigation="She may change to a colleague at any time, without giving a reason.",
)


@dataclass(frozen=True, slots=True)
class DemoPractice:
    """Where the demo practice is, and whether it was founded just now."""

    id: str
    password: str
    is_new: bool


def seed(desk: Desk, clients: int = households.CLIENTS) -> DemoPractice:
    """Found the demo practice, or find it. StateConflict on a database that is not empty."""
    known = practices(desk)
    if not known:
        practice_id = found_practice(desk, PRACTICE)
        _populate(desk, practice_id, clients)
        return DemoPractice(practice_id, password(desk, practice_id), is_new=True)
    found = next((practice for practice in known if practice.slug == PRACTICE.slug), None)
    if found is None:
        raise StateConflict("The demo practice is founded on an empty database only.")
    if not _is_complete(desk, found.id):
        raise StateConflict("The demo practice was left half founded: make reset-demo.")
    return DemoPractice(found.id, password(desk, found.id), is_new=False)


def _is_complete(desk: Desk, practice_id: str) -> bool:
    with desk.database.read(practice_id) as session:
        return session.scalars(select(EntryRow.id).filter_by(action=FOUNDED)).first() is not None


def email(account: str) -> str:
    """The name an account signs in by."""
    return f"{account}@{PRACTICE.slug}.example"


def password(desk: Desk, practice_id: str) -> str:
    """The one password of all demo accounts: derived, so that it is the same after a restart.

    Insecure on purpose, and for loopback: whoever can read the practice's key can compute it.
    """
    secret = desk.practice(practice_id).keys.purpose(Purpose.FIELD)
    digest = keyed_digest(secret, "demo/password")
    return "demo-" + base64.b32encode(digest[:10]).decode().lower()


def _populate(desk: Desk, practice_id: str, clients: int) -> None:
    scribe = Principal(
        practice_id, "demo", "demo", frozenset({Role.OPERATOR, Role.COMPLIANCE, Role.ADMIN})
    )
    scopes = frozenset({Scope.DECISION_FULL, Scope.EVENTS_WRITE})
    ehr = Principal(practice_id, desk.new_id(), "demo EHR", frozenset({Role.EHR}), scopes)
    _import_rosters(desk, scribe, clients)
    _attest(desk, scribe)
    teller = Teller(desk, scribe, ehr)
    _open_accounts(desk, scribe)
    for story in STORIES:
        record(teller, story)
    for story in STORIES:
        tell(teller, story)
    with desk.writing(scribe) as context:
        context.log(FOUNDED, {"demo": Owned({"clients": clients, "stories": len(STORIES)})})


def tell(teller: Teller, story: Story) -> dict[str, Any]:
    """Ask the story's question; where an officer accepts the case, ask it once more."""
    answer = ask(teller, story)
    if not story.is_accepted:
        return answer
    accept(teller, answer)
    return ask(teller, story)


def _import_rosters(desk: Desk, scribe: Principal, clients: int) -> None:
    today = desk.clock().date()
    for kind, raw in (
        (RosterKind.CLINICIANS, clinicians.ROSTER.encode()),
        (RosterKind.CLIENTS, households.client_roster(clients)),
        (RosterKind.EPISODES, households.episode_roster(today, clients)),
    ):
        import_roster(desk, scribe, RosterFile(kind, raw))


def _attest(desk: Desk, scribe: Principal) -> None:
    with desk.writing(scribe) as context:
        for external_id in clinicians.WITH_CASELOAD:
            if external_id != clinicians.NEVER_ATTESTED:
                row = clinician_row(context, external_id)
                attest(context, row.id, frozenset(AttestationKind), context.today)


def _open_accounts(desk: Desk, scribe: Principal) -> None:
    secret = password(desk, scribe.practice_id)
    with desk.writing(scribe) as context:
        for account, (name, role) in _ACCOUNTS.items():
            own = clinician_row(context, _MARISOL).id if role is Role.CLINICIAN else None
            form = LoginForm(email(account), name, secret, frozenset({role}), clinician_id=own)
            create_login(context, form)


def accept(teller: Teller, answer: Mapping[str, Any]) -> None:
    """The officer deliberates on the open cases of an answer and accepts them with conditions."""
    pair = {name: answer[name] for name in ("clinician_id", "client_id")}
    with teller.desk.writing(_officer(teller)) as context:
        for case in context.session.scalars(select(CaseRow).filter_by(**pair)).all():
            deliberate(context, CaseRef(case.id, case.version), _deliberation(context.today))
            disposition = Disposition(
                DispositionKind.ACCEPT_WITH_CONDITIONS,
                "The shared business can be kept out of the room, and no one nearer is free.",
                ("No talk of the business in sessions", "Supervision once a month"),
                plus_months(context.today, 6),
            )
            dispose(context, CaseRef(case.id, case.version), disposition)


def _deliberation(today: date) -> dict[str, str]:
    """One answer per field; the first option where there are options."""
    written = {field.name: (field.options or (_WORDS[field.name],))[0] for field in FIELDS}
    return written | {"review_on": plus_months(today, 3).isoformat()}


def _officer(teller: Teller) -> Principal:
    with teller.desk.database.directory() as session:
        mine = {"practice_id": teller.scribe.practice_id, "email": email(OFFICER)}
        return principal_of(session.scalars(select(LoginRow).filter_by(**mine)).one())
