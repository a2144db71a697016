"""Random packs: any rule the format allows, as declared, without wording or tests of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import assume
from hypothesis import strategies as st

from policy_service.domain.dates import PartialDate
from policy_service.domain.decisions import FindingKind
from policy_service.domain.facts import FactGroup, FactType
from policy_service.domain.outcomes import Outcome
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.clocks import ANCHOR_FACTS, CARE_ENDED, Clock, Period
from policy_service.policy.conditions import (
    AfterCare,
    All,
    Condition,
    Day,
    Not,
    Number,
    Some,
    Than,
    When,
    Words,
    compile_condition,
    variables,
)
from policy_service.policy.faults import PackFault
from policy_service.policy.loader import weave_exceptions
from policy_service.policy.pack import Layer, Pack, Scope
from policy_service.policy.registry import load_shipped_packs
from policy_service.policy.rule import InForce, Rule, Status

SPECS = tuple(VOCABULARY.values())
ENUMS = tuple(spec for spec in SPECS if spec.type is FactType.ENUM)
DATES = tuple(spec.name for spec in SPECS if spec.type is FactType.DATE)
NUMBERS = tuple(spec for spec in SPECS if spec.type in (FactType.COUNT, FactType.AMOUNT))
PERIODS = tuple(map(Period, ("90 days", "1 month", "2 years", "5 years")))
FINDABLE = tuple(outcome for outcome in Outcome if outcome is not Outcome.NO_FINDING)
EXAMPLE = load_shipped_packs().by_id("baseline")
_days = st.dates(date(2015, 1, 1), date(2026, 12, 31))


@st.composite
def words(draw: st.DrawFn) -> Words:
    spec = draw(st.sampled_from(ENUMS))
    chosen = draw(st.sets(st.sampled_from(spec.values), min_size=1, max_size=len(spec.values) - 1))
    return Words(spec.name, tuple(sorted(chosen)))


@st.composite
def numbers(draw: st.DrawFn) -> Number:
    spec = draw(st.sampled_from(NUMBERS))
    most = 9000 if spec.type is FactType.AMOUNT else 6
    return Number(spec.name, draw(st.sampled_from(Than)), draw(st.integers(1, most)))


@st.composite
def day_atoms(draw: st.DrawFn) -> Day:
    left = draw(st.sampled_from(("as_of", *DATES)))
    right = draw(st.one_of(st.none(), _days, st.sampled_from(PERIODS).map(AfterCare)))
    return Day(left, draw(st.sampled_from(When)), right)


atoms = st.one_of(words(), words(), words(), numbers(), day_atoms())
conditions: st.SearchStrategy[Condition] = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Some(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=5,
)


@st.composite
def in_forces(draw: st.DrawFn) -> InForce:
    seen = PartialDate("2026")
    if draw(st.booleans()):
        return InForce(None, None, seen)
    first = draw(st.sampled_from(("2016", "2018-07", "2020-02-29")))
    until = draw(st.sampled_from((None, "2021", "2024-03-01")))
    return InForce(PartialDate(first), PartialDate(until) if until else None, None)


@st.composite
def rules(draw: st.DrawFn, number: int) -> Rule:
    trigger = tuple(draw(st.lists(words(), max_size=1)))
    when = draw(conditions)
    compiled = compile_condition(All((*trigger, when)))
    named = {name for atom in compiled.atoms() for name in variables(atom)}
    facts = (named - {CARE_ENDED}) | (set(ANCHOR_FACTS) if CARE_ENDED in named else set())
    outcome = draw(st.sampled_from(FINDABLE))
    clock = Clock(CARE_ENDED, draw(st.sampled_from((None, *PERIODS))), Outcome.DELIBERATE)
    return replace(
        EXAMPLE.rules[0],
        id=f"random.{number}",
        in_force=draw(in_forces()),
        status=draw(st.sampled_from((Status.IN_FORCE, Status.IN_FORCE, Status.DRAFT))),
        trigger=trigger,
        when=when,
        compiled=compiled,
        outcome=outcome,
        if_unknown=draw(st.sampled_from([one for one in FINDABLE if one <= outcome])),
        clock=clock if CARE_ENDED in named else None,
        kind=draw(st.sampled_from((None, *FindingKind))),
        exception_to=(),
        facts=tuple(sorted(facts)),
        is_tied=any(VOCABULARY[name].group is FactGroup.TIE for name in facts),
    )


def _excepting(rules: list[Rule]) -> list[Rule]:
    """The second rule excepts the first, where their standing allows it."""
    if len(rules) < 2 or rules[0].is_draft != rules[1].is_draft:
        return rules
    return [rules[0], replace(rules[1], exception_to=(rules[0].id,)), *rules[2:]]


def _woven(made: list[Rule]) -> tuple[Rule, ...]:
    """With exceptions woven in; a draw whose dates could stand in too many orders is passed by."""
    try:
        return weave_exceptions(tuple(made))
    except PackFault as fault:
        assume("orders" not in str(fault))
        raise


@st.composite
def random_packs(draw: st.DrawFn, layer: Layer = Layer.PRACTICE) -> Pack:
    """One to four rules; its digest stands for its content only within one test."""
    made = [draw(rules(number)) for number in range(draw(st.integers(1, 4)))]
    if draw(st.booleans()):
        made = _excepting(made)
    return replace(
        EXAMPLE,
        id=f"random-{layer.value}",
        layer=layer,
        scope=Scope(every=True),
        rules=_woven(made),
        cases=(),
        digest=draw(st.sampled_from(("0" * 64, "f" * 64))),
    )
