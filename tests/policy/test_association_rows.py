"""Tables 1a to 1c of the rule table, row by row: each is a rule, or a pack says why it is none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from importlib import resources

import pytest

from policy_service.domain.outcomes import Outcome
from policy_service.policy.pack import Pack
from policy_service.policy.registry import load_shipped_packs
from policy_service.policy.selection import Binding, LicenceHeld, select
from policy_service.policy.sources import Row, read_sources

PACKS = load_shipped_packs()
FOLDER = resources.files("policy_service.policy").joinpath("packs")
SOURCES = FOLDER.joinpath("sources.yaml").read_text(encoding="utf-8")
ROWS = read_sources(SOURCES)

TABLE = """
apa.3-02                  V2    P!    none
apa.3-04                  M     A     none
apa.3-05a                 V     D,P   none
apa.3-05b                 V     R,D   none
apa.3-05c                 M     R     none
apa.3-06                  M     D     none
apa.3-08                  V2    P     none
apa.4-01-04-05            M     P     none
apa.6-05                  M     D     none
apa.2-06                  M     R,D   none
apa.7-07                  V2    P!    none
apa.10-02                 V2    R     none
apa.10-05                 V     P!    none
apa.10-06                 V2    P!    none
apa.10-07                 V2    P!    never
apa.10-08                 V     P!,D  2 years
apa.10-10                 V2    R     none
aca.a5a                   V     P!    none
aca.a5b                   V     P!    never
aca.a5c                   V     P!,D  5 years
aca.a5d                   V     D,P   none
aca.a5e                   V     P     none
aca.a6a                   V     D     none
aca.a6bc                  V2    D     none
aca.a6d                   V2    R     none
aca.a6e                   V2    D     none
aca.a10e                  V2    D     none
aca.a10f                  V     R,D   none
aca.a11-a12               V2    R     none
aca.h4f                   M     A     none
aca.h6a                   V     R     none
aca.h6bcd                 M,V2  R     none
nasw.1-06a                V     R,D   none
nasw.1-06b                V     P     none
nasw.1-06c                V     D     none
nasw.1-06d                V     R     none
nasw.1-06eh               V     P,A   none
nasw.1-09                 V     P!,P  none,never
tech.2-01                 V     A     none
aamft.1-3                 V     D     none
aamft.1-4-5               V2    P!    none,never
aamft.3-9-8-5             V     R,D   none
amhca.intimacy            V2    P!,P  none,never
nbcc.2023                 V2,M  D     2 years
crcc.2023                 V2,M  R     5 years
psychiatry.patients       V2    P!    never
social-media.asppb-oregon V2    A     none
social-media.apa-2021     M     R     none
"""
"""The American rows of 1a, 1b and 1c: id, how they were seen, severity, period."""

LINES = [line.split(maxsplit=3) for line in TABLE.strip().splitlines()]
NOT_ENCODED = re.compile(r"## Not encoded\n(.*?)\n## ", re.DOTALL)


def _readmes() -> list[str]:
    folders = sorted(
        (entry for entry in FOLDER.iterdir() if entry.is_dir()), key=lambda entry: entry.name
    )
    return [entry.joinpath("README.md").read_text(encoding="utf-8") for entry in folders]


def named_as_not_encoded(readmes: Iterable[str]) -> set[str]:
    """The row ids that stand in backticks under a pack's "Not encoded"."""
    sections = [found[1] for text in readmes if (found := NOT_ENCODED.search(text))]
    return {row for section in sections for row in re.findall(r"`([a-z0-9.-]+)`", section)}


def unaccounted(
    wanted: Iterable[str], rows: Mapping[str, Row], packs: Iterable[Pack], readmes: Iterable[str]
) -> list[str]:
    """Rows that are missing, or neither the source of a rule nor named as not encoded."""
    used = {rule.verification.source for pack in packs for rule in pack.rules}
    kept = (used | named_as_not_encoded(readmes)) & set(rows)
    return [row for row in wanted if row not in kept]


@pytest.mark.parametrize("line", LINES, ids=[line[0] for line in LINES])
def test_the_row_is_transcribed_as_it_was_seen(line: list[str]) -> None:
    row = ROWS[line[0]]
    assert list(row.tags) == line[1].split(",")
    assert list(row.severities) == line[2].split(",")
    assert list(row.periods) == line[3].split(",")


def test_every_row_of_the_associations_is_a_rule_or_is_said_not_to_be() -> None:
    assert unaccounted([line[0] for line in LINES], ROWS, PACKS, _readmes()) == []


def test_a_row_that_nobody_mentions_is_found() -> None:
    """The control: without its pack, or without its line in a README, a row is missed."""
    others = [pack for pack in PACKS if pack.id != "psychiatry"]
    assert unaccounted(["psychiatry.patients"], ROWS, others, _readmes()) == ["psychiatry.patients"]
    silent = [text.replace("`aca.h4f`", "") for text in _readmes()]
    assert unaccounted(["aca.h4f"], ROWS, PACKS, silent) == ["aca.h4f"]
    assert unaccounted(["aca.h4f"], {}, PACKS, _readmes()) == ["aca.h4f"]


def test_no_row_is_both_a_rule_and_said_not_to_be_one() -> None:
    used = {rule.verification.source for pack in PACKS for rule in pack.rules}
    assert named_as_not_encoded(_readmes()) & used == set()


def test_the_misreading_of_media_is_never_a_boundary_rule() -> None:
    assert all(rule.verification.source != "aca.h4f" for rule in PACKS.by_id("aca-2014").rules)


def test_a_prohibition_of_the_aca_on_serving_someone_carries_the_duty_to_refer() -> None:
    """A.11 and A.12 are no rules: care goes on until someone else has taken over."""
    for rule in PACKS.by_id("aca-2014").rules:
        if rule.outcome is Outcome.PROHIBIT and {"service", "client_status"} & set(rule.facts):
            on_care = rule.clock is None and rule.kind != "social_connection"
            assert not on_care or "continue_care_until_transfer" in rule.obligations, rule.id


def test_guidelines_of_a_board_do_not_stand_for_its_law() -> None:
    licence = LicenceHeld("US-OR", "PSYCHOLOGIST")
    chosen = select(PACKS, Binding((licence,), (), "US-OR"))
    assert "us-or-psychology" in [pack.id for pack in chosen.packs]
    assert "US-OR PSYCHOLOGIST" in [missing.body for missing in chosen.not_consulted]


def test_nothing_british_ships() -> None:
    for pack in PACKS:
        assert "British" not in pack.body
        assert not {"BACP", "HCPC"} & set(pack.scope.membership)
