"""What on record joins a clinician and a client, so that a question between them may arise.

Asked from the client's side it is exact enough to screen by; from the clinician's side it may name
a few clients too many, who are then asked about for nothing. It never names one too few.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import BindParameter, bindparam, select

from policy_service.database.tables.accounts import AccountRow, ConnectionRow
from policy_service.database.tables.events import BoundaryEventRow
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.services.accounts import handle_key
from policy_service.services.chunks import rows_of
from policy_service.services.context import Context
from policy_service.services.gathering.targets import Targets, find_targets
from policy_service.services.people import open_person
from policy_service.services.reach import who_ask_for, who_use
from policy_service.services.tie_reach import STEPS, clinicians_among, clinicians_near, within

_WANTED: BindParameter[str] = bindparam("wanted", expanding=True)
_KEYS: BindParameter[int] = bindparam("wanted", expanding=True)
_PRACTICE: BindParameter[str] = bindparam("practice")
_STANDING_EVENTS = (
    BoundaryEventRow.practice_id == _PRACTICE,
    BoundaryEventRow.is_current.is_(True),
    BoundaryEventRow.is_withdrawn.is_(False),
)
_CLINICIANS_OF_EVENTS = select(BoundaryEventRow.clinician_id).where(
    *_STANDING_EVENTS, BoundaryEventRow.client_id.in_(_WANTED)
)
_CLIENTS_OF_EVENTS = (
    select(ClientRow.person_id)
    .join(
        BoundaryEventRow,
        (BoundaryEventRow.practice_id == ClientRow.practice_id)
        & (BoundaryEventRow.client_id == ClientRow.id),
    )
    .where(*_STANDING_EVENTS, BoundaryEventRow.clinician_id.in_(_WANTED))
)
_HANDLES_OF = select(AccountRow.handle_key).where(
    AccountRow.practice_id == _PRACTICE,
    AccountRow.person_id.in_(_WANTED),
    AccountRow.is_current.is_(True),
    AccountRow.is_withdrawn.is_(False),
)
_CONNECTED = (
    select(AccountRow.person_id)
    .join(
        ConnectionRow,
        (ConnectionRow.practice_id == AccountRow.practice_id)
        & (ConnectionRow.account_id == AccountRow.id),
    )
    .where(
        AccountRow.practice_id == _PRACTICE,
        AccountRow.is_current.is_(True),
        AccountRow.is_withdrawn.is_(False),
        ConnectionRow.is_current.is_(True),
        ConnectionRow.is_withdrawn.is_(False),
    )
)
_CONNECTED_TO_HANDLE = _CONNECTED.where(ConnectionRow.far_handle_key.in_(_KEYS))
_CONNECTED_TO_PERSON = _CONNECTED.where(ConnectionRow.far_person_id.in_(_WANTED))
_FAR_ENDS = _CONNECTED.with_only_columns(
    ConnectionRow.far_handle_key, ConnectionRow.far_person_id
).where(AccountRow.person_id.in_(_WANTED))
_PERSON_OF = select(ClinicianRow.person_id).where(
    ClinicianRow.practice_id == _PRACTICE, ClinicianRow.id.in_(_WANTED)
)


def clinicians_joined(context: Context, person_id: str, profiles: Iterable[str]) -> set[str]:
    """Ids of active clinicians whom something joins to this client; `profiles` are client ids."""
    targets = find_targets(context, open_person(context, person_id))
    people = {target.person_id for target in targets.found}
    handles = _handles(context, targets)
    connected = {row[0] for row in rows_of(context, _CONNECTED_TO_HANDLE, handles)}
    connected |= {row[0] for row in rows_of(context, _CONNECTED_TO_PERSON, people)}
    events = {row[0] for row in rows_of(context, _CLINICIANS_OF_EVENTS, profiles)}
    return clinicians_near(context, people) | clinicians_among(context, connected) | events


def _handles(context: Context, targets: Targets) -> set[int]:
    """Every handle under which a clinician's account may be connected to the client."""
    people = {target.person_id for target in targets.found}
    stated = {
        handle_key(context, one.platform, one.handle)
        for record in targets.records
        for one in record.handles
    }
    return stated | {row[0] for row in rows_of(context, _HANDLES_OF, people)}


def people_joined(context: Context, clinician_id: str) -> set[str]:
    """Persons who, if they are clients, may be joined to this clinician."""
    own = {row[0] for row in rows_of(context, _PERSON_OF, [clinician_id])}
    near = set[str]().union(*within(context, own, STEPS))
    ends = list(rows_of(context, _FAR_ENDS, own))
    near |= who_use(context, (handle for handle, _ in ends if handle is not None))
    near |= {person for _, person in ends if person is not None}
    met = {row[0] for row in rows_of(context, _CLIENTS_OF_EVENTS, [clinician_id])}
    return met | who_ask_for(context, near).people
