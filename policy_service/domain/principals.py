"""Who is asking: a Principal is what a credential proves, and nothing more."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """Roles of accounts and EHR clients (design, "Words")."""

    EHR = "ehr"
    INTAKE = "intake"
    CLINICIAN = "clinician"
    COMPLIANCE = "compliance"
    APPROVER = "approver"
    CONSULTANT = "consultant"
    AUDITOR = "auditor"
    ADMIN = "admin"
    OPERATOR = "operator"


class Scope(StrEnum):
    """What an EHR client's key may do; granted one by one."""

    DECISION_BRIEF = "decision.brief"
    DECISION_FULL = "decision.full"
    REGISTRY_WRITE = "registry.write"
    REGISTRY_READ = "registry.read"
    EVENTS_WRITE = "events.write"
    IDENTITY_WRITE = "identity.write"
    AUDIT_READ = "audit.read"
    AUDIT_RELEASE = "audit.release"
    """Export the log for somebody outside: asks to whom and what for, and records a release."""
    RELEASES_READ = "releases.read"
    """The accounting of disclosures: what was released, to whom, when and what for."""
    PACKS_READ = "packs.read"
    """Which packs bind: ids, versions, digests."""
    PACKS_PROPOSE = "packs.propose"
    """Bring packs in, compare and replay them, and ask for an activation, which a person makes."""
    DUTIES_WRITE = "duties.write"
    PREVIEW_OWN = "preview.own"
    ERASURES_ASK = "erasures.ask"
    """See what an erasure would take, ask for one, place and lift legal holds. A person in the
    console carries it out."""
    WEBHOOKS_MANAGE = "webhooks.manage"
    """Say which addresses are told that something happened; see and repeat deliveries."""
    CONTACTS_WRITE = "contacts.write"
    """Bring in a signed-in clinician's contacts, and take them back."""


class ActingRole(StrEnum):
    """Who sits at the EHR, as the EHR says. Absent means unknown, which learns the least."""

    SYSTEM = "system"
    INTAKE = "intake"
    CLINICIAN = "clinician"
    COMPLIANCE = "compliance"
    PATIENT = "patient"
    RELATIVE = "relative"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ActingUser:
    """The person at the EHR's keyboard. `clinician_id` is ours; None where the EHR named none."""

    role: ActingRole = ActingRole.UNKNOWN
    clinician_id: str | None = None


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated account or EHR client of one practice."""

    practice_id: str
    id: str
    name: str
    roles: frozenset[Role]
    scopes: frozenset[Scope] = field(default=frozenset())
    clinician_id: str | None = None
    is_silent: bool = False
    """An EHR client on trial: its questions are decided and logged, and it is told nothing."""
    answer_hours: int | None = None
    """Within how many hours an EHR client reports what was done; None: as is usual at its door."""

    def has(self, *roles: Role) -> bool:
        """True when the principal holds at least one of the roles."""
        return not self.roles.isdisjoint(roles)

    @property
    def actor_ref(self) -> str:
        """The pseudonym of the actor in the audit log: kind and random id, never a name."""
        return f"{'ehr' if Role.EHR in self.roles else 'account'}:{self.id}"
