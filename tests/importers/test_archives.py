"""Zip archives that mean harm, or are damaged: refused with a sentence, and cheaply.

Each limit has a control: with that limit raised, the same archive is read.
"""

from __future__ import annotations

import dataclasses
import io
import tracemalloc
import zipfile

import pytest

from policy_service.importers.contacts import Limits, NotReadable, read_contacts
from tests.importers.forging import MIB, Forged, archive, member, zeros
from tests.importers.reading import export, read, zipped

GOOD = export("linkedin_Connections.csv")
LOOSE = Limits(part_bytes=1 << 40, total_bytes=1 << 40, ratio=1 << 40, directory_bytes=1 << 30)
PADDED = GOOD + (b" " * 99_999 + b"\n") * 31
GIGABYTE = Forged("Connections.csv", zeros(1024), 1 << 30)


def refusal(raw: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(NotReadable) as caught:
        read("export.zip", raw, limits)
    return str(caught.value)


def test_a_bomb_is_known_by_its_ratio() -> None:
    assert "more than 200 times its size" in refusal(archive(member("Connections.csv", PADDED)))


def test_without_the_limit_of_the_ratio_the_bomb_passes() -> None:
    limits = dataclasses.replace(Limits(), ratio=1 << 40)
    assert len(read("x.zip", archive(member("Connections.csv", PADDED)), limits).contacts) == 3


def test_a_part_over_its_size_is_refused_and_passes_with_the_limit_raised() -> None:
    raw, limits = zipped({"Connections.csv": GOOD}), Limits(part_bytes=100, total_bytes=1 << 30)
    assert "Connections.csv is larger than" in refusal(raw, limits)
    assert read("x.zip", raw, dataclasses.replace(limits, part_bytes=1 << 20)).contacts


def test_many_parts_over_the_total_are_refused_and_pass_with_the_limit_raised() -> None:
    raw = zipped({f"{number}/Connections.csv": GOOD for number in range(20)})
    limits = Limits(total_bytes=20 * len(GOOD))
    assert "Everything in the archive" in refusal(raw, limits)
    assert read("x.zip", raw, dataclasses.replace(limits, total_bytes=1 << 30)).contacts


def test_members_that_share_their_bytes_count_each_time() -> None:
    """Some releases of zipfile refuse the copies one by one; with others the total is too much."""
    raw = archive(member("Connections.csv", GOOD + b" " * MIB), listed=400)
    try:
        found = read("x.zip", raw, dataclasses.replace(Limits(), ratio=1 << 40))
        said = f"{len(found.contacts)} contacts"
        assert len(found.refused) >= 399
    except NotReadable as error:
        said = str(error)
    assert "Everything in the archive" in said or said == "3 contacts"


def test_a_long_list_of_files_is_refused_before_it_is_read() -> None:
    raw = archive(member("Connections.csv", GOOD), listed=200)
    limits = dataclasses.replace(LOOSE, directory_bytes=5_000)
    assert "lists more files than are looked through" in refusal(raw, limits)
    assert read("x.zip", raw, LOOSE).contacts


def peak_of_refusing(raw: bytes) -> int:
    content = io.BytesIO(raw)
    tracemalloc.start()
    try:
        with pytest.raises(NotReadable):
            read_contacts("x.zip", content)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_member_of_a_gigabyte_is_refused_in_little_memory() -> None:
    assert peak_of_refusing(archive(GIGABYTE)) < 4 * MIB


def test_a_list_of_half_a_million_files_is_refused_in_little_memory() -> None:
    assert peak_of_refusing(archive(member("a", b""), listed=500_000)) < 8 * MIB


@pytest.mark.parametrize("said", [0, 1, 10, 1 << 31, 0xFFFFFFFE])
def test_a_false_size_gains_nothing(said: int) -> None:
    refusal(archive(dataclasses.replace(GIGABYTE, said_size=said)))


@pytest.mark.parametrize("name", ["inner.zip", "a/b/Backup.ZIP", "x.tar.gz", "x.7z"])
def test_an_archive_inside_is_not_opened_and_what_stands_beside_it_is_read(name: str) -> None:
    found = read("x.zip", zipped({name: zipped({"friends.json": "{}"}), "c.csv": GOOD}))
    assert len(found.contacts) == 3
    (inner,) = [refused for refused in found.dropped if refused.member == name]
    assert "not opened" in inner.detail


def test_only_an_archive_inside_says_to_unpack_it() -> None:
    assert "inner.zip: An archive inside" in refusal(zipped({"inner.zip": zipped({"a": "b"})}))


@pytest.mark.parametrize(
    "name",
    [
        "../Connections.csv",
        "a/../../Connections.csv",
        "/etc/Connections.csv",
        "..\\..\\Connections.csv",
        "C:\\Connections.csv",
        "C:/Connections.csv",
    ],
)
def test_a_name_that_leads_out_is_refused_and_the_others_are_read(name: str) -> None:
    found = read("x.zip", zipped({name: GOOD, "in/Connections.csv": GOOD}))
    assert len(found.contacts) == 3
    assert any("leads out of the archive" in refused.detail for refused in found.dropped)


def test_a_windows_path_is_a_path() -> None:
    assert read("x.zip", zipped({"export\\Connections.csv": GOOD})).contacts[0].line == 5


def test_names_are_shown_without_what_turns_or_hides_text() -> None:
    found = read("x.zip", zipped({"ok.csv": GOOD, "a\u202egpj.zip": b"PK"}))
    assert [refused.member for refused in found.dropped if "zip" in refused.member] == ["agpj.zip"]


def test_a_locked_member_is_refused_by_name() -> None:
    raw = archive(member("Connections.csv", GOOD, flags=1), member("c.csv", GOOD))
    found = read("x.zip", raw)
    assert len(found.contacts) == 3
    assert "locked with a password" in found.dropped[0].detail
    assert "locked with a password" in refusal(archive(member("Connections.csv", GOOD, flags=1)))


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_unusual_packing_is_refused_by_name(method: int) -> None:
    assert "packed in a way that is not read" in refusal(zipped({"c.csv": GOOD}, method))


@pytest.mark.parametrize("at", [0.2, 0.5, 0.9, 0.99])
def test_a_download_that_was_cut_off_says_so(at: float) -> None:
    raw = zipped({"Connections.csv": GOOD})
    assert "damaged or cut off" in refusal(raw[: int(len(raw) * at)])


def test_a_damaged_member_is_refused_and_the_others_are_read() -> None:
    wrong = dataclasses.replace(member("a.csv", GOOD), crc=7)
    found = read("x.zip", archive(wrong, member("b.csv", GOOD)))
    assert len(found.contacts) == 3
    assert (found.dropped[0].member, found.dropped[0].line) == ("a.csv", 0)


def test_what_macos_adds_is_passed_over() -> None:
    shadows = {"__MACOSX/Connections.csv": GOOD, "x/._Connections.csv": GOOD}
    found = read("x.zip", zipped({"Connections.csv": GOOD, **shadows}))
    assert {refused.member for refused in found.dropped} == {"Connections.csv"}


def test_an_empty_archive_is_no_export() -> None:
    assert "no export that is read here" in refusal(zipped({}))
