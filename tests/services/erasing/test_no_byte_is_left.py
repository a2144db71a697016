"""After an erasure nobody finds the person: not in files, not in rows, not with any key left."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import select

from policy_service.database.tables.duties import DutyRow
from policy_service.database.tables.jobs import WorkRow
from policy_service.database.tables.registry import AttestationRow
from policy_service.database.tables.reviews import CaseRow
from policy_service.domain.erasures import ErasureState
from policy_service.services.erasing import carrying_out, removal
from policy_service.services.parties import clinician_row
from policy_service.vault.keys import Key
from policy_service.worker import run_due
from tests.cast import World, empty_world, populate, world_like
from tests.services.erasing.attacker import files_of, found_in, opened, rows_of
from tests.services.erasing.life import MARKS, Life, Marks

FIXED = Marks(
    *(f"{word}quillon" for word in (
        "Zarbo", "Tembro", "Vindle", "Marplo", "Cressa", "Oldham", "Pictor", "Bramwo", "Halden",
        "Jorvik", "Extern", "Reason", "Noting", "Idemky",
    )),
    "7135550188",
)  # fmt: skip


def _everything(world: World) -> dict[str, bytes]:
    return files_of(world) | rows_of(world)


def _readable(world: World, life: Life) -> set[bytes]:
    """The words of the person that can be read somewhere, in clear or with any key."""
    everything = _everything(world)
    wanted = set(life.marks.texts())
    seen = {word for _, word in found_in(everything, wanted)}
    for _, plain in opened(everything, Key(world.settings.kek)):
        seen |= {word for word in wanted if word in plain}
    return seen


def _complaints(world: World, life: Life) -> list[str]:
    """What an erasure ought to have done and did not."""
    found = [f"readable: {word!r}" for word in sorted(_readable(world, life))]
    for where, trace in sorted(found_in(_everything(world), life.traces)):
        found.append(f"trace in {where}: {trace.hex()}")
    with world.reading() as context:
        session = context.session
        open_cases = select(CaseRow.id).where(
            CaseRow.client_id.in_(life.clients), CaseRow.state != "closed"
        )
        open_duties = select(DutyRow.id).where(
            DutyRow.client_id.in_(life.clients), DutyRow.closed_at.is_(None)
        )
        closed = select(AttestationRow.id).where(
            AttestationRow.clinician_id == world.ids["ben"],
            AttestationRow.is_current.is_(True),
            AttestationRow.is_withdrawn.is_(False),
        )
        for said, wanted in (
            ("a case is open", open_cases),
            ("a duty is open", open_duties),
            ("an attestation still closes the world", closed),
        ):
            found += [f"{said}: {one}" for one in session.scalars(wanted)]
        bodies = [bytes(body) for body in session.scalars(select(WorkRow.body))]
    about = [
        body for body in bodies for one in (*life.people, *life.clients) if one.encode() in body
    ]
    found += [f"work names the person: {body!r}" for body in about]
    with world.reading() as context:
        ben = clinician_row(context, world.ids["ben"]).person_id
    if not any(ben.encode() in body for body in bodies):
        found.append("the brother is not asked about again")
    return found


@given(marks=MARKS)
# One life a run: what another example left behind in the world is not this one's.
@settings(max_examples=1, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
def test_no_word_of_the_person_is_left_anywhere(world: World, marks: Marks) -> None:
    life = Life(world, marks)
    life.live()
    before = b" ".join(_readable(world, life)).lower()
    hidden = [mark for mark in vars(marks).values() if mark.lower().encode() not in before]
    assert hidden == [], "the attacker can find what is there"
    assert life.erase().state is ErasureState.DONE
    assert _complaints(world, life) == []
    run_due(world.desk)
    assert _readable(world, life) == set(), "nor does the worker bring anything back"


@pytest.fixture(scope="module")
def lived(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[World, Life]]:
    """A world in which one person has lived; closed, to be copied."""
    folder = tmp_path_factory.mktemp("lived")
    shutil.copy(sqlite_template, folder / "lived.sqlite3")
    world = populate(empty_world(f"sqlite:///{folder / 'lived.sqlite3'}", folder))
    life = Life(world, FIXED)
    life.live()
    world.desk.database.dispose()
    yield world, life
    world.desk.database.dispose()


@pytest.fixture
def life(lived: tuple[World, Life], tmp_path: Path) -> Iterator[Life]:
    """That life in a copy of that world, with files of its own."""
    made, once = lived
    source = Path(made.settings.database_url.removeprefix("sqlite:///"))
    shutil.copy(source, tmp_path / "copy.sqlite3")
    world = world_like(made, f"sqlite:///{tmp_path / 'copy.sqlite3'}", tmp_path)
    yield replace(once, world=world)
    world.desk.database.dispose()


@pytest.mark.parametrize("skipped", removal.step_names())
def test_skipping_any_step_is_noticed(
    life: Life, monkeypatch: pytest.MonkeyPatch, skipped: str
) -> None:
    kept = tuple(step for step in removal.STEPS if step.__name__ != skipped)
    monkeypatch.setattr(removal, "STEPS", kept)
    life.erase()
    assert _complaints(life.world, life) != []


def test_skipping_none_leaves_nothing_to_complain_of(life: Life) -> None:
    life.erase()
    assert _complaints(life.world, life) == []


def test_old_pages_would_give_the_person_away(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying_out, "scrub", lambda *_: False)
    life.erase()
    assert _complaints(life.world, life) != []
    monkeypatch.undo()
    run_due(life.world.desk)
    found = _complaints(life.world, life)
    assert [one for one in found if one.startswith(("readable", "trace"))] == []
