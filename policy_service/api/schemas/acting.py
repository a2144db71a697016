"""Who sits at the EHR, as query parameters of reads."""

from __future__ import annotations

from policy_service.api.schemas.fields import Id, Strict, Word
from policy_service.domain.principals import ActingRole


class ActingQuerySchema(Strict):
    """Leave both out, and the answer is the one for anyone."""

    acting_role = Word(ActingRole)
    acting_clinician_id = Id()
