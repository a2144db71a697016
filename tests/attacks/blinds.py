"""Detectors with one check taken out each: what the attacks would pass by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from policy_service.audit.receipts import Judgement
from policy_service.ledger.verify import Entry, Verification
from policy_service.ledger.witnessing import Finding


def forget_heads(patch: pytest.MonkeyPatch) -> None:
    """No head that was signed or published is compared with: a chain kept in the database alone."""
    patch.setattr("policy_service.audit.verification._checkpoints", lambda *_: [])
    patch.setattr("policy_service.audit.guard.LogGuard.contradiction", lambda *_: "")


def read_no_columns(patch: pytest.MonkeyPatch) -> None:
    """What entries are found by is not compared with their leaves."""
    patch.setattr("policy_service.audit.filing.told_otherwise", lambda *_: None)


def believe_the_rows(patch: pytest.MonkeyPatch) -> None:
    """Leaves are counted, and neither hashed nor compared."""

    def counted(entries: Iterable[Entry], *_: Any) -> Verification:
        return Verification(sum(1 for _ in entries))

    patch.setattr("policy_service.audit.verification.verify_entries", counted)
    read_no_columns(patch)
    forget_heads(patch)


def take_any_mac(patch: pytest.MonkeyPatch) -> None:
    """Waiting entries are taken as they are."""
    patch.setattr("policy_service.audit.rows.fault_of", lambda *_a, **_k: None)


def hear_no_alarm(patch: pytest.MonkeyPatch) -> None:
    """An alarm that stands is not looked at."""
    patch.setattr("policy_service.audit.published.PublishedHeads.alarm", lambda *_: None)


def compare_with_nobody(patch: pytest.MonkeyPatch) -> None:
    """The guard finds every log a continuation of every head."""
    patch.setattr("policy_service.audit.guard._discontinued", lambda *_: None)
    hear_no_alarm(patch)


def cosign_everything(patch: pytest.MonkeyPatch) -> None:
    """A witness that signs what it is given."""
    patch.setattr("policy_service.audit.witness.cosigner.judge", lambda *_: Finding.GROWN)


def match_every_receipt(patch: pytest.MonkeyPatch) -> None:
    """Receipts are not looked up."""
    patch.setattr("policy_service.audit.receipts._judge", lambda *_: Judgement.MATCHED)
