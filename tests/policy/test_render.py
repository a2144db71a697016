"""Words are found again from the rule id and the pack digest alone."""

from __future__ import annotations

import json

from policy_service.domain.decisions import Decision
from policy_service.domain.outcomes import Outcome
from policy_service.domain.vocabulary import VOCABULARY
from policy_service.policy.obligations import OBLIGATIONS
from policy_service.policy.registry import load_shipped_packs
from policy_service.policy.render import (
    draft_in_words,
    finding_in_words,
    obligation_in_words,
    outcome_in_words,
    question_in_words,
)
from policy_service.policy.rule_tests import decide_case

PACKS = load_shipped_packs()


def _decided(pack_id: str, case: str) -> Decision:
    found = next(c for c in PACKS.by_id(pack_id).cases if c.name == case)
    return decide_case(found, [PACKS.by_id(name) for name in found.packs])


def test_a_finding_is_said_from_its_stored_json() -> None:
    decision = _decided("us-tx-lpc", "friendship with a former client after one year")
    body = json.loads(json.dumps(decision.to_json()))
    wording = finding_in_words(PACKS, body["findings"][0])
    assert wording.because == (
        "The tie (friend) began on 2026-05-01; care ended on 2025-05-01, "
        "so the bar ends on 2027-05-01."
    )
    assert wording.clears_on == "2027-05-01"


def test_an_amount_is_said_in_dollars() -> None:
    decision = _decided("us-tx-lpc", "gifts of more than fifty dollars in all")
    wording = finding_in_words(PACKS, decision.to_json()["findings"][0])
    assert "50.01 dollars" in wording.because


def test_every_finding_and_draft_of_every_case_can_be_said() -> None:
    for pack in PACKS:
        for case in pack.cases:
            body = decide_case(case, [PACKS.by_id(name) for name in case.packs]).to_json()
            for finding in body["findings"]:
                wording = finding_in_words(PACKS, finding)
                assert wording.because.endswith(".")
                assert "{" not in wording.because
                assert "_" not in wording.because
            for draft in body["unverified"]:
                assert draft_in_words(PACKS, draft).because.startswith("Not verified. ")


def test_an_undecided_fact_is_said_as_alternatives() -> None:
    decision = _decided("baseline", "an attested clinician and a probable former partner")
    assert (
        "former partner or none"
        in finding_in_words(PACKS, decision.to_json()["findings"][0]).because
    )


def test_every_fact_obligation_and_outcome_has_words() -> None:
    assert all(question_in_words(name)[0].endswith(("?", "cents?")) for name in VOCABULARY)
    assert all(obligation_in_words(code).endswith(".") for code in OBLIGATIONS)
    assert all(outcome_in_words(outcome).endswith(".") for outcome in Outcome)
