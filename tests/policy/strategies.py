"""Random records for the laws: whole situations, and ways to know less of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import strategies as st

from policy_service.domain.dates import PartialDate
from policy_service.domain.facts import (
    NOT_APPLICABLE,
    Fact,
    FactGroup,
    Facts,
    FactType,
    Known,
    On,
    OneOf,
    TieFacts,
    Unknown,
    Why,
)
from policy_service.domain.vocabulary import VOCABULARY

AS_OF = date(2026, 6, 15)
TIE_NAMES = [name for name, spec in VOCABULARY.items() if spec.group is FactGroup.TIE]
BASE_NAMES = [name for name in VOCABULARY if name not in TIE_NAMES]

days = st.integers(0, 9000).map(lambda n: AS_OF - timedelta(days=n))
whys = st.sampled_from(list(Why))


@st.composite
def known_fact(draw: st.DrawFn, name: str) -> Fact:
    spec = VOCABULARY[name]
    if spec.type is FactType.ENUM:
        return Known(draw(st.sampled_from(spec.values)))
    if draw(st.booleans()):
        return Known(NOT_APPLICABLE)
    if spec.type is FactType.DATE:
        return On(PartialDate.of(draw(days)))
    return Known(draw(st.integers(0, 9000 if spec.type is FactType.AMOUNT else 8)))


@st.composite
def known_records(draw: st.DrawFn) -> Facts:
    """A situation in which everything is known, with at most two ties."""
    base = {name: draw(known_fact(name)) for name in BASE_NAMES}
    base["last_professional_contact_on"] = On(PartialDate.of(draw(days)))
    base |= {name: Known(NOT_APPLICABLE) for name in TIE_NAMES} | {"tie": Known("none")}
    count = draw(st.integers(0, 2))
    ties = [{name: draw(known_fact(name)) for name in TIE_NAMES} for _ in range(count)]
    return Facts(AS_OF, base, tuple(TieFacts(f"t{n}", tie) for n, tie in enumerate(ties)))


def blurred(fact: Fact, name: str, draw: st.DrawFn) -> Fact:
    """Less knowledge of the same truth: the truth stays one of the possibilities."""
    why = draw(whys)
    if isinstance(fact, On) and draw(st.booleans()):
        return On(PartialDate(fact.when.text[: draw(st.sampled_from([4, 7]))]), why)
    spec = VOCABULARY[name]
    if isinstance(fact, Known) and spec.type is FactType.ENUM and draw(st.booleans()):
        more = draw(st.sets(st.sampled_from(spec.values), min_size=1, max_size=3))
        return OneOf(frozenset({str(fact.value), *more}), why)
    return Unknown(why)


@st.composite
def records_and_what_is_known(draw: st.DrawFn) -> tuple[Facts, Facts]:
    """(the truth, the same with one to five facts blurred)."""
    truth = draw(known_records())
    names = draw(st.sets(st.sampled_from(BASE_NAMES), max_size=4))
    base = dict(truth.base)
    for name in sorted(names):
        base[name] = blurred(base[name], name, draw)
    ties = []
    for tie in truth.ties:
        facts = dict(tie.facts)
        for name in sorted(draw(st.sets(st.sampled_from(TIE_NAMES), max_size=2))):
            facts[name] = blurred(facts[name], name, draw)
        ties.append(TieFacts(tie.ref, facts))
    return truth, replace(truth, base=base, ties=tuple(ties))
