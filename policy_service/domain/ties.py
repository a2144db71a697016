"""Kinds of tie between two persons: HL7 v3 RoleCode family codes and our own codes.

A kind says what the *other* person is to the first: `MTH` reads "is the mother of". RoleCode has
no word for colleagues, supervisees, students, employers or former partners; those are ours, in
lower snake case. Degrees follow one table (docs/design); where a code spans several, it is a range:
step, foster, half and adoptive kin are 1–2, because codes differ on whether they count as close.

`rolecode_family.json` holds the RoleCode concepts (code, display, parents); facts of the HL7
terminology, published under CC0.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TypedDict

Degrees = tuple[int, int]


class TieCategory(StrEnum):
    """What a tie is to a rule. Values are final: rules and stored facts name them."""

    PARTNER = "partner"
    EX_PARTNER = "ex_partner"
    RELATIVE = "relative"
    GUARDIAN = "guardian"
    FRIEND = "friend"
    ACQUAINTANCE = "acquaintance"
    COLLEAGUE = "colleague"
    BUSINESS = "business"
    EMPLOYER = "employer"
    EMPLOYEE = "employee"
    SUPERVISOR = "supervisor"
    SUPERVISEE = "supervisee"
    TEACHER = "teacher"
    STUDENT = "student"
    NEIGHBOUR = "neighbour"
    ROOM_MATE = "room_mate"
    CO_MEMBER = "co_member"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class TieKind:
    """One kind of tie. `degrees` is (nearest, farthest) for kin, None otherwise.

    `neutral` is the same kind with the sex left open; `converse` is neutral too.
    """

    code: str
    words: str
    category: TieCategory
    degrees: Degrees | None
    converse: str
    neutral: str
    sex: str = ""


class Concept(TypedDict):
    """One RoleCode concept of the data file."""

    display: str
    parents: list[str]
    status: str


@cache
def rolecode_concepts() -> dict[str, Concept]:
    """Every concept of the RoleCode family, by code."""
    text = Path(__file__).with_name("rolecode_family.json").read_text("utf-8")
    concepts: dict[str, Concept] = json.loads(text)["concepts"]
    return concepts


@cache
def ancestors(code: str) -> frozenset[str]:
    """All RoleCode concepts above `code`; empty for our own codes."""
    parents = rolecode_concepts()[code]["parents"] if code in rolecode_concepts() else []
    return frozenset(parents).union(*map(ancestors, parents))


# neutral code: words, category, degrees, converse. One row per kind whose sex is open.
_NEUTRAL: tuple[tuple[str, str, str, Degrees | None, str], ...] = (
    ("ONESELF", "self", "other", (0, 0), "ONESELF"),
    ("SIGOTHR", "significant other", "partner", (1, 1), "SIGOTHR"),
    ("SPS", "spouse", "partner", (1, 1), "SPS"),
    ("DOMPART", "domestic partner", "partner", (1, 1), "DOMPART"),
    ("FMRSPS", "former spouse", "ex_partner", (1, 1), "FMRSPS"),
    ("PRN", "parent", "relative", (1, 1), "CHILD"),
    ("CHILD", "child", "relative", (1, 1), "PRN"),
    ("NPRN", "natural parent", "relative", (1, 1), "NCHILD"),
    ("NCHILD", "natural child", "relative", (1, 1), "NPRN"),
    ("ADOPTP", "adoptive parent", "relative", (1, 2), "CHLDADOPT"),
    ("CHLDADOPT", "adopted child", "relative", (1, 2), "ADOPTP"),
    ("PRNFOST", "foster parent", "relative", (1, 2), "CHLDFOST"),
    ("CHLDFOST", "foster child", "relative", (1, 2), "PRNFOST"),
    ("STPPRN", "stepparent", "relative", (1, 2), "STPCHLD"),
    ("STPCHLD", "stepchild", "relative", (1, 2), "STPPRN"),
    ("SIB", "sibling", "relative", (1, 1), "SIB"),
    ("NSIB", "natural sibling", "relative", (1, 1), "NSIB"),
    ("TWIN", "twin", "relative", (1, 1), "TWIN"),
    ("FTWIN", "fraternal twin", "relative", (1, 1), "FTWIN"),
    ("ITWIN", "identical twin", "relative", (1, 1), "ITWIN"),
    ("HSIB", "half-sibling", "relative", (1, 2), "HSIB"),
    ("STPSIB", "stepsibling", "relative", (1, 2), "STPSIB"),
    ("GRPRN", "grandparent", "relative", (2, 2), "GRNDCHILD"),
    ("GRNDCHILD", "grandchild", "relative", (2, 2), "GRPRN"),
    ("INLAW", "in-law", "relative", (2, 3), "INLAW"),
    ("PRNINLAW", "parent-in-law", "relative", (2, 2), "CHLDINLAW"),
    ("CHLDINLAW", "child-in-law", "relative", (2, 2), "PRNINLAW"),
    ("SIBINLAW", "sibling-in-law", "relative", (2, 2), "SIBINLAW"),
    ("aunt_or_uncle", "aunt or uncle", "relative", (2, 2), "NIENEPH"),
    ("NIENEPH", "niece or nephew", "relative", (2, 2), "aunt_or_uncle"),
    ("COUSN", "cousin", "relative", (3, 3), "COUSN"),
    ("GGRPRN", "great-grandparent", "relative", (3, 3), "great_grandchild"),
    ("great_grandchild", "great-grandchild", "relative", (3, 3), "GGRPRN"),
    ("EXT", "extended family member", "relative", (2, 4), "EXT"),
    ("FAMMEMB", "family member", "relative", (1, 4), "FAMMEMB"),
    ("chosen_family", "chosen family member", "relative", (1, 4), "chosen_family"),
    ("FRND", "friend", "friend", None, "FRND"),
    ("NBOR", "neighbour", "neighbour", None, "NBOR"),
    ("ROOM", "room-mate", "room_mate", None, "ROOM"),
    ("ex_partner", "former partner", "ex_partner", None, "ex_partner"),
    ("dating_partner", "dating partner", "partner", None, "dating_partner"),
    ("guardian", "guardian", "guardian", None, "ward"),
    ("ward", "ward", "guardian", None, "guardian"),
    ("acquaintance", "acquaintance", "acquaintance", None, "acquaintance"),
    ("colleague", "colleague", "colleague", None, "colleague"),
    ("business_partner", "business partner", "business", None, "business_partner"),
    ("employer", "employer", "employer", None, "employee"),
    ("employee", "employee", "employee", None, "employer"),
    ("supervisor", "supervisor", "supervisor", None, "supervisee"),
    ("supervisee", "supervisee", "supervisee", None, "supervisor"),
    ("teacher", "teacher", "teacher", None, "student"),
    ("student", "student", "student", None, "teacher"),
    ("co_member", "fellow member", "co_member", None, "co_member"),
    ("social_tie", "social media contact", "acquaintance", None, "social_tie"),
    ("opponent", "opponent in a dispute", "other", None, "opponent"),
    ("other", "other tie", "other", None, "other"),
)

# neutral code: its female codes, its male codes; the first of each is the plain word.
_SEXED = {
    "SPS": ("WIFE", "HUSB"),
    "PRN": ("MTH GESTM", "FTH"),
    "NPRN": ("NMTH NMTHF", "NFTH NFTHF"),
    "ADOPTP": ("ADOPTM", "ADOPTF"),
    "PRNFOST": ("MTHFOST", "FTHFOST"),
    "STPPRN": ("STPMTH", "STPFTH"),
    "CHILD": ("DAUC", "SONC"),
    "NCHILD": ("DAU", "SON"),
    "CHLDADOPT": ("DAUADOPT", "SONADOPT"),
    "CHLDFOST": ("DAUFOST", "SONFOST"),
    "STPCHLD": ("STPDAU", "STPSON"),
    "SIB": ("SIS", "BRO"),
    "NSIB": ("NSIS", "NBRO"),
    "TWIN": ("TWINSIS", "TWINBRO"),
    "FTWIN": ("FTWINSIS", "FTWINBRO"),
    "ITWIN": ("ITWINSIS", "ITWINBRO"),
    "HSIB": ("HSIS", "HBRO"),
    "STPSIB": ("STPSIS", "STPBRO"),
    "GRPRN": ("GRMTH MGRMTH PGRMTH", "GRFTH MGRFTH PGRFTH"),
    "GRNDCHILD": ("GRNDDAU", "GRNDSON"),
    "GGRPRN": ("GGRMTH MGGRMTH PGGRMTH", "GGRFTH MGGRFTH PGGRFTH"),
    "PRNINLAW": ("MTHINLAW MTHINLOAW", "FTHINLAW"),
    "CHLDINLAW": ("DAUINLAW", "SONINLAW"),
    "SIBINLAW": ("SISINLAW SISLINLAW", "BROINLAW"),
    "aunt_or_uncle": ("AUNT MAUNT PAUNT", "UNCLE MUNCLE PUNCLE"),
    "NIENEPH": ("NIECE", "NEPHEW"),
}
# Codes that name a side of the family but no sex.
_SIDED = {"GRPRN": "MGRPRN PGRPRN", "GGRPRN": "MGGRPRN PGGRPRN", "COUSN": "MCOUSN PCOUSN"}
_SEXES = ("female", "male")


def _table() -> dict[str, TieKind]:
    kinds = {
        code: TieKind(code, words, TieCategory(category), degrees, converse, code)
        for code, words, category, degrees, converse in _NEUTRAL
    }
    for neutral, pair in _SEXED.items():
        for sex, codes in zip(_SEXES, pair, strict=True):
            kinds |= {code: _variant(code, kinds[neutral], sex) for code in codes.split()}
    for neutral, codes in _SIDED.items():
        kinds |= {code: _variant(code, kinds[neutral], "") for code in codes.split()}
    return kinds


def _variant(code: str, kind: TieKind, sex: str) -> TieKind:
    words = rolecode_concepts()[code]["display"].replace(" in-law", "-in-law")
    return TieKind(code, words, kind.category, kind.degrees, kind.converse, kind.code, sex)


TIE_KINDS = MappingProxyType(_table())
SEXED_CODES = MappingProxyType(
    {
        (neutral, sex): codes.split()[0]
        for neutral, pair in _SEXED.items()
        for sex, codes in zip(_SEXES, pair, strict=True)
    }
)


def tie_kind(code: str) -> TieKind:
    """The kind named `code`. Raises `ValueError` naming what is allowed."""
    try:
        return TIE_KINDS[code]
    except KeyError:
        raise ValueError(
            f"tie kind {code!r} is not one of: {', '.join(sorted(TIE_KINDS))}"
        ) from None
