"""Episodes of a roster: new ones by a few statements per batch, changed ones as new revisions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Select, insert, select, tuple_

from policy_service.audit.log import NewEntry, Owned, append_all
from policy_service.database.tables.care import EpisodeClientRow, EpisodeClinicianRow, EpisodeRow
from policy_service.database.tables.people import PersonRow
from policy_service.database.tables.registry import ClientRow, ClinicianRow
from policy_service.importers.roster import EpisodeLine
from policy_service.services.context import Context
from policy_service.services.episodes import (
    ClientPart,
    ClinicianPart,
    EpisodeForm,
    revise_episode,
)
from policy_service.services.imports.clinicians import CORRECTED
from policy_service.services.imports.episode_forms import Parties, read_forms
from policy_service.services.imports.plans import (
    CREATED,
    UNCHANGED,
    UPDATED,
    Plan,
    Tally,
    parts_that_differ,
)
from policy_service.services.revisions import first_stamps
from policy_service.services.touch import touch_clients, touch_clinicians

_CHUNK = 100


@dataclass(frozen=True, slots=True)
class Known:
    """An episode as it stood when the batch was planned."""

    id: str
    revision: int
    form: EpisodeForm


@dataclass(frozen=True, slots=True)
class _Party:
    """A client or clinician: the person, and what the log calls them."""

    id: str
    person_id: str
    pseudonym: str


def plan_episodes(context: Context, episodes: Sequence[tuple[EpisodeLine, ...]]) -> Plan:
    """New, changed and unchanged episodes of one batch, by external id."""
    tally = Tally()
    lines = [line for episode in episodes for line in episode]
    parties = Parties(
        _ids(context, ClientRow, {line.values["client_id"] for line in lines}),
        _ids(context, ClinicianRow, {line.values["clinician_id"] for line in lines}),
    )
    forms = list(read_forms(episodes, parties, tally))
    ids = [str(form.external_id) for form in forms]
    known = _known(context, ids)
    new = [form for form in forms if form.external_id not in known]
    changed = [form for form in forms if _differs(form, known)]
    unchanged = len(forms) - len(new) - len(changed)
    tally.counts += Counter({CREATED: len(new), UPDATED: len(changed), UNCHANGED: unchanged})

    def write(context: Context) -> None:
        _insert(context, new)
        for form in changed:
            kept = known[str(form.external_id)]
            revise_episode(context, kept.id, _with_knowledge(form, kept.form), CORRECTED)

    def holds(context: Context) -> bool:
        _lock(context, set(parties.clinicians.values()))
        return _known(context, ids) == known

    return Plan(
        tally.counts,
        tuple(tally.errors),
        holds,
        write,
        created=tuple(str(form.external_id) for form in new),
        updated={
            str(form.external_id): _parts_changed(form, known[str(form.external_id)].form)
            for form in changed
        },
        ended=tuple(
            str(form.external_id)
            for form in changed
            if known[str(form.external_id)].form.is_open and not form.is_open
        ),
    )


def _ids(
    context: Context, table: type[ClientRow | ClinicianRow], external_ids: set[str]
) -> Mapping[str, str]:
    rows = context.session.execute(
        select(table.external_id, table.id).where(table.external_id.in_(external_ids))
    )
    return {str(external): row_id for external, row_id in rows}


def _lock(context: Context, clinician_ids: set[str]) -> None:
    """The second of two imports of one file waits here, then finds the episodes of the first."""
    rows = select(ClinicianRow.id).where(ClinicianRow.id.in_(clinician_ids))
    context.session.execute(rows.order_by(ClinicianRow.id).with_for_update()).all()


def _known(context: Context, external_ids: Sequence[str]) -> dict[str, Known]:
    rows = context.session.scalars(
        select(EpisodeRow).where(
            EpisodeRow.external_id.in_(external_ids),
            EpisodeRow.is_current.is_(True),
            EpisodeRow.is_withdrawn.is_(False),
        )
    ).all()
    clients = _parts(context, EpisodeClientRow, rows)
    clinicians = _parts(context, EpisodeClinicianRow, rows)
    return {
        str(row.external_id): Known(
            row.id,
            row.revision,
            EpisodeForm(
                tuple(_client_part(part) for part in clients[row.id]),
                tuple(_clinician_part(part) for part in clinicians[row.id]),
                row.began_on,
                row.terminated_on,
                row.termination_reason,
                row.is_open,
                row.external_id,
            ),
        )
        for row in rows
    }


def _parts(
    context: Context,
    table: type[EpisodeClientRow | EpisodeClinicianRow],
    episodes: Sequence[EpisodeRow],
) -> Mapping[str, list[Any]]:
    found: defaultdict[str, list[Any]] = defaultdict(list)
    wanted = [(row.id, row.revision) for row in episodes]
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        rows: Select[Any] = select(table).where(tuple_(table.episode_id, table.revision).in_(chunk))
        for part in context.session.scalars(rows):
            found[part.episode_id].append(part)
    return found


def _client_part(row: EpisodeClientRow) -> ClientPart:
    return ClientPart(row.client_id, row.role, row.began_on, row.ended_on)


def _clinician_part(row: EpisodeClinicianRow) -> ClinicianPart:
    return ClinicianPart(
        row.clinician_id,
        row.role,
        row.began_on,
        row.ended_on,
        row.last_contact_on,
        row.known_since,
    )


def _differs(form: EpisodeForm, known: Mapping[str, Known]) -> bool:
    kept = known.get(str(form.external_id))
    if kept is None:
        return False
    wanted = _with_knowledge(form, kept.form)
    same_parts = set(wanted.clients) == set(kept.form.clients) and set(wanted.clinicians) == set(
        kept.form.clinicians
    )
    return wanted.own() != kept.form.own() or not same_parts


def _parts_changed(form: EpisodeForm, kept: EpisodeForm) -> tuple[str, ...]:
    wanted = _with_knowledge(form, kept)
    sides = (
        ("clients", set(wanted.clients) != set(kept.clients)),
        ("clinicians", set(wanted.clinicians) != set(kept.clinicians)),
    )
    more = (name for name, differs in sides if differs)
    return (*parts_that_differ(kept.own(), wanted.own()), *more)


def _with_knowledge(form: EpisodeForm, kept: EpisodeForm) -> EpisodeForm:
    """A roster does not say since when a clinician knows: what is recorded of it stays."""
    since = {part.clinician_id: part.known_since for part in kept.clinicians}
    parts = (replace(part, known_since=since.get(part.clinician_id)) for part in form.clinicians)
    return replace(form, clinicians=tuple(parts))


def _insert(context: Context, forms: Sequence[EpisodeForm]) -> None:
    if not forms:
        return
    made = [(first_stamps(context, context.new_id()), form) for form in forms]
    session = context.session
    session.execute(insert(EpisodeRow), [stamps | form.own() for stamps, form in made])
    parts = [(_part_stamps(stamps), form) for stamps, form in made]
    clients = [stamps | asdict(part) for stamps, form in parts for part in form.clients]
    clinicians = [stamps | asdict(part) for stamps, form in parts for part in form.clinicians]
    session.execute(insert(EpisodeClientRow), clients)
    session.execute(insert(EpisodeClinicianRow), clinicians)
    _log(context, made)
    touch_clinicians(context, {part["clinician_id"] for part in clinicians})
    touch_clients(context, {part["client_id"] for part in clients})


def _part_stamps(stamps: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "practice_id": stamps["practice_id"],
        "episode_id": stamps["id"],
        "revision": stamps["revision"],
    }


def _log(context: Context, made: Sequence[tuple[dict[str, Any], EpisodeForm]]) -> None:
    """One entry per episode, the same that opening one by one would write."""
    forms = [form for _, form in made]
    clients = _people(context, ClientRow, {p.client_id for f in forms for p in f.clients})
    treating = {p.clinician_id for f in forms for p in f.clinicians}
    clinicians = _people(context, ClinicianRow, treating)
    entries = [
        _entry(
            context,
            {"id": stamps["id"], "revision": 1, "reason": None, **_told(form)},
            [clients[part.client_id] for part in form.clients],
            [clinicians[part.clinician_id] for part in form.clinicians],
        )
        for stamps, form in made
    ]
    append_all(context.session, context.keyring, entries)


def _told(form: EpisodeForm) -> dict[str, Any]:
    parts = [asdict(one) for one in form.clients] + [asdict(one) for one in form.clinicians]
    return form.own() | {"parts": parts}


def _people(
    context: Context, table: type[ClientRow | ClinicianRow], ids: set[str]
) -> dict[str, _Party]:
    rows = context.session.execute(
        select(table.id, table.person_id, PersonRow.pseudonym)
        .join(
            PersonRow,
            (PersonRow.practice_id == table.practice_id) & (PersonRow.id == table.person_id),
        )
        .where(table.id.in_(ids))
    )
    found = {row_id: _Party(row_id, person_id, name) for row_id, person_id, name in rows}
    context.keyring.load_person_keys(context.session, {one.person_id for one in found.values()})
    return found


def _entry(
    context: Context,
    told: dict[str, Any],
    clients: Sequence[_Party],
    clinicians: Sequence[_Party],
) -> NewEntry:
    """One group per client, each under that client's own key."""
    owners = sorted({client.person_id for client in clients})
    return NewEntry(
        id=context.new_id(),
        action="episode.opened",
        at=context.now,
        actor_ref=context.principal.actor_ref,
        groups={f"episode:{number}": Owned(told, owner) for number, owner in enumerate(owners)},
        subject_refs=frozenset(party.pseudonym for party in (*clients, *clinicians)),
    )
