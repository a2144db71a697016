"""Generated worlds with something in them that an audience may not know.

A `Scene` is drawn from a seed: a clinician, a client, what the EHR asks, who looks on, and two
*secrets*, one for each of two worlds that are alike in everything else. `meet` puts the scene into
both, asks both, and returns what came over the wire.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from sqlalchemy import select
from werkzeug.test import TestResponse

from policy_service.database.tables.decisions import DecisionRow
from policy_service.domain.people import PersonName, PersonRecord
from policy_service.domain.principals import Role, Scope
from policy_service.domain.standings import Advice
from policy_service.services.attestations import attest
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
from policy_service.services.decisions import answer_of, read_decision
from policy_service.services.disclosures import DisclosureForm, TieForm, disclose, state_tie
from policy_service.services.external_identifiers import NewIdentifier, register_identifier
from policy_service.services.packs import wording
from policy_service.services.parties import client_row, clinician_row
from policy_service.services.people import register
from policy_service.services.ties import TieSource
from tests.cast import ALL_KINDS, World
from tests.interop.cds.hooks import (
    BEN,
    DESK,
    NO_RELATED,
    NOBODY,
    OFFICER,
    HookEhr,
    JsonObject,
    booking,
)

UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
KINDS = (
    "BRO", "SIS", "MTH", "SON", "COUSN", "HUSB", "FMRSPS", "SIGOTHR", "FRND", "NBOR", "ex_partner",
    "business_partner", "colleague", "supervisee", "student", "employer",
)  # fmt: skip
SOURCES = ("none", "clinician", "officer", "client", "through")
"""Who states the tie; "through": an officer states both halves of a path through a third."""
USERS = ("own", BEN, DESK, OFFICER, NOBODY, "patient", "relative")


@dataclass(frozen=True, slots=True)
class Secret:
    """Why the answer is what it is. `third` is the name of somebody who must never be named."""

    source: str
    kind: str
    since: str | None
    is_ended: bool
    third: str


@dataclass(frozen=True, slots=True)
class Scene:
    """One generated world, twice over."""

    number: int
    user: str
    hook: str
    full: bool
    is_member: bool
    has_attested: bool
    is_registered: bool
    brings_related: bool
    clinician: PersonRecord
    client: PersonRecord
    secrets: tuple[Secret, Secret]


def draw(seed: int, number: int) -> Scene:
    """The scene of that seed and number: the same in every process."""
    dice = Random(f"{seed}/{number}")
    return Scene(
        number=seed * 1_000_000 + number,
        user=dice.choice(USERS),
        hook=dice.choice(["patient-view", "appointment-book", "order-sign"]),
        full=dice.random() < 0.3,
        is_member=dice.random() < 0.5,
        has_attested=dice.random() < 0.5,
        is_registered=dice.random() < 0.5,
        brings_related=dice.random() < 0.8,
        clinician=_person(dice, 1970),
        client=_person(dice, 1990),
        secrets=(_secret(dice), _secret(dice)),
    )


def _secret(dice: Random) -> Secret:
    since = dice.choice([None, "2001", "2019-05", "2024-11-03"])
    third = _word(dice)
    return Secret(dice.choice(SOURCES), dice.choice(KINDS), since, dice.random() < 0.3, third)


def _person(dice: Random, year: int) -> PersonRecord:
    born = f"{year + dice.randrange(9)}-{dice.randrange(1, 13):02d}-{dice.randrange(1, 29):02d}"
    mail = f"{_word(dice).lower()}@example.org"
    return PersonRecord((PersonName(_word(dice), _word(dice)),), birth_date=born, emails=(mail,))


def _word(dice: Random) -> str:
    letters = dice.choices(string.ascii_lowercase, k=11)
    return "".join(letters).capitalize()


@dataclass(frozen=True, slots=True)
class Seen:
    """What came over the wire, comparable once ids are replaced, and what officers know of it."""

    status: int
    headers: tuple[tuple[str, str], ...]
    length: int
    body: bytes
    raw: bytes
    advice: Advice | None
    private: frozenset[str]
    """Every text of the officers' answer that no constant holds."""

    @property
    def wire(self) -> tuple[object, ...]:
        """What blind equality compares."""
        return self.status, self.headers, self.length, self.body


@dataclass(frozen=True, slots=True)
class Office:
    """A world and its EHRs: one of the brief scope, one of the full."""

    world: World
    brief: HookEhr
    full: HookEhr

    @classmethod
    def of(cls, world: World) -> Office:
        """The EHRs, registered."""
        brief = HookEhr.at(world)
        full = HookEhr(brief.ehr.registered(world, Scope.DECISION_FULL, tenant="full"))
        return cls(world, brief, full)

    def meet(self, scene: Scene, secret: Secret) -> Seen:
        """Put the scene with this secret into the world, and ask.

        Time passes, so that clinicians stand in one order of registration in both worlds.
        """
        self.world.clock.advance(seconds=1)
        with self.world.writing() as context:
            clinician_id = _settle(context, scene, secret)
        ehr = self.full if scene.full else self.brief
        answer = ehr.call(scene.hook, _context(scene), prefetch=_prefetch(scene))
        return self._seen(answer, clinician_id)

    def _seen(self, answer: TestResponse, clinician_id: str) -> Seen:
        advice, private = self._known(clinician_id)
        headers = tuple(sorted(answer.headers.items()))
        body = UUID.sub(b"ID", answer.data)
        return Seen(
            answer.status_code, headers, len(answer.data), body, answer.data, advice, private
        )

    def _known(self, clinician_id: str) -> tuple[Advice | None, frozenset[str]]:
        """What stands for the clinician's one decision, and every word of it."""
        principal = self.world.account(Role.COMPLIANCE, name="Cleo")
        with self.world.reading(principal) as context:
            mine = select(DecisionRow.id).where(DecisionRow.clinician_id == clinician_id)
            found = context.session.scalars(mine).first()
            if found is None:
                return None, frozenset()
            recorded = read_decision(context, found)
            render = wording(self.world.desk, principal)
            answer = answer_of(context, recorded, render, officer=True)
        findings = [*answer.full["findings"], *answer.full["unverified"]]
        return answer.advice, frozenset(_words([findings, answer.full["ask"]]))


def _words(value: Any) -> Iterator[str]:
    """Texts long enough to be told from chance."""
    if isinstance(value, str) and len(value) >= 10:
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner)


def _settle(context: Context, scene: Scene, secret: Secret) -> str:
    clinician_id = register_clinician(context, ClinicianForm(scene.clinician))
    add_licence(context, clinician_id, LicenceForm("US-TX", "LPC", "2010"))
    if scene.is_member:
        add_membership(context, clinician_id, MembershipForm("ACA"))
    if scene.has_attested:
        attest(context, clinician_id, ALL_KINDS, context.today)
    name = f"clinician-{scene.number}"
    register_identifier(context, NewIdentifier("Practitioner", name, clinician_id=clinician_id))
    client = register_client(context, scene.client, _patient(scene)) if _registers(scene) else None
    if client is not None:
        _tell(context, secret, clinician_id, client)
    return clinician_id


def _registers(scene: Scene) -> bool:
    """A prospect nobody registered can have no tie that was stated of them."""
    return scene.is_registered or any(one.source != "none" for one in scene.secrets)


def _tell(context: Context, secret: Secret, clinician_id: str, client_id: str) -> None:
    client = client_row(context, client_id).person_id
    clinician = clinician_row(context, clinician_id).person_id
    when: dict[str, Any] = {"since": secret.since, "is_ended": secret.is_ended}
    match secret.source:
        case "clinician":
            form = DisclosureForm(clinician_id, secret.kind, person_id=client, **when)
            disclose(context, form)
        case "officer":
            state_tie(context, TieForm(clinician, client, secret.kind, **when))
        case "client":
            told = TieForm(clinician, client, secret.kind, source=TieSource.CLIENT, **when)
            state_tie(context, told)
        case "through":
            record = PersonRecord((PersonName(secret.third, secret.third),))
            third = register(context, record)
            state_tie(context, TieForm(clinician, third, "SIS"))
            state_tie(context, TieForm(third, client, "SPS"))
        case _:
            pass


def _patient(scene: Scene) -> str:
    return f"patient-{scene.number}"


def _context(scene: Scene) -> JsonObject:
    own = f"Practitioner/clinician-{scene.number}"
    patient = _patient(scene)
    users = {"own": own, "patient": f"Patient/{patient}", "relative": "RelatedPerson/9"}
    user = users.get(scene.user, scene.user)
    if scene.hook == "patient-view":
        return {"userId": own if scene.user == NOBODY else user, "patientId": patient}
    if scene.hook == "appointment-book":
        return booking(user, own, patient=patient)
    request = {
        "resourceType": "ServiceRequest",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": f"Patient/{patient}"},
        "performer": [{"reference": own}],
    }
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": request}]}
    return {"userId": user, "patientId": patient, "draftOrders": bundle}


def _prefetch(scene: Scene) -> JsonObject:
    name, record = scene.client.names[0], scene.client
    patient = {
        "resourceType": "Patient",
        "id": _patient(scene),
        "name": [{"given": [name.given], "family": name.family}],
        "birthDate": record.birth_date,
        "telecom": [{"system": "email", "value": record.emails[0]}],
    }
    related = {"related": NO_RELATED} if scene.brings_related else {}
    return {"patient": patient, **related}
