"""Proofs about the rules themselves: what changed, what loosened, what is never tested.

Pure, and by the standard library alone. docs/design/analysis.md says what is counted, what is exact
and what a certificate claims.
"""

from policy_service.policy.analysis.mutation import MutationReport, mutation_score

__all__ = ["MutationReport", "mutation_score"]
