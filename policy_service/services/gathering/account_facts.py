"""The account facts: how the clinician's and the client's social-media accounts are connected."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, select

from policy_service.database.tables.accounts import AccountRow, ConnectionRow
from policy_service.domain.accounts import (
    AccountKind,
    Connection,
    ConnectionState,
    connection_word,
    gravest_word,
)
from policy_service.domain.attestations import AttestationKind
from policy_service.domain.facts import Fact, Known, OneOf, Unknown, Why
from policy_service.domain.people import PersonRecord
from policy_service.services.accounts import handle_key
from policy_service.services.context import Context

_HANDLES_OF = select(AccountRow.handle_key).where(
    AccountRow.is_current.is_(True),
    AccountRow.is_withdrawn.is_(False),
    AccountRow.person_id.in_(bindparam("people", expanding=True)),
)
_PERSONAL = frozenset({AccountKind.PERSONAL, AccountKind.MIXED})
_PROFESSIONAL = frozenset({AccountKind.PROFESSIONAL})


def find_connections(
    context: Context,
    clinician_person: str,
    client_people: Iterable[str],
    records: Iterable[PersonRecord],
) -> tuple[Connection, ...]:
    """Connections from the clinician's accounts to a handle or account of the client."""
    keys = {handle_key(context, h.platform, h.handle) for record in records for h in record.handles}
    keys |= set(context.session.scalars(_HANDLES_OF, {"people": list(client_people)}))
    if not keys:
        return ()
    rows = context.session.execute(
        select(ConnectionRow, AccountRow.kind)
        .join(
            AccountRow,
            (AccountRow.practice_id == ConnectionRow.practice_id)
            & (AccountRow.id == ConnectionRow.account_id),
        )
        .where(
            ConnectionRow.is_current.is_(True),
            ConnectionRow.is_withdrawn.is_(False),
            ConnectionRow.far_handle_key.in_(keys),
            AccountRow.is_current.is_(True),
            AccountRow.is_withdrawn.is_(False),
            AccountRow.person_id == clinician_person,
        )
    )
    return tuple(_connection(row, kind) for row, kind in rows)


def _connection(row: ConnectionRow, kind: str | None) -> Connection:
    return Connection(
        AccountKind(kind) if kind else None,
        ConnectionState(row.state),
        row.initiator,
        row.since,
    )


def account_facts(
    connections: tuple[Connection, ...], attested: frozenset[AttestationKind]
) -> dict[str, Fact]:
    """`none` only where an attestation covers social media; unclassified accounts stay open."""
    return {
        "personal_connection": _fact(connections, _PERSONAL, attested),
        "professional_connection": _fact(connections, _PROFESSIONAL, attested),
    }


def _fact(
    connections: tuple[Connection, ...],
    kinds: frozenset[AccountKind],
    attested: frozenset[AttestationKind],
) -> Fact:
    sure = [connection_word(c) for c in connections if c.clinician_kind in kinds]
    unsaid = [connection_word(c) for c in connections if c.clinician_kind is None]
    if all(len(words) == 1 for words in sure) and sure:
        return Known(gravest_word(word for words in sure for word in words))
    if sure:
        return OneOf(frozenset().union(*sure), Why.NOT_RECORDED)
    if unsaid:
        return OneOf(frozenset({"none"}).union(*unsaid), Why.NOT_ASKED)
    if AttestationKind.SOCIAL_MEDIA in attested:
        return Known("none")
    return Unknown(Why.NOT_ATTESTED)
