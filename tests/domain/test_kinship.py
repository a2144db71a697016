"""Ties read backwards and composed into what the client is to the clinician."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.domain import kin_readings
from policy_service.domain.kin_readings import is_kin, readings
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
    sorted(
        code
        for code, kind in TIE_KINDS.items()
        if kind.category is TieCategory.RELATIVE and is_kin(kind.neutral)
    )
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
def test_kin_paths_are_or_may_be_kin_and_have_an_ordered_range(steps: list[TieStep]) -> None:
    found = compose(steps)
    assert TieCategory.RELATIVE in {found.category, *found.may_be}
    assert found.degrees is not None
    low, high = found.degrees
    assert 1 <= low <= high <= 4


@given(st.lists(st.builds(TieStep, codes, st.booleans(), sexes), min_size=1, max_size=3))
def test_every_path_reads_in_words(steps: list[TieStep]) -> None:
    label = compose(steps).label
    assert "the clinician" in label
    assert label.isprintable()


@pytest.mark.parametrize("length", [0, 4])
def test_a_path_has_one_to_three_steps(length: int) -> None:
    with pytest.raises(ValueError, match=f"1 to 3 steps, not {length}"):
        compose([TieStep("SIS")] * length)


@given(codes, sexes)
def test_a_sex_never_changes_the_neutral_kind(code: str, sex: str) -> None:
    assert tie_kind(sexed(code, sex)).neutral == tie_kind(code).neutral


WORDS = [
    ("MTH SIS", "AUNT"),
    ("FTH BRO", "UNCLE"),
    ("MTH MTH", "GRMTH"),
    ("GRFTH FTH", "GGRFTH"),
    ("FTH GRMTH", "GGRMTH"),
    ("BRO DAUC", "NIECE"),
    ("SIS SONC", "NEPHEW"),
    ("SONC DAUC", "GRNDDAU"),
    ("GRNDSON SONC", "great_grandchild"),
    ("AUNT SONC", "COUSN"),
    ("MTH SIS SONC", "COUSN"),
    ("MTH NIECE", "COUSN"),
    ("FTH MTH FTH", "GGRFTH"),
    ("MTH HUSB", "STPFTH"),
    ("FTH WIFE", "STPMTH"),
    ("WIFE DAUC", "STPDAU"),
    ("STPMTH SONC", "STPBRO"),
    ("FTH STPDAU", "STPSIS"),
    ("FTH WIFE DAUC", "STPSIS"),
    ("WIFE MTH", "MTHINLAW"),
    ("HUSB FTH", "FTHINLAW"),
    ("SONC WIFE", "DAUINLAW"),
    ("DAUC HUSB", "SONINLAW"),
    ("SIS HUSB", "BROINLAW"),
    ("HUSB BRO", "BROINLAW"),
    ("DOMPART SIS", "SISINLAW"),
    ("SIS FMRSPS", "SIBINLAW"),
    ("SIS ex_partner", "SIBINLAW"),
    ("MTH DAUC", "SIS"),
    ("SIS MTH", "MTH"),
    ("SONC SIS", "DAUC"),
    ("BRO SIS", "SIS"),
    ("NIECE BRO", "NEPHEW"),
    ("COUSN SIS", "COUSN"),
    ("AUNT HUSB", "UNCLE"),
    ("WIFE NIECE", "NIECE"),
    ("UNCLE MTH", "GRMTH"),
    ("GRMTH DAUC", "AUNT"),
    ("MTH GRNDDAU", "NIECE"),
    ("GRMTH SIS", "EXT"),
    ("SONC WIFE MTH", "EXT"),
    ("ADOPTM MTH", "GRMTH"),
    ("HSIS DAUC", "NIECE"),
]


@pytest.mark.parametrize(("path", "kind"), WORDS)
def test_the_well_known_words(path: str, kind: str) -> None:
    assert compose([TieStep(code) for code in path.split()]).kind == kind


@pytest.mark.parametrize(
    ("path", "degrees"),
    [
        ("MTH SIS", (2, 2)),
        ("GRMTH SIS", (3, 3)),
        ("GRMTH DAUC", (1, 3)),
        ("MTH NIECE", (3, 3)),
        ("SIS MTH", (1, 2)),
        ("AUNT HUSB", (2, 3)),
        ("ADOPTM MTH", (2, 3)),
        ("PRNFOST PRN", (2, 3)),
        ("HSIS DAUC", (2, 3)),
        ("STPMTH MTH", (2, 3)),
        ("COUSN COUSN", (1, 4)),
        ("FAMMEMB SIS", (1, 4)),
        ("EXT EXT EXT", (1, 4)),
        ("GGRPRN INLAW", (1, 4)),
        ("GGRPRN SIS", (4, 4)),
    ],
)
def test_degrees_of_what_has_no_plain_word(path: str, degrees: tuple[int, int]) -> None:
    assert compose([TieStep(code) for code in path.split()]).degrees == degrees


def test_a_partners_partner_is_no_kin_but_reached_through_the_partner() -> None:
    found = compose([TieStep("FMRSPS"), TieStep("HUSB")])
    assert (found.category, found.may_be, found.degrees) == (None, frozenset(), None)
    assert (found.reached, found.via) == (TieCategory.EX_PARTNER, Via.PARTNER)


def test_a_mothers_ex_husbands_wife_may_be_a_stepmother() -> None:
    found = compose([TieStep("MTH"), TieStep("FMRSPS"), TieStep("WIFE")])
    assert found.category is None
    assert found.may_be == {TieCategory.RELATIVE}
    assert found.degrees == (1, 2)
    assert (found.reached, found.via) == (TieCategory.RELATIVE, Via.PARTNER)


def test_the_other_parent_of_a_child_may_be_a_former_partner() -> None:
    found = compose([TieStep("DAUC"), TieStep("FTH")])
    assert found.category is TieCategory.RELATIVE
    assert found.may_be == {TieCategory.PARTNER, TieCategory.EX_PARTNER}
    assert found.label == "father of the clinician's daughter"


@pytest.mark.parametrize("kind", ["chosen_family", "dating_partner", "guardian", "FRND", "ROOM"])
def test_what_one_person_chose_makes_no_kin_of_others(kind: str) -> None:
    found = compose([TieStep(kind), TieStep("SIS")])
    assert (found.category, found.kind, found.may_be) == (None, None, frozenset())
    assert found.reached == tie_kind(kind).category
    assert found.via is Via.RELATIVE


def test_a_mother_of_the_clinicians_ward_is_reached_through_the_ward() -> None:
    found = compose([TieStep("ward"), TieStep("MTH")])
    assert (found.reached, found.via) == (TieCategory.GUARDIAN, Via.RELATIVE)
    assert found.label == "mother of the clinician's ward"


def test_oneself_is_nearer_than_any_relative() -> None:
    found = compose([TieStep("ONESELF")])
    assert (found.category, found.degrees) == (TieCategory.RELATIVE, (0, 0))
    assert found.label == "the clinician in person"


# -- periods ----------------------------------------------------------------------------------


def test_a_period_is_spoken() -> None:
    found = compose([TieStep("HUSB", ended=True, since="2004", until="2019-05")])
    assert found.label == "the clinician's ex-husband (since 2004, ended 2019-05)"
    assert (found.since, found.until) == ("2004", "2019-05")


def test_a_path_is_over_when_one_of_its_ties_is_and_says_when() -> None:
    found = compose([TieStep("SIS"), TieStep("FMRSPS", sex="male", until="2019")])
    assert found.ended
    assert found.label == "ex-husband of the clinician's sister (ended 2019)"


def test_the_first_end_and_the_last_beginning_count() -> None:
    steps = [TieStep("WIFE", until="2019-07", since="2010"), TieStep("STPSIS", until="2019")]
    found = compose(steps)
    assert (found.until, found.since) == ("2019", "")
    assert compose([steps[0], TieStep("FRND", since="2010-03")]).since == "2010"


def test_an_end_that_nobody_dated_leaves_the_paths_end_open() -> None:
    found = compose([TieStep("WIFE", ended=True), TieStep("FRND", until="2019")])
    assert found.ended
    assert found.until == ""


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("STPMTH", "former stepmother"),
        ("SISINLAW", "former sister-in-law"),
        ("CHLDFOST", "former foster child"),
        ("chosen_family", "former chosen family member"),
        ("guardian", "former guardian"),
    ],
)
def test_what_was_made_can_end(kind: str, words: str) -> None:
    found = compose([TieStep(kind, ended=True)])
    assert found.ended
    assert found.label == f"the clinician's {words}"


# -- every pair and every triple --------------------------------------------------------------

NEUTRAL_KIN = sorted(
    {kind.neutral for kind in TIE_KINDS.values() if is_kin(kind.neutral)} - {"ONESELF"}
)


def _turned(kinds: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(tie_kind(kind).converse for kind in reversed(kinds))


@pytest.mark.parametrize("length", [2, 3])
def test_every_chain_reads_alike_from_either_end(length: int) -> None:
    for kinds in product(NEUTRAL_KIN, repeat=length):
        there, back = readings(kinds), readings(_turned(kinds))
        assert there.degrees == back.degrees, kinds
        assert there.may_be_strangers == back.may_be_strangers, kinds
        mirrored = {word[::-1].translate(str.maketrans("PC", "CP")) for word in there.words}
        assert mirrored == set(back.words), kinds


@pytest.mark.parametrize("length", [2, 3])
def test_no_chain_is_nearer_or_farther_than_the_triangle_allows(length: int) -> None:
    for kinds in product(NEUTRAL_KIN, repeat=length):
        found = readings(kinds).degrees
        if found is None:
            continue
        spans = [tie_kind(kind).degrees or (1, 1) for kind in kinds]
        reach = sum(high for _, high in spans)
        nearest = max(low - (reach - high) for low, high in spans)
        assert min(max(nearest, 1), 4) <= found[0] <= found[1] <= min(reach, 4), kinds


def test_the_law_of_the_triangle_sees_a_claim_that_is_too_near(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(kin_readings._RULES, "PP", kin_readings._Rule("P"))
    readings.cache_clear()
    try:
        with pytest.raises(AssertionError):
            test_no_chain_is_nearer_or_farther_than_the_triangle_allows(2)
    finally:
        monkeypatch.undo()
        readings.cache_clear()


def test_a_kind_alone_reads_as_its_own_degree_or_wider() -> None:
    for kind in NEUTRAL_KIN:
        low, high = tie_kind(kind).degrees or (1, 1)
        found = readings((kind,)).degrees
        assert found is not None
        assert found[0] <= low <= high <= found[1] or kind in {"SIBINLAW"}, kind


def test_kinds_that_name_a_generation_never_swap_it() -> None:
    """A chain's name, read backwards, is the name of the turned chain, up to sex."""
    for kinds in product(NEUTRAL_KIN, repeat=2):
        name, back = readings(kinds).name, readings(_turned(kinds)).name
        assert tie_kind(name).converse == back, kinds


@given(st.lists(st.builds(TieStep, codes, st.booleans(), sexes), min_size=1, max_size=3))
def test_sex_and_side_change_words_and_never_facts(steps: list[TieStep]) -> None:
    plain = [TieStep(tie_kind(step.kind).neutral, step.ended) for step in steps]
    said, bare = compose(steps), compose(plain)
    assert (said.category, said.degrees, said.may_be) == (bare.category, bare.degrees, bare.may_be)
    assert (said.via, said.reached, said.ended) == (bare.via, bare.reached, bare.ended)
