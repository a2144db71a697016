"""Cards (CDS Hooks 2.0, "Card Attributes") from answers that were redacted already.

What a card says depends on nothing but the redacted answer, so blind equality carries over: for one
audience and one standing, two cards differ in `uuid`, suggestion `uuid` and the decision id in the
link alone. Override reasons too: a front desk is offered them by the standing, never by whether a
hidden prohibition could be lifted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policy_service.domain.audiences import Audience
from policy_service.domain.outcomes import Outcome
from policy_service.domain.override_reasons import (
    CONFLICT,
    INCOMPLETE,
    OVERRIDE_REASONS,
    OVERRIDE_REASONS_PATH,
    RECORDED,
    TOPICS_PATH,
    Topic,
)
from policy_service.domain.standings import Advice, Standing, advise
from policy_service.interop.cds.actions import recorded_issue, without_empty
from policy_service.services.prompts import INDICATORS, Card

LONGEST_SUMMARY = 139
_MARKUP = re.compile(r"([\\`*_\[\]<>#|~])")
_STEPS = {
    Advice.HOLD_FOR_REVIEW: "please wait for the practice's review before this step.",
    Advice.CHOOSE_ANOTHER_CLINICIAN: "please choose another clinician for this client.",
}
GAPS = {
    "patient": "the patient's record",
    "related": "the people related to the patient",
    "encounter": "the encounter",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A redacted answer about one clinician. `decision_id` is that of the answer."""

    clinician_name: str
    audience: Audience
    body: Mapping[str, Any]
    purpose: str

    @property
    def decision_id(self) -> str:
        """The recorded decision."""
        return str(self.body["id"])

    @property
    def advice(self) -> Advice:
        """What a front desk would be told; PROCEED for those who are told nothing."""
        if self.audience is Audience.EHR:
            outcome, standing = Outcome(self.body["outcome"]), Standing(self.body["standing"])
            return advise(outcome, standing, self.purpose)
        return Advice(self.body.get("standing", Advice.PROCEED))


@dataclass(frozen=True, slots=True)
class Setting:
    """Where cards point to, who speaks in them, and how ids are made."""

    base_url: str
    practice: str
    patient_id: str
    new_id: Callable[[], str]
    suggests_issues: bool = False


def card_of(told: Told, setting: Setting, suggestions: Sequence[dict[str, Any]]) -> Card | None:
    """The card of one answer; None where there is nothing to be told."""
    if not _says_anything(told):
        return None
    offered = [*suggestions, *_issue(told, setting)]
    indicator = INDICATORS[told.advice]
    card_id = setting.new_id()
    body = {
        "uuid": card_id,
        "summary": _summary(told),
        "detail": "\n\n".join(_detail(told)),
        "indicator": indicator,
        "source": _source(setting, CONFLICT),
        "suggestions": offered,
        "selectionBehavior": "any" if offered else None,
        "overrideReasons": _reasons(told, setting),
        "links": [_link(told, setting)],
    }
    return Card(card_id, indicator, told.decision_id, without_empty(body))


@dataclass(frozen=True, slots=True)
class Missing:
    """What a check did not rest on. `decision_id`: a decision of the same call, if there is one."""

    gaps: Sequence[str]
    strangers: int
    decision_id: str | None


def incomplete_card(missing: Missing, setting: Setting) -> Card:
    """Something could not be read, or somebody is not known: never silence."""
    words = [f"{GAPS[gap]} could not be read" for gap in dict.fromkeys(missing.gaps)]
    if missing.strangers:
        words.append(f"{missing.strangers} of the practitioners named are not registered here")
    if not words:
        words.append("no practitioner is named")
    card_id = setting.new_id()
    body = {
        "uuid": card_id,
        "summary": _short(f"Boundary check not complete: {words[0]}."),
        "detail": "Not known, and so not checked:\n\n" + "\n".join(f"- {one}" for one in words),
        "indicator": "info",
        "source": _source(setting, INCOMPLETE),
    }
    return Card(card_id, "info", missing.decision_id, without_empty(body))


def _says_anything(told: Told) -> bool:
    if told.audience in (Audience.ANYONE, Audience.SILENT):
        return False
    body = told.body
    return told.advice is not Advice.PROCEED or bool(
        body.get("findings") or body.get("unverified") or not body.get("complete", True)
    )


def _summary(told: Told) -> str:
    return _short(f"{told.clinician_name}: {_step(told)}")


def _step(told: Told) -> str:
    """The strictest finding that may be seen, else what to do, which says nothing of why."""
    findings = told.body.get("findings", ())
    if findings:
        return str(findings[0]["title"])
    if told.advice in _STEPS:
        return _STEPS[told.advice]
    return "some facts are not known yet."


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_SUMMARY else f"{text[: LONGEST_SUMMARY - 1]}…"


def _detail(told: Told) -> Iterator[str]:
    """GitHub-flavoured Markdown; every word that is not ours to mark up is escaped."""
    if told.audience is Audience.EHR:
        yield from _in_full(told)
        return
    yield str(told.body["message"])
    yield from (_finding(one) for one in told.body.get("findings", ()))


def _in_full(told: Told) -> Iterator[str]:
    body = told.body
    if told.advice in _STEPS:
        yield _STEPS[told.advice].capitalize()
    yield from (_finding(one) for one in body["findings"])
    if body["obligations"]:
        yield "To be done:\n\n" + _list(one["text"] for one in body["obligations"])
    if not body["complete"]:
        yield f"Not complete: it could become *{_plain(body['could_become'])}*."
    if body["ask"]:
        yield "To find out:\n\n" + _list(one["question"] for one in body["ask"])
    if body["unverified"]:
        yield "Drafts that spoke, which are no authority:\n\n" + _list(
            one["title"] for one in body["unverified"]
        )


def _finding(finding: Mapping[str, Any]) -> str:
    cited = "; ".join(
        f"{one['code']} {one['section']}, {one['edition']}" for one in finding["citations"]
    )
    cited = f" ({_plain(cited)})" if cited else ""
    return f"**{_plain(finding['title'])}.** {_plain(finding['because'])}{cited}"


def _list(texts: Iterator[str] | Sequence[str]) -> str:
    return "\n".join(f"- {_plain(text)}" for text in texts)


def _plain(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)


def _source(setting: Setting, topic: Topic) -> dict[str, Any]:
    system = f"{setting.base_url}{TOPICS_PATH}"
    return {
        "label": f"{setting.practice}: boundary policy",
        "url": setting.base_url,
        "topic": {"system": system, "code": topic.code, "display": topic.display},
    }


def _reasons(told: Told, setting: Setting) -> list[dict[str, str]]:
    """None on a prohibition that cannot be lifted, nor where it could be guessed from them."""
    if not _may_override(told):
        return []
    system = f"{setting.base_url}{OVERRIDE_REASONS_PATH}"
    return [
        {"system": system, "code": one.code, "display": one.display} for one in OVERRIDE_REASONS
    ]


def _may_override(told: Told) -> bool:
    if told.audience is not Audience.EHR:
        return told.advice is Advice.HOLD_FOR_REVIEW and not _cannot_be_lifted(told)
    return told.advice is not Advice.PROCEED and not _cannot_be_lifted(told)


def _cannot_be_lifted(told: Told) -> bool:
    """Among the findings that may be seen."""
    return any(
        one["outcome"] == Outcome.PROHIBIT.value and not one["waivable"]
        for one in told.body.get("findings", ())
    )


def _link(told: Told, setting: Setting) -> dict[str, str]:
    """To the decision, which the console opens as its case for whoever may see it."""
    url = f"{setting.base_url}/console/decisions/{told.decision_id}"
    return {"label": "Open the review", "url": url, "type": "absolute"}


def _issue(told: Told, setting: Setting) -> Iterator[dict[str, Any]]:
    """Off by default: recording that a review was recorded, and nothing of what it found."""
    if setting.suggests_issues and told.advice is not Advice.PROCEED:
        link = _link(told, setting)["url"]
        system = f"{setting.base_url}{TOPICS_PATH}"
        resource = recorded_issue(setting.patient_id, system, RECORDED, link)
        action = {"type": "create", "description": RECORDED.display, "resource": resource}
        yield {"label": RECORDED.display, "uuid": setting.new_id(), "actions": [action]}
