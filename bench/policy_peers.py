"""The same sixty rules in other engines, for records in which everything is known.

Each peer gets the rules as `tests/policy/oracles/cel_packs.py` translates them to CEL, word by word
from the YAML, and answers with the ids that hold. A peer that is not installed is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from policy_service.domain.facts import NOT_APPLICABLE, Fact, FactGroup, Facts, FactType, Known, On
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.pack import Pack

Plain = Mapping[str, Any]
Ask = Callable[[Plain], frozenset[str]]
_LATEST = re.compile(r"\(\((\w+) > (\w+) \? \1 : \2\) > (\w+) \? \(\1 > \2 \? \1 : \2\) : \3\)")


def peers(packs: Sequence[Pack]) -> Iterator[tuple[str, Ask]]:
    """(name, function from the variables of a record to the ids that hold)."""
    if not find_spec("cel_expr_python"):
        return
    rules = _translated({rule.id for pack in packs for rule in pack.rules})
    yield "plain Python functions", _floor(rules)
    yield "cel-expr-python", _cel(rules)
    if find_spec("zen"):
        yield "zen-engine", _zen(rules)


def variables_of(facts: Facts) -> dict[str, Any]:
    """A known record without ties as the peers see it: numbers for days, -1 for not applicable."""
    from tests.policy.oracles.cel_packs import month_day

    found: dict[str, Any] = {"as_of_m": month_day(facts.as_of), "as_of_n": facts.as_of.toordinal()}
    for name, fact in facts.base.items():
        spec, value = VOCABULARY[name], _plain(fact)
        if spec.type is FactType.DATE:
            found[f"{name}_m"] = -1 if value is None else month_day(value)
            found[f"{name}_n"] = -1 if value is None else value.toordinal()
        elif spec.type is FactType.ENUM:
            found[name] = value if value is not None else NOT_APPLICABLE
        else:
            found[name] = -1 if value is None else value
    return found


def _plain(fact: Fact) -> str | int | date | None:
    match fact:
        case On(when):
            return when.first
        case Known(value):
            return None if value == NOT_APPLICABLE else value
        case _:
            raise ValueError("peers can only be asked what is known")


def _translated(wanted: set[str]) -> list[Any]:
    from tests.policy.oracles.cel_packs import Kinds, read_rules

    def of_type(*types: FactType) -> frozenset[str]:
        return frozenset(name for name, spec in VOCABULARY.items() if spec.type in types)

    kinds = Kinds(
        days=of_type(FactType.DATE),
        numbers=of_type(FactType.COUNT, FactType.AMOUNT),
        words=of_type(FactType.ENUM),
        of_tie=frozenset(n for n, spec in VOCABULARY.items() if spec.group is FactGroup.TIE),
    )
    folder = Path(str(resources.files("policy_service.policy").joinpath("packs")))
    packs = (entry for entry in sorted(folder.iterdir()) if entry.joinpath("pack.yaml").is_file())
    return [rule for pack in packs for rule in read_rules(pack, kinds) if rule.id in wanted]


def _floor(rules: Sequence[Any]) -> Ask:
    """One Python function for each rule: what an engine costs nothing beside."""
    functions = [(rule.id, _function(rule.expression)) for rule in rules]

    def ask(variables: Plain) -> frozenset[str]:
        return frozenset(rule for rule, holds in functions if holds(variables))

    return ask


def _function(expression: str) -> Callable[[Plain], bool]:
    python = re.sub(r"\((\w+ >= 0) \? (\w+) : (\w+)\)", r"(\2 if \1 else \3)", _latest(expression))
    python = python.replace("&&", "and").replace("||", "or").replace("!(", "not (")
    python = re.sub(r"'[^']*'|\b(?!(?:and|or|not|max|if|else)\b)[a-z]\w*", _looked_up, python)
    made: Callable[[Plain], bool] = eval(f"lambda v: {python}")  # noqa: S307 - our own rules
    return made


def _looked_up(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith("'") else f"v[{found[0]!r}]"


def _latest(expression: str) -> str:
    """`((a > b ? a : b) > c ? (a > b ? a : b) : c)` is max(a, b, c)."""
    return _LATEST.sub(r"max(\1, \2, \3)", expression)


def _cel(rules: Sequence[Any]) -> Ask:
    """One CEL list of sixty expressions, compiled once and evaluated at once."""
    from cel_expr_python import cel

    listed = "[" + ",\n".join(rule.expression for rule in rules) + "]"
    compiled = cel.NewEnv(variables=_cel_types()).compile(listed)
    ids = [rule.id for rule in rules]

    def ask(variables: Plain) -> frozenset[str]:
        truths = compiled.eval(data=variables).plain_value()
        return frozenset(rule for rule, truth in zip(ids, truths, strict=True) if truth)

    return ask


def _cel_types() -> dict[str, Any]:
    from cel_expr_python import cel

    types = {"as_of_m": cel.Type.INT, "as_of_n": cel.Type.INT}
    for name, spec in VOCABULARY.items():
        if spec.type is FactType.DATE:
            types |= {f"{name}_m": cel.Type.INT, f"{name}_n": cel.Type.INT}
        else:
            types[name] = cel.Type.STRING if spec.type is FactType.ENUM else cel.Type.INT
    return types


def _zen(rules: Sequence[Any]) -> Ask:
    """One expression node with sixty expressions."""
    import zen

    ids = {f"r{place}": rule.id for place, rule in enumerate(rules)}
    expressions = [
        {"id": key, "key": key, "value": _zen_expression(rule.expression)}
        for key, rule in zip(ids, rules, strict=True)
    ]
    decision = zen.ZenEngine().create_decision(json.dumps(_zen_graph(expressions)))

    def ask(variables: Plain) -> frozenset[str]:
        result = decision.evaluate(variables)["result"]
        return frozenset(rule for key, rule in ids.items() if result[key] is True)

    return ask


def _zen_expression(expression: str) -> str:
    plain = re.sub(r"max\((\w+), (\w+), (\w+)\)", r"max([\1, \2, \3])", _latest(expression))
    return plain.replace("&&", "and").replace("||", "or").replace("!(", "not (")


def _zen_graph(expressions: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "nodes": [
            {"id": "in", "name": "in", "type": "inputNode"},
            {
                "id": "rules",
                "name": "rules",
                "type": "expressionNode",
                "content": {"expressions": expressions},
            },
            {"id": "out", "name": "out", "type": "outputNode"},
        ],
        "edges": [
            {"id": "e1", "type": "edge", "sourceId": "in", "targetId": "rules"},
            {"id": "e2", "type": "edge", "sourceId": "rules", "targetId": "out"},
        ],
    }
