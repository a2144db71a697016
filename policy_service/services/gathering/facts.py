"""One clinician, one client, one purpose: all facts, where they come from, and what was unclear."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, select

from policy_service.database.tables.registry import AttestationRow, ClientRow, ClinicianRow
from policy_service.domain.attestations import AttestationKind
from policy_service.domain.care import ClientStatus, client_status
from policy_service.domain.facts import NOT_APPLICABLE, Fact, Facts, Known, Unknown, Why
from policy_service.services.context import Context
from policy_service.services.gathering.account_facts import account_facts, find_connections
from policy_service.services.gathering.care_facts import care_facts, care_spells
from policy_service.services.gathering.client_links import ClientLinks, client_links
from policy_service.services.gathering.contact_hints import contact_hints
from policy_service.services.gathering.event_facts import (
    RecordedEvent,
    event_facts,
    intimacy_facts,
    recorded_events,
)
from policy_service.services.gathering.paths import walk
from policy_service.services.gathering.targets import Targets, find_targets
from policy_service.services.gathering.tie_facts import ReadTie, base_tie_facts, read_ties
from policy_service.services.old_contacts import has_old_contacts
from policy_service.services.people import Person

_CLIENTS_OF = (
    select(ClientRow.id)
    .where(ClientRow.person_id.in_(bindparam("people", expanding=True)))
    .order_by(ClientRow.id)
)
_ATTESTED = select(AttestationRow.kinds).where(
    AttestationRow.clinician_id == bindparam("clinician"),
    AttestationRow.is_current.is_(True),
    AttestationRow.is_withdrawn.is_(False),
    AttestationRow.as_of <= bindparam("day"),
    AttestationRow.valid_until >= bindparam("day"),
)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: about whom, why, as of which day, and of which event."""

    clinician: ClinicianRow
    client: ClientRow
    person: Person
    purpose: str
    as_of: date
    event: RecordedEvent | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """The facts, and beside them what is not a fact: paths, identity evidence, provenance."""

    facts: Facts
    ties: tuple[ReadTie, ...]
    targets: Targets
    events: tuple[RecordedEvent, ...]
    client_ids: tuple[str, ...]
    links: ClientLinks
    """Other clients of the clinician to whom this one is tied."""
    own_base: Mapping[str, Fact]
    """The base facts if there were nothing but what the clinician stated or the client told them.
    Equal to the base where nothing is hidden."""
    has_old_contacts: bool = False
    """Some of the clinician's contacts cannot be recognised before they are imported again."""


def gather_facts(context: Context, question: Question, targets: Targets | None = None) -> Gathered:
    """Read everything the rules may look at. Takes no write lock and changes nothing."""
    targets = targets or find_targets(context, question.person)
    clinician = question.clinician
    client_ids = clients_of(context, {*targets.same_people, question.person.id})
    maybe_ids = clients_of(context, targets.maybe_people)
    events = recorded_events(context, clinician.id, client_ids)
    events += [question.event] if question.event else []
    spells = care_spells(context, clinician.id, client_ids)
    maybe = care_spells(context, clinician.id, maybe_ids)
    steps = walk(context, clinician.person_id, targets.found)
    hints = contact_hints(context, clinician, targets.found, steps.paths)
    ties = read_ties((*steps.paths, *hints))
    attested = attested_kinds(context, clinician.id, question.as_of)
    connections = find_connections(context, clinician.person_id, targets)
    is_old = has_old_contacts(context, clinician)
    comparable = targets.identification.is_comparable and not (steps.cut or is_old)
    links = client_links(context, clinician.id, client_ids, targets)
    base: dict[str, Fact] = {
        **care_facts(question.purpose, spells, maybe),
        **_practice_facts(context, [*client_ids, *maybe_ids], bool(spells)),
        "linked_clients": links.fact,
        **event_facts(events, question.event),
        **intimacy_facts(events, ties, spells, attested),
        **account_facts(connections, attested, is_old=is_old),
        **base_tie_facts(attested, comparable),
    }
    told = [event for event in events if event.is_told]
    own_ties = [tie for tie in ties if tie.known_to(clinician.id)]
    this = question.event if question.event and question.event.is_told else None
    own_base = {
        **base,
        **care_facts(question.purpose, spells, []),
        "linked_clients": links.own,
        **event_facts(told, this),
        **intimacy_facts(told, own_ties, spells, attested),
    }
    facts = Facts(question.as_of, base, tuple(tie.facts for tie in ties))
    return Gathered(facts, ties, targets, tuple(events), tuple(client_ids), links, own_base, is_old)


def clients_of(context: Context, person_ids: Iterable[str]) -> list[str]:
    """Ids of the clients who are these persons."""
    wanted = list(person_ids)
    if not wanted:
        return []
    return list(context.session.scalars(_CLIENTS_OF, {"people": wanted}))


def attested_kinds(context: Context, clinician_id: str, as_of: date) -> frozenset[AttestationKind]:
    """What the clinician has attested and is still in force on the day asked about."""
    asked = {"clinician": clinician_id, "day": as_of.isoformat()}
    rows = context.session.scalars(_ATTESTED, asked)
    return frozenset(AttestationKind(kind) for kinds in rows for kind in kinds.split())


def _practice_facts(context: Context, client_ids: list[str], treats: bool) -> Mapping[str, Fact]:
    """Is the person a client of anyone here? (Ohio counts an agency's client as everyone's.)"""
    spells = care_spells(context, None, client_ids)
    status = client_status(spells)
    word = "none" if status is ClientStatus.PROSPECTIVE else status.value
    return {
        "practice_client_status": Known(word),
        "clinician_knows_practice_client": _knows(word, treats),
    }


def _knows(status: str, treats: bool) -> Fact:
    """Whoever treats the client knows; of the others nobody has recorded it."""
    if status == "none":
        return Known(NOT_APPLICABLE)
    return Known("yes") if treats else Unknown(Why.NOT_RECORDED)
