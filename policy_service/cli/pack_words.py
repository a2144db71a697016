"""What analyses of packs say at the command line, line by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from policy_service.policy.analysis import Certificate, Comparison, PackReport
from policy_service.policy.analysis.comparison import Counted, Region
from policy_service.policy.analysis.items import Item, Topic
from policy_service.policy.analysis.report import PackStudy
from policy_service.policy.analysis.witnesses import Witness

_SHOWN = 5


def faults_in_words(faults: Iterable[Item]) -> Iterator[str]:
    """One line per fault: pack/file:line: what is wrong."""
    return (f"{_place(fault)}: {fault.sentence}" for fault in faults)


def report_in_words(report: PackReport, every_note: bool) -> Iterator[str]:
    """Pack by pack, faults before notes. Long lists are cut short unless all is asked for."""
    for study in report.packs:
        yield _study(study)
        own = [item for item in report.items if item.pack == study.pack]
        for item in own if every_note else _cut_short(own):
            about = f"{item.rule} " if item.rule else ""
            yield f"  {item.gravity}: {_place(item)}: {about}{item.sentence}"
    yield f"{len(report.faults)} faults, {len(report.items) - len(report.faults)} notes"


def _cut_short(items: Iterable[Item]) -> Iterator[Item]:
    """One item for each rule and topic, with the number of the others."""
    alike: dict[tuple[str, Topic], list[Item]] = {}
    for item in items:
        alike.setdefault((item.rule, item.topic), []).append(item)
    first = sorted(alike.values(), key=lambda found: found[0].gravity)
    for item, *others in first:
        more = f" (and {len(others)} more: --notes)" if others else ""
        yield replace(item, sentence=item.sentence + more)


def _study(study: PackStudy) -> str:
    score = study.mutation.score_basis_points
    return (
        f"{study.pack} {study.version} ({study.digest[:12]}): {study.in_force} rules in force, "
        f"{study.drafts} drafts, {study.tests} tests, "
        f"mutation score {score // 100}.{score % 100:02} %"
    )


def _place(item: Item) -> str:
    return f"{item.pack}/{item.file}:{item.line}"


def comparison_in_words(comparison: Comparison) -> Iterator[str]:
    """Rules, counts, the largest regions, then one test per kind of change."""
    yield f"{comparison.old.pack} {comparison.old.digest[:12]} -> {comparison.new.digest[:12]}"
    rules = comparison.rules
    yield from (f"  added:   {rule}" for rule in rules.added)
    yield from (f"  removed: {rule}" for rule in rules.removed)
    yield from (f"  changed: {one.rule} ({', '.join(one.fields)})" for one in rules.changed)
    yield from _counted("known facts", comparison.known)
    if comparison.with_unknowns is None:
        yield "with unknown facts: too many combinations to tell"
    else:
        yield from _counted("with unknown facts", comparison.with_unknowns)
    yield from _regions(comparison.regions[:_SHOWN], comparison.known.changed)
    for witness in comparison.witnesses:
        yield from _witness(witness)


def _counted(what: str, counted: Counted) -> Iterator[str]:
    per_million = counted.changed * 1_000_000 // max(counted.combinations, 1)
    yield (
        f"{what}: {counted.changed} of {counted.combinations} combinations change "
        f"({per_million} in a million), {counted.loosened} to something laxer"
        f"{'' if counted.exact else '; bounds, not exact'}"
    )
    for old, new, number in counted.by_levels:
        yield f"  {old.word} -> {new.word}: {number}"


def _regions(regions: Iterable[Region], changed: int) -> Iterator[str]:
    left = changed
    for region in regions:
        left -= region.combinations
        kind = f"{region.old.word} -> {region.new.word}"
        yield f"  {kind} by the rules that differ, {region.combinations} combinations change:"
        yield from (f"    {fact}" for fact in region.facts)
    if left:
        yield f"  and {left} combinations outside these"


def _witness(witness: Witness) -> Iterator[str]:
    kind = f"{witness.old.word} -> {witness.new.word}"
    yield f"{kind}; a test of {witness.rule} that holds in {witness.holds_in}:"
    yield f"  {witness.test}"


def certificate_in_words(certificate: Certificate) -> Iterator[str]:
    """Each question with its answer; what was examined."""
    body = certificate.to_json()
    yield f"old {certificate.old.digest}"
    yield f"new {certificate.new.digest}"
    for claim in certificate.claims:
        yield f"{claim.query}: {claim.result}. {claim.says}"
        if claim.counterexample:
            yield from (f"  {line}" for line in _witness(claim.counterexample))
    yield (
        f"examined: {body['combinations']} combinations of known facts, "
        f"{body['combinations_with_unknowns'] or 'not all'} with unknown ones; "
        f"{body['decider']}, version {body['decider_version']}"
    )
