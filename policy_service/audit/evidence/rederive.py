"""Decide anew: does each recorded decision follow from its opened facts under the committed packs?

    python -I rederive.py bundle.zip

Written from docs/semantics.md alone (§ are its sections), with Python 3.11 and nothing else. Takes
a bundle that verify.py accepted. Exit code 0: every decision follows. 1: one does not; its index is
named. 2: cannot tell, because something is withheld or missing.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import operator
import sys
import zipfile
from bisect import bisect_left
from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, partial
from typing import Any

# §1: group and type, facts, their words; a star marks the none value.
_VOCABULARY = """
care date: care_began_on last_professional_contact_on relationship_ended_on terminated_on:
care enum: purpose: intake booking assignment re_enrolment transfer session event emergency
care enum: client_status: prospective current former
care enum: service: beginning ongoing ended
care enum: termination_reason: planned client_choice clinician_choice transfer lost_contact
  to_begin_personal_relationship other to_begin_business_relationship not_applicable
care enum: practice_client_status: none current former
care enum: clinician_knows_practice_client: no yes not_applicable
care enum: linked_clients: no yes
care enum: licence location_of_service: stated
events enum: event_kind: gift loan barter business_transaction contact_outside_sessions
  incidental_contact social_invitation attended_client_event friend_request client_search
  self_disclosure informal_counselling role_change promise_of_future_role sexual_contact
  sexual_request reported_prior_misconduct client_attachment hint_of_future_romance
  request_for_date advice_from_client not_applicable
events enum: event_direction: clinician_to_client client_to_clinician mutual not_applicable
events enum: event_party: client partner_of_client relative_of_client guardian_of_client
  not_applicable
events date: event_on intimacy_after_care_began_on:
events amount: event_amount gift_total:
events enum: loan_recorded intimacy_before_care intimacy_during_care intimacy_after_care: no* yes
events enum: dependence_or_deception: no yes
accounts enum: personal_connection professional_connection: none* requested_by_client
  requested_by_clinician connected declined removed
tie enum: tie: none* partner ex_partner relative guardian friend acquaintance colleague business
  employer employee supervisor supervisee teacher student neighbour room_mate co_member other
tie count: tie_degree:
tie enum: tie_state: current ended not_applicable
tie enum: tie_via: self partner relative guardian ex_partner friend other not_applicable
tie date: tie_began_on tie_ended_on:
"""


SPECS = dict[str, tuple[str, str, tuple[str, ...], str | None]]()
for _row in _VOCABULARY.replace("\n  ", " ").strip().splitlines():
    (_group, _type), _names, _words = (part.split() for part in _row.split(":"))
    _none = next((word[:-1] for word in _words if word.endswith("*")), None)
    for _name in _names:
        SPECS[_name] = _group, _type, tuple(word.rstrip("*") for word in _words), _none
ANCHORS = ("last_professional_contact_on", "relationship_ended_on", "terminated_on")
ANCHOR, NOT_ASKED = "care_ended", {"unknown": "not_asked"}
NOT_APPLICABLE = {"value": "not_applicable"}
GAPS, LAST = ("not_attested", "identity_not_comparable"), date.max.toordinal()
RANK = {"no_finding": 0, "advise": 1, "monitor": 2, "deliberate": 3, "prohibit": 4}
NUMBERS = {"at_least": operator.ge, "more_than": operator.gt, "less_than": operator.lt}
highest = partial(max, key=RANK.__getitem__, default="no_finding")
_KINDS = {
    "ex_partner": "partner ex_partner",
    "relative": "relative guardian",
    "friend": "friend acquaintance neighbour room_mate co_member",
    "colleague": "colleague employer employee supervisor supervisee teacher student",
}
KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words.split()}
Fact = Mapping[str, Any]
Interval = tuple[int, int]  # days by their number; 1 is 0001-01-01
Condition = tuple[Any, ...]
Truth = bool | None


class Withheld(Exception):
    """What is not shown, so that nothing can be told."""


# §3 dates
def days_of(text: str) -> Interval:
    """The first and last day of a day, month or year."""
    year, month, day = (*map(int, text.split("-")), 0, 0)[:3]
    last = date(year, month or 12, day or monthrange(year, month or 12)[1])
    return date(year, month or 1, day or 1).toordinal(), last.toordinal()


def interval(fact: Fact) -> Interval | None:
    """The days a date fact can mean; None when it is not applicable."""
    return days_of(fact["on"]) if "on" in fact else None if fact == NOT_APPLICABLE else (1, LAST)


def after(number: int, period: str) -> int:
    """The first day that is free when a period has passed from a day."""
    count, unit = int(period.split()[0]), period.split()[1].rstrip("s")
    if unit == "day":
        return min(number + count, LAST)
    day = date.fromordinal(number)
    months = day.month - 1 + count * (12 if unit == "year" else 1)
    year, month = day.year + months // 12, months % 12 + 1
    if year >= 9999:
        return LAST
    if day.day <= monthrange(year, month)[1]:
        return date(year, month, day.day).toordinal()
    return date(year + month // 12, month % 12 + 1, 1).toordinal()


# §4 conditions: ("all" | "any" | "not", parts), or a comparison: ("words", fact, "in", words),
# ("number", fact, operator, limit), ("day", fact or as_of, operator, right side).
def read_condition(node: Mapping[str, Any]) -> Condition:
    """A condition as a pack declares it."""
    ((name, asked),) = node.items()
    if name in ("all", "any", "not"):
        return name, [read_condition(part) for part in ([asked] if name == "not" else asked)]
    kind = "date" if name == "as_of" else SPECS[name][1]
    if isinstance(asked, str):
        return "words", name, "in", [asked]
    ((compares, right),) = asked.items()
    if kind == "enum":
        return "words", name, "in", right if compares == "in" else [right]
    if kind == "date":
        return "day", name, compares, right
    if compares == "equals":
        ends = ("at_least", right), ("less_than", right + 1)
        return "all", [("number", name, *end) for end in ends]
    return "number", name, compares, right


def atoms(condition: Condition) -> list[Condition]:
    """Its comparisons."""
    return [condition] if len(condition) > 2 else [a for part in condition[1] for a in atoms(part)]


def variables(atom: Condition) -> set[str]:
    """What a comparison names: facts, and the anchor in place of its three."""
    return ({atom[1]} - {"as_of"}) | ({ANCHOR} if isinstance(atom[3], Mapping) else set())


@dataclass(frozen=True)
class World:
    """§2 one reading of a view, with its anchor."""

    facts: Mapping[str, Fact]
    as_of: int
    anchor: Interval | None

    def fact(self, name: str) -> Fact:
        return self.facts.get(name, NOT_ASKED)

    def truth(self, condition: Condition) -> Truth:
        """Strong Kleene logic."""
        if len(condition) > 2:
            return self.compared(*condition)
        found = [self.truth(part) for part in condition[1]]
        if condition[0] == "not":
            return None if found[0] is None else not found[0]
        decisive = condition[0] == "any"
        return decisive if decisive in found else (None if None in found else not decisive)

    def compared(self, kind: str, name: str, compares: str, right: Any) -> Truth:
        if kind == "day":
            return self.dated(name, compares, right)
        fact = self.fact(name)
        known = [fact["value"]] if "value" in fact else fact.get("one_of", fact.get("between"))
        if known is None:
            return None if "unknown" in fact else False
        if kind == "words":
            found = {value in right for value in known}
        else:
            found = {isinstance(n, int) and NUMBERS[compares](n, right) for n in known}
        return found.pop() if len(found) == 1 else None

    def dated(self, name: str, compares: str, right: Any) -> Truth:
        one = (self.as_of, self.as_of) if name == "as_of" else interval(self.fact(name))
        if one is None:
            return False
        if isinstance(right, Mapping):
            if self.anchor is None:
                return None
            other = after(self.anchor[0], right["plus"]), after(self.anchor[1], right["plus"])
        else:
            other = (self.as_of, self.as_of) if right == "as_of" else days_of(right)
        if compares == "after":
            one, other = other, one
        before = True if one[1] < other[0] else False if one[0] >= other[1] else None
        return before if compares != "on_or_after" or before is None else not before

    def is_uncertain(self, name: str) -> bool:
        if name == ANCHOR:
            return self.anchor is None or self.anchor[0] != self.anchor[1]
        fact = self.fact(name)
        known = set(fact.get("one_of", fact.get("between", ())))
        return len(known) > 1 or "unknown" in fact or len(fact.get("on", "full-on-day")) < 10

    def settle(self, condition: Condition) -> tuple[Truth, set[str]]:
        """The truth, and the variables that leave it open."""
        if (found := self.truth(condition)) is not None:
            return found, set()
        uses = Counter(name for atom in atoms(condition) for name in variables(atom))
        names = sorted(name for name in uses if self.is_uncertain(name))
        most = max((uses[name] for name in names), default=0)
        if most < 2 or len(names) > 3 or (self.anchor is None and ANCHOR in names):
            return None, self.left_open(condition)
        return self.every_combination(condition, names)

    def left_open(self, condition: Condition) -> set[str]:
        if self.truth(condition) is not None:
            return set()
        if len(condition) > 2:
            return {name for name in variables(condition) if self.is_uncertain(name)}
        return set().union(*map(self.left_open, condition[1]))

    def every_combination(self, condition: Condition, names: list[str]) -> tuple[Truth, set[str]]:
        choices = [list(self.possible(name, condition)) for name in names]
        table: dict[tuple[int, ...], Truth] = {}
        for chosen in itertools.product(*map(enumerate, choices)):
            values = {name: value for name, (_, value) in zip(names, chosen, strict=True)}
            day = values.pop(ANCHOR, None)
            anchor = self.anchor if day is None else (day, day)
            filled = World({**self.facts, **values}, self.as_of, anchor)
            table[tuple(place for place, _ in chosen)] = filled.truth(condition)
        if len(set(table.values())) == 1:
            return table.popitem()[1], set()
        sides: dict[tuple[int, ...], set[Truth]] = {}
        for places, found in table.items():
            for n in range(len(names)):
                sides.setdefault((n, *places[:n], -1, *places[n + 1 :]), set()).add(found)
        return None, {names[key[0]] for key, found in sides.items() if len(found) > 1}

    def possible(self, name: str, condition: Condition) -> Iterator[Any]:
        """Every word; of numbers and days all that the comparisons can tell apart."""
        if name == ANCHOR:
            yield from self.possible_days(self.anchor, condition)
            return
        fact, (_, kind, words, _) = self.fact(name), SPECS[name]
        if kind == "enum":
            yield from ({"value": word} for word in fact.get("one_of", words))
        elif kind == "date":
            days = self.possible_days(interval(fact), condition)
            yield from ({"on": date.fromordinal(day).isoformat()} for day in days)
        else:
            limits = [atom[3] for atom in atoms(condition) if atom[:2] == ("number", name)]
            low, high = fact.get("between", (0, max(limits, default=0) + 1))
            steps = {limit + n for limit in limits for n in (-1, 0, 1)} | {low, high}
            yield from ({"value": n} for n in steps if low <= n <= high)
        if "unknown" in fact and kind != "enum":
            yield NOT_APPLICABLE

    def possible_days(self, span: Interval | None, condition: Condition) -> Iterator[int]:
        """The ends of an interval, and the days in it around which a comparison can turn."""
        days = [atom for atom in atoms(condition) if atom[0] == "day"]
        fixed = {self.as_of, *(self.anchor or ())}
        fixed |= {days_of(day)[0] for *_, day in days if isinstance(day, str) and day != "as_of"}
        for name in {atom[1] for atom in days} - {"as_of"}:
            fixed |= set(interval(self.fact(name)) or ())
        periods = {right["plus"] for *_, right in days if isinstance(right, Mapping)}
        for period, day in itertools.product(periods, list(fixed)):
            begun = bisect_left(range(LAST), day, 1, key=lambda n: after(n, period))
            fixed |= {n for n in (begun - 1, begun, begun + 1) if 1 <= n <= LAST}
        fixed |= {after(day, period) for day in fixed for period in periods}
        first, last = span or (1, LAST)
        near = {day + n for day in fixed for n in (-1, 0, 1)} | {first, last}
        yield from (day for day in near if first <= day <= last)


def world(facts: Mapping[str, Fact], as_of: int) -> World:
    """§3 the facts with their anchor: the latest first and the latest last day."""
    spans = [interval(facts.get(name, NOT_ASKED)) for name in ANCHORS]
    days = [span for span in spans if span is not None]
    ends = (max(d[0] for d in days), max(d[1] for d in days)) if days else None
    return World(facts, as_of, ends)


def without_tie(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """§2 if there is known to be no tie, its other facts are not applicable."""
    if facts.get("tie") != {"value": "none"}:
        return dict(facts)
    others = {name for name, spec in SPECS.items() if spec[0] == "tie"} - {"tie"}
    return {**facts, **dict.fromkeys(others, NOT_APPLICABLE)}


def closed_world(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """§2 each gap becomes the none value, where that is possible. §1 refuses strange words."""
    found = dict(facts)
    for name, fact in facts.items():
        (_, _, words, none), value = SPECS[name], fact.get("value")
        given = fact.get("one_of", [value] if isinstance(value, str) else [])
        if not set(given) <= set(words or ["not_applicable"]):
            raise ValueError(f"{name} {fact} is outside the vocabulary")
        if none is not None and fact.get("unknown", fact.get("why")) in GAPS:
            found[name] = {"value": none} if none in fact.get("one_of", [none]) else fact
    return without_tie(found)


# §5 reading a rule
@dataclass(frozen=True)
class Rule:
    """A rule as its pack declares it, its whole condition, and the facts that this names."""

    pack: Mapping[str, Any]
    digest: str
    said: Mapping[str, Any]
    condition: Condition
    named: tuple[str, ...]
    is_draft: bool

    def cited(self) -> list[dict[str, Any]]:
        return [{"edition": self.pack["edition"], **citation} for citation in self.said["cite"]]

    def in_force(self, as_of: int, event_on: Fact) -> Truth:
        """Whether the conduct lies within the days of force; None if it may and may not."""
        conduct = (interval(event_on) if "event_kind" in self.named else None) or (as_of, as_of)
        force = self.said["in_force"]
        begins = days_of(force["from"])[0] if force.get("from") else 1
        ends = days_of(force["to"])[1] if force.get("to") else LAST + 1
        if conduct[1] < begins or conduct[0] >= ends:
            return False
        return True if begins <= conduct[0] and conduct[1] < ends else None


def read_pack(raw: bytes) -> list[Rule]:
    """§8 the rules that are read at all, with their exceptions woven in."""
    document = strict(raw)
    if (document["pack"]["semantics"], document["pack"]["fact_schema"]) != (1, "boundary-facts/1"):
        raise ValueError("a pack that means something else than semantics 1")
    rules, digest = [], hashlib.sha256(raw).hexdigest()
    for said in document["rules"]:
        excepting = [r for r in document["rules"] if said["id"] in r.get("exception_to", ())]
        none_of_them = [("not", [("all", declared(other))]) for other in excepting]
        condition = "all", [*declared(said), *none_of_them]
        names = {name for atom in atoms(condition) for name in variables(atom)}
        named = tuple(sorted((names - {ANCHOR}) | set(ANCHORS if ANCHOR in names else ())))
        if (status := said.get("status", "in_force")) in ("in_force", "draft"):
            rules.append(Rule(document["pack"], digest, said, condition, named, status == "draft"))
    return rules


def declared(said: Mapping[str, Any]) -> list[Condition]:
    """The trigger words of a rule, and its `when`."""
    trigger = said.get("trigger", {})
    return [
        *(read_condition({name: trigger[name]}) for name in trigger),
        read_condition(said["when"]),
    ]


@dataclass(frozen=True)
class Reading:
    """A rule read in one view. `facts`: in the order in which the body lists them."""

    rule: Rule
    tie: str | None
    closed: Truth
    open: Truth
    missing: frozenset[tuple[str, str | None, str]]
    facts: tuple[tuple[str, Fact], ...]
    anchor: Interval | None
    known_as: Fact

    @property
    def worst(self) -> str:
        return str(self.rule.said["outcome"])

    def adds(self) -> str:
        """§6 what it adds to `outcome`."""
        usual = "deliberate" if self.worst == "prohibit" else "advise"
        found = self.worst if self.closed else self.rule.said.get("if_unknown", usual)
        most = "advise" if self.closed is False else "deliberate" if self.rule.is_draft else found
        return min(
            found if self.closed is not False else most, most, self.worst, key=RANK.__getitem__
        )

    def kind(self) -> str:
        if self.rule.said["kind"] != "by_tie":
            return str(self.rule.said["kind"])
        words = self.known_as.get("one_of", [self.known_as.get("value")])
        kinds = {KIND_OF.get(word, "other") for word in words if word != "none"}
        return kinds.pop() if len(kinds) == 1 else "other"

    def clock(self) -> dict[str, Any] | None:
        if (clock := self.rule.said.get("clock")) is None:
            return None
        anchor_on, clears = None, "never" if clock["period"] == "never" else None
        if self.anchor and self.anchor[0] == self.anchor[1]:
            anchor_on = date.fromordinal(self.anchor[0]).isoformat()
            clears = clears or date.fromordinal(after(self.anchor[0], clock["period"])).isoformat()
        return {**clock, "anchor_on": anchor_on, "clears_on": clears}

    def common(self) -> dict[str, Any]:
        """What the body says of any reading."""
        told = {"kind": self.kind(), "undecided": self.closed is not True, "tie": self.tie}
        names = {"rule": self.rule.said["id"], "pack": self.rule.pack["pack"]}
        return {**names, "pack_digest": self.rule.digest, **told}

    def finding(self) -> dict[str, Any]:
        return self.common() | {
            "outcome": self.adds(),
            "could_become": self.worst,
            "waivable": self.rule.said.get("waivable", True),
            "citations": self.rule.cited(),
            "facts": [{"fact": name, **fact} for name, fact in self.facts],
            "clock": self.clock(),
        }

    def unverified(self) -> dict[str, Any]:
        confirm = {"source": self.rule.cited(), "to_confirm": self.rule.said.get("to_confirm", "")}
        return {**self.common(), "would_be": self.worst, **confirm}


View = tuple[str | None, World, World]  # §2 the tie it is of, its open and its closed world


def read(rule: Rule, views: Sequence[View], candidates: Sequence[str]) -> Iterator[Reading]:
    """The rule in every view it is read in."""
    base = views[0][1]
    force = rule.in_force(base.as_of, base.fact("event_on"))
    doubts = ["event_on"] if force is None else []
    doubts += ["licence", "location_of_service"] if rule.digest in candidates else []
    is_tied = any(SPECS[name][0] == "tie" for name in rule.named)
    for tie, opened, closed in () if force is False else views if is_tied else views[:1]:
        truth, names = opened.settle(rule.condition)
        if truth is False:
            continue
        closed_truth, more = closed.settle(rule.condition)
        truths = truth if closed_truth is True else closed_truth, truth
        missing = frozenset(asked(names | more, opened, tie))
        facts = tuple((name, opened.fact(name)) for name in rule.named)
        found = Reading(rule, tie, *truths, missing, facts, closed.anchor, closed.fact("tie"))
        yield doubted(found, {n: base.fact(n) for n in doubts}) if doubts else found


def doubted(reading: Reading, doubts: dict[str, Fact]) -> Reading:
    """§5.10 of a rule that may not bind nothing holds definitely."""
    more = {(name, None, why(fact)) for name, fact in doubts.items() if "value" not in fact}
    facts = tuple({**dict(reading.facts), **doubts}.items())
    found = replace(reading, missing=reading.missing | more, facts=facts)
    return replace(found, closed=found.closed and None, open=found.open and None)


def asked(names: set[str], here: World, tie: str | None) -> Iterator[tuple[str, str | None, str]]:
    """§4 what is open, with the reason of each; the anchor stands for its facts."""
    if ANCHOR in names:
        spans = {name: interval(here.fact(name)) for name in ANCHORS}
        last = here.anchor[0] if here.anchor else -1
        names |= {n for n, s in spans.items() if last < 0 or (s and s[0] != s[1] and s[1] > last)}
    for name in names - {ANCHOR}:
        yield name, tie if SPECS[name][0] == "tie" else None, why(here.fact(name))


def why(fact: Fact) -> str:
    """The reason of a fact that is not one value."""
    given = fact.get("unknown", fact.get("why", "not_recorded"))
    return "contradicted" if "value" in fact else str(given)


# §6 merging
def decide(rules: Iterable[Rule], facts: Mapping[str, Any], bodies: Iterable[str]) -> Any:
    """The decision body on these facts."""
    base, views = facts["base"], list[View]()
    for tie, more in [(None, {}), *((tie["ref"], tie["facts"]) for tie in facts["ties"])]:
        opened, day = without_tie({**base, **more}), days_of(facts["as_of"])[0]
        views.append((tie, world(opened, day), world(closed_world(opened), day)))
    readings = [one for rule in rules for one in read(rule, views, facts["candidates"])]
    readings.sort(key=lambda r: (r.rule.digest, r.rule.said["id"], r.tie or ""))
    found = [r for r in readings if not r.rule.is_draft and r.closed is not False]
    found.sort(key=lambda r: (-RANK[r.adds()], r.rule.said["id"], r.tie or ""))
    wanted, missed = questions(readings), sorted(set(bodies))
    said = [r.rule.said for r in found]
    asking = {(code, rule["id"]) for rule in said for code in rule.get("obligations", ())}
    return {
        "outcome": highest(reading.adds() for reading in readings),
        "could_become": highest(reading.worst for reading in readings),
        "complete": not wanted and not missed,
        "ask": wanted,
        "findings": [reading.finding() for reading in found],
        "obligations": [
            {"obligation": code, "rules": sorted(rule for c, rule in asking if c == code)}
            for code in sorted({code for code, _ in asking})
        ],
        "unverified": [reading.unverified() for reading in readings if reading.rule.is_draft],
        "not_consulted": [{"body": body} for body in missed],
    }


def questions(readings: Iterable[Reading]) -> list[dict[str, Any]]:
    wanted: dict[tuple[str, str | None, str], list[str]] = {}
    for reading in readings:
        if None in (reading.closed, reading.open):
            for one in reading.missing:
                wanted.setdefault(one, []).append(reading.worst)
    ties = {tie for name, tie, _ in wanted if name == "tie"}
    found = [
        {"fact": name, "tie": tie, "why": reason, "settles": len(met), "could_become": highest(met)}
        for (name, tie, reason), met in wanted.items()
        if not (name.startswith("tie_") and tie in ties)
    ]
    found.sort(key=lambda ask: (ask["fact"], ask["tie"] or ""))
    return sorted(found, key=lambda ask: (-RANK[ask["could_become"]], -ask["settles"]))


# The bundle
written = partial(json.dumps, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def strict(raw: bytes) -> Any:
    """Canonical JSON: what is written again must be what was read. No key twice, no floats."""
    value = json.loads(raw, parse_float=str, parse_constant=str)
    if written(value).encode() != raw:
        raise ValueError(f"not canonical JSON: {raw[:60]!r}")
    return value


def facts_of(groups: Mapping[str, Any]) -> dict[str, Any]:
    """§9 the facts, as the groups of an entry hold them."""
    care = dict(groups["care"])
    facts = {"as_of": care.pop("as_of"), "candidates": care.pop("candidates", [])}
    for name in ("events", "accounts", "no_tie"):
        care |= groups.get(name, {})
    ties = [f"tie:{number}" for number in range(sum(name.startswith("tie:") for name in groups))]
    return facts | {"base": care, "ties": [groups[name] for name in ties]}


def rules_of(members: zipfile.ZipFile, digest: str) -> list[Rule]:
    """The rules of a pack, if the bundle has it and it is what its digest says."""
    name = f"packs/{digest}.json"
    if name not in members.namelist():
        raise Withheld(f"the pack {digest} is not in the bundle")
    if hashlib.sha256(raw := members.read(name)).hexdigest() != digest:
        raise ValueError(f"{name} is not the pack of its digest")
    return read_pack(raw)


def judge(line: Mapping[str, Any], rules_by: Callable[[str], list[Rule]]) -> str:
    """`follow`, or `are no decisions`. ValueError if it does not follow, Withheld if unknown."""
    leaf, groups = strict(base64.b64decode(line["leaf"])), dict[str, Any]()
    if leaf["action"] != "check.decided":
        return "are no decisions"
    for raw in map(base64.b64decode, line["openings"]):
        shown = base64.urlsafe_b64encode(hashlib.sha256(raw).digest()).decode().rstrip("=")
        _, group, groups[group] = strict(raw)
        if shown not in leaf["_sd"]:
            raise ValueError(f"the group {group} is not what the leaf commits to")
    if hidden := len(leaf["_sd"]) - len(groups):
        raise Withheld(f"{hidden} groups are withheld, and may hold facts")
    body, rules = groups["decision"], [r for digest in leaf["packs"] for r in rules_by(digest)]
    again = decide(rules, facts_of(groups), [one["body"] for one in body["not_consulted"]])
    if written(again) != written(body) or body["outcome"] != leaf["outcome"]:
        raise ValueError(f"the decision does not follow; from these facts: {again['outcome']}")
    return "follow"


def run(path: str) -> tuple[int, list[str]]:
    """(exit code, what to say)."""
    told, said = Counter[str](), list[str]()
    with zipfile.ZipFile(path) as members:
        rules_by = cache(partial(rules_of, members))
        for raw in members.open("entries.jsonl"):
            line = json.loads(raw)
            try:
                told[judge(line, rules_by)] += 1
            except Withheld as error:
                told["cannot be told"] += 1
                said.append(f"cannot tell (withheld) at index {line['index']}: {error}")
            except Exception as error:  # whatever a hostile entry brings about speaks against it
                return 1, [*said, f"FALSE at index {line['index']}: {error}"]
    said += [f"{count} entries {what}" for what, count in sorted(told.items())]
    return (2 if told["cannot be told"] else 0), said


def main(arguments: Sequence[str]) -> int:
    """The command line; returns the exit code."""
    try:
        (path,) = arguments
        code, said = run(path)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        code, said = 2, [f"usage: python -I rederive.py bundle.zip ({error})"]
    said += [
        "not checked: signatures, places in the log, entries left out: run verify.py",
        "not checked: whether the facts are true, and how a person was recognised",
        "not checked: which packs bind whom, decisions of shadow packs and of people",
    ]
    print("\n".join([*said, ("OK", "FALSE", "CANNOT TELL everything")[code]]))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
