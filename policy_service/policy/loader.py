"""Building a pack from its parsed parts: exceptions woven in, digest, and the rules' own tests.

The parts come from a folder (pack.yaml, rules/*.yaml, cases.yaml, README.md) or from a document.
Anything amiss is a PackFault with its place; a pack that loads has passed the tests of every rule.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.resources.abc import Traversable

from policy_service.domain.vocabulary import FACT_SCHEMA
from policy_service.policy.case_form import read_cases
from policy_service.policy.conditions import All, Condition, Not, compile_condition
from policy_service.policy.faults import PackFault, unknown_word
from policy_service.policy.files import parse_files, read_folder
from policy_service.policy.nodes import Node
from policy_service.policy.pack import (
    SEMANTICS,
    Layer,
    LicenceScope,
    Pack,
    Profession,
    Scope,
)
from policy_service.policy.parsed import Parsed
from policy_service.policy.rule import Rule
from policy_service.policy.rule_form import read_rule
from policy_service.policy.rule_tests import run_rule_tests
from policy_service.policy.supervaluation import MOST_COMBINATIONS, most_combinations

MAX_ID = 60

_HEADER = (
    "pack",
    "title",
    "body",
    "edition",
    "version",
    "semantics",
    "fact_schema",
    "layer",
    "scope",
    "professions",
)
_HEADER_MAY = ("stands_for_board",)
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_PACK_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_JURISDICTION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


def load_pack(folder: Traversable) -> Pack:
    """The pack of a folder, checked and with its rule tests run. Raises PackFault."""
    return build_pack(parse_files(read_folder(folder)))


def build_pack(parsed: Parsed) -> Pack:
    """The pack of parsed parts, checked and with its rule tests run. Raises PackFault."""
    pack = read_pack(parsed)
    for rule in pack.rules:
        run_rule_tests(pack, rule)
    return pack


def read_pack(parsed: Parsed) -> Pack:
    """The pack of parsed parts, checked, but with none of its tests run. Raises PackFault."""
    digest = hashlib.sha256(parsed.document()).hexdigest()
    form = parsed.header.form(_HEADER, _HEADER_MAY)
    edition = form["edition"].text()
    layer = Layer(form["layer"].word("layer", tuple(layer.value for layer in Layer)))
    rules = tuple(read_rule(node, edition) for node in parsed.rules)
    _refuse_twins(rules)
    return Pack(
        id=_id(form["pack"]),
        title=form["title"].text(),
        body=form["body"].text(),
        edition=edition,
        version=_version(form["version"]),
        semantics=_semantics(form["semantics"]),
        fact_schema=form["fact_schema"].word("fact schema", (FACT_SCHEMA,)),
        layer=layer,
        scope=_scope(form["scope"], layer),
        professions=_professions(form["professions"]),
        rules=weave_exceptions(rules),
        cases=read_cases(parsed.cases, form["pack"].text()),
        digest=digest,
        stands_for_board=_stands_for_board(form),
    )


def _stands_for_board(form: Mapping[str, Node]) -> bool:
    return "stands_for_board" not in form or form["stands_for_board"].boolean()


def _id(node: Node) -> str:
    pack_id = node.text()
    if len(pack_id) > MAX_ID or not _PACK_ID.fullmatch(pack_id):
        raise node.fault(f"{pack_id!r} is not an id such as us-tx-lpc")
    return pack_id


def _version(node: Node) -> str:
    if not _VERSION.fullmatch(node.text()):
        raise node.fault(f"{node.text()!r} is not a version such as 1.0.0")
    return node.text()


def _semantics(node: Node) -> int:
    if node.integer() != SEMANTICS:
        raise node.fault(f"semantics {node.value} is not supported; allowed: {SEMANTICS}")
    return SEMANTICS


def _professions(node: Node) -> tuple[Profession, ...]:
    words = node.words("profession", tuple(profession.value for profession in Profession))
    return tuple(map(Profession, words))


def _scope(node: Node, layer: Layer) -> Scope:
    """A practice's own pack binds everyone there, beside all other packs and in place of none."""
    key, value = node.single()
    if layer is Layer.PRACTICE and key != "every":
        raise value.fault("a pack of layer practice has the scope {every: true}")
    match key:
        case "every":
            if not value.boolean():
                raise value.fault("every is true or absent")
            return Scope(every=True)
        case "membership":
            return Scope(membership=value.texts())
        case "licences":
            return Scope(licences=tuple(_licence(item) for item in value.items()))
        case _:
            raise value.fault(unknown_word("scope", key, ("every", "membership", "licences")))


def _licence(node: Node) -> LicenceScope:
    form = node.form(("jurisdiction", "licence"))
    jurisdiction = form["jurisdiction"].text()
    if not _JURISDICTION.fullmatch(jurisdiction):
        raise form["jurisdiction"].fault(f"{jurisdiction!r} is not a code such as US-TX")
    return LicenceScope(jurisdiction, form["licence"].text())


def _refuse_twins(rules: Sequence[Rule]) -> None:
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise PackFault(rule.file, rule.line, f"rule id {rule.id!r} is used twice")
        seen.add(rule.id)


def weave_exceptions(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """A rule with exceptions holds only where none of them does."""
    by_id = {rule.id: rule for rule in rules}
    exceptions: dict[str, list[Rule]] = {}
    for rule in rules:
        for target in rule.exception_to:
            _check_exception(rule, target, by_id)
            exceptions.setdefault(target, []).append(rule)
    for target, found in exceptions.items():
        if len({rule.outcome for rule in found}) > 1:
            raise PackFault(found[1].file, found[1].line, f"exceptions to {target!r} disagree")
    woven = tuple(_excepted(rule, exceptions.get(rule.id, ())) for rule in rules)
    for rule in woven:
        _refuse_costly(rule)
    return woven


def _refuse_costly(rule: Rule) -> None:
    """No record may hold up a process: what could be unknown together is bounded for each rule."""
    cost = most_combinations(rule.compiled)
    if cost > MOST_COMBINATIONS:
        raise PackFault(
            rule.file,
            rule.line,
            f"the dates of {rule.id!r} can stand in up to {cost} orders when they are unknown; "
            f"allowed: {MOST_COMBINATIONS}. Compare fewer dates in one rule",
        )


def _check_exception(rule: Rule, target: str, by_id: Mapping[str, Rule]) -> None:
    if target not in by_id or target == rule.id:
        raise PackFault(rule.file, rule.line, unknown_word("rule", target, set(by_id) - {rule.id}))
    if by_id[target].exception_to:
        raise PackFault(rule.file, rule.line, f"{target!r} is an exception itself")
    if not rule.status.is_read or rule.is_draft != by_id[target].is_draft:
        raise PackFault(rule.file, rule.line, f"cannot except {target!r}, which stands otherwise")


def _excepted(rule: Rule, exceptions: Sequence[Rule]) -> Rule:
    if not exceptions:
        return rule
    parts: list[Condition] = [*rule.trigger, rule.when]
    for other in exceptions:
        parts.append(Not(All((*other.trigger, other.when))))
    facts = sorted({*rule.facts, *(name for other in exceptions for name in other.facts)})
    return replace(
        rule,
        compiled=compile_condition(All(tuple(parts))),
        facts=tuple(facts),
        is_tied=rule.is_tied or any(other.is_tied for other in exceptions),
    )
