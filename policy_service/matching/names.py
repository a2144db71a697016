"""Names as they are compared: folded to plain lower-case letters, in parts, without noise.

Particles ("van", "de la") are dropped and hyphens split, for keys and for comparison by part; the
whole folded name is kept beside the parts. What stands for "no name" becomes None.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from policy_service.domain.people import NameKind, PersonName

PARTICLES_WORDS = (
    "de del della der den di da das do dos du la le les el al bin ibn bint abu ter ten van von "
    "vom zu zum zur af av y e"
)
PARTICLES = frozenset(PARTICLES_WORDS.split())
SUFFIXES = {
    "jr": "jr",
    "junior": "jr",
    "sr": "sr",
    "senior": "sr",
    "ii": "ii",
    "2nd": "ii",
    "iii": "iii",
    "3rd": "iii",
    "iv": "iv",
}
_TITLES_WORDS = "mr mrs ms miss mx dr prof rev sir dame phd md lpc lmft lcsw psyd"
_TITLES = frozenset(_TITLES_WORDS.split())
PLACEHOLDERS_WORDS = (
    "unknown unk unnamed noname none null nil na nan test tester testing dummy example sample "
    "anonymous anon patient client baby babyboy babygirl infant newborn deceased tbd xx xxx xxxx "
    "asdf qwerty notgiven notknown notrecorded notapplicable noinformation firstname lastname "
    "surname refused donotuse duplicate"
)
PLACEHOLDERS = frozenset(PLACEHOLDERS_WORDS.split())
# "Anna (MB)", "Anna [MB]", "Anna - MB": profiles of one client told apart by clinician initials.
_BRACKETED = re.compile(r"\s*[(\[][^)\]]{0,40}[)\]]\s*")
_INITIALS = re.compile(r"^(?P<name>.*[a-z].*?)(?:\s*[-/]\s*|\s+)[A-Z]{2,3}$")
_MARKED = re.compile(r"\s*[(\[](?:[A-Z]\.?){1,4}[)\]]\s*$")
_WORD = re.compile(r"[a-z0-9]+")
_INSIDE = str.maketrans("", "", "'`")  # O'Brien is one word
_OWN_NAME_KINDS = frozenset({NameKind.CHOSEN, NameKind.NICKNAME})


class FoldedName(NamedTuple):
    """One name, folded. `given` and `family` are whole; `*_parts` are without particles."""

    given: str
    family: str
    middle: str
    suffix: str
    given_parts: tuple[str, ...]
    family_parts: tuple[str, ...]
    kind: NameKind


NOBODY = FoldedName("", "", "", "", (), (), NameKind.LEGAL)
"""A person whose name is not stated."""


def fold(text: str) -> str:
    """Lower-case ASCII letters, digits and single spaces; other scripts are transliterated."""
    if not text.isascii():
        from anyascii import anyascii  # not paid for by plain names

        text = anyascii(text)
    return " ".join(_WORD.findall(text.lower().translate(_INSIDE)))


def fold_name(name: PersonName) -> FoldedName | None:
    """The folded name, or None when nothing but placeholders is left."""
    given, given_suffix = _without_titles(fold(_preferred(name)))
    family, family_suffix = _without_titles(fold(_unmarked(name.family)))
    given, family = real_name(given), real_name(family)
    if not (given or family):
        return None
    suffix = SUFFIXES.get(fold(name.suffix), "") or family_suffix or given_suffix
    middle = real_name(fold(name.middle))
    if not middle and given.count(" ") == 1 and len(given.split()[1]) == 1:
        given, middle = given.split()
    parts = (without_particles(given), without_particles(family))
    return FoldedName(given, family, middle, suffix, *parts, name.kind)


def is_placeholder(name: PersonName) -> bool:
    """Whether any stated part of the name stands for "no name"."""
    parts = (fold(name.given), fold(name.family))
    return any(part and not real_name(part) for part in parts)


def real_name(folded: str) -> str:
    """`folded`, or nothing when it is a placeholder such as "baby boy" or "xxx"."""
    joined = folded.replace(" ", "")
    if joined in PLACEHOLDERS or joined.isdigit():
        return ""
    if folded.startswith(("baby ", "unknown ", "unnamed ")) or len(set(joined)) == 1 < len(joined):
        return ""
    return folded


def without_particles(folded: str) -> tuple[str, ...]:
    """The words of a folded name but its particles; all words when there is nothing else."""
    words = tuple(folded.split())
    return tuple(word for word in words if word not in PARTICLES) or words


def _preferred(name: PersonName) -> str:
    given = _BRACKETED.sub(" ", name.given).strip() or name.given
    if name.kind in _OWN_NAME_KINDS and (match := _INITIALS.match(given)):
        return match["name"]
    return given


def _unmarked(family: str) -> str:
    """A family name without a clinician's initials behind it; a name in brackets stays."""
    return _MARKED.sub("", family) or family


def _without_titles(folded: str) -> tuple[str, str]:
    words = [word for word in folded.split() if word not in _TITLES] or folded.split()
    suffix = SUFFIXES.get(words[-1], "") if len(words) > 1 else ""
    return " ".join(words[:-1] if suffix else words), suffix
