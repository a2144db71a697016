"""The list of erasures: durable, whole, and nobody else's to write."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from policy_service.vault.erasure_list import Erased, ErasureList, ErasureListBroken
from policy_service.vault.errors import KeyRefused
from policy_service.vault.keys import Key, Purpose

MINE = Key(bytes(32)).derive(Purpose.ERASURE_LIST)
OTHER = Key(bytes([1]) * 32).derive(Purpose.ERASURE_LIST)


def line(person: str, practice: str = "elm") -> Erased:
    return Erased(practice, "erasure", person, "2026-03-02T09:00:00.000000Z", "person_asked")


def test_what_was_written_is_read_by_its_practice_alone(tmp_path: Path) -> None:
    known = ErasureList(tmp_path / "keys")
    known.add([line("a"), line("b")], MINE)
    known.add([line("c", "oak")], OTHER)
    assert [one.person for one in known.read("elm", MINE)] == ["a", "b"]
    assert [one.person for one in known.read("oak", OTHER)] == ["c"]


def test_a_record_stands_there_once(tmp_path: Path) -> None:
    known = ErasureList(tmp_path)
    known.add([line("a")], MINE)
    before = known.path.read_bytes()
    known.add([line("a")], MINE)
    assert known.path.read_bytes() == before


def test_nobody_has_a_person_erased_without_the_practices_key(tmp_path: Path) -> None:
    known = ErasureList(tmp_path)
    known.add([line("a")], OTHER)
    with pytest.raises(ErasureListBroken, match="not written under"):
        known.read("elm", MINE)


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    people = [f"p{number}" for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: ErasureList(tmp_path).add([line(one)], MINE), people))
    assert sorted(one.person for one in ErasureList(tmp_path).read("elm", MINE)) == sorted(people)


def test_a_list_that_cannot_be_written_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    known = ErasureList(tmp_path)
    known.add([line("a")], MINE)
    monkeypatch.setattr("policy_service.vault.erasure_list.replace_file", full)
    with pytest.raises(KeyRefused, match="No space"):
        known.add([line("b")], MINE)
    monkeypatch.undo()
    assert [one.person for one in known.read("elm", MINE)] == ["a"]


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    known = ErasureList(tmp_path)
    known.add([line("a")], MINE)
    assert known.path.stat().st_mode & 0o777 == 0o600
