"""The account facts: how the clinician's and the client's social-media accounts are connected.

A connection is met by the client's handle, which is certain, or by recognising the client in the
hashed person whom an import put at its far end; then it is as sure as the recognition is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Select, bindparam, select

from policy_service.database.tables.accounts import AccountRow, ConnectionRow
from policy_service.domain.accounts import (
    AccountKind,
    Connection,
    ConnectionState,
    connection_word,
    graver_words,
    gravest_word,
    words_graver_than,
)
from policy_service.domain.attestations import AttestationKind
from policy_service.domain.facts import Fact, Known, OneOf, Unknown, Why
from policy_service.services.accounts import handle_key
from policy_service.services.context import Context
from policy_service.services.gathering.targets import Certainty, Target, Targets

_HANDLES_OF = select(AccountRow.handle_key).where(
    AccountRow.is_current.is_(True),
    AccountRow.is_withdrawn.is_(False),
    AccountRow.person_id.in_(bindparam("people", expanding=True)),
)
_PERSONAL = frozenset({AccountKind.PERSONAL, AccountKind.MIXED})
_PROFESSIONAL = frozenset({AccountKind.PROFESSIONAL})
_UNSEEN = Why.IDENTITY_NOT_COMPARABLE
_STRONGEST_FIRST = (
    Why.IDENTITY_UNCONFIRMED,
    Why.NOT_ASKED,
    Why.NOT_RECORDED,
    Why.IDENTITY_NOT_COMPARABLE,
)


@dataclass(frozen=True, slots=True)
class MetConnection:
    """A connection that is the client's, or may be: `doubt` says why that is not sure."""

    connection: Connection
    doubt: Why | None = None


def find_connections(
    context: Context, clinician_person: str, targets: Targets
) -> tuple[MetConnection, ...]:
    """Connections from the clinician's accounts to a handle, account or record of the client."""
    keys = _handle_keys(context, targets)
    doubts = _doubts(targets.found)
    if not keys and not doubts:
        return ()
    rows = context.session.execute(
        _connections(clinician_person).where(
            ConnectionRow.far_handle_key.in_(keys) | ConnectionRow.far_person_id.in_(list(doubts))
        )
    )
    return tuple(_met(row, kind, keys, doubts) for row, kind in rows)


def _handle_keys(context: Context, targets: Targets) -> set[int]:
    keys = {
        handle_key(context, handle.platform, handle.handle)
        for record in targets.records
        for handle in record.handles
    }
    keys.update(context.session.scalars(_HANDLES_OF, {"people": list(targets.same_people)}))
    return keys


def _doubts(found: Iterable[Target]) -> dict[str, Why | None]:
    """How sure it is that each of these persons is the client; the surest word on each stands."""
    doubts: dict[str, Why | None] = {}
    for target in found:
        if target.step is None and doubts.get(target.person_id, Why.NOT_ASKED) is not None:
            doubts[target.person_id] = _doubt(target)
    return doubts


def _doubt(target: Target) -> Why | None:
    """A merely possible identity is a question of its own only where a second witness speaks."""
    if target.certainty is Certainty.FACT:
        return None
    if target.certainty is Certainty.PROBABLE or _has_second_witness(target):
        return Why.IDENTITY_UNCONFIRMED
    return Why.IDENTITY_NOT_COMPARABLE


def _has_second_witness(target: Target) -> bool:
    rows = target.match.comparison.evidence if target.match else ()
    return len({row.group for row in rows if row.bits > 0}) > 1


def _connections(clinician_person: str) -> Select[ConnectionRow, str | None]:
    return (
        select(ConnectionRow, AccountRow.kind)
        .join(
            AccountRow,
            (AccountRow.practice_id == ConnectionRow.practice_id)
            & (AccountRow.id == ConnectionRow.account_id),
        )
        .where(
            ConnectionRow.is_current.is_(True),
            ConnectionRow.is_withdrawn.is_(False),
            AccountRow.is_current.is_(True),
            AccountRow.is_withdrawn.is_(False),
            AccountRow.person_id == clinician_person,
        )
    )


def _met(
    row: ConnectionRow, kind: str | None, keys: set[int], doubts: Mapping[str, Why | None]
) -> MetConnection:
    connection = Connection(
        AccountKind(kind) if kind else None,
        ConnectionState(row.state),
        row.initiator,
        row.since,
    )
    is_by_handle = row.far_handle_key is not None and row.far_handle_key in keys
    doubt = None if is_by_handle else doubts[row.far_person_id or ""]
    return MetConnection(connection, doubt)


def account_facts(
    connections: tuple[MetConnection, ...],
    attested: frozenset[AttestationKind],
    *,
    is_old: bool = False,
) -> dict[str, Fact]:
    """`none` only where an attestation covers social media; unclassified accounts stay open.

    `is_old`: contacts were imported in whom nobody can be recognised now. Then a connection that
    was not met may be there all the same, whatever was attested.
    """
    is_attested = AttestationKind.SOCIAL_MEDIA in attested
    facts = {
        "personal_connection": _fact(connections, _PERSONAL, is_attested),
        "professional_connection": _fact(connections, _PROFESSIONAL, is_attested),
    }
    return {name: _open(fact) for name, fact in facts.items()} if is_old else facts


def _open(fact: Fact) -> Fact:
    """The fact, where a graver connection than those that were met may exist."""
    if not isinstance(fact, Known | OneOf):
        return fact
    values = fact.values if isinstance(fact, OneOf) else frozenset({str(fact.value)})
    graver = words_graver_than(values)
    if not graver:
        return fact
    if values == {"none"}:
        return Unknown(_UNSEEN)
    return OneOf(values | graver, fact.why if isinstance(fact, OneOf) else _UNSEEN)


def _fact(
    connections: tuple[MetConnection, ...], kinds: frozenset[AccountKind], is_attested: bool
) -> Fact:
    sure = [
        connection_word(met.connection)
        for met in connections
        if met.connection.clinician_kind in kinds and met.doubt is None
    ]
    known = _known(sure)
    whys = {Why.NOT_RECORDED} if len(known) > 1 else set()
    values = known
    for met in connections:
        if met.doubt is None and met.connection.clinician_kind is not None:
            continue
        if met.connection.clinician_kind in (None, *kinds):
            graver = graver_words(connection_word(met.connection), known)
            values |= graver
            whys |= {met.doubt or Why.NOT_ASKED} if graver else set()
    if len(values) == 1:
        return Known(min(values)) if sure or is_attested else Unknown(Why.NOT_ATTESTED)
    why = min(whys, key=_STRONGEST_FIRST.index)
    if why.is_gap and not sure and not is_attested:
        return Unknown(why)  # nobody closed the world, so it may be any other word as well
    return OneOf(values, why)


def _known(sure: list[frozenset[str]]) -> frozenset[str]:
    """What the connections that are surely the client's leave possible."""
    if all(len(words) == 1 for words in sure):
        return frozenset({gravest_word(word for words in sure for word in words)})
    return frozenset[str]().union(*sure)
