"""Write what an EHR said of a client or an episode, by its own ids, and check who meets whom.

The same planners as for rosters: what is known already is left alone, so that an event that comes
twice writes nothing twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from policy_service.database.tables.care import EpisodeRow
from policy_service.database.tables.registry import ClientRow
from policy_service.domain.audiences import Audience
from policy_service.domain.people import PersonRecord
from policy_service.domain.principals import ActingRole, ActingUser
from policy_service.errors import FieldError, InvalidRequest
from policy_service.importers.roster import ClientLine, EpisodeLine
from policy_service.services.checks import CheckDoor, CheckRequest, run_check
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.episodes import withdraw_episode
from policy_service.services.external_identifiers import PRACTITIONER, find
from policy_service.services.imports.clients import plan_clients
from policy_service.services.imports.episodes import plan_episodes
from policy_service.services.imports.plans import CREATED, UPDATED, as_field_errors
from policy_service.services.imports.run import apply_batch
from policy_service.services.packs import wording
from policy_service.services.parties import require_period
from policy_service.services.stored_responses import IdempotencyKey, Response
from policy_service.services.webhooks.sources import Source
from policy_service.vault.blind import keyed_digest
from policy_service.vault.keys import Purpose

EpisodeValues = Mapping[str, Any]
"""One client's and one clinician's part, by column name of an episode roster."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A clinician and a client, by our ids."""

    clinician_id: str
    client_id: str


@dataclass(frozen=True, slots=True)
class Registrar:
    """Writes in the name of one source."""

    desk: Desk
    source: Source

    def put_client(self, external_id: str, record: PersonRecord) -> str:
        """Register or correct a client; says which."""
        line = ClientLine(1, external_id, record)
        plan = apply_batch(self.desk, self.source.principal, plan_clients, [line])
        return f"client {_done(plan.counts)}"

    def client_id(self, external_id: str) -> str | None:
        """Our id of a client; None for one we never heard of."""
        with self.desk.reading(self.source.principal) as context:
            named = select(ClientRow.id).where(ClientRow.external_id == external_id)
            return context.session.scalars(named).first()

    def clinician_id(self, external_id: str) -> str:
        """Our id of a clinician. InvalidRequest for one that nobody registered."""
        with self.desk.reading(self.source.principal) as context:
            known = find(context, [(PRACTITIONER, external_id)])
        if known is None or known.clinician_id is None:
            said = "No active clinician of this practice bears the id: register them, then replay."
            raise InvalidRequest(errors=[FieldError("/clinician", said)])
        return known.clinician_id

    def put_episode(self, external_id: str, parts: Sequence[EpisodeValues]) -> str:
        """Open or revise an episode; says which. InvalidRequest where its parts make no sense."""
        for values in parts:
            for first, last in (("began_on", "terminated_on"), ("began_on", "last_contact_on")):
                require_period(values[first], values[last], (f"/{first}", f"/{last}"))
        lines = tuple(EpisodeLine(1, external_id, dict(values)) for values in parts)
        plan = apply_batch(self.desk, self.source.principal, plan_episodes, [lines])
        if plan.errors:
            raise InvalidRequest(errors=as_field_errors(plan.errors))
        return f"episode {_done(plan.counts)}"

    def withdraw_episode(self, external_id: str) -> str:
        """The EHR says that it never was."""
        with self.desk.writing(self.source.principal) as context:
            found = _standing_episode(context, external_id)
            if found is None:
                return "episode unknown"
            withdraw_episode(context, found, "entered in error at the EHR")
        return "episode withdrawn"


def _done(counts: Counter[str]) -> str:
    if counts[CREATED]:
        return "registered"
    return "changed" if counts[UPDATED] else "as it was"


def _standing_episode(context: Context, external_id: str) -> str | None:
    return context.session.scalars(
        select(EpisodeRow.id).where(
            EpisodeRow.external_id == external_id,
            EpisodeRow.is_current.is_(True),
            EpisodeRow.is_withdrawn.is_(False),
        )
    ).first()


def check_pairs(
    desk: Desk, source: Source, arrival_id: str, pairs: Iterable[Pair], purpose: str
) -> int:
    """Check each pair, once for each arrival; returns how many. Nobody is answered."""
    asker, count = source.principal, 0
    door = CheckDoor(render=wording(desk, asker), respond=_nobody)
    for pair in pairs:
        said = f"webhook/{arrival_id}/{pair.clinician_id}/{pair.client_id}"
        secret = desk.practice(source.practice_id).keys.purpose(Purpose.BODY_DIGEST)
        key = IdempotencyKey(said, keyed_digest(secret, f"{said}/{purpose}"))
        request = CheckRequest(
            clinician_id=pair.clinician_id,
            purpose=purpose,
            as_of=desk.clock().date(),
            client_id=pair.client_id,
            acting=ActingUser(ActingRole.SYSTEM),
        )
        run_check(desk, asker, request, CheckDoor(door.render, door.respond, key))
        count += 1
    return count


def _nobody(_body: dict[str, Any], _audience: Audience, _decision_id: str) -> Response:
    """Nobody is answered; officers find the decision in the queue and the log."""
    return Response(204, b"")
