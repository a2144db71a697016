"""What the thresholds mean on a practice's own people: counts for an officer, never a name.

A sample of the clients is asked about as if each came anew: by the very path of a check, today's
model and frequencies, and again with each threshold moved by one bit. Beside it stand random pairs
of strangers, what officers said of the flags they judged, and what could not be looked at.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import func, select

from policy_service.audit.log import Owned
from policy_service.database.tables.matching import MatchMeasurementRow, MatchReportRow
from policy_service.database.tables.people import MatchKeyRow
from policy_service.domain.principals import Principal, Role
from policy_service.jobs import queue
from policy_service.jobs.queue import Work
from policy_service.ledger.canonical import canonical_bytes, parse_strict
from policy_service.matching.bands import Band
from policy_service.matching.probing import HOT_KEY
from policy_service.services.case_steps import require_role
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.match_samples import (
    Sample,
    identify_sample,
    population_of,
    quality_of,
    sample_of,
)
from policy_service.services.match_state import read_counts, trying
from policy_service.services.recognition import Identification
from policy_service.services.refiling import how_far
from policy_service.services.verdict_counts import verdict_counts

MATCH_REPORT = "match_report"
INTAKES = 200
_READERS = (Role.COMPLIANCE, Role.APPROVER, Role.AUDITOR, Role.OPERATOR)
_FLAGS = (Band.CERTAIN, Band.PROBABLE, Band.POSSIBLE)
_ONE_BIT = 100


def ask_for_report(context: Context) -> str:
    """Queue a report; returns its id."""
    require_role(context, *_READERS)
    row = _new_row(context)
    body = [{"report": row.id}]
    queue.enqueue(context.session, context.practice_id, MATCH_REPORT, body, context.now)
    return row.id


def _new_row(context: Context) -> MatchReportRow:
    row = MatchReportRow(
        practice_id=context.practice_id,
        id=context.new_id(),
        asked_at=context.now,
        asked_by=context.principal.actor_ref,
    )
    context.session.add(row)
    context.session.flush()
    context.log("matching.report_asked", {"report": Owned({"report": row.id})})
    return row


def make_report(desk: Desk, practice_id: str, work: Work) -> bool:
    """The worker's step: make the report that was asked for. Running twice gives one."""
    principal = Principal(practice_id, "matching", "matching", frozenset())
    report_id = str(work.body["report"])
    with desk.reading(principal) as context:
        row = context.session.get(MatchReportRow, (practice_id, report_id))
        if row is None or row.finished_at is not None:
            return False
        report = report_on(context)
    _store(desk, principal, report_id, report)
    return True


def report_now(desk: Desk, principal: Principal, intakes: int = INTAKES) -> dict[str, Any]:
    """Make a report at once, and keep it."""
    with desk.writing(principal) as context:
        report_id = _new_row(context).id
    with desk.reading(principal) as context:
        report = report_on(context, intakes)
    _store(desk, principal, report_id, report)
    return report


def _store(desk: Desk, principal: Principal, report_id: str, report: dict[str, Any]) -> None:
    with desk.writing(principal) as context:
        row = context.session.get_one(MatchReportRow, (context.practice_id, report_id))
        row.report, row.finished_at = canonical_bytes(report), context.now


def newest_report(context: Context) -> tuple[datetime, Any] | None:
    """The newest report that is made, and when; None before the first. The reading is logged."""
    require_role(context, *_READERS)
    made = (
        select(MatchReportRow)
        .where(MatchReportRow.finished_at.is_not(None))
        .order_by(MatchReportRow.finished_at.desc(), MatchReportRow.id)
        .limit(1)
    )
    row = context.session.scalars(made).first()
    context.log("matching.report_read", {"report": Owned({"report": row.id if row else None})})
    if row is None or row.report is None or row.finished_at is None:
        return None
    return row.finished_at, parse_strict(row.report)


def waiting_reports(context: Context) -> int:
    """Reports that were asked for and are not made yet."""
    waits = MatchReportRow.finished_at.is_(None)
    return context.session.scalar(select(func.count(MatchReportRow.id)).where(waits)) or 0


def report_on(context: Context, intakes: int = INTAKES) -> dict[str, Any]:
    """The report, in integers, words and booleans alone."""
    people = population_of(context)
    sample = sample_of(context, intakes)
    found = identify_sample(context, sample)
    return {
        "on": context.today.isoformat(),
        "people": people,
        "model": _model(context),
        "frequencies": _frequencies(context, people),
        "bar": _bar(context, people),
        "intakes": len(sample.clients),
        "flags": _by_band(found),
        "with_a_flag": sum(1 for one in found if any(_flags(one))),
        "moves": list(_moves(context, sample, found)),
        "strangers": _strangers(context, people),
        "verdicts": verdict_counts(context),
        "not_looked_at": _skipped(found),
        "hot_keys": _hot_keys(context),
        "too_few_fields": _missing(found),
        "quality": quality_of(context, Random(0)),  # noqa: S311 - a sample, not a secret
        "filing": _filing(context),
    }


def _model(context: Context) -> dict[str, Any]:
    state = context.matching
    return {
        "version": state.model.version,
        "digest": state.model.digest,
        "measurement": state.measurement,
    }


def _frequencies(context: Context, people: int) -> dict[str, Any]:
    """Where they come from, and how much the practice has grown since they were counted."""
    state = context.matching
    if not state.counted:
        return {"source": "holders of keys"}
    row = context.session.get_one(MatchMeasurementRow, (context.practice_id, state.counted))
    return {
        "source": "counted",
        "measurement": state.counted,
        "on": row.finished_at.date().isoformat() if row.finished_at else "",
        "people_then": state.people,
        "is_stale": people * 5 > state.people * 6,
    }


def _bar(context: Context, people: int) -> dict[str, int]:
    """Hundredths of a bit from which a sum is so sure in a practice of this size."""
    chance = round(100 * math.log2(max(people, 1000)))
    return {band.value: chance + context.model.thresholds[band] for band in _FLAGS}


def _flags(one: Identification) -> Iterator[str]:
    """A check raises these: SELF or KIN at possible or surer, whom no officer told apart."""
    for match in one.matches:
        comparison = match.comparison
        if comparison.band in _FLAGS and match.verdict != "different":
            yield f"{comparison.hypothesis.value}:{comparison.band.value}"


def _by_band(found: Iterable[Identification]) -> dict[str, int]:
    return dict(sorted(Counter(flag for one in found for flag in _flags(one)).items()))


def _moves(
    context: Context, sample: Sample, found: list[Identification]
) -> Iterator[dict[str, Any]]:
    """How many flags of each band there would be with one threshold a bit lower or higher."""
    state, now = context.matching, sum(_by_band(found).values())
    for band in reversed(_FLAGS):
        for step in (-_ONE_BIT, _ONE_BIT):
            moved = {**state.model.thresholds, band: state.model.thresholds[band] + step}
            with trying(context.session, state, replace(state.model, thresholds=moved)):
                flags = _by_band(identify_sample(context, sample))
            more = sum(flags.values()) - now
            yield {"threshold": band.value, "bits": step // 100, "flags": flags, "more": more}


def _strangers(context: Context, people: int) -> dict[str, Any] | None:
    """Flags among random pairs, and so in a thousand intakes; at most, for some pairs are kin.

    None before the first measurement. With no flag seen, three would have been seen in nineteen of
    twenty draws if they were as common as `at_most` says.
    """
    if not context.matching.counted:
        return None
    counts = read_counts(context.session, context.practice_id, context.matching.counted)
    flags = {name: n for name, n in sorted(counts.bands.items()) if not name.endswith(":weak")}
    seen = sum(flags.values())
    return {
        "pairs": counts.judged,
        "flags": flags,
        "in_a_thousand_intakes": seen * people * 1000 // max(counts.judged, 1),
        "at_most": (seen or 3) * people * 1000 // max(counts.judged, 1),
        "left_out_as_related": counts.related,
    }


def _skipped(found: list[Identification]) -> dict[str, Any]:
    """Kinds of key that were too common to look up, with the intakes that met one."""
    kinds = Counter(kind for one in found for kind in one.skipped_keys)
    return {"kinds": dict(sorted(kinds.items())), "left_out": sum(one.left_out for one in found)}


def _hot_keys(context: Context) -> int:
    """How many match keys more people hold than can be looked up."""
    hot = (
        select(MatchKeyRow.key)
        .where(MatchKeyRow.practice_id == context.practice_id)
        .group_by(MatchKeyRow.key)
        .having(func.count() > HOT_KEY)
        .subquery()
    )
    return context.session.scalar(select(func.count()).select_from(hot)) or 0


def _missing(found: list[Identification]) -> dict[str, Any]:
    fields = Counter(name for one in found for name in one.missing)
    return {
        "intakes": sum(1 for one in found if one.missing),
        "fields": dict(sorted(fields.items())),
    }


def _filing(context: Context) -> dict[str, Any]:
    state = how_far(context)
    return {"keys": state.version, "left": state.left, "hashed_left": state.hashed}
