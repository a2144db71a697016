"""What every service is given: the transaction, who asks, the keys, and the time."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from policy_service.audit.log import NewEntry, Owned, append
from policy_service.database.keyring import Keyring
from policy_service.domain.principals import Principal
from policy_service.ledger.leaf import Leaf
from policy_service.matching.model import MatchModel
from policy_service.services.match_state import MatchState, ModelShelf, match_state


def random_id() -> str:
    """A random id: never a sequence, which would tell how many clients there are."""
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class Context:
    """One request inside one transaction of one practice. Services never commit it."""

    session: Session
    principal: Principal
    keyring: Keyring
    now: datetime
    models: ModelShelf
    attestation_months: int = 12
    new_id: Callable[[], str] = random_id

    @property
    def practice_id(self) -> str:
        """The practice of the principal, to which the session is bound."""
        return self.principal.practice_id

    @property
    def today(self) -> date:
        """The day of `now`, UTC."""
        return self.now.date()

    @property
    def matching(self) -> MatchState:
        """What recognition rests on as of this transaction."""
        return match_state(self.session, self.practice_id, self.models)

    @property
    def model(self) -> MatchModel:
        """The match model in use; its digest stands in the entry of every decision."""
        return self.matching.model

    def log(
        self,
        action: str,
        groups: dict[str, Owned],
        *,
        subjects: frozenset[str] = frozenset(),
        outcome: str | None = None,
        packs: frozenset[str] = frozenset(),
    ) -> Leaf:
        """Write one audit entry of this request, in its transaction."""
        return append(
            self.session,
            self.keyring,
            NewEntry(
                id=self.new_id(),
                action=action,
                at=self.now,
                actor_ref=self.principal.actor_ref,
                groups=groups,
                subject_refs=subjects,
                outcome=outcome,
                packs=packs,
            ),
        )
