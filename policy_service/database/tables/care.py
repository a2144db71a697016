"""Episodes of care and their parties. Dates are ISO text and may be partial."""

from __future__ import annotations

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from policy_service.database.base import Base, PracticeOwned
from policy_service.database.tables.revisions import Revised
from policy_service.database.types import UuidText


class EpisodeRow(Revised, Base):
    """An episode of care; terminated with a reason."""

    __tablename__ = "episode"
    __table_args__ = (Index(None, "practice_id", "external_id"),)

    external_id: Mapped[str | None] = mapped_column(String(100))
    began_on: Mapped[str | None] = mapped_column(String(10))
    terminated_on: Mapped[str | None] = mapped_column(String(10))
    termination_reason: Mapped[str | None] = mapped_column(String(40))
    is_open: Mapped[bool] = mapped_column()


class EpisodeClientRow(PracticeOwned, Base):
    """A client's part in one revision of an episode."""

    __tablename__ = "episode_client"
    __table_args__ = (Index(None, "practice_id", "client_id"),)

    episode_id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    role: Mapped[str] = mapped_column(String(20))
    began_on: Mapped[str | None] = mapped_column(String(10))
    ended_on: Mapped[str | None] = mapped_column(String(10))


class EpisodeClinicianRow(PracticeOwned, Base):
    """A clinician's part in one revision of an episode, with the dates that clocks count from."""

    __tablename__ = "episode_clinician"
    __table_args__ = (Index(None, "practice_id", "clinician_id"),)

    episode_id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    clinician_id: Mapped[str] = mapped_column(UuidText, primary_key=True)
    role: Mapped[str] = mapped_column(String(20))
    began_on: Mapped[str | None] = mapped_column(String(10))
    ended_on: Mapped[str | None] = mapped_column(String(10))
    last_contact_on: Mapped[str | None] = mapped_column(String(10))
    known_since: Mapped[str | None] = mapped_column(String(10))


IS_CLIENT_OF = (
    (EpisodeClientRow.practice_id == EpisodeRow.practice_id)
    & (EpisodeClientRow.episode_id == EpisodeRow.id)
    & (EpisodeClientRow.revision == EpisodeRow.revision)
)
"""Joins an episode with its clients."""
IS_CLINICIAN_OF = (
    (EpisodeClinicianRow.practice_id == EpisodeRow.practice_id)
    & (EpisodeClinicianRow.episode_id == EpisodeRow.id)
    & (EpisodeClinicianRow.revision == EpisodeRow.revision)
)
"""Joins an episode with its clinicians."""
