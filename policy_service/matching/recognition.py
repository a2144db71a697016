"""Compare two records; recognise a person among candidates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from policy_service.domain.people import PersonRecord
from policy_service.matching.bands import Band, against_chance, choose, identity_odds
from policy_service.matching.bounds import Prospects
from policy_service.matching.explain import FieldEvidence, evidence_row, not_compared
from policy_service.matching.frequencies import Frequencies
from policy_service.matching.hypotheses import Hypothesis, Scales, Weighed, Weighing
from policy_service.matching.institutions import without_institutions
from policy_service.matching.kin_labels import KinLabel, infer_label
from policy_service.matching.model import MatchModel
from policy_service.matching.normalise import Features, normalise

if TYPE_CHECKING:  # loaded by the first third party that is kept as hashes
    from policy_service.matching.hashed import Hash, HashedRecord, OpenDates
    from policy_service.matching.hashed_comparisons import Hashed, HashedQuery

Ref = TypeVar("Ref")
_BAND_ORDER = {Band.CERTAIN: 0, Band.PROBABLE: 1, Band.POSSIBLE: 2, Band.WEAK: 3}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two people compared. `bits` is in hundredths of a bit: the exact sum of the evidence rows.

    `label` says what the query person seems to be to the candidate: ONESELF, a kinship code, or ""
    under NONE. `self_bits` and `kin_bits` are the two scores from which `hypothesis` was chosen.
    `identity` is how sure it is that the two are one person, also where KIN leads (see `Verdict`);
    `identity_bits` is the score behind it: SELF without the rules that make twins kin.
    `identity_odds` is SELF against strangers and kin together, by which pairs are ranked.
    """

    hypothesis: Hypothesis
    band: Band
    identity: Band
    bits: int
    self_bits: int
    kin_bits: int
    identity_bits: int
    identity_odds: int
    evidence: tuple[FieldEvidence, ...]
    label: str
    reasons: tuple[str, ...]
    not_compared: tuple[str, ...]
    model_digest: str

    def to_json(self, with_values: bool = True) -> dict[str, Any]:
        """The explanation: strings, integers, lists and objects only."""
        return {
            "hypothesis": self.hypothesis.value,
            "band": self.band.value,
            "identity": self.identity.value,
            "bits": self.bits,
            "self_bits": self.self_bits,
            "kin_bits": self.kin_bits,
            "label": self.label,
            "reasons": list(self.reasons),
            "evidence": [row.to_json(with_values) for row in self.evidence],
            "not_compared": list(self.not_compared),
            "model": self.model_digest,
        }


@dataclass(frozen=True, slots=True)
class Recognised(Generic[Ref]):
    """A candidate with its comparison."""

    ref: Ref
    shared_keys: int
    comparison: Comparison


@dataclass(frozen=True, slots=True)
class Recognition(Generic[Ref]):
    """Candidates, surest first. Without `enough_fields` an empty answer is not "nobody"."""

    candidates: tuple[Recognised[Ref], ...]
    enough_fields: bool
    missing: tuple[str, ...]
    warnings: tuple[str, ...]

    def of(self, hypothesis: Hypothesis, at_least: Band) -> tuple[Recognised[Ref], ...]:
        """The candidates under a hypothesis in a band or a surer one."""
        worst = _BAND_ORDER[at_least]
        return tuple(
            found
            for found in self.candidates
            if found.comparison.hypothesis is hypothesis
            and _BAND_ORDER[found.comparison.band] <= worst
        )


def compare(
    query: PersonRecord, candidate: PersonRecord, frequencies: Frequencies, model: MatchModel
) -> Comparison:
    """What two records say of being one person, kin, or strangers. Symmetric but for the label."""
    return _compare(normalise(query), normalise(candidate), Scales(model, frequencies))


@dataclass(frozen=True, slots=True)
class HashedComparer:
    """Compares people with third parties kept as keyed hashes. Build one for a key and reuse it."""

    hashed: Hash
    dates: OpenDates

    @classmethod
    def under(cls, hashed: Hash) -> HashedComparer:
        """For the practice's key."""
        from policy_service.matching.hashed import OpenDates

        return cls(hashed, OpenDates.under(hashed))

    def compare(
        self,
        query: PersonRecord,
        candidate: HashedRecord,
        frequencies: Frequencies,
        model: MatchModel,
    ) -> Comparison:
        """`compare`, where only hashes are kept of the candidate."""
        return next(self.compare_all(query, (candidate,), Scales(model, frequencies)))

    def compare_all(
        self, query: PersonRecord, candidates: Iterable[HashedRecord], scales: Scales
    ) -> Iterator[Comparison]:
        """One comparison a candidate; the query is hashed once."""
        return self.compare_features(normalise(query), candidates, scales)

    def compare_features(
        self, query: Features, candidates: Iterable[HashedRecord], scales: Scales
    ) -> Iterator[Comparison]:
        """`compare_all` for a query that is normalised already."""
        asked = self.asked(query)
        for candidate in candidates:
            opened = self.opened(candidate)
            weighed = scales.weigh_alternatives(asked.alternatives(opened))
            yield _comparison(asked.features, opened, weighed, scales)

    def asked(self, query: Features) -> HashedQuery:
        """The query with its own hashes, made once for many candidates."""
        from policy_service.matching.hashed_comparisons import HashedQuery

        return HashedQuery.of(query, self.hashed)

    def opened(self, candidate: HashedRecord) -> Hashed:
        """A stored record with its dates read."""
        from policy_service.matching.hashed_comparisons import Hashed

        return Hashed.opened(candidate, self.dates)


def _compare(query: Features, candidate: Features, scales: Scales) -> Comparison:
    return _comparison(query, candidate, scales.weigh(query, candidate), scales)


def _comparison(
    query: Features, candidate: Features | Hashed, weighed: Weighed, scales: Scales
) -> Comparison:
    weighing = weighed.weighing
    verdict = _verdict(weighing, against_chance(scales.frequencies.total), scales.model)
    leading = Hypothesis.KIN if weighing.kin >= weighing.same else Hypothesis.SELF
    label = _label(query, candidate, weighing, verdict.hypothesis, scales.model)
    rows = [evidence_row(weight, leading) for weight in weighing.about(weighed.levels)]
    if leading is Hypothesis.SELF:  # which kind of kin it is not does not matter
        rows = [row for row in rows if row.field != "kind"]
    return Comparison(
        hypothesis=verdict.hypothesis,
        band=verdict.band,
        identity=verdict.identity,
        bits=max(weighing.same, weighing.kin),
        self_bits=weighing.same,
        kin_bits=weighing.kin,
        identity_bits=weighing.without_rules.same,
        identity_odds=identity_odds(weighing, scales.frequencies.total),
        evidence=tuple(rows),
        label=label.code,
        reasons=label.reasons,
        not_compared=not_compared(query, candidate),
        model_digest=scales.model.digest,
    )


_verdict = lru_cache(maxsize=16384)(choose)  # once for a pattern and a size of the practice


def _label(
    query: Features,
    candidate: Features | Hashed,
    weighing: Weighing,
    hypothesis: Hypothesis,
    model: MatchModel,
) -> KinLabel:
    if hypothesis is Hypothesis.KIN:
        return infer_label(query, candidate, weighing, model.typical_birth_year)
    return KinLabel("ONESELF" if hypothesis is Hypothesis.SELF else "", ())


def recognise(
    query: PersonRecord,
    candidates: Iterable[tuple[Ref, PersonRecord | HashedRecord, int]],
    frequencies: Frequencies,
    model: MatchModel,
    comparer: HashedComparer | None = None,
) -> Recognition[Ref]:
    """Compare `query` with each candidate `(ref, record, shared_keys)`; the surest first.

    Third parties of whom only hashes are kept stand in the one ranking; `comparer` reads them.
    Ties are broken by the text of `ref`, so the order does not depend on the order of arrival.
    """
    features = normalise(query)
    asked = Asked(features, Scales(model, frequencies), comparer)
    found = [
        Recognised(ref, shared, asked.compare(_compared(record)))
        for ref, record, shared in candidates
    ]
    missing = missing_fields(features)
    return Recognition(surest_first(found), not missing, missing, features.warnings)


def _compared(record: PersonRecord | HashedRecord) -> Features | HashedRecord:
    return normalise(record) if isinstance(record, PersonRecord) else record


class Asked:
    """A query made ready, to be compared with many candidates; `comparer` reads hashed ones."""

    def __init__(
        self, query: Features, scales: Scales, comparer: HashedComparer | None = None
    ) -> None:
        self.query = without_institutions(query, scales.frequencies)
        self.scales = scales
        self._chance = against_chance(scales.frequencies.total)
        self._comparer = comparer

    def compare(self, candidate: Features | HashedRecord) -> Comparison:
        """As the function `compare`."""
        seen, weighed = self._weigh(candidate)
        return _comparison(self.query, seen, weighed, self.scales)

    def unless_weak(self, candidate: Features | HashedRecord) -> Comparison | None:
        """`compare`, or None where both band and identity are weak: nothing would be said of it."""
        seen, weighed = self._weigh(candidate)
        verdict = _verdict(weighed.weighing, self._chance, self.scales.model)
        if verdict.band is Band.WEAK and verdict.identity is Band.WEAK:
            return None
        return _comparison(self.query, seen, weighed, self.scales)

    @cached_property
    def prospects(self) -> Prospects:
        """Of which candidates `unless_weak` may say anything."""
        return Prospects(self.query, self.scales, self._chance)

    def _weigh(self, candidate: Features | HashedRecord) -> tuple[Features | Hashed, Weighed]:
        if isinstance(candidate, Features):
            return candidate, self.scales.weigh(self.query, candidate)
        query, comparer = self._hashed
        opened = comparer.opened(candidate)
        return opened, self.scales.weigh_alternatives(query.alternatives(opened))

    @cached_property
    def _hashed(self) -> tuple[HashedQuery, HashedComparer]:
        """The query's own hashes, made once and only if somebody is kept as hashes."""
        if self._comparer is None:
            raise ValueError("comparer: needed where a candidate is kept as hashes")
        return self._comparer.asked(self.query), self._comparer


def surest_first(found: Iterable[Recognised[Ref]]) -> tuple[Recognised[Ref], ...]:
    """In the order in which candidates are shown."""
    return tuple(sorted(found, key=_surest_first))


def _surest_first(found: Recognised[Any]) -> tuple[int, int, int, str]:
    comparison = found.comparison
    return _BAND_ORDER[comparison.band], -comparison.bits, -found.shared_keys, str(found.ref)


def missing_fields(features: Features) -> tuple[str, ...]:
    """What recognition would need before "nobody found" means nobody is known.

    A given and a family name, and one more witness: a full birth date or a contact point.
    """
    missing = []
    if not any(name.given and name.family for name in features.names):
        missing.append("given and family name")
    has_contact = features.phones or features.emails or features.handles
    if not (has_contact or (features.birth and features.birth.is_full)):
        missing.append("full birth date, phone, e-mail or handle")
    return tuple(missing)
