"""The drawing and the table of an explanation say the same, and sum to the score."""

from __future__ import annotations

import pytest

from policy_service.console.evidence_drawing import Section, draw, sections
from policy_service.domain.people import (
    Address,
    NameKind,
    PersonName,
    PersonRecord,
    RelatedPerson,
    RelatedRole,
)
from policy_service.matching.frequencies import Frequencies
from policy_service.matching.model import default_model
from policy_service.matching.recognition import Comparison, compare
from tests.cast import person

MODEL = default_model()
HOME = (Address("12", "Alder Street", "", "Austin", "78701", "TX"),)
ANNA = person("Anna", "Berg", "1980-05-02", sex="female", phones=("+15126670101",), addresses=HOME)
PAIRS = {
    "one person": (ANNA, person("Anna", "Berg", "1980-05-02", phones=("+15126670101",))),
    "twins": (ANNA, person("Ella", "Berg", "1980-05-02", sex="female", addresses=HOME)),
    "spouses": (ANNA, person("Karl", "Berg", "1978-11-30", sex="male", addresses=HOME)),
    "strangers": (ANNA, person("Otto", "Quast", "1951-01-17", sex="male")),
    "married since": (
        ANNA,
        PersonRecord(
            (PersonName("Anna", "Lund"), PersonName("Anna", "Berg", kind=NameKind.MAIDEN)),
            related=(
                RelatedPerson(PersonName("Karl", "Lund"), "SPS", RelatedRole.EMERGENCY_CONTACT),
            ),
        ),
    ),
}


def _compared(first: PersonRecord, second: PersonRecord) -> Comparison:
    return compare(first, second, Frequencies(5_000), MODEL)


def _sums(parts: tuple[Section, ...]) -> tuple[int, int]:
    lines = [line for part in parts for line in part.lines]
    return sum(line.self_bits for line in lines), sum(line.kin_bits for line in lines)


@pytest.mark.parametrize("pair", sorted(PAIRS))
def test_the_rows_sum_exactly_to_both_scores(pair: str) -> None:
    comparison = _compared(*PAIRS[pair])
    assert _sums(sections(comparison)) == (comparison.self_bits, comparison.kin_bits)


@pytest.mark.parametrize("pair", sorted(PAIRS))
def test_bars_lean_the_way_they_speak_and_stay_on_the_page(pair: str) -> None:
    comparison = _compared(*PAIRS[pair])
    parts = sections(comparison)
    drawing = draw(parts, comparison, 5_000, MODEL)
    lines = [line for part in parts for line in part.lines]
    assert len(drawing.rows) == len(lines)
    for row, line in zip(drawing.rows, lines, strict=True):
        for bar, bits in ((row.one_person, line.self_bits), (row.kin, line.kin_bits)):
            begins_at_zero = bar.x if bits >= 0 else bar.x + bar.width
            assert begins_at_zero == pytest.approx(drawing.zero, abs=1.1)
            assert 0 <= bar.x <= drawing.width - bar.width
            assert bar.y < drawing.fields_end
    assert drawing.sums.y > drawing.fields_end


def test_the_thresholds_stand_in_order_and_grow_with_the_practice() -> None:
    comparison = _compared(*PAIRS["one person"])
    small = draw(sections(comparison), comparison, 1_000, MODEL)
    large = draw(sections(comparison), comparison, 1_000_000, MODEL)
    assert [mark.band for mark in small.marks] == ["possible", "probable", "certain"]
    places = [mark.x for mark in small.marks]
    assert places == sorted(places)
    assert large.marks[0].x > small.marks[0].x


def test_of_a_third_party_kept_as_hashes_only_the_client_s_values_are_shown() -> None:
    comparison = _compared(*PAIRS["one person"])
    lines = [line for part in sections(comparison, "kept as a hash") for line in part.lines]
    assert {line.second for line in lines} == {"kept as a hash", ""}
    assert "berg" in {line.first for line in lines}
