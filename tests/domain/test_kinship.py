"""Ties read backwards and composed into what the client is to the clinician."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.domain.kinship import TieStep, Via, compose, converse, sexed
from policy_service.domain.ties import (
    TIE_KINDS,
    TieCategory,
    ancestors,
    rolecode_concepts,
    tie_kind,
)

codes = st.sampled_from(sorted(TIE_KINDS))
sexes = st.sampled_from(["", "female", "male"])
kin_codes = st.sampled_from(
    sorted(c for c, k in TIE_KINDS.items() if k.category is TieCategory.RELATIVE)
)


def test_every_rolecode_of_the_family_is_a_tie_kind() -> None:
    assert set(rolecode_concepts()) - set(TIE_KINDS) == {"_PersonalRelationshipRoleType"}


def test_a_sexed_code_and_its_neutral_code_agree_with_the_rolecode_tree() -> None:
    for code, kind in TIE_KINDS.items():
        tree = rolecode_concepts()
        if code != kind.neutral and kind.neutral in tree:
            assert kind.neutral in ancestors(code) or tree[code]["status"] == "retired", code


@given(codes)
def test_converse_is_an_involution_up_to_sex(code: str) -> None:
    assert converse(converse(code)) == tie_kind(code).neutral


@given(codes, sexes)
def test_converse_keeps_the_degree(code: str, sex: str) -> None:
    assert tie_kind(converse(code, sex)).degrees == tie_kind(code).degrees


@pytest.mark.parametrize(
    ("code", "sex", "back"),
    [
        ("MTH", "male", "SONC"),
        ("MTH", "", "CHILD"),
        ("HUSB", "female", "WIFE"),
        ("PAUNT", "female", "NIECE"),
        ("GGRFTH", "", "great_grandchild"),
        ("supervisor", "", "supervisee"),
        ("guardian", "", "ward"),
    ],
)
def test_converse_by_sex(code: str, sex: str, back: str) -> None:
    assert converse(code, sex) == back


def test_an_unknown_code_is_named_with_what_is_allowed() -> None:
    with pytest.raises(ValueError, match=r"tie kind 'COUSIN' is not one of: .*COUSN"):
        tie_kind("COUSIN")


def test_the_former_husband_of_a_sister() -> None:
    found = compose([TieStep("SIS"), TieStep("FMRSPS", sex="male")])
    assert found.label == "ex-husband of the clinician's sister"
    assert (found.category, found.degrees, found.ended) == (TieCategory.RELATIVE, (2, 2), True)
    assert (found.via, found.reached) == (Via.EX_PARTNER, TieCategory.RELATIVE)


def test_an_ended_marriage_reads_as_a_former_one() -> None:
    found = compose([TieStep("HUSB", ended=True)])
    assert (found.category, found.label) == (TieCategory.EX_PARTNER, "the clinician's ex-husband")
    assert found.via is Via.SELF
    assert found.reached is None


def test_an_ended_note_on_a_brother_does_not_end_the_tie() -> None:
    assert not compose([TieStep("BRO", ended=True)]).ended


def test_a_friends_wife_is_no_kin_but_reached_through_her_husband() -> None:
    found = compose([TieStep("FRND"), TieStep("WIFE")])
    assert found.category is None
    assert found.degrees is None
    assert (found.via, found.reached) == (Via.PARTNER, TieCategory.FRIEND)
    assert found.label == "wife of the clinician's friend"


@pytest.mark.parametrize(
    ("path", "degrees"),
    [
        (("MTH", "MTH"), (2, 2)),
        (("MTH", "SIS"), (2, 2)),
        (("MTH", "SIS", "SON"), (3, 3)),
        (("BRO", "DAU"), (2, 2)),
        (("WIFE", "BRO"), (2, 2)),
        (("WIFE", "DAU"), (1, 2)),
        (("FTH", "WIFE"), (1, 2)),
        (("MTH", "SON"), (1, 2)),
        (("SON", "WIFE"), (2, 2)),
    ],
)
def test_degrees_of_kin_paths(path: tuple[str, ...], degrees: tuple[int, int]) -> None:
    assert compose([TieStep(code) for code in path]).degrees == degrees


@given(st.lists(st.builds(TieStep, kin_codes, st.booleans(), sexes), min_size=1, max_size=3))
def test_kin_paths_always_have_a_category_and_an_ordered_range(steps: list[TieStep]) -> None:
    found = compose(steps)
    assert found.category is TieCategory.RELATIVE
    assert found.degrees is not None
    low, high = found.degrees
    assert 1 <= low <= high <= 4


@given(st.lists(st.builds(TieStep, codes, st.booleans(), sexes), min_size=1, max_size=3))
def test_every_path_reads_in_words(steps: list[TieStep]) -> None:
    label = compose(steps).label
    assert "the clinician's " in label
    assert label.isprintable()


@pytest.mark.parametrize("length", [0, 4])
def test_a_path_has_one_to_three_steps(length: int) -> None:
    with pytest.raises(ValueError, match=f"1 to 3 steps, not {length}"):
        compose([TieStep("SIS")] * length)


@given(codes, sexes)
def test_a_sex_never_changes_the_neutral_kind(code: str, sex: str) -> None:
    assert tie_kind(sexed(code, sex)).neutral == tie_kind(code).neutral
