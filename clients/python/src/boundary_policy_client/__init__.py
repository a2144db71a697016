"""Ask a boundary-policy service before a step of care.

`PolicyClient.check` always returns an `Answer` and never raises for what went wrong on the way: a
service that is away, slow, or answers what cannot be read gives `pending review`, never clear.
"""

from boundary_policy_client.answers import Answer, Problem, Standing
from boundary_policy_client.client import PolicyClient
from boundary_policy_client.journal import Asked, Journal
from boundary_policy_client.patience import Patience
from boundary_policy_client.reconciling import Reconciled, Settled
from boundary_policy_client.requests import CheckRequest, ScreeningRequest

__all__ = [
    "Answer",
    "Asked",
    "CheckRequest",
    "Journal",
    "Patience",
    "PolicyClient",
    "Problem",
    "Reconciled",
    "ScreeningRequest",
    "Settled",
    "Standing",
]
