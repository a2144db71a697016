"""Who is this person? Normalising, match keys, comparisons, hypotheses, explanations. Pure.

The public surface:

- `match_texts(record)` and `frequency_texts(record)`: what to hash, and what to count;
- `rank(candidates, total)`: which candidates to open;
- `compare(query, candidate, frequencies, model)` and `recognise(query, candidates, …)`;
- `default_model()`: weights and thresholds, named by `digest` in every audit entry.
"""

from policy_service.matching.bands import Band
from policy_service.matching.explain import FieldEvidence
from policy_service.matching.frequencies import Frequencies, frequency_texts, measure
from policy_service.matching.hypotheses import Hypothesis
from policy_service.matching.keys import KeyText, match_texts
from policy_service.matching.model import MatchModel, default_model, read_model
from policy_service.matching.ranking import Ranking, rank
from policy_service.matching.recognition import (
    Comparison,
    Recognised,
    Recognition,
    compare,
    recognise,
)

__all__ = [
    "Band",
    "Comparison",
    "FieldEvidence",
    "Frequencies",
    "Hypothesis",
    "KeyText",
    "MatchModel",
    "Ranking",
    "Recognised",
    "Recognition",
    "compare",
    "default_model",
    "frequency_texts",
    "match_texts",
    "measure",
    "rank",
    "read_model",
    "recognise",
]
