"""How third parties are hashed: one secret a practice, apart from that of the match keys."""

from __future__ import annotations

from functools import lru_cache, partial

from policy_service.matching.hashed import Hash
from policy_service.matching.recognition import HashedComparer
from policy_service.services.context import Context
from policy_service.vault.blind import match_key
from policy_service.vault.keys import PurposeKey

_PRACTICES_REMEMBERED = 256


def third_party_hash(context: Context) -> Hash:
    """What makes the hashes of third parties in this practice."""
    return partial(match_key, context.keyring.third_party_secret)


def hashed_comparer(context: Context) -> HashedComparer:
    """What compares a record with those hashes; its table of dates is made once a practice."""
    return _comparer(context.keyring.third_party_secret)


@lru_cache(maxsize=_PRACTICES_REMEMBERED)
def _comparer(secret: PurposeKey) -> HashedComparer:
    return HashedComparer.under(partial(match_key, secret))
