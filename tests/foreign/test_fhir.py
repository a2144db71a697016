"""What we emit at /fhir stands before two validators that others wrote, with the BALP profiles."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from typing import Any

import pytest

from policy_service.domain.principals import Scope
from policy_service.interop.fhir.audit_events import Shown, audit_event
from policy_service.interop.fhir.code_systems import CONCEPT_MAPS, VOCABULARIES, code_system
from policy_service.interop.fhir.definitions import capability_statement, operation_definition
from tests.cast import World
from tests.foreign.conftest import Run
from tests.interop.fhir.checks import parameters
from tests.interop.fhir.events import (
    ACTORS,
    BASE,
    CLIENT,
    CLINICIAN,
    entry,
    every_event,
)

pytestmark = pytest.mark.foreign
Resource = dict[str, Any]
VALIDATORS = ("fhirjs", "medplum")


def judged(validators: Run, resources: Iterable[Resource]) -> list[dict[str, list[str]]]:
    """What each of the two finds wrong with each resource, in order."""
    lines = "".join(json.dumps(one) + "\n" for one in resources)
    done = validators(input=lines)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def faults(validators: Run, resources: Iterable[Resource]) -> Counter[str]:
    """All of it together."""
    found = judged(validators, resources)
    assert found
    return Counter(fault for one in found for name in VALIDATORS for fault in one[name])


def test_every_audit_event_is_valid_and_keeps_the_profile_it_claims(fhir_validators: Run) -> None:
    assert not faults(fhir_validators, every_event())


def test_our_definitions_are_valid(fhir_validators: Run) -> None:
    systems = [code_system(BASE, one) for one in VOCABULARIES.values()]
    maps = [make(BASE) for make in CONCEPT_MAPS.values()]
    others = [capability_statement(BASE), operation_definition(BASE)]
    assert not faults(fhir_validators, [*systems, *maps, *others])


def test_what_a_live_service_answers_is_valid(sqlite_world: World, fhir_validators: Run) -> None:
    assert not faults(fhir_validators, _answers(sqlite_world))


def _answers(world: World) -> Iterator[Resource]:
    caller = world.http(*Scope)
    for role in ("system", "intake", "patient", ""):
        asked = parameters(world, "alma", "ben", role=role)
        yield from _with_parts(caller.post("/fhir/$check-boundary", json=asked).json)
    for search in ("DetectedIssue?acting-role=system", "AuditEvent", "DetectedIssue?wrong=1"):
        yield from _with_parts(caller.get(f"/fhir/{search}").json)


def _with_parts(answer: Resource | None) -> Iterator[Resource]:
    """A Bundle, and every resource in it by itself."""
    assert answer is not None
    yield answer
    yield from (one["resource"] for one in answer.get("entry", ()))


_BREAKS: dict[str, Callable[[Resource], object]] = {
    "no agent": lambda event: event.pop("agent"),
    "no requestor": lambda event: event["agent"][0].pop("requestor"),
    "a code out of the binding": lambda event: event.update(action="Z"),
    "no source": lambda event: event.pop("source"),
    "an element of ours": lambda event: event.update(boundary="x"),
    "another type than the profile's": lambda event: event["type"].update(code="message"),
    "no patient": lambda event: event["entity"].pop(0),
    "no subtype of the interaction": lambda event: event["subtype"].pop(0),
    "one agent only": lambda event: event["agent"].pop(1),
    "another action than the profile's": lambda event: event.update(action="U"),
}


def test_what_is_broken_on_purpose_is_refused_by_one_of_the_two(fhir_validators: Run) -> None:
    shown = Shown(entry("check.decided", ACTORS[0], (CLIENT, CLINICIAN)), frozenset({CLIENT}))
    broken = []
    for break_it in _BREAKS.values():
        event = deepcopy(audit_event(BASE, shown))
        break_it(event)
        broken.append(event)
    found = judged(fhir_validators, broken)
    passed = [
        name
        for name, one in zip(_BREAKS, found, strict=True)
        if not any(one[validator] for validator in VALIDATORS)
    ]
    assert passed == []
