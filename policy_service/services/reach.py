"""Whom a change reaches: who looks for the changed person, and who is tied to them.

A check of a client looks for others under match keys. Read backwards: a changed person reaches
everyone who asks for a key that the person holds or held, whoever was judged together with them,
and whoever is merged with any of these. Nobody else's recognition can come out otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import BindParameter, bindparam, func, select

from policy_service.database.tables.accounts import AccountRow
from policy_service.database.tables.people import IdentityVerdictRow, MatchKeyRow
from policy_service.database.tables.watching import AskedKeyRow, HotKeyRow
from policy_service.services.chunks import chunks, rows_of
from policy_service.services.context import Context
from policy_service.services.gathering.merges import merged_with
from policy_service.services.steps import key_step

_WANTED: BindParameter[str] = bindparam("wanted", expanding=True)
_KEYS: BindParameter[int] = bindparam("wanted", expanding=True)
_PRACTICE: BindParameter[str] = bindparam("practice")
_KEYS_OF = select(MatchKeyRow.key).where(
    MatchKeyRow.practice_id == _PRACTICE, MatchKeyRow.person_id.in_(_WANTED)
)
_COUNTS = (
    select(MatchKeyRow.key, func.count())
    .where(MatchKeyRow.practice_id == _PRACTICE, MatchKeyRow.key.in_(_KEYS))
    .group_by(MatchKeyRow.key)
)
_HELD_BY = select(MatchKeyRow.person_id).where(
    MatchKeyRow.practice_id == _PRACTICE, MatchKeyRow.key.in_(_KEYS)
)
_ASKED_BY = select(AskedKeyRow.person_id).where(
    AskedKeyRow.practice_id == _PRACTICE, AskedKeyRow.key.in_(_KEYS)
)
_HOT = select(HotKeyRow.key, HotKeyRow.step).where(
    HotKeyRow.practice_id == _PRACTICE, HotKeyRow.key.in_(_KEYS)
)
_JUDGED_AFTER = select(IdentityVerdictRow.person_b).where(
    IdentityVerdictRow.practice_id == _PRACTICE, IdentityVerdictRow.person_a.in_(_WANTED)
)
_JUDGED_BEFORE = select(IdentityVerdictRow.person_a).where(
    IdentityVerdictRow.practice_id == _PRACTICE, IdentityVerdictRow.person_b.in_(_WANTED)
)
_ACCOUNTS_BY_HANDLE = select(AccountRow.person_id).where(
    AccountRow.practice_id == _PRACTICE,
    AccountRow.handle_key.in_(_KEYS),
    AccountRow.is_current.is_(True),
    AccountRow.is_withdrawn.is_(False),
)


@dataclass(frozen=True, slots=True)
class Reached:
    """Persons whose recognition a change can alter; `steps` of hot keys that all were told of."""

    people: frozenset[str]
    steps: dict[int, int] = field(default_factory=dict)


def who_ask_for(
    context: Context, person_ids: Iterable[str], dropped: Iterable[int] = ()
) -> Reached:
    """Everyone who may recognise one of these persons, now or by a key that one of them gave up.

    Keys too common to find anybody reach nobody, but for the moment in which they become so, cease
    to be so, or their count moves by a step (see `steps`).
    """
    given = set(person_ids)
    group = given | merged_in_chunks(context, given)
    keys = {row[0] for row in rows_of(context, _KEYS_OF, group)} | set(dropped)
    telling, moved = _telling(context, keys)
    people = group | _judged_with(context, group)
    people |= {row[0] for row in rows_of(context, _HELD_BY, telling)}
    people |= {row[0] for row in rows_of(context, _ASKED_BY, telling)}
    return Reached(frozenset(people | merged_in_chunks(context, people)), moved)


def who_use(context: Context, handle_keys: Iterable[int]) -> set[str]:
    """Persons who bear one of these handles, by their record or by an account."""
    keys = set(handle_keys)
    by_record = {row[0] for row in rows_of(context, _ASKED_BY, keys)}
    return by_record | {row[0] for row in rows_of(context, _ACCOUNTS_BY_HANDLE, keys)}


def merged_in_chunks(context: Context, person_ids: Iterable[str]) -> set[str]:
    """Whoever is merged with one of these, however many they are."""
    return {other for chunk in chunks(person_ids) for other in merged_with(context, chunk)}


def counts_of(context: Context, keys: Iterable[int]) -> dict[int, int]:
    """How many people hold each of these keys."""
    return dict(map(tuple, rows_of(context, _COUNTS, keys)))


def _telling(context: Context, keys: set[int]) -> tuple[set[int], dict[int, int]]:
    """The keys that reach their holders, and of these the hot ones with the step told now."""
    now = {key: key_step(count) for key, count in counts_of(context, keys).items()}
    told: dict[int, int] = dict(map(tuple, rows_of(context, _HOT, keys)))
    moved = {key: now.get(key, 0) for key in keys if now.get(key, 0) != told.get(key, 0)}
    return {key for key in keys if now.get(key, 0) == 0} | set(moved), moved


def _judged_with(context: Context, group: set[str]) -> set[str]:
    after = {row[0] for row in rows_of(context, _JUDGED_AFTER, group)}
    return after | {row[0] for row in rows_of(context, _JUDGED_BEFORE, group)}
