"""A matching report in sentences: the same ones for the console and the command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_PAIRS = {
    "SELF:certain": "one person, certain",
    "SELF:probable": "one person, probable",
    "SELF:possible": "one person, possible",
    "KIN:certain": "kin or household, certain",
    "KIN:probable": "kin or household, probable",
    "KIN:possible": "kin or household, possible",
    "NONE:weak": "nothing to ask about",
}
"""By hypothesis and band, surest first."""


def pairs_in_words(said: str) -> str:
    """What recognition says of a pair, in words."""
    return _PAIRS.get(said, said.replace(":", ", ").lower())


def in_order(flags: Mapping[str, int]) -> list[tuple[str, int]]:
    """Counts by hypothesis and band, surest first, in words."""
    return [(words, flags[said]) for said, words in _PAIRS.items() if said in flags]


def per_intake(flags: int, intakes: int) -> str:
    """How often that is, with two decimals."""
    return f"{flags / intakes:.2f}" if intakes else "no client"


def threshold_in_words(move: Mapping[str, Any]) -> str:
    """A threshold and which way it is moved."""
    way = "lower" if move["bits"] < 0 else "higher"
    return f"“{move['threshold']}” {abs(move['bits'])} bit {way}"


def sentences(report: Mapping[str, Any]) -> Iterator[str]:
    """The report line by line."""
    flags, intakes = sum(report["flags"].values()), report["intakes"]
    yield f"{report['people']} people; model {report['model']['version']}"
    yield frequencies_in_words(report["frequencies"])
    yield f"{intakes} clients asked about anew: {per_intake(flags, intakes)} flags an intake"
    yield from (f"  {words}: {count}" for words, count in in_order(report["flags"]))
    yield from (f"  {threshold_in_words(m)}: {m['more']:+d} flags" for m in report["moves"])
    yield strangers_in_words(report["strangers"])
    yield from (f"  {words}: {count}" for words, count in _judged(report["verdicts"]))
    yield from looked_at_in_words(report)
    yield from (f"  {name}: {n} people" for name, n in report["quality"]["warnings"].items())


def _judged(verdicts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for row in verdicts["rows"]:
        said = ", ".join(f"{row[word]} {word}" for word in ("same", "related", "different"))
        yield f"officers on “{pairs_in_words(row['pairs'])}”", said


def frequencies_in_words(said: Mapping[str, Any]) -> str:
    """Where frequencies come from, and whether they should be counted anew."""
    if said["source"] != "counted":
        return "Nothing was counted here: those who share a key tell how common a value is."
    counted = f"Values were counted on {said['on']}, of {said['people_then']} people."
    stale = " The practice has grown by a fifth since: measure anew."
    return counted + stale if said["is_stale"] else counted


def strangers_in_words(said: Mapping[str, Any] | None) -> str:
    """False flags that chance alone would raise, and how sure that is."""
    if said is None:
        return "Strangers were not measured here: run `flask matching measure`."
    seen = sum(said["flags"].values())
    rate = said["at_most"] / 1000
    return (
        f"Of {said['pairs']} random pairs {seen} would be flagged: at most {rate:.2f} false flags "
        "an intake, fewer in truth, since some of those pairs are kin."
    )


def looked_at_in_words(report: Mapping[str, Any]) -> Iterator[str]:
    """What recognition could not look at."""
    skipped, missing, filing = report["not_looked_at"], report["too_few_fields"], report["filing"]
    yield f"{report['hot_keys']} match keys are too common to look up."
    for kind, intakes in skipped["kinds"].items():
        yield f"“{kind}” was too common for {intakes} of {report['intakes']} clients."
    thin = f"{missing['intakes']} of {report['intakes']} clients"
    yield f"{thin} have too few fields to be looked up."
    yield f"{filing['left']} people wait to be filed by the keys of this release."
    if filing["hashed_left"]:
        yield f"{filing['hashed_left']} third parties kept as hashes wait for their next import."
