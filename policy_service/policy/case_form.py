"""From cases.yaml to cases: situations for whole packs, laid over an attested stranger."""

from __future__ import annotations

from policy_service.domain.facts import NOT_APPLICABLE, Fact, FactGroup, FactType, Known
from policy_service.domain.outcomes import Outcome
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.grammar import read_facts
from policy_service.policy.nodes import Node
from policy_service.policy.pack import Case, Expected
from policy_service.policy.rule_form import TEST_DAY

BASELINE = "baseline"
_OUTCOMES = tuple(outcome.value for outcome in Outcome)
_MOST = 200


def attested_stranger() -> dict[str, Fact]:
    """The record of a new client whom the clinician has attested not to know: nothing is open."""
    settled: dict[str, Fact] = {name: _nothing(name) for name in VOCABULARY}
    return settled | {
        "purpose": Known("intake"),
        "client_status": Known("prospective"),
        "service": Known("beginning"),
        "practice_client_status": Known("none"),
    }


def _nothing(name: str) -> Fact:
    """What a fact is while nothing has happened: its none word, no, nothing counted, else n/a."""
    spec = VOCABULARY[name]
    if spec.none_value is not None:
        return Known(spec.none_value)
    if NOT_APPLICABLE not in spec.values:
        return Known("no" if "no" in spec.values else spec.values[0])
    return Known(0) if name == "gift_total" else Known(NOT_APPLICABLE)


def attested_tie() -> dict[str, Fact]:
    """What a tie of a case is unless it says otherwise: current, to the client, without dates."""
    details = {
        name: Known(NOT_APPLICABLE)
        for name, spec in VOCABULARY.items()
        if spec.group is FactGroup.TIE and spec.type is not FactType.ENUM
    }
    return {**details, "tie_state": Known("current"), "tie_via": Known("self")}


def read_cases(node: Node, pack_id: str) -> tuple[Case, ...]:
    """The cases of a pack; unless a case names packs, it is decided by baseline and this pack."""
    items = node.form(("cases",))["cases"].items()
    if len(items) > _MOST:
        raise node.fault(f"more than {_MOST} cases")
    return tuple(_case(item, pack_id) for item in items)


def _case(node: Node, pack_id: str) -> Case:
    form = node.form(("name", "given", "expect"), ("as_of", "packs", "ties"))
    named = form["packs"].texts() if "packs" in form else (pack_id,)
    ties = form["ties"].items() if "ties" in form else []
    return Case(
        name=form["name"].text(),
        as_of=form["as_of"].day() if "as_of" in form else TEST_DAY,
        packs=tuple(dict.fromkeys((BASELINE, *named))),
        base=attested_stranger() | read_facts(form["given"]),
        ties=tuple(attested_tie() | read_facts(tie) for tie in ties),
        expect=_expected(form["expect"]),
        file=node.file,
        line=node.line,
    )


def _expected(node: Node) -> Expected:
    form = node.form(("outcome",), ("could_become", "complete", "findings", "unverified"))
    worst = form.get("could_become")
    return Expected(
        outcome=Outcome(form["outcome"].word("outcome", _OUTCOMES)),
        could_become=None if worst is None else Outcome(worst.word("outcome", _OUTCOMES)),
        complete=form["complete"].boolean() if "complete" in form else None,
        findings=_ids(form.get("findings")),
        unverified=_ids(form.get("unverified")),
    )


def _ids(node: Node | None) -> tuple[str, ...] | None:
    """Rule ids; an empty list demands that there be none."""
    if node is None or node.value == []:
        return None if node is None else ()
    return node.texts()
