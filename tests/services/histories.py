"""Random histories of a small practice: everything that can be said of it, in any order.

Names, dates, phones and homes come from so few that people share them all the time: a history of
forty steps holds twins, namesakes, former clients who come back and relatives of clients. What the
service refuses (a second merge, a tie to oneself) is simply not done.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import func, select

from policy_service.database.tables.accounts import AccountRow, ConnectionRow
from policy_service.database.tables.care import EpisodeRow
from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.events import BoundaryEventRow
from policy_service.database.tables.jobs import WorkRow
from policy_service.database.tables.people import PersonRow
from policy_service.database.tables.registry import AttestationRow, ClientRow, ClinicianRow
from policy_service.database.tables.reviews import CaseRow
from policy_service.database.tables.revisions import Revised
from policy_service.database.tables.ties import TieRow
from policy_service.domain.accounts import AccountKind, ConnectionState, Direction
from policy_service.domain.attestations import AttestationKind
from policy_service.domain.people import (
    Address,
    Handle,
    PersonName,
    PersonRecord,
    RelatedPerson,
    RelatedRole,
)
from policy_service.errors import ServiceError
from policy_service.services.accounts import (
    AccountForm,
    ConnectionForm,
    add_account,
    change_connection,
    classify_account,
    connect,
    withdraw_account,
    withdraw_connection,
)
from policy_service.services.attestations import attest, withdraw_attestation
from policy_service.services.checks import CheckRequest, run_check
from policy_service.services.clients import (
    correct_client,
    merge_clients,
    register_client,
    split_client,
)
from policy_service.services.clinicians import (
    ClinicianForm,
    LicenceForm,
    add_licence,
    correct_clinician,
    deactivate_clinician,
    register_clinician,
)
from policy_service.services.context import Context
from policy_service.services.disclosures import (
    DisclosureForm,
    TieChange,
    TieForm,
    disclose,
    revise_disclosure,
    state_tie,
    withdraw_disclosure,
    withdraw_tie,
)
from policy_service.services.episodes import (
    ClientPart,
    ClinicianPart,
    EpisodeForm,
    open_episode,
    revise_episode,
    withdraw_episode,
)
from policy_service.services.erasing.people import erase_people
from policy_service.services.events import EventForm, report_event, withdraw_event
from policy_service.services.identity import Verdict, VerdictForm, judge
from policy_service.services.people import register_hashed
from policy_service.worker import Worker
from tests.cast import ALL_KINDS, Clock, World

GIVEN = ("Ana", "Anna", "Bo", "Cara", "Tomas")
FAMILY = ("Lind", "Reyes", "Okoro")
BORN = ("1980-01-05", "1980-01-06", "1951-08-08", "1983", "")
PHONES = ("512-867-2309", "512-867-2319", "512-867-2329")
HOMES = (
    Address("12", "Elm Street", "", "Austin", "78701", "TX"),
    Address("7", "Oak Lane", "", "Waco", "76701", "TX"),
)
HANDLES = ("ana.l", "tomas_r", "bo42")
KINDS = ("BRO", "SPS", "FRND", "ex_partner", "PRN", "colleague")
PURPOSES = ("intake", "booking", "assignment", "session", "emergency")
EVENTS = ("gift", "sexual_contact", "friend_request")
CAUSE = "said by mistake"


@dataclass
class TickingClock(Clock):
    """No two looks at it are the same moment: what came last is always known."""

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


@dataclass
class History:
    """One history. `worker` carries out what each step leaves to be done."""

    world: World
    seed: int
    random: Random = field(init=False)
    worker: Worker = field(init=False)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.world.clock = TickingClock(self.world.clock.now)
        self.world.desk.clock = self.world.clock
        self.worker = Worker(self.world.desk)

    def live(self, steps: int) -> None:
        """That many steps; the worker comes by now and then, and at the end."""
        for _ in range(steps):
            self.step()
            if self.random.random() < 0.4:
                self.settle()
        self.settle()

    def step(self) -> None:
        """One thing happens, or is refused."""
        happening = self.random.choice(HAPPENINGS)
        self.told.append(happening.__name__)
        with suppress(ServiceError, IndexError):
            happening(self)

    def settle(self) -> None:
        """The worker does what is due, until nothing is; no piece of it may fail."""
        while self.worker.run_due():
            pass
        with self.world.reading() as context:
            failed = select(WorkRow.kind, WorkRow.error).where(WorkRow.error.is_not(None))
            assert context.session.execute(failed).all() == [], self.told

    def record(self) -> PersonRecord:
        """Somebody who has much in common with everybody."""
        pick = self.random.choice
        handles = tuple(Handle("facebook", one) for one in self.some(HANDLES))
        return PersonRecord(
            names=(PersonName(pick(GIVEN), pick(FAMILY)),),
            birth_date=pick(BORN),
            sex=pick(("female", "male", "")),
            phones=self.some(PHONES),
            addresses=tuple(self.random.sample(HOMES, pick((0, 1)))),
            handles=handles,
            related=self.related(),
        )

    def some(self, values: tuple[str, ...]) -> tuple[str, ...]:
        """One of them, or none."""
        return tuple(self.random.sample(values, self.random.choice((0, 1, 1))))

    def related(self) -> tuple[RelatedPerson, ...]:
        """The emergency contact, if any."""
        pick = self.random.choice
        if self.random.random() < 0.6:
            return ()
        name = PersonName(pick(GIVEN), pick(FAMILY))
        role = pick(list(RelatedRole))
        return (RelatedPerson(name, role=role, phone=pick((*PHONES, "")), birth_date=pick(BORN)),)

    def one_of(self, table: type[ClinicianRow | ClientRow | PersonRow | Revised]) -> str:
        """The id of some record as it stands."""
        with self.world.reading() as context:
            return self.random.choice(ids(context, table))

    def last_recorded(self) -> tuple[int, int]:
        """How many decisions and cases there are."""
        with self.world.reading() as context:
            counts = [
                context.session.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (DecisionRow, CaseRow)
            ]
        return counts[0], counts[1]


def ids(context: Context, table: type[ClinicianRow | ClientRow | PersonRow | Revised]) -> list[str]:
    """Ids of what stands, in an order that a seed repeats: by when they were recorded."""
    if issubclass(table, Revised):
        rows = select(table.id).where(table.is_current.is_(True), table.is_withdrawn.is_(False))
        return list(context.session.scalars(rows.order_by(table.recorded_at, table.id)))
    if issubclass(table, PersonRow):
        rows = select(PersonRow.id).where(PersonRow.erased_at.is_(None))
        return list(context.session.scalars(rows.order_by(PersonRow.created_at, PersonRow.id)))
    rows = select(table.id).order_by(table.created_at, table.id)
    return list(context.session.scalars(rows))


def a_client_comes(history: History) -> None:
    with history.world.writing() as context:
        register_client(context, history.record())


def a_client_is_corrected(history: History) -> None:
    client = history.one_of(ClientRow)
    with history.world.writing() as context:
        correct_client(context, client, history.record())


def a_clinician_comes(history: History) -> None:
    with history.world.writing() as context:
        clinician = register_clinician(context, ClinicianForm(history.record()))
        add_licence(context, clinician, LicenceForm("US-TX", "LPC", "2010"))


def a_clinician_is_corrected(history: History) -> None:
    clinician = history.one_of(ClinicianRow)
    with history.world.writing() as context:
        correct_clinician(context, clinician, history.record())


def a_clinician_leaves(history: History) -> None:
    if history.random.random() < 0.2:
        clinician = history.one_of(ClinicianRow)
        with history.world.writing() as context:
            deactivate_clinician(context, clinician, "retired")


def a_licence_is_added(history: History) -> None:
    clinician = history.one_of(ClinicianRow)
    with history.world.writing() as context:
        add_licence(
            context, clinician, LicenceForm(history.random.choice(("US-OH", "US-CA")), "LPC")
        )


def a_stranger_is_disclosed(history: History) -> None:
    clinician, kind = history.one_of(ClinicianRow), history.random.choice(KINDS)
    with history.world.writing() as context:
        disclose(context, DisclosureForm(clinician, kind, history.record()))


def a_known_person_is_disclosed(history: History) -> None:
    clinician, person = history.one_of(ClinicianRow), history.one_of(PersonRow)
    kind = history.random.choice(KINDS)
    with history.world.writing() as context:
        disclose(context, DisclosureForm(clinician, kind, person_id=person))


def a_disclosure_is_revised(history: History) -> None:
    tie, kind = history.one_of(TieRow), history.random.choice(KINDS)
    with history.world.writing() as context:
        revise_disclosure(context, tie, TieChange(kind, until="2020"), CAUSE)


def a_tie_is_withdrawn(history: History) -> None:
    tie = history.one_of(TieRow)
    with history.world.writing() as context:
        row = context.session.scalars(select(TieRow).where(TieRow.id == tie)).first()
        assert row is not None
        (withdraw_disclosure if row.clinician_id else withdraw_tie)(context, tie, CAUSE)


def a_tie_is_stated(history: History) -> None:
    one, other = history.one_of(PersonRow), history.one_of(PersonRow)
    with history.world.writing() as context:
        state_tie(context, TieForm(one, other, history.random.choice(KINDS)))


def an_officer_judges(history: History) -> None:
    one, other = history.one_of(PersonRow), history.one_of(PersonRow)
    verdict = history.random.choice(list(Verdict))
    relation = history.random.choice(KINDS) if verdict is Verdict.RELATED else None
    with history.world.writing() as context:
        judge(context, VerdictForm(one, other, verdict, relation))


def an_account_is_added(history: History) -> None:
    person = history.one_of(PersonRow)
    kind = history.random.choice((None, *AccountKind))
    with history.world.writing() as context:
        form = AccountForm("facebook", history.random.choice(HANDLES), kind)
        add_account(context, person, form)


def an_account_is_classified(history: History) -> None:
    account = history.one_of(AccountRow)
    with history.world.writing() as context:
        classify_account(context, account, history.random.choice(list(AccountKind)))


def an_account_is_withdrawn(history: History) -> None:
    account = history.one_of(AccountRow)
    with history.world.writing() as context:
        withdraw_account(context, account, CAUSE)


def a_friend_is_made(history: History) -> None:
    clinician = history.one_of(ClinicianRow)
    own = f"own-{clinician[:8]}"
    with history.world.writing() as context:
        row = context.session.get_one(ClinicianRow, (context.practice_id, clinician))
        account = add_account(
            context, row.person_id, AccountForm("facebook", own, AccountKind.PERSONAL)
        )
        far = history.random.choice(HANDLES)
        state = history.random.choice(list(ConnectionState))
        connect(context, ConnectionForm(account, "facebook", far, Direction.MUTUAL, state))


def a_connection_changes(history: History) -> None:
    connection, state = history.one_of(ConnectionRow), history.random.choice(list(ConnectionState))
    with history.world.writing() as context:
        change_connection(context, connection, state)


def a_connection_is_withdrawn(history: History) -> None:
    connection = history.one_of(ConnectionRow)
    with history.world.writing() as context:
        withdraw_connection(context, connection, CAUSE)


def a_contact_is_imported(history: History) -> None:
    """Somebody in a clinician's address book, kept as hashes, and what the card says of them."""
    clinician = history.one_of(ClinicianRow)
    with history.world.writing() as context:
        row = context.session.get_one(ClinicianRow, (context.practice_id, clinician))
        contact = register_hashed(context, history.record())
        state_tie(context, TieForm(row.person_id, contact, history.random.choice(KINDS)))


def a_stranger_is_forgotten(history: History) -> None:
    stranger = history.one_of(PersonRow)
    with history.world.writing() as context:
        taken = {
            person
            for table in (ClinicianRow, ClientRow)
            for person in context.session.scalars(select(table.person_id))
        }
        tied = context.session.execute(select(TieRow.from_person_id, TieRow.to_person_id))
        if stranger not in taken | {person for tie in tied for person in tie}:
            erase_people(context, [stranger])


def care_begins(history: History) -> None:
    clients = {history.one_of(ClientRow) for _ in range(history.random.choice((1, 1, 2)))}
    with history.world.writing() as context:
        role = history.random.choice(("client", "client", "guardian"))
        parts = tuple(ClientPart(one, role) for one in sorted(clients))
        open_episode(
            context, EpisodeForm(parts, (ClinicianPart(history.one_of(ClinicianRow)),), "2025")
        )


def care_ends(history: History) -> None:
    episode, client, clinician = (
        history.one_of(table) for table in (EpisodeRow, ClientRow, ClinicianRow)
    )
    form = EpisodeForm(
        (ClientPart(client),),
        (ClinicianPart(clinician, last_contact_on="2025-11"),),
        "2025",
        terminated_on="2025-12",
        is_open=False,
    )
    with history.world.writing() as context:
        revise_episode(context, episode, form, CAUSE)


def care_never_was(history: History) -> None:
    episode = history.one_of(EpisodeRow)
    with history.world.writing() as context:
        withdraw_episode(context, episode, CAUSE)


def clients_are_merged(history: History) -> None:
    one, other = history.one_of(ClientRow), history.one_of(ClientRow)
    with history.world.writing() as context:
        merge_clients(context, one, other, "one person")


def clients_are_split(history: History) -> None:
    with history.world.writing() as context:
        merged = select(ClientRow.id).where(ClientRow.merged_into.is_not(None))
        client = history.random.choice(sorted(context.session.scalars(merged)))
        split_client(context, client, "two persons")


def somebody_asks(history: History) -> None:
    ask(history, client_id=history.one_of(ClientRow))


def somebody_asks_of_a_record(history: History) -> None:
    ask(history, client_record=history.record())


def somebody_asks_of_another_day(history: History) -> None:
    day = history.world.clock().date() - timedelta(days=400)
    ask(history, client_id=history.one_of(ClientRow), as_of=day)


def ask(history: History, **of_whom: object) -> None:
    world = history.world
    request = CheckRequest(
        clinician_id=history.one_of(ClinicianRow),
        purpose=history.random.choice(PURPOSES),
        as_of=world.clock().date(),
    )
    run_check(world.desk, world.cleo, replace(request, **of_whom), world.door())


def something_happens(history: History) -> None:
    world = history.world
    form = EventForm(
        history.one_of(ClinicianRow),
        history.one_of(ClientRow),
        history.random.choice(EVENTS),
        occurred_on="2026-01",
        amount=history.random.choice((None, 500, 90_000)),
    )
    report_event(world.desk, world.cleo, form, world.door())


def it_never_happened(history: History) -> None:
    event = history.one_of(BoundaryEventRow)
    with history.world.writing() as context:
        withdraw_event(context, event, CAUSE)


def a_clinician_attests(history: History) -> None:
    clinician = history.one_of(ClinicianRow)
    kinds = ALL_KINDS if history.random.random() < 0.7 else frozenset({AttestationKind.PARTNERS})
    with history.world.writing() as context:
        attest(context, clinician, kinds, context.today)


def an_attestation_is_withdrawn(history: History) -> None:
    attestation = history.one_of(AttestationRow)
    with history.world.writing() as context:
        withdraw_attestation(context, attestation, CAUSE)


def days_pass(history: History) -> None:
    """A night; or so long that nobody is recent any more, that attestations run out."""
    history.world.clock.advance(days=history.random.choice((1, 1, 30, 100, 400)))


HAPPENINGS: tuple[Callable[[History], None], ...] = (
    *[a_client_comes] * 4,
    *[a_client_is_corrected] * 3,
    a_clinician_comes,
    a_clinician_is_corrected,
    a_clinician_leaves,
    a_licence_is_added,
    *[a_stranger_is_disclosed] * 3,
    a_known_person_is_disclosed,
    a_disclosure_is_revised,
    a_tie_is_withdrawn,
    *[a_tie_is_stated] * 3,
    *[an_officer_judges] * 2,
    *[an_account_is_added] * 2,
    an_account_is_classified,
    an_account_is_withdrawn,
    *[a_friend_is_made] * 2,
    a_connection_changes,
    a_connection_is_withdrawn,
    *[a_contact_is_imported] * 2,
    a_stranger_is_forgotten,
    *[care_begins] * 3,
    care_ends,
    care_never_was,
    *[clients_are_merged] * 2,
    clients_are_split,
    *[somebody_asks] * 3,
    somebody_asks_of_a_record,
    somebody_asks_of_another_day,
    something_happens,
    it_never_happened,
    a_clinician_attests,
    an_attestation_is_withdrawn,
    *[days_pass] * 2,
)
