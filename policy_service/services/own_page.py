"""What a clinician sees of what they themselves stated, and of nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from policy_service.database.tables.accounts import AccountRow, ConnectionRow
from policy_service.database.tables.duties import DutyRow
from policy_service.database.tables.registry import AttestationRow
from policy_service.database.tables.ties import TieRow
from policy_service.domain.audiences import Audience
from policy_service.domain.ties import TIE_KINDS
from policy_service.errors import NotAllowed, NotFound
from policy_service.services.accounts import Account, accounts_of, connections_of
from policy_service.services.attestations import attestations_of
from policy_service.services.context import Context
from policy_service.services.disclosures import disclosures_of
from policy_service.services.duty_files import DutyFilter, Viewer, list_duties
from policy_service.services.parties import clinician_row
from policy_service.services.revisions import current
from policy_service.services.shown_names import shown_names
from policy_service.services.ties import StatedTie, open_ties


@dataclass(frozen=True, slots=True)
class OwnDisclosure:
    """A tie the clinician stated, with the name they gave."""

    id: str
    words: str
    name: str
    tie: StatedTie


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """An account of the clinician and its connections."""

    account: Account
    connections: tuple[ConnectionRow, ...]


@dataclass(frozen=True, slots=True)
class OwnPage:
    """All of it. `attested`: kind → the last day it is in force."""

    disclosures: tuple[OwnDisclosure, ...]
    accounts: tuple[OwnAccount, ...]
    attestations: tuple[AttestationRow, ...]
    attested: dict[str, str]
    duties: tuple[DutyRow, ...]


def own_clinician(context: Context) -> str:
    """The clinician who asks. NotAllowed for an account that is none's."""
    if context.principal.clinician_id is None:
        raise NotAllowed("This page belongs to a clinician's own account.")
    return context.principal.clinician_id


def own_viewer(context: Context) -> Viewer:
    """What the clinician sees as a clinician, whatever other roles the account holds."""
    return Viewer(Audience.TREATING_CLINICIAN, own_clinician(context))


def open_own(context: Context) -> OwnPage:
    """The clinician's own page."""
    clinician_id = own_clinician(context)
    stated = disclosures_of(context, clinician_id)
    attestations = attestations_of(context, clinician_id)
    person_id = clinician_row(context, clinician_id).person_id
    return OwnPage(
        disclosures=tuple(_disclosures(context, stated)),
        accounts=tuple(
            OwnAccount(account, tuple(_stated_connections(context, account.id)))
            for account in accounts_of(context, person_id)
        ),
        attestations=tuple(attestations),
        attested=_in_force(attestations, context.today.isoformat()),
        duties=list_duties(context, own_viewer(context), DutyFilter()).rows,
    )


def _stated_connections(context: Context, account_id: str) -> list[ConnectionRow]:
    """Those the clinician stated one by one; imported ones are thousands, and have no name."""
    found = connections_of(context, account_id)
    return [row for row in found if row.far_person_id is None]


def _disclosures(context: Context, stated: list[tuple[TieRow, StatedTie]]) -> list[OwnDisclosure]:
    names = shown_names(context, {tie.to_person for _, tie in stated})
    return [
        OwnDisclosure(row.id, TIE_KINDS[tie.kind].words, names.get(tie.to_person, "erased"), tie)
        for row, tie in stated
    ]


def _in_force(attestations: list[AttestationRow], today: str) -> dict[str, str]:
    attested: dict[str, str] = {}
    for row in attestations:
        if row.as_of <= today <= row.valid_until:
            for kind in row.kinds.split():
                attested[kind] = max(attested.get(kind, ""), row.valid_until)
    return attested


def own_disclosure(context: Context, tie_id: str) -> OwnDisclosure:
    """One of the clinician's own disclosures. NotFound for anybody else's."""
    row = current(context, TieRow, tie_id)
    if row.is_withdrawn or row.clinician_id != own_clinician(context):
        raise NotFound
    return _disclosures(context, [(row, open_ties(context, [row])[0])])[0]


def require_own_account(context: Context, account_id: str) -> None:
    """NotFound unless the account is the clinician's own."""
    own = clinician_row(context, own_clinician(context)).person_id
    if current(context, AccountRow, account_id).person_id != own:
        raise NotFound


def require_own_connection(context: Context, connection_id: str) -> None:
    """NotFound unless the connection is of the clinician's own account."""
    require_own_account(context, current(context, ConnectionRow, connection_id).account_id)


def require_own_attestation(context: Context, attestation_id: str) -> None:
    """NotFound unless the attestation is the clinician's own."""
    if current(context, AttestationRow, attestation_id).clinician_id != own_clinician(context):
        raise NotFound
