"""Which packs bind whom, and what is said of the bodies we cannot ask."""

from __future__ import annotations

from datetime import date

import pytest

from policy_service.domain.facts import (
    Facts,
    Known,
    Unknown,
    Why,
    facts_from_json,
    facts_to_json,
)
from policy_service.policy.registry import load_shipped_packs
from policy_service.policy.selection import (
    NO_LICENCE,
    NO_LOCATION,
    Binding,
    LicenceHeld,
    select,
)

TX_LPC = LicenceHeld("US-TX", "LPC")


def chosen(binding: Binding) -> tuple[list[str], list[str]]:
    selection = select(load_shipped_packs(), binding)
    return (
        [pack.id for pack in selection.packs],
        [missing.body for missing in selection.not_consulted],
    )


@pytest.mark.parametrize(
    ("binding", "packs", "missing"),
    [
        (Binding((TX_LPC,), (), "US-TX"), ["baseline", "us-tx-lpc"], []),
        (Binding((TX_LPC,), ("ACA",), "US-TX"), ["aca-2014", "baseline", "us-tx-lpc"], []),
        (Binding((TX_LPC,), (), "US-OH"), ["baseline", "us-oh-cswmft", "us-tx-lpc"], []),
        (Binding((TX_LPC,), (), "US-NY"), ["baseline", "us-tx-lpc"], ["US-NY LPC"]),
        (Binding((LicenceHeld("US-NY", "LMHC"),), (), "US-NY"), ["baseline"], ["US-NY LMHC"]),
        (Binding((LicenceHeld("US-TX", "lmft"),), (), "US-TX"), ["baseline", "us-tx-lmft"], []),
        (
            Binding((LicenceHeld("US-NM", "ART THERAPIST"),), (), "US-TX"),
            ["baseline", "us-tx-lmft", "us-tx-lpc"],
            ["US-NM ART THERAPIST"],
        ),
        (Binding((LicenceHeld("US-FL", "LMHC"),), (), "US-FL"), ["baseline", "us-fl-491"], []),
        (
            Binding((LicenceHeld("US-CA", "LMFT"),), (), "US-CA"),
            ["baseline", "us-ca-bbs", "us-ca-psychotherapists"],
            [],
        ),
        (
            Binding((LicenceHeld("US-CA", "LCSW"),), (), "US-CA"),
            ["baseline", "us-ca-psychotherapists"],
            ["US-CA LCSW"],
        ),
        (
            Binding((LicenceHeld("US-NH", "LCMHC"),), (), None),
            ["baseline", "us-nh"],
            ["US-NH LCMHC", NO_LOCATION],
        ),
        (
            Binding((LicenceHeld("US-CA", "LEP"),), (), "US-TX"),
            ["baseline", "us-ca-bbs", "us-ca-psychotherapists"],
            ["US-TX LEP"],
        ),
        (Binding((TX_LPC,), (), "US-MD"), ["baseline", "us-md-counselors", "us-tx-lpc"], []),
        (Binding((LicenceHeld("US-OH", "IMFT-S"),), (), "US-OH"), ["baseline", "us-oh-cswmft"], []),
        (Binding((TX_LPC,), ("AAPC",), "US-TX"), ["baseline", "us-tx-lpc"], ["AAPC"]),
        (Binding((TX_LPC,), (), None), ["baseline", "us-tx-lpc"], [NO_LOCATION]),
        (Binding(), ["baseline"], sorted([NO_LICENCE, NO_LOCATION])),
        (
            Binding((LicenceHeld("US-TX", "LPC", valid=False),), (), "US-OH"),
            ["baseline"],
            [NO_LICENCE],
        ),
    ],
)
def test_what_binds(binding: Binding, packs: list[str], missing: list[str]) -> None:
    assert chosen(binding) == (packs, missing)


def test_two_texas_licences_are_bound_by_two_packs() -> None:
    both = Binding((TX_LPC, LicenceHeld("US-TX", "LMFT")), (), "US-TX")
    assert chosen(both) == (["baseline", "us-tx-lmft", "us-tx-lpc"], [])


def candidates(binding: Binding) -> list[str]:
    return [pack.id for pack in select(load_shipped_packs(), binding).candidates]


def test_without_a_licence_every_pack_of_the_place_may_bind() -> None:
    assert candidates(Binding((), (), "US-TX")) == ["us-tx-lmft", "us-tx-lpc"]


def test_a_lapsed_licence_leaves_the_packs_of_the_place_open() -> None:
    lapsed = LicenceHeld("US-TX", "LPC", valid=False)
    assert candidates(Binding((lapsed,), (), "US-OH")) == ["us-oh-cswmft"]


def test_without_licence_and_place_every_licence_pack_may_bind() -> None:
    licensed = [pack.id for pack in load_shipped_packs() if pack.scope.licences]
    assert candidates(Binding()) == licensed


def test_without_a_place_the_packs_of_the_profession_may_bind_and_no_other() -> None:
    found = candidates(Binding((TX_LPC,), (), None))
    assert "us-oh-cswmft" in found
    assert not {"us-tx-lpc", "us-tx-lmft", "us-fl-psychology"} & set(found)


def test_a_profession_we_do_not_know_leaves_every_licence_pack_open() -> None:
    artist = LicenceHeld("US-NM", "ART THERAPIST")
    licensed = [pack.id for pack in load_shipped_packs() if pack.scope.licences]
    assert candidates(Binding((artist,), (), None)) == licensed


@pytest.mark.parametrize("place", ["US-TX", "US-NY"])
def test_where_all_is_stated_nothing_may_bind_or_not(place: str) -> None:
    selection = select(load_shipped_packs(), Binding((TX_LPC,), ("ACA",), place))
    assert (selection.candidates, selection.jurisdiction) == ((), {})


def test_what_is_missing_is_told_with_its_reason() -> None:
    nowhere = select(load_shipped_packs(), Binding((TX_LPC,), (), None)).jurisdiction
    assert nowhere == {
        "licence": Known("stated"),
        "location_of_service": Unknown(Why.ASKED_NOT_KNOWN),
    }
    unlicensed = select(load_shipped_packs(), Binding((), (), "US-TX")).jurisdiction
    assert unlicensed == {
        "licence": Unknown(Why.NOT_RECORDED),
        "location_of_service": Known("stated"),
    }


def test_facts_know_of_candidates_only_where_there_are_any() -> None:
    facts = Facts(date(2026, 6, 15), {})
    settled = select(load_shipped_packs(), Binding((TX_LPC,), (), "US-TX"))
    assert settled.applied_to(facts) is facts
    assert "candidates" not in facts_to_json(facts)
    open_ = select(load_shipped_packs(), Binding((), (), "US-TX"))
    found = open_.applied_to(facts)
    assert found.candidates == {pack.digest for pack in open_.candidates}
    assert facts_from_json(facts_to_json(found)) == found
