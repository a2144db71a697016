"""Lines of a roster as episodes: all lines with one id are one episode, each naming a part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from policy_service.domain.care import ClientRole, ClinicianRole
from policy_service.importers.roster import EpisodeLine
from policy_service.services.episodes import ClientPart, ClinicianPart, EpisodeForm
from policy_service.services.imports.plans import Tally

_OWN = ("began_on", "terminated_on", "termination_reason", "is_open")


@dataclass(frozen=True, slots=True)
class Parties:
    """Ids by external id, as far as they are registered."""

    clients: Mapping[str, str]
    clinicians: Mapping[str, str]


def by_episode(lines: Iterable[EpisodeLine]) -> list[tuple[EpisodeLine, ...]]:
    """Lines together that name one episode, in the order the episodes are first named."""
    episodes: dict[str, list[EpisodeLine]] = {}
    for line in lines:
        episodes.setdefault(line.external_id, []).append(line)
    return [tuple(found) for found in episodes.values()]


def read_forms(
    episodes: Sequence[tuple[EpisodeLine, ...]], parties: Parties, tally: Tally
) -> Iterator[EpisodeForm]:
    """One form per episode that keeps at least one good line."""
    for lines in episodes:
        good = [line for line in lines if _is_known(line, parties, tally)]
        good = [line for line in good if _agrees(line, good[0], tally)]
        if good:
            yield _form(good, parties, tally)


def _is_known(line: EpisodeLine, parties: Parties, tally: Tally) -> bool:
    for column, known in (("client_id", parties.clients), ("clinician_id", parties.clinicians)):
        if line.values[column] not in known:
            who = column.removesuffix("_id")
            tally.refuse(line.line, column, f"No {who} of this practice has this external_id.")
            return False
    return True


def _agrees(line: EpisodeLine, first: EpisodeLine, tally: Tally) -> bool:
    for column in _OWN:
        if line.values[column] != first.values[column]:
            said = f"Line {first.line} says otherwise of the same episode."
            tally.refuse(line.line, column, said)
            return False
    return True


def _form(lines: Sequence[EpisodeLine], parties: Parties, tally: Tally) -> EpisodeForm:
    clients: dict[str, ClientPart] = {}
    clinicians: dict[str, ClinicianPart] = {}
    for line in lines:
        client, clinician = _client(line, parties), _clinician(line, parties)
        if clients.get(client.client_id, client) != client:
            tally.refuse(line.line, "client_id", "An earlier line says otherwise of this client.")
        elif clinicians.get(clinician.clinician_id, clinician) != clinician:
            said = "An earlier line says otherwise of this clinician."
            tally.refuse(line.line, "clinician_id", said)
        else:
            clients[client.client_id] = client
            clinicians[clinician.clinician_id] = clinician
    own = {name: lines[0].values[name] for name in _OWN}
    return EpisodeForm(
        tuple(clients.values()),
        tuple(clinicians.values()),
        external_id=lines[0].external_id,
        **own,
    )


def _client(line: EpisodeLine, parties: Parties) -> ClientPart:
    values = line.values
    return ClientPart(
        parties.clients[values["client_id"]],
        values["client_role"] or ClientRole.CLIENT.value,
        values["client_began_on"],
        values["client_ended_on"],
    )


def _clinician(line: EpisodeLine, parties: Parties) -> ClinicianPart:
    values = line.values
    return ClinicianPart(
        parties.clinicians[values["clinician_id"]],
        values["clinician_role"] or ClinicianRole.TREATING.value,
        values["clinician_began_on"],
        values["clinician_ended_on"],
        values["last_contact_on"],
    )
