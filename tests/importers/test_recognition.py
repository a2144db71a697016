"""Whose export a file is, and what is said of files that are none."""

from __future__ import annotations

import pytest

from policy_service.importers.contacts import NotReadable
from tests.importers.reading import EXPORTS, export, read, zipped

NAMES = sorted(path.name for path in EXPORTS.iterdir() if not path.name.startswith("."))
READABLE = [n for n in NAMES if not n.endswith((".js", ".html", "hashtags.json", "2026.json"))]


@pytest.mark.parametrize("name", READABLE)
def test_a_file_is_known_by_its_contents_whatever_its_name(name: str) -> None:
    assert read("document.bin", export(name)).sources == (name.partition("_")[0],)


def refusal(raw: bytes | str, name: str = "upload") -> str:
    with pytest.raises(NotReadable) as caught:
        read(name, raw)
    return str(caught.value)


def test_an_x_archive_is_said_to_hold_numbers_only() -> None:
    assert "by number only" in refusal(export("x_follower.js"))
    assert "by number only" in refusal(zipped({"data/follower.js": export("x_follower.js")}))


def test_the_html_format_says_to_ask_for_json() -> None:
    page = export("instagram_followers_1.html")
    folder = "connections/followers_and_following"
    assert "choose JSON" in refusal(page)
    assert "choose JSON" in refusal(zipped({f"{folder}/followers_1.html": page}))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "empty"),
        (b" \r\n\t\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"%PDF-1.7", "document or workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "document or workbook"),
        (b"\x1f\x8b\x08\x00", "only zip"),
        (b"Rar!\x1a\x07\x00", "only zip"),
        (b"7z\xbc\xaf\x27\x1c", "only zip"),
        (b"hello", "no export that is read here"),
        (b"a,b,c\n1,2,3\n", "no export that is read here"),
        (b"{}", "no export that is read here"),
        (b"[]", "no export that is read here"),
        (b"[1, 2", "no export that is read here"),
        (b'{"messages": [{"sender_name": "Anna"}]}', "no export that is read here"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "no export that is read here"),
        (b"external_id,given_name,family_name\n1,Anna,Berg\n", "no export that is read here"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_what_to_send(raw: bytes, said: str) -> None:
    assert said in refusal(raw)


def test_a_workbook_says_to_save_as_csv() -> None:
    assert "save the table as CSV" in refusal(zipped({"[Content_Types].xml": "<Types/>"}))


def test_a_download_of_two_platforms_is_read_whole() -> None:
    archive = zipped(
        {
            "facebook/friends.json": export("facebook_friends_v1.json"),
            "instagram/followers_1.json": export("instagram_followers_1.json"),
        }
    )
    assert read("meta.zip", archive).sources == ("facebook", "instagram")
