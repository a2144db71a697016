"""Relations as front desks and other systems write them, as tie kinds.

RoleCode codes pass in any case; beside them the words of the language and the older HL7 v2 table
0063 ("SPO", "PAR"). What is not known reads "": a wrong word would be worse than none.

Where a record system lets people type ("brother", "hermano", "Sibbling"), a letter typed once too
often is forgiven. Other languages than English hold only the words that a real system was seen to
contain; nothing is guessed.
"""

from __future__ import annotations

import re
from functools import cache

from policy_service.domain.ties import TIE_KINDS

_WORDS = """
ONESELF: self oneself same patient
SPS: spouse married spo
HUSB: husband
WIFE: wife
DOMPART: domestic_partner dom civil_partner
SIGOTHR: partner significant_other boyfriend girlfriend fiance fiancee life_partner
FMRSPS: ex ex_spouse former_spouse ex_husband ex_wife former_husband former_wife divorced
ex_partner: former_partner ex_boyfriend ex_girlfriend
PRN: parent par
MTH: mother mom mum mother_of
FTH: father dad
CHILD: kid chd
DAUC: daughter dau
SONC: son
SIB: sibling
SIS: sister
BRO: brother hermano
TWIN: twin_sibling
TWINSIS: twin_sister
TWINBRO: twin_brother
HSIB: half_sibling
HSIS: half_sister
HBRO: half_brother
STPSIB: stepsibling step_sibling
STPPRN: stepparent step_parent
STPMTH: stepmother step_mother
STPFTH: stepfather step_father
STPCHLD: stepchild step_child scd
GRPRN: grandparent grp
GRMTH: grandmother
GRFTH: grandfather
GRNDCHILD: grandchild gch
GRNDDAU: granddaughter
GRNDSON: grandson
AUNT: aunt
UNCLE: uncle
NIENEPH: niece_or_nephew
NIECE: niece
NEPHEW: nephew
COUSN: cousin
INLAW: in_law
MTHINLAW: mother_in_law
FTHINLAW: father_in_law
SIBINLAW: sibling_in_law
SISINLAW: sister_in_law
BROINLAW: brother_in_law
DAUINLAW: daughter_in_law
SONINLAW: son_in_law
EXT: extended_family relative ext
FAMMEMB: family family_member
FRND: friend fnd
NBOR: neighbour neighbor nei
ROOM: room_mate roommate flatmate flat_mate housemate house_mate
guardian: legal_guardian grd
ward: wrd
colleague: coworker co_worker
employer: boss emr
"""
_DOUBLED = re.compile(r"([a-z])\1+")


@cache
def _words() -> dict[str, str]:
    words: dict[str, str] = {}
    for line in _WORDS.strip().splitlines():
        code, _, named = line.partition(": ")
        words |= dict.fromkeys(named.split(), code)
    return words


@cache
def _codes() -> dict[str, str]:
    return {code.casefold(): code for code in TIE_KINDS} | _words()


@cache
def _single_letters() -> dict[str, str]:
    """The words with every doubled letter written once; no two kinds fall together.

    Codes are not among them: "GRPRN" and "GGRPRN" differ in a letter that counts.
    """
    return {_DOUBLED.sub(r"\1", word): code for word, code in _words().items()}


UNKNOWN_RELATION = "FAMMEMB"
"""How near a relation is that is stated in words nobody knows: of any degree, to be asked about."""


def relation_code(text: str) -> str:
    """The tie kind that `text` names, or "" where it names none."""
    plain = text.strip().casefold().replace("-", "_").replace("'", "")
    return _codes().get("_".join(plain.split()), "")


def stated_relation(text: str) -> str:
    """The tie kind that somebody typed, UNKNOWN_RELATION for words that are not known.

    That there is a relation was said; only which one is open. So it is never read as none.
    """
    plain = text.strip().casefold().replace("-", "_").replace("'", "")
    single = _DOUBLED.sub(r"\1", "_".join(plain.split()))
    return relation_code(text) or _single_letters().get(single, UNKNOWN_RELATION)
