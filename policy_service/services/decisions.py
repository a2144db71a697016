"""Write a decision with its audit entry, cases and duties; read decisions back and redact them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select

from policy_service.audit.log import NewEntry, Owned, append
from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.people import PersonRow
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.domain.answers import Answer
from policy_service.domain.decisions import Decision
from policy_service.domain.facts import FactGroup, Facts, fact_to_json, facts_to_json
from policy_service.domain.outcomes import Outcome
from policy_service.domain.principals import ActingUser
from policy_service.domain.standings import advise
from policy_service.domain.vocabulary import spec_of
from policy_service.errors import NotFound
from policy_service.ledger.canonical import canonical_bytes, parse_strict
from policy_service.ledger.leaf import Leaf, format_at
from policy_service.ledger.receipt import Receipt, sign_receipt
from policy_service.policy.pack import SEMANTICS
from policy_service.services.cases import raise_cases, standing_of
from policy_service.services.clearances import watch_clearances
from policy_service.services.context import Context
from policy_service.services.desk import MAX_MERGE_DELAY, Desk
from policy_service.services.duties import Cause, raise_duties, require_attestation
from policy_service.services.gathering.facts import Gathered, Question, clients_of
from policy_service.services.match_state import held_number
from policy_service.services.packs import activation_number
from policy_service.services.shadows import SHADOW, ShadowDecision
from policy_service.services.shown_names import shown_names

_VERSION_OF = {
    (table, shared): select(table.version)
    .where(table.practice_id == bindparam("practice"), table.id == bindparam("id"))
    .with_for_update(read=shared)
    for table in (ClinicianRow, ClientRow)
    for shared in (True, False)
}
_ALWAYS_PRIVATE = ("practice_client_status", "clinician_knows_practice_client")
"""Base facts that rest on the care of other clinicians."""
_PSEUDONYM = select(PersonRow.pseudonym).where(PersonRow.id == bindparam("person"))
Render = Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Material:
    """All that is recorded of one decision."""

    question: Question
    gathered: Gathered
    decision: Decision
    own: Decision | None
    """The decision on the base facts that the clinician knows; None where they know all of them."""
    packs: tuple[str, ...]
    location_of_service: str
    activation: int
    """The number of the newest activation when the packs were chosen."""
    shadow: ShadowDecision | None = None


@dataclass(frozen=True, slots=True)
class Versions:
    """What must not have moved between reading and recording. `client` None: not registered yet.

    `packs` is the number of the newest activation, `matching` that of the newest change of the
    match model.
    """

    clinician: int
    client: int | None
    packs: int
    matching: int

    def hold(self, context: Context, question: Question) -> bool:
        """Read all four again inside the write transaction.

        On PostgreSQL under FOR SHARE; an event raises the versions afterwards and takes FOR UPDATE,
        or two events of one pair would wait for each other for ever.
        """
        shared = question.event is None
        clinician = _version(context, ClinicianRow, question.clinician.id, shared)
        if clinician != self.clinician:
            return False
        if self.client is not None:
            client = _version(context, ClientRow, question.client.id, shared)
            if client != self.client:
                return False
        if activation_number(context, shared=True) != self.packs:
            return False
        return held_number(context.session, context.practice_id) == self.matching


def _version(
    context: Context, table: type[ClinicianRow | ClientRow], row_id: str, shared: bool
) -> int | None:
    asked = {"practice": context.practice_id, "id": row_id}
    return context.session.execute(_VERSION_OF[table, shared], asked).scalar_one_or_none()


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded decision, as `answer_of` needs it."""

    id: str
    at: str
    clinician_id: str
    purpose: str
    body: Mapping[str, Any]
    context: Mapping[str, Any]
    receipt: str
    client_id: str


def record_decision(
    desk: Desk, context: Context, material: Material, acting: ActingUser
) -> Recorded:
    """Append the entry, write the decision, open or join cases, raise duties."""
    question = material.question
    body = material.decision.to_json()
    facts = facts_to_json(material.gathered.facts)
    sealed_context = _context_json(context, material, acting)
    leaf = _append_entry(context, material, body, sealed_context)
    origin = desk.practice(context.practice_id).log_origin
    receipt = sign_receipt(Receipt.of(leaf, origin, MAX_MERGE_DELAY), desk.receipt_key).decode()
    owner = question.client.person_id
    parts = {"facts": facts, "body": body, "context": sealed_context}
    sealed = {
        f"sealed_{name}": context.keyring.seal(
            context.session, owner, canonical_bytes(part), ("decision", leaf.id, name)
        )
        for name, part in parts.items()
    }
    context.session.add(
        DecisionRow(
            practice_id=context.practice_id,
            id=leaf.id,
            at=context.now,
            clinician_id=question.clinician.id,
            client_id=question.client.id,
            purpose=question.purpose,
            as_of=question.as_of.isoformat(),
            outcome=material.decision.outcome.value,
            could_become=material.decision.could_become.value,
            complete=material.decision.complete,
            packs=" ".join(sorted(material.packs)),
            semantics=SEMANTICS,
            model=context.model.digest,
            entry_id=leaf.id,
            receipt=receipt,
            is_silent=context.principal.is_silent,
            **sealed,
        )
    )
    recorded = Recorded(
        leaf.id,
        leaf.at,
        question.clinician.id,
        question.purpose,
        body,
        sealed_context,
        receipt,
        question.client.id,
    )
    if not context.principal.is_silent:
        _follow_up(context, material, recorded)
    return recorded


def _follow_up(context: Context, material: Material, recorded: Recorded) -> None:
    """What a decision sets going: cases for people to decide, duties for people to do."""
    question, decision = material.question, material.decision
    raise_cases(context, question, decision, recorded.id)
    known = frozenset(_key(finding) for finding in own_findings(recorded) if _holds(finding))
    raise_duties(context, Cause(question, material.gathered, decision, recorded.id, known))
    require_attestation(context, question.clinician.id, decision)
    watch_clearances(context, recorded.id, recorded.body)
    context.session.flush()


def _append_entry(
    context: Context, material: Material, body: Mapping[str, Any], sealed: Mapping[str, Any]
) -> Leaf:
    question, owner = material.question, material.question.client.person_id
    groups = {name: Owned(value, owner) for name, value in fact_groups(material.gathered.facts)}
    groups["identity"] = Owned(identity_json(material.gathered), owner)
    groups["decision"] = Owned(dict(body), owner)
    groups["request"] = Owned(dict(sealed["request"]), owner)
    if material.shadow is not None:
        groups[SHADOW] = Owned(material.shadow.to_json(), owner)
    return append(
        context.session,
        context.keyring,
        NewEntry(
            id=context.new_id(),
            action="check.decided",
            at=context.now,
            actor_ref=context.principal.actor_ref,
            groups=groups,
            subject_refs=frozenset(
                {question.person.pseudonym, pseudonym_of(context, question.clinician.person_id)}
            ),
            outcome=material.decision.outcome.value,
            packs=frozenset(material.packs),
            semantics=SEMANTICS,
            model=context.model.digest,
        ),
    )


def pseudonym_of(context: Context, person_id: str) -> str:
    """What the audit log calls a person."""
    return context.session.scalars(_PSEUDONYM, {"person": person_id}).one()


def fact_groups(facts: Facts) -> list[tuple[str, dict[str, Any]]]:
    """Facts by commitment: care, events, accounts, the base's tie facts, and each tie."""
    named: dict[str, dict[str, Any]] = {"care": {"as_of": facts.as_of.isoformat()}}
    if facts.candidates:
        named["care"]["candidates"] = sorted(facts.candidates)
    for name, fact in sorted(facts.base.items()):
        group = spec_of(name).group
        key = "no_tie" if group is FactGroup.TIE else group.value
        named.setdefault(key, {})[name] = fact_to_json(fact)
    for number, tie in enumerate(facts.ties):
        named[f"tie:{number}"] = {
            "ref": tie.ref,
            "facts": {name: fact_to_json(fact) for name, fact in sorted(tie.facts.items())},
        }
    return list(named.items())


def identity_json(gathered: Gathered) -> dict[str, Any]:
    """Recognition's result as evidence: candidates above weak, by person id, without values."""
    identification = gathered.targets.identification
    return {
        "missing": list(identification.missing),
        "skipped_keys": list(identification.skipped_keys),
        "left_out": identification.left_out,
        **({} if identification.is_filed else {"unfiled": True}),
        **({"old_contacts": True} if gathered.has_old_contacts else {}),
        "candidates": [
            {
                "person": match.person.id,
                "verdict": match.verdict,
                **match.comparison.to_json(with_values=False),
            }
            for match in identification.matches
            if match.comparison.band != "weak"
        ],
    }


def _context_json(context: Context, material: Material, acting: ActingUser) -> dict[str, Any]:
    """What is not a fact but is needed to show the decision again, under the client's key."""
    question, gathered = material.question, material.gathered
    own = None if material.own is None else [one.to_json() for one in material.own.findings]
    return {
        "request": {
            "purpose": question.purpose,
            "as_of": question.as_of.isoformat(),
            "acting_role": acting.role.value,
            "location_of_service": material.location_of_service,
        },
        "identity": identity_json(gathered),
        "recognised": recognised(context, gathered),
        "ties": [tie.in_words(question.clinician.id) for tie in gathered.ties],
        "linked": [link.in_words() for link in gathered.links.found],
        "private_facts": sorted(_ALWAYS_PRIVATE),
        "own_findings": own,
    }


def recognised(context: Context, gathered: Gathered) -> list[dict[str, str]]:
    """Registered clients who are, or probably are, the person asked about."""
    targets = gathered.targets
    found = dict.fromkeys(clients_of(context, targets.maybe_people), "probable")
    found |= dict.fromkeys(clients_of(context, targets.same_people), "certain")
    return [{"client_id": key, "certainty": value} for key, value in sorted(found.items())]


def read_decision(context: Context, decision_id: str) -> Recorded:
    """A recorded decision. NotFound for another practice's, KeyNotHeld after erasure."""
    row = context.session.get(DecisionRow, (context.practice_id, decision_id))
    if row is None:
        raise NotFound
    client = context.session.get_one(ClientRow, (context.practice_id, row.client_id))

    def opened(name: str, sealed: bytes) -> Any:
        where = ("decision", row.id, name)
        return parse_strict(context.keyring.open(context.session, client.person_id, sealed, where))

    return Recorded(
        row.id,
        format_at(row.at),
        row.clinician_id,
        row.purpose,
        opened("body", row.sealed_body),
        opened("context", row.sealed_context),
        row.receipt,
        row.client_id,
    )


def answer_of(context: Context, recorded: Recorded, render: Render, officer: bool) -> Answer:
    """The answer as it may be shown in full, to be redacted for its audience."""
    standing = standing_of(context, recorded.id)
    outcome = Outcome(recorded.body["outcome"])
    rendered = render(recorded.body)
    own = {**recorded.body, "findings": own_findings(recorded)}
    full = {
        **rendered,
        "clinician_id": recorded.clinician_id,
        "client_id": recorded.client_id,
        "purpose": recorded.purpose,
        "recognised": recorded.context["recognised"],
        "standing": standing.value,
    }
    return Answer(
        id=recorded.id,
        at=recorded.at,
        receipt=recorded.receipt,
        advice=advise(outcome, standing, recorded.purpose),
        clinician_id=recorded.clinician_id,
        full=full,
        tie_names=tie_names(context, recorded) if officer else {},
        own_findings=render(own)["findings"],
        own_ties=own_ties(recorded),
    )


def own_ties(recorded: Recorded) -> tuple[str, ...]:
    """The ties that rest only on what the clinician stated or the client told, in order."""
    return tuple(tie["ref"] for tie in recorded.context["ties"] if tie["known_to_clinician"])


def own_findings(recorded: Recorded) -> list[Mapping[str, Any]]:
    """The findings of the world that holds only what the clinician stated or the client told them.

    Where something hidden changed a fact, they were decided without it and kept beside the body:
    what the clinician sees is the same whether or not there is something hidden.
    """
    known_ties = {None, *own_ties(recorded)}
    private = set(recorded.context["private_facts"])
    found = recorded.context.get("own_findings")
    return [
        finding
        for finding in (recorded.body["findings"] if found is None else found)
        if finding["tie"] in known_ties
        and private.isdisjoint(used["fact"] for used in finding["facts"])
    ]


def _key(finding: Mapping[str, Any]) -> tuple[str, str | None]:
    return finding["rule"], finding["tie"]


def _holds(finding: Mapping[str, Any]) -> bool:
    return not finding["undecided"]


def tie_names(context: Context, recorded: Recorded) -> dict[str, Any]:
    """Tie paths in words with the names of those on them: for officers only."""
    ties = [*recorded.context["ties"], *recorded.context.get("linked", ())]
    people = {person for tie in ties for person in tie["people"]}
    names = shown_names(context, people)
    return {
        tie["ref"]: {
            "path": tie["label"],
            "certainty": tie["certainty"],
            "people": [names.get(person, "erased") for person in tie["people"]],
            **{name: tie[name] for name in ("evidence", "warning") if name in tie},
        }
        for tie in ties
    }
