"""How often a value occurs in the practice: a clinic's phone or a common surname proves little."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from policy_service.domain.people import PersonRecord
from policy_service.matching.normalise import Features, normalise


@dataclass(frozen=True, slots=True)
class Frequencies:
    """People in the practice and how many of them bear a value.

    `counts` is asked for the texts of `frequency_texts`; the caller may pass a mapping that looks
    them up by keyed hash. Without counts the model's own chances are used.
    """

    total: int = 0
    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


def frequency_texts(record: PersonRecord) -> tuple[str, ...]:
    """The values of `record` to be counted, once a person, as `field:value`."""
    return features_values(normalise(record))


def features_values(features: Features) -> tuple[str, ...]:
    """`frequency_texts` for a record that is normalised already."""
    return tuple(dict.fromkeys(text for text in _texts(features) if not text.endswith(":")))


def _texts(features: Features) -> Iterator[str]:
    for name in features.names:
        yield f"given:{name.given}"
        yield f"family:{name.family}"
    for place in features.places:
        yield f"dwelling:{place.dwelling}"
        yield f"postcode:{place.postcode}"
        yield f"city:{place.city}"
    yield from (f"phone:{phone}" for phone in sorted(features.phones))
    yield from (f"email:{email.whole}" for email in features.emails)
    yield f"company:{features.company}"


def measure(records: Iterable[PersonRecord]) -> Frequencies:
    """Frequencies of a whole registry."""
    counts: dict[str, int] = {}
    total = 0
    for record in records:
        total += 1
        for text in frequency_texts(record):
            counts[text] = counts.get(text, 0) + 1
    return Frequencies(total, counts)
