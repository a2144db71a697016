"""Proofs about the rules themselves: what changed, what loosened, what is never tested.

Pure, and by the standard library alone. docs/design/analysis.md says what is counted, what is exact
and what a certificate claims.
"""

from policy_service.policy.analysis.certificate import (
    Certificate,
    Query,
    Result,
    prove_no_loosening,
)
from policy_service.policy.analysis.comparison import Comparison, compare
from policy_service.policy.analysis.mutation import MutationReport, mutation_score
from policy_service.policy.analysis.report import PackReport, check_packs

__all__ = [
    "Certificate",
    "Comparison",
    "MutationReport",
    "PackReport",
    "Query",
    "Result",
    "check_packs",
    "compare",
    "mutation_score",
    "prove_no_loosening",
]
