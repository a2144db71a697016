"""Which of the clinician's accounts an export is of. The export itself never says so."""

from __future__ import annotations

from policy_service.errors import FieldError, InvalidRequest
from policy_service.services.accounts import Account, accounts_of
from policy_service.services.context import Context

PLATFORMS = frozenset({"linkedin", "facebook", "instagram"})
"""Sources that are platforms: they connect accounts. Address books connect nobody."""


def accounts_for(
    context: Context, person_id: str, sources: tuple[str, ...], chosen: str | None
) -> dict[str, str | None]:
    """The account of each source: the one chosen, or the only one; None where there is none yet.

    InvalidRequest where several are possible, or the chosen one is of another platform.
    """
    own = accounts_of(context, person_id)
    found = {source: _account_of(source, own, chosen) for source in sources}
    if chosen is not None and chosen not in found.values():
        said = f"An account of yours on {' or '.join(sorted(sources))} is expected."
        raise InvalidRequest(errors=[FieldError("/account", said)])
    return found


def _account_of(source: str, own: list[Account], chosen: str | None) -> str | None:
    if source not in PLATFORMS:
        return None
    ids = [one.id for one in own if one.platform.strip().casefold() == source]
    if chosen in ids:
        return chosen
    if len(ids) > 1:
        said = f"Several of your accounts are on {source}: choose the one this export is of."
        raise InvalidRequest(errors=[FieldError("/account", said)])
    return ids[0] if ids else None
