"""Which packs bind whom, and what is said of the bodies we cannot ask."""

from __future__ import annotations

import pytest

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
            ["baseline", "us-oh-cswmft"],
            [NO_LICENCE],
        ),
    ],
)
def test_what_binds(binding: Binding, packs: list[str], missing: list[str]) -> None:
    assert chosen(binding) == (packs, missing)


def test_two_texas_licences_are_bound_by_two_packs() -> None:
    both = Binding((TX_LPC, LicenceHeld("US-TX", "LMFT")), (), "US-TX")
    assert chosen(both) == (["baseline", "us-tx-lmft", "us-tx-lpc"], [])
