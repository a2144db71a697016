"""Coming back into care after a friendship, a romance or a business tie, under each code.

Each row twice: as the preview says it beforehand, and as the check says it once the tie exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from policy_service.domain.outcomes import Outcome
from policy_service.domain.previews import Contemplated
from policy_service.services.checks import CheckRequest, run_check
from tests.care import clinician, former_client, tell
from tests.cast import World, person
from tests.previewing import ask, code_of

INES = person(
    "Ines", "Marchetti", "1991-08-14", phones=("+1 512 555 0166",), emails=("ines@example.org",)
)
ENDED = "2022-05-02"
TIES: dict[str, tuple[str, dict[str, str]]] = {
    "friendship": ("FRND", {}),
    "romance": ("ex_partner", {"until": "2026-11-01"}),
    "business": ("business_partner", {}),
}


@dataclass(frozen=True)
class Code:
    """Who is bound by it, and by no other code than the baseline; how its rules begin."""

    pack: str
    licence: tuple[str, str]
    memberships: tuple[str, ...] = ()

    def bound(self, world: World) -> str:
        """A clinician whom it binds."""
        return clinician(world, *self.memberships, licence=self.licence)


CODES = {
    "ACA": Code("aca-2014", ("US-VT", "LCMHC"), ("ACA",)),
    "APA": Code("apa-2016", ("US-VT", "PSYCHOLOGIST"), ("APA",)),
    "NASW": Code("nasw", ("US-VT", "LICSW"), ("NASW",)),
    "TX LPC": Code("us-tx-lpc", ("US-TX", "LPC")),
    "TX LMFT": Code("us-tx-lmft", ("US-TX", "LMFT")),
    "OH": Code("us-oh-cswmft", ("US-OH", "LPCC")),
    "baseline": Code("baseline", ("US-VT", "LCMHC")),
}
P, D, NONE = "prohibit", "deliberate", "no_finding"
AFTER = {
    ("ACA", "friendship"): (D, {"aca.a5d.friend-or-family"}),
    ("ACA", "romance"): (P, {"aca.a5b.former-partner-tie", "aca.a5b.recorded-contact"}),
    ("ACA", "business"): (NONE, set()),
    ("APA", "friendship"): (D, {"apa.3-05a.multiple-relationship"}),
    ("APA", "romance"): (D, {"apa.10-08.contact-after-2-years"}),
    ("APA", "business"): (D, {"apa.3-05a.multiple-relationship"}),
    ("NASW", "friendship"): (D, {"nasw.1-06c.dual-relationship"}),
    ("NASW", "romance"): (P, {"nasw.1-09.former-partner.partner-tie"}),
    ("NASW", "business"): (D, {"nasw.1-06c.dual-relationship"}),
    ("TX LPC", "friendship"): (P, {"us-tx-lpc.681-38d.counselling-family-friends-associates"}),
    ("TX LPC", "romance"): (P, {"us-tx-lpc.681-38d.counselling-family-friends-associates"}),
    ("TX LPC", "business"): (P, {"us-tx-lpc.681-38d.counselling-family-friends-associates"}),
    ("TX LMFT", "friendship"): (NONE, set()),
    ("TX LMFT", "romance"): (P, {"us-tx-lmft.801-45b1.former-client-contact"}),
    ("TX LMFT", "business"): (NONE, set()),
    ("OH", "friendship"): (D, {"us-oh-cswmft.5-03.conflict"}),
    ("OH", "romance"): (P, {"us-oh-cswmft.5-04.partner-tie"}),
    ("OH", "business"): (D, {"us-oh-cswmft.5-03.conflict"}),
    ("baseline", "friendship"): (D, {"baseline.ties.close-tie-as-client"}),
    ("baseline", "romance"): (P, {"baseline.intimacy.former-partner-as-client"}),
    ("baseline", "business"): (D, {"baseline.ties.close-tie-as-client"}),
}
"""What a code says of taking the client back, and rules that say so; the baseline adds its own."""
TABLE = sorted(AFTER)
DRAFTS = {"apa.10-07.partner-tie", "apa.10-07.recorded-contact"}


def check(world: World, who: str, client_id: str, place: str) -> dict[str, Any]:
    request = CheckRequest(
        clinician_id=who,
        purpose="re_enrolment",
        as_of=world.clock().date(),
        client_id=client_id,
        location_of_service=place,
    )
    answer: dict[str, Any] = orjson.loads(
        run_check(world.desk, world.cleo, request, world.door()).body
    )
    return answer


def by_rule(answer: dict[str, Any], pack: str) -> dict[str, str]:
    return {one["rule"]: one["outcome"] for one in answer["findings"] if one["pack"] == pack}


@pytest.mark.parametrize(("code", "tie"), TABLE)
def test_the_preview_says_beforehand_what_the_check_says_at_re_enrolment(
    world: World, code: str, tie: str
) -> None:
    bound = CODES[code]
    who, place = bound.bound(world), bound.licence[0]
    client_id = former_client(world, who, ENDED, INES)
    preview = ask(world, who, Contemplated(tie), client_id=client_id, location_of_service=place)
    foreseen = closing_period(preview, bound.pack, over=tie == "romance")
    before = check(world, who, client_id, place)
    assert before["outcome"] in ("monitor", "no_finding")

    began = world.clock().date().isoformat()
    world.clock.advance(days=300)
    kind, period = TIES[tie]
    tell(world, who, kind, INES, since=began, **period)
    answer = check(world, who, client_id, place)

    outcome, rules = AFTER[code, tie]
    found = by_rule(answer, bound.pack)
    assert rules <= found.keys()
    mine = [Outcome(found[rule]) for rule in found.keys() - by_rule(before, bound.pack).keys()]
    assert max(mine, default=Outcome.NO_FINDING) == foreseen["outcome"] == outcome
    assert answer["outcome"] in (D, P)
    sure = {one["rule"]: one["outcome"] for one in foreseen["findings"] if not one["undecided"]}
    assert rules <= sure.keys()
    assert sure.items() <= found.items()
    for told in (answer["unverified"], foreseen["unverified"]):
        drafts = {draft["rule"] for draft in told}
        assert (drafts >= DRAFTS) == ((code, tie) == ("APA", "romance"))


def closing_period(preview: dict[str, Any], pack: str, *, over: bool) -> dict[str, Any]:
    """What a tie begun today closes for good: while it lasts, or once it is over."""
    closing = code_of(preview, pack)["closings"][0]
    periods = closing["after_it_is_over" if over else "while_it_lasts"]
    return dict(periods[-1])


@pytest.mark.parametrize(
    ("ended", "when", "closes"),
    [
        (
            "2025-01-10",
            {"when": "on", "earliest": "2027-01-10", "latest": "2027-01-10"},
            "prohibit",
        ),
        ("2022-05-02", None, "deliberate"),
        (
            "2025",
            {"when": "between", "earliest": "2027-01-01", "latest": "2027-12-31"},
            "prohibit",
        ),
        (None, {"when": "not_before", "earliest": "2026-03-02", "latest": None}, "deliberate"),
    ],
)
def test_a_texas_counsellor_sees_both_the_bar_and_what_the_friendship_closes(
    world: World, ended: str | None, when: dict[str, Any] | None, closes: str
) -> None:
    who = CODES["TX LPC"].bound(world)
    client_id = former_client(world, who, ended, INES)
    answer = ask(world, who, Contemplated.FRIENDSHIP, client_id=client_id)
    lpc = answer["codes"][0]
    assert lpc["pack"] == "us-tx-lpc"
    assert (answer["barred"], answer["outcome"]) == (when, closes)
    assert answer["closes"] == lpc["closes"] == "closed_for_ever"
    [finding] = lpc["closings"][0]["after_it_is_over"][-1]["findings"]
    assert finding["citations"][0]["section"] == "681.38(d)"
    assert "closed for ever" in answer["summary"]
    assert answer["codes"][-1]["pack"] == "baseline"
