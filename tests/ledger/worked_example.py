"""The worked example of docs/design/audit-log.md: one decided check, with invented people."""

import hashlib
from pathlib import Path

from policy_service.ledger.commitments import commit
from policy_service.ledger.leaf import Leaf

GOLDEN = Path(__file__).parent / "golden"

GROUPS = {
    "care": {"episodes": [], "former_client": "none"},
    "tie:0": {"kind": "friend", "period": "open", "source": "clinician"},
    "decision": {"outcome": "deliberate", "complete": True},
}


def salt(number):
    """Fixed for the example only; real salts are random."""
    return hashlib.sha256(f"example salt {number}".encode()).digest()[:16]


COMMITMENT = commit(GROUPS, [salt(0), salt(1), salt(2)])

LEAF = Leaf(
    id="019a9f3c-6d2e-7c41-9b1a-2f60c1d4e5f6",
    action="check.decided",
    at="2026-03-01T09:30:00.000000Z",
    practice="fern",
    actor_ref="ehr:Zq3uT0n1VvYkXo8mB2sLrA",
    subject_refs=("client:mN4bV6cX8zL2kJ0hGfDsAq", "clinician:K7c1w0d9QeRtYuIoPaSdFg"),
    outcome="deliberate",
    packs=tuple(
        sorted(hashlib.sha256(name).hexdigest() for name in (b"example pack 1", b"example pack 2"))
    ),
    semantics=1,
    model=hashlib.sha256(b"example model").hexdigest(),
    sd=COMMITMENT.digests,
)

CREATED = Leaf(
    id="019a9f3c-0000-7000-8000-000000000000",
    action="log.created",
    at="2026-03-01T08:00:00.000000Z",
    practice="fern",
    sd=commit({"keys": {"receipt": "example"}}, [salt(9)]).digests,
)
