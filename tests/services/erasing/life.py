"""One person who goes through everything, with words of their own in every field.

`Life.live` puts the person on record as a client twice over, as somebody's brother, in a contact
upload that was stored and in one that waits; has them checked, screened, previewed, judged, merged,
exported and held. `Life.erase` erases all of their records.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hypothesis import strategies as st
from sqlalchemy import select

from policy_service.database.tables.care import EpisodeClientRow
from policy_service.database.tables.contacts import ContactRow
from policy_service.database.tables.events import BoundaryEventRow
from policy_service.database.tables.people import MatchKeyRow, PersonKeyRow, PersonRow
from policy_service.database.tables.reconciliations import EhrAnswerRow
from policy_service.database.tables.registry import ClientRow
from policy_service.database.tables.reviews import CaseRow
from policy_service.database.tables.ties import TieRow
from policy_service.domain.accounts import AccountKind, ConnectionState, Direction
from policy_service.domain.duties import Basis, Due, Owner
from policy_service.domain.duty_specs import DUTIES
from policy_service.domain.people import Address, Handle, PersonName, PersonRecord, RelatedPerson
from policy_service.domain.previews import Contemplated
from policy_service.domain.principals import Role, Scope
from policy_service.importers.roster import RosterKind
from policy_service.services.accounts import (
    AccountForm,
    ConnectionForm,
    add_account,
    connect,
    withdraw_account,
)
from policy_service.services.case_steps import CaseRef
from policy_service.services.clients import correct_client, merge_clients, register_client
from policy_service.services.context import Context
from policy_service.services.deliberations import deliberate
from policy_service.services.disclosures import (
    DisclosureForm,
    TieChange,
    disclose,
    revise_disclosure,
)
from policy_service.services.duplicates import look_at_clients
from policy_service.services.duties import NewDuty, raise_duty
from policy_service.services.episodes import (
    ClientPart,
    ClinicianPart,
    EpisodeForm,
    revise_episode,
)
from policy_service.services.erasing.carrying_out import erase
from policy_service.services.erasing.holds import lift_hold, place_hold
from policy_service.services.erasing.orders import Ordered, ask
from policy_service.services.events import EventForm, report_event, withdraw_event
from policy_service.services.identity import Verdict, VerdictForm, judge
from policy_service.services.imports.roster_drops import DropSource, take_drop
from policy_service.services.imports.run import RosterFile
from policy_service.services.parties import clinician_row
from tests.care import end_care
from tests.cast import World
from tests.previewing import ask as ask_ahead
from tests.services.imports.contact_files import imported, linked, upload

LETTERS = "abcdefghijklmnopqrstuvwxyz"
words = st.text(LETTERS, min_size=9, max_size=12).map(str.capitalize)
numbers = st.integers(2_000_000_000, 9_899_999_999).map(str)


@dataclass(frozen=True)
class Marks:
    """Words that stand nowhere else."""

    given: str
    family: str
    middle: str
    mail: str
    street: str
    city: str
    handle: str
    company: str
    related: str
    account: str
    external: str
    reason: str
    note: str
    key: str
    phone: str

    def texts(self) -> Iterator[bytes]:
        """Every spelling that a reader of raw bytes would look for."""
        for mark in vars(self).values():
            for spelling in {mark, mark.lower(), mark.upper()}:
                yield spelling.encode()
                yield spelling.encode("utf-16-le")


MARKS = st.lists(words, min_size=14, max_size=14, unique_by=str.lower).flatmap(
    lambda made: numbers.map(lambda phone: Marks(*made, phone))
)


@dataclass
class Life:
    """The person in a world."""

    world: World
    marks: Marks
    clients: list[str] = field(default_factory=list)
    people: set[str] = field(default_factory=set)
    traces: set[bytes] = field(default_factory=set)
    """Keyed or unkeyed digests of the person's values, and wrapped keys: bytes to look for."""

    @property
    def record(self) -> PersonRecord:
        """Every field filled."""
        m = self.marks
        return PersonRecord(
            names=(PersonName(m.given, m.family, m.middle),),
            birth_date="1971-03-09",
            sex="male",
            phones=(f"+1 {m.phone}",),
            emails=(f"{m.mail}@example.org",),
            addresses=(Address("12", m.street, "", m.city, "78701", "TX"),),
            handles=(Handle("instagram", m.handle),),
            company=m.company,
            related=(RelatedPerson(PersonName(m.related, m.family), "SPS"),),
        )

    def live(self) -> None:
        """Through everything."""
        self._register()
        self._tie()
        self._connect()
        self._care()
        self._ask()
        self._upload()
        self._judge()
        self._hold()
        self._remember()

    def _register(self) -> None:
        with self.world.writing() as context:
            for number in (1, 2):
                made = register_client(context, self.record, f"{self.marks.external}-{number}")
                self.clients.append(made)
            correct_client(context, self.clients[0], self.record)
            merge_clients(context, self.clients[1], self.clients[0], self.marks.reason)
        self.world.ids["marked"] = self.clients[0]

    def _tie(self) -> None:
        with self.world.writing() as context:
            tie = disclose(context, DisclosureForm(self.world.ids["ben"], "BRO", self.record))
            revise_disclosure(context, tie, TieChange("BRO", "2001"), self.marks.reason)

    def _connect(self) -> None:
        with self.world.writing() as context:
            person = self._person(context, self.clients[0])
            form = AccountForm("facebook", self.marks.account, AccountKind.PERSONAL)
            withdraw_account(context, add_account(context, person, form), self.marks.reason)
            add_account(context, person, form)
            ben = clinician_row(context, self.world.ids["ben"]).person_id
            own = add_account(context, ben, AccountForm("facebook", f"ben{len(self.marks.key)}"))
            far = ("facebook", self.marks.account)
            states = Direction.MUTUAL, ConnectionState.ACCEPTED
            connect(context, ConnectionForm(own, *far, *states))

    def _care(self) -> None:
        end_care(self.world, self.world.ids["alma"], "2025-04-01", self.clients[0])
        event = EventForm(
            self.world.ids["alma"], self.clients[0], "gift", "client_to_clinician", amount=100
        )
        report_event(self.world.desk, self.world.cleo, event, self.world.door())
        with self.world.writing() as context:
            for event_id in context.session.scalars(select(BoundaryEventRow.id)).all():
                withdraw_event(context, event_id, self.marks.reason)
            episode = context.session.scalars(
                select(EpisodeClientRow.episode_id).filter_by(client_id=self.clients[0])
            ).first()
            revise_episode(
                context,
                str(episode),
                EpisodeForm(
                    (ClientPart(self.clients[0]),),
                    (ClinicianPart(self.world.ids["alma"], last_contact_on="2025-04-01"),),
                    began_on="2020-01-10",
                    terminated_on="2025-04-01",
                    termination_reason="planned",
                    is_open=False,
                    external_id=self.marks.external,
                ),
                self.marks.reason,
            )

        with self.world.writing() as context:
            raise_duty(
                context,
                NewDuty(
                    DUTIES["hand_over_brochure"],
                    Owner.CLINICIAN,
                    Due(5, Basis.DEFAULT),
                    "care:0",
                    self.world.ids["alma"],
                    self.clients[0],
                ),
            )

    def _ask(self) -> None:
        self.world.check("ben", "marked")
        self.world.check("alma", "marked")
        http = self.world.http(Scope.DECISION_FULL)
        body = {
            "clinician": {"id": self.world.ids["ben"]},
            "client": {"id": self.clients[0]},
            "purpose": "intake",
            "acting_user": {"role": "compliance"},
        }
        asked = http.post("/v1/checks", json=body, headers={"Idempotency-Key": self.marks.key})
        assert asked.status_code == 201, asked.json
        ask_ahead(
            self.world,
            self.world.ids["alma"],
            Contemplated.FRIENDSHIP,
            client_id=self.clients[0],
        )
        screened = {name: body[name] for name in ("client", "purpose", "acting_user")}
        assert http.post("/v1/screenings", json=screened).status_code == 201
        with self.world.writing() as context:
            cases = select(CaseRow).where(CaseRow.client_id == self.clients[0])
            case = context.session.scalars(cases.order_by(CaseRow.id)).first()
            assert case is not None, "nothing was put to people"
            said = {"question": self.marks.note}
            deliberate(context, CaseRef(case.id, case.version), said)

    def _upload(self) -> None:
        contact = linked(self.marks.given, self.marks.family, self.marks.handle)
        imported(self.world, contact)
        upload(self.world, [contact], "alma")
        line = f"{self.marks.external},{self.marks.given},{self.marks.family}\n"
        text = f"external_id,given_name,family_name\n{line}"
        roster = RosterFile(RosterKind.CLIENTS, text.encode())
        take_drop(self.world.desk, self.world.cleo, roster, DropSource.CONSOLE)

    def _judge(self) -> None:
        look_at_clients(self.world.desk, self.world.cleo)
        with self.world.writing() as context:
            one, other = self._person(context, self.clients[0]), self._far_person(context)
            judge(context, VerdictForm(one, other, Verdict.SAME.value))

    def _hold(self) -> None:
        with self.world.writing() as context:
            person = self._person(context, self.clients[0])
            lift_hold(context, place_hold(context, person, self.marks.reason), self.marks.note)

    def _remember(self) -> None:
        """What must not be found afterwards though it is no word."""
        with self.world.reading() as context:
            hashed = context.session.scalars(select(PersonRow.id).where(PersonRow.kept == "hashed"))
            mine = {self._person(context, one) for one in self.clients}
            self.people = mine | {self._far_person(context)} | set(hashed)
            for row in context.session.scalars(
                select(PersonRow).where(PersonRow.id.in_(self.people))
            ):
                self.traces.add(row.record_digest)
                if row.sketch is not None:
                    self.traces.add(row.sketch)  # under the practice's key
            for key in context.session.scalars(
                select(PersonKeyRow).where(PersonKeyRow.person_id.in_(self.people))
            ):
                assert key.wrapped is not None
                self.traces.add(key.wrapped)
            contacts = select(ContactRow).where(ContactRow.person_id.in_(self.people))
            for contact in context.session.scalars(contacts):
                self.traces |= {contact.digest, contact.contact_key.to_bytes(8, "big", signed=True)}
            answered = select(EhrAnswerRow.key_digest).where(
                EhrAnswerRow.client_id.in_(self.clients), EhrAnswerRow.key_digest.is_not(None)
            )
            self.traces |= {digest for digest in context.session.scalars(answered) if digest}
            held = select(MatchKeyRow.key, MatchKeyRow.person_id)
            holders: dict[int, set[str]] = {}
            for number, person in context.session.execute(held):
                holders.setdefault(number, set()).add(person)
            own = [number for number, who in holders.items() if who <= self.people]
            assert own, "no key is the person's alone"
            self.traces |= {number.to_bytes(8, "big", signed=True) for number in own}

    def _person(self, context: Context, client_id: str) -> str:
        return context.session.get_one(ClientRow, (self.world.practice_id, client_id)).person_id

    def _far_person(self, context: Context) -> str:
        ties = select(TieRow.to_person_id).where(TieRow.clinician_id == self.world.ids["ben"])
        return context.session.scalars(ties.order_by(TieRow.recorded_at.desc())).first() or ""

    def asked(self) -> Ordered:
        """Cleo asks, years later, and names the record that an import made as the same person."""
        self.world.clock.now = self.world.clock.now.replace(year=2046)
        with self.world.writing() as context:
            person = self._person(context, self.clients[0])
            return ask(context, person, "person_asked", sorted(self.people - {person}))

    def erase(self) -> Ordered:
        """Ada carries it out."""
        approver = self.world.account(Role.APPROVER, name="Ada")
        return erase(self.world.desk, approver, self.asked().id)
