"""What keyed hashes cost: FEBRL 4 with file A kept as hashes only, beside plain text."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from bench.figures import Scored, recall_at_precision, report
from policy_service.domain.people import PersonRecord
from policy_service.matching.bands import Band
from policy_service.matching.hashed import hash_record
from policy_service.matching.hypotheses import Scales
from policy_service.matching.model import default_model
from policy_service.matching.probing import PeopleInMemory
from policy_service.matching.recognition import Comparison, HashedComparer

People = Mapping[str, PersonRecord]
_KEY = b"a practice's key, of this bench only"


def hashed(text: str) -> int:
    """HMAC as the keyring makes it: 64 bits."""
    return int.from_bytes(hmac.digest(_KEY, text.encode(), hashlib.sha256)[:8], "big", signed=True)


@dataclass(frozen=True)
class Twice:
    """One candidate pair compared in plain text and by hashes."""

    plain: Comparison
    hashed: Comparison
    is_true: bool


def compare_twice(known: People, intakes: People) -> list[Twice]:
    """Every candidate pair; the same candidates, since match keys are the same in both modes."""
    index, comparer = PeopleInMemory(known, default_model()), HashedComparer.under(hashed)
    stored = {ref: hash_record(record, hashed) for ref, record in known.items()}
    scales = Scales(default_model(), index.frequencies)
    pairs = []
    for ref, intake in intakes.items():
        found = index.recognise(intake).candidates
        records = (stored[one.ref] for one in found)
        by_hash = comparer.compare_all(intake, records, scales)
        pairs += [
            Twice(one.comparison, other, one.ref == ref)
            for one, other in zip(found, by_hash, strict=True)
        ]
    return pairs


def bench_hashed(known: People, intakes: People) -> None:
    """Recall at precision .99 in both modes, and the certain pairs that hashes lose, by cause."""
    pairs = compare_twice(known, intakes)
    plain, by_hash = (
        recall_at_precision(
            [Scored(getattr(pair, mode).identity_bits, pair.is_true) for pair in pairs],
            len(intakes),
            0.99,
        )
        for mode in ("plain", "hashed")
    )
    report("febrl4 hashed: recall at precision .99", by_hash, "share", "plain text", plain)
    certain = [pair for pair in pairs if pair.plain.identity is Band.CERTAIN]
    lost = [pair for pair in certain if pair.hashed.identity is Band.WEAK]
    kept = 1 - len(lost) / max(len(certain), 1)
    report("febrl4 hashed: certain plain matches at least possible", kept, "share")
    for cause, count in Counter(map(cause_of_loss, lost)).most_common():
        report(f"febrl4 hashed: lost because {cause}", count, "pairs")


def cause_of_loss(pair: Twice) -> str:
    """The fields of which hashes see less."""
    plain = {row.field: row.level for row in pair.plain.evidence}
    seen = {row.field: row.level for row in pair.hashed.evidence}
    unlike = [field for field in plain if plain[field] != seen.get(field) and field != "rule"]
    return "; ".join(f"{f}: {plain[f]} seen as {seen.get(f, 'nothing')}" for f in unlike)
