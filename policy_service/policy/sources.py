"""The rule table, row by row, and the promise that no rule claims more than its row.

A row says which section was seen, how (tag), what it says in our words, for how long it bars and
how grave it is. Severities: `P!` prohibited and never waivable, `P` prohibited, `D` needs a
deliberation, `R` disclose, record and watch, `A` advisory; `duty` something the clinician owes,
which is recorded and watched; `pack select` chooses packs and is no rule; `not given` where the
table is silent. A row that a court has struck down names the authority.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from policy_service.domain.dates import PartialDate
from policy_service.domain.outcomes import Outcome
from policy_service.policy.clocks import NEVER
from policy_service.policy.faults import PackFault, unknown_word
from policy_service.policy.nodes import Node
from policy_service.policy.pack import Layer, Pack
from policy_service.policy.rule import Rule, Status
from policy_service.policy.strict_yaml import read_yaml

FILE = "sources.yaml"
_ROW = ("id", "code", "section", "tags", "severity", "period", "says")
NONE = "none"

SEVERITIES = {
    "P!": Outcome.PROHIBIT,
    "P": Outcome.PROHIBIT,
    "D": Outcome.DELIBERATE,
    "R": Outcome.MONITOR,
    "A": Outcome.ADVISE,
    "duty": Outcome.MONITOR,
    "pack select": Outcome.NO_FINDING,
    "not given": Outcome.DELIBERATE,
}
"""The most a rule may say for each. A row without a severity only ever has drafts, which never go
above a deliberation."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the rule table. `tags` holds more than one when its parts were seen unequally."""

    id: str
    code: str
    section: str
    tags: tuple[str, ...]
    keys: tuple[str, ...]
    severities: tuple[str, ...]
    periods: tuple[str, ...]
    says: str
    read_on: PartialDate
    struck_down: str | None = None

    @property
    def gravest(self) -> Outcome:
        """The most a rule may say in the name of this row."""
        return max(SEVERITIES[severity] for severity in self.severities)


def read_sources(text: str) -> dict[str, Row]:
    """The rows by id. Raises PackFault."""
    form = read_yaml(text, FILE).form(("compiled_on", "rows"))
    compiled_on = form["compiled_on"].partial_date()
    rows: dict[str, Row] = {}
    for node in form["rows"].items():
        row = _row(node, compiled_on)
        if row.id in rows:
            raise node.fault(f"row {row.id!r} is given twice")
        rows[row.id] = row
    return rows


def _row(node: Node, compiled_on: PartialDate) -> Row:
    form = node.form(_ROW, ("keys", "struck_down"))
    return Row(
        id=form["id"].text(),
        code=form["code"].text(),
        section=form["section"].text(),
        tags=form["tags"].words("tag", ("V", "V2", "M")),
        keys=form["keys"].texts() if "keys" in form else (),
        severities=form["severity"].words("severity", SEVERITIES),
        periods=form["period"].texts(),
        says=form["says"].text(),
        read_on=compiled_on,
        struck_down=form["struck_down"].text() if "struck_down" in form else None,
    )


def check_against_sources(pack: Pack, rows: Mapping[str, Row]) -> None:
    """PackFault unless every rule keeps to its row. Packs of our own making have no rows."""
    for rule in pack.rules:
        if pack.layer in (Layer.BASELINE, Layer.PRACTICE):
            _demand(rule.verification.tag == "ours", rule, "our own rules are tagged ours")
        else:
            _check_rule(rule, rows)


def _check_rule(rule: Rule, rows: Mapping[str, Row]) -> None:
    source = rule.verification.source
    if source not in rows:  # the suggestion is worked out only if it is needed
        _demand(False, rule, unknown_word("source row", source, rows))
    row = rows[source]
    tag = rule.verification.tag
    _demand(tag in row.tags, rule, f"tag {tag} is not that of the row: {', '.join(row.tags)}")
    cited = {(citation.code, citation.section) for citation in rule.citations}
    _demand((row.code, row.section) in cited, rule, f"must cite {row.code} {row.section}")
    _demand(rule.verification.read_on == row.read_on, rule, "read_on is not that of the table")
    _check_severity(rule, row)
    _check_period(rule, row)
    _check_struck_down(rule, row)


def _check_severity(rule: Rule, row: Row) -> None:
    _demand(rule.outcome <= row.gravest, rule, f"is graver than its row: {row.severities}")
    if rule.outcome is not Outcome.PROHIBIT:
        return
    kept = [severity for severity in row.severities if SEVERITIES[severity] is Outcome.PROHIBIT]
    _demand(("P" if rule.waivable else "P!") in kept, rule, f"waivable is not as its row: {kept}")


def _check_period(rule: Rule, row: Row) -> None:
    if rule.clock is None:
        return
    period = rule.clock.period.text if rule.clock.period else NEVER
    _demand(period in row.periods, rule, f"period {period} is not in its row: {row.periods}")


def _check_struck_down(rule: Rule, row: Row) -> None:
    """What a court has struck down is shown as such, with its authority; nothing else is."""
    is_void = rule.status is Status.STRUCK_DOWN
    _demand(
        is_void == (row.struck_down is not None), rule, f"status {rule.status} is not its row's"
    )
    authority = f"authority is not that of the row: {row.struck_down}"
    _demand(not is_void or rule.authority == row.struck_down, rule, authority)


def _demand(holds: bool, rule: Rule, message: str) -> None:
    if not holds:
        raise PackFault(rule.file, rule.line, f"rule {rule.id!r}: {message}")
