"""Coming back into care after a tie arose since: six bodies, three ties, one golden answer each.

The cases themselves stand in each pack's cases.yaml; here the answers stand side by side.
"""

from __future__ import annotations

import pytest

from policy_service.domain.decisions import Decision
from policy_service.policy.pack import Case, Pack
from policy_service.policy.registry import load_shipped_packs
from policy_service.policy.rule_tests import decide_case

PACKS = load_shipped_packs()
TIES = ("friend", "ex_partner", "business")
ANSWERS = {
    "aca-2014": ("deliberate", "prohibit", "deliberate"),
    "apa-2016": ("deliberate", "prohibit", "deliberate"),
    "baseline": ("deliberate", "prohibit", "deliberate"),
    "nasw": ("deliberate", "prohibit", "deliberate"),
    "us-oh-cswmft": ("deliberate", "prohibit", "deliberate"),
    "us-tx-lmft": ("deliberate", "prohibit", "deliberate"),
    "us-tx-lpc": ("prohibit", "prohibit", "prohibit"),
}


def _returns_after(pack: Pack, tie: str) -> Case:
    """The pack's case of a former client who comes back, with that one tie since."""
    for case in pack.cases:
        body = {name: getattr(fact, "value", None) for name, fact in case.base.items()}
        kinds = [getattr(given["tie"], "value", None) for given in case.ties]
        if body["purpose"] == "re_enrolment" and kinds == [tie] and len(case.packs) < 3:
            return case
    raise LookupError(f"{pack.id}: no case of a return after the tie {tie}")


def _decided(pack_id: str, tie: str) -> Decision:
    case = _returns_after(PACKS.by_id(pack_id), tie)
    return decide_case(case, [PACKS.by_id(name) for name in case.packs])


@pytest.mark.parametrize("pack_id", sorted(ANSWERS))
@pytest.mark.parametrize("tie", TIES)
def test_the_answer_to_a_return_with_an_intervening_tie(pack_id: str, tie: str) -> None:
    decision = _decided(pack_id, tie)
    assert decision.outcome.value == ANSWERS[pack_id][TIES.index(tie)]
    found = {finding.reading.facets.rule for finding in decision.findings}
    assert "baseline.ties.former-client-returns" in found


@pytest.mark.parametrize("tie", TIES)
def test_in_texas_a_counselor_may_never_counsel_a_previous_friend_partner_or_associate(
    tie: str,
) -> None:
    barred = [
        finding.reading
        for finding in _decided("us-tx-lpc", tie).findings
        if finding.reading.facets.rule.endswith("counselling-family-friends-associates")
    ]
    assert [reading.clock.clears_on for reading in barred if reading.clock] == ["never"]
    assert not any(reading.facets.waivable for reading in barred)


def test_what_apa_says_of_the_return_is_shown_as_unverified() -> None:
    romance = {one.facets.rule for one in _decided("apa-2016", "ex_partner").unverified}
    assert romance == {"apa.10-07.partner-tie", "apa.10-07.recorded-contact"}
    business = {one.facets.rule for one in _decided("apa-2016", "business").unverified}
    assert business == {"apa.3-06.business-tie"}


def test_a_pack_without_such_a_case_is_noticed() -> None:
    with pytest.raises(LookupError, match="asppb-2020"):
        _returns_after(PACKS.by_id("asppb-2020"), "friend")
