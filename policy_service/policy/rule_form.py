"""From a rule's YAML to a Rule: every field checked, so that a loaded rule can be trusted."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from policy_service.domain.decisions import Citation, FindingKind
from policy_service.domain.facts import Fact, FactGroup, Known
from policy_service.domain.outcomes import Outcome
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.clocks import ANCHOR_FACTS, CARE_ENDED, NEVER, Clock
from policy_service.policy.conditions import (
    AfterCare,
    All,
    Compiled,
    Day,
    Words,
    compile_condition,
    variables,
)
from policy_service.policy.faults import unknown_word
from policy_service.policy.grammar import (
    MAX_ATOMS,
    read_condition,
    read_facts,
    read_period,
    read_trigger,
)
from policy_service.policy.nodes import Node
from policy_service.policy.obligations import OBLIGATIONS
from policy_service.policy.rule import InForce, Rule, RuleTest, Status, Verification

TEST_DAY = date(2026, 6, 15)
"""The as-of date of a test that names none."""

BY_TIE = "by_tie"
TAGS = ("V", "V2", "M", "ours")
CLEARS_ON = "clears_on"

_REQUIRED = (
    "id",
    "title",
    "because",
    "cite",
    "in_force",
    "verification",
    "when",
    "outcome",
    "kind",
    "tests",
)
_OPTIONAL = (
    "status",
    "authority",
    "trigger",
    "waivable",
    "if_unknown",
    "obligations",
    "clock",
    "to_confirm",
    "exception_to",
    "tests_start_from",
)
_ID = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
_OUTCOMES = tuple(outcome.value for outcome in Outcome)
_FINDABLE = tuple(outcome for outcome in _OUTCOMES if outcome != Outcome.NO_FINDING)


@dataclass(frozen=True, slots=True)
class _Form:
    """The fields of one rule, each read when asked for."""

    node: Node
    fields: Mapping[str, Node]
    edition: str

    def text(self, key: str) -> str:
        return self.fields[key].text() if key in self.fields else ""

    def outcome(self) -> Outcome:
        return Outcome(self.fields["outcome"].word("outcome", _FINDABLE))


def read_rule(node: Node, edition: str) -> Rule:
    """The rule of a node. `edition` is the pack's, for citations that name none."""
    form = _Form(node, node.form(_REQUIRED, _OPTIONAL), edition)
    trigger = read_trigger(form.fields["trigger"]) if "trigger" in form.fields else ()
    condition = read_condition(form.fields["when"])
    compiled = compile_condition(All((*trigger, condition)))
    facts = _facts_named(compiled)
    rule = Rule(
        id=_id(form),
        title=form.text("title"),
        because=_because(form, facts),
        citations=_citations(form),
        in_force=_in_force(form.fields["in_force"]),
        status=_status(form),
        authority=form.text("authority") or None,
        trigger=trigger,
        when=condition,
        compiled=compiled,
        outcome=form.outcome(),
        waivable=_waivable(form),
        if_unknown=_if_unknown(form),
        obligations=_obligations(form),
        clock=_clock(form, compiled),
        kind=_kind(form.fields["kind"]),
        verification=_verification(form.fields["verification"]),
        to_confirm=form.text("to_confirm"),
        exception_to=form.fields["exception_to"].texts() if "exception_to" in form.fields else (),
        tests=tuple(_tests(form, trigger)),
        facts=facts,
        is_tied=any(VOCABULARY[name].group is FactGroup.TIE for name in facts),
        file=node.file,
        line=node.line,
    )
    _check_standing(rule, node)
    return rule


def _id(form: _Form) -> str:
    rule_id = form.text("id")
    if not _ID.fullmatch(rule_id):
        raise form.fields["id"].fault(f"{rule_id!r} is not an id such as aca.a5a.current-client")
    return rule_id


def _because(form: _Form, facts: tuple[str, ...]) -> str:
    """A sentence over the facts the rule looks at: of any other it could only say "not known"."""
    sentence, node = form.text("because"), form.fields["because"]
    if not sentence.endswith("."):
        raise node.fault("because must be a sentence that ends with a full stop")
    for name in placeholders(sentence):
        allowed = {*VOCABULARY, CARE_ENDED, CLEARS_ON}
        if name not in allowed:
            raise node.fault(unknown_word("fact", name, allowed))
        if name not in (*facts, CARE_ENDED, CLEARS_ON):
            raise node.fault(f"because names {name!r}, at which the rule does not look")
    return sentence


def placeholders(template: str) -> Iterator[str]:
    """The names in braces of a `because` template."""
    return (name for _, name, _, _ in string.Formatter().parse(template) if name is not None)


def _citations(form: _Form) -> tuple[Citation, ...]:
    def citation(node: Node) -> Citation:
        cited = node.form(("code", "section"), ("edition",))
        edition = cited["edition"].text() if "edition" in cited else form.edition
        return Citation(cited["code"].text(), cited["section"].text(), edition)

    return tuple(citation(item) for item in form.fields["cite"].items())


def _in_force(node: Node) -> InForce:
    """`{from: D, to: D}`; without a first day `{seen_in_force_on: D}`, or `{to: D}` if it ended."""
    if "seen_in_force_on" in node.entries():
        return InForce(
            None, None, node.form(("seen_in_force_on",))["seen_in_force_on"].partial_date()
        )
    if set(node.entries()) == {"to"}:
        return InForce(None, node.form(("to",))["to"].partial_date(), None)
    fields = node.form(("from",), ("to",))
    until = fields.get("to")
    last = None if until is None or until.value is None else until.partial_date()
    first = fields["from"].partial_date()
    if last and last.first <= first.first:
        raise node.fault("to must be later than from")
    return InForce(first, last, None)


def _status(form: _Form) -> Status:
    if "status" not in form.fields:
        return Status.IN_FORCE
    return Status(form.fields["status"].word("status", tuple(status.value for status in Status)))


def _waivable(form: _Form) -> bool:
    if "waivable" not in form.fields:
        return True
    waivable = form.fields["waivable"].boolean()
    if not waivable and form.outcome() is not Outcome.PROHIBIT:
        raise form.fields["waivable"].fault("only a prohibition can be not waivable")
    return waivable


def _if_unknown(form: _Form) -> Outcome:
    outcome = form.outcome()
    if "if_unknown" not in form.fields:
        grave = Outcome.DELIBERATE if outcome is Outcome.PROHIBIT else Outcome.ADVISE
        return min(grave, outcome)
    node = form.fields["if_unknown"]
    chosen = Outcome(node.word("outcome", _FINDABLE))
    if chosen > outcome:
        raise node.fault("if_unknown cannot be graver than the outcome")
    return chosen


def _obligations(form: _Form) -> tuple[str, ...]:
    if "obligations" not in form.fields:
        return ()
    return form.fields["obligations"].words("obligation", OBLIGATIONS.keys())


def _clock(form: _Form, compiled: Compiled) -> Clock | None:
    """The clock; its period must be one the condition counts with, and the other way round."""
    counted = {
        atom.right.plus
        for atom in compiled.atoms()
        if isinstance(atom, Day) and isinstance(atom.right, AfterCare)
    }
    if "clock" not in form.fields:
        if counted:
            raise form.node.fault("counts from the end of care, so it needs a clock")
        return None
    node = form.fields["clock"]
    fields = node.form(("anchor", "period", "then"))
    fields["anchor"].word("anchor", (CARE_ENDED,))
    then = Outcome(fields["then"].word("outcome", _FINDABLE))
    if fields["period"].value == NEVER:
        return Clock(CARE_ENDED, None, then)
    period = read_period(fields["period"])
    if period not in counted:
        raise node.fault(f"no condition counts {period.text} from {CARE_ENDED}")
    return Clock(CARE_ENDED, period, then)


def _kind(node: Node) -> FindingKind | None:
    word = node.word("kind", (*(kind.value for kind in FindingKind), BY_TIE))
    return None if word == BY_TIE else FindingKind(word)


def _verification(node: Node) -> Verification:
    fields = node.form(("tag", "source", "read_on", "reviewed_by"))
    reviewer = fields["reviewed_by"]
    return Verification(
        tag=fields["tag"].word("tag", TAGS),
        source=fields["source"].text(),
        read_on=fields["read_on"].partial_date(),
        reviewed_by=None if reviewer.value is None else reviewer.text(),
    )


def _tests(form: _Form, trigger: tuple[Words, ...]) -> Iterator[RuleTest]:
    """A test starts with the trigger met by its first words, then `tests_start_from`."""
    start: dict[str, Fact] = {words.fact: Known(words.words[0]) for words in trigger}
    if "tests_start_from" in form.fields:
        start |= read_facts(form.fields["tests_start_from"])
    return (_test(item, start) for item in form.fields["tests"].items())


def _test(node: Node, start: Mapping[str, Fact]) -> RuleTest:
    """One test; `given` is laid over what all tests of the rule start from."""
    fields = node.form(("given", "expect"), ("could_become", "as_of"))
    worst = fields.get("could_become")
    return RuleTest(
        given={**start, **read_facts(fields["given"])},
        as_of=fields["as_of"].day() if "as_of" in fields else TEST_DAY,
        expect=Outcome(fields["expect"].word("outcome", _OUTCOMES)),
        could_become=None if worst is None else Outcome(worst.word("outcome", _OUTCOMES)),
        file=node.file,
        line=node.line,
    )


def _facts_named(compiled: Compiled) -> tuple[str, ...]:
    named = {name for atom in compiled.atoms() for name in variables(atom)}
    if CARE_ENDED in named:
        named.remove(CARE_ENDED)
        named.update(ANCHOR_FACTS)
    return tuple(sorted(named))


def _check_standing(rule: Rule, node: Node) -> None:
    """What is read at its source is in force; what is not stays a draft that says what to read."""
    tag, status = rule.verification.tag, rule.status
    if status.is_read and (tag in ("V2", "M")) != rule.is_draft:
        raise node.fault(f"a rule tagged {tag} cannot be {status.value}")
    if rule.is_draft != bool(rule.to_confirm):
        raise node.fault("a draft, and only a draft, says under to_confirm what must be read")
    if status.is_read and rule.in_force.until and not rule.in_force.first:
        raise node.fault("only what is no longer in force may lack its first day and have a last")
    if status.is_read == bool(rule.authority):
        raise node.fault("superseded and struck_down, and only these, name the authority")
    if sum(1 for _ in rule.compiled.atoms()) > MAX_ATOMS:
        raise node.fault(f"more than {MAX_ATOMS} comparisons")
