"""How the ledger says no. Every refusal names what was read and what is allowed."""


class LedgerError(ValueError):
    """The root of every refusal in this package."""


class NotCanonical(LedgerError):
    """A value or text lies outside the canonical JSON subset."""


class LeafRefused(LedgerError):
    """Bytes or fields that do not make a leaf of version 1."""


class CommitmentRefused(LedgerError):
    """A group name, salt or opening that cannot be committed to."""


class TreeRefused(LedgerError):
    """A position, size or hash that no Merkle tree of this shape has."""


class TileRefused(LedgerError):
    """A tile path or entry bundle that the tlog-tiles format does not allow."""


class NoteRefused(LedgerError):
    """A signed note, verifier key or checkpoint that is malformed or not signed as required."""


class ProofRefused(LedgerError):
    """A `.tlog-proof` file that is malformed or does not prove what it claims."""


class ReceiptRefused(LedgerError):
    """A receipt that is malformed or not signed by the receipt key."""


class SubmissionRefused(LedgerError):
    """A request to a witness that is not one of C2SP tlog-witness."""
