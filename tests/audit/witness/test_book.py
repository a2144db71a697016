"""The witness's files: one keeper at a time, nothing half written, and never a full disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policy_service.audit.witness import book as book_module
from policy_service.audit.witness.book import Book, BookRefused
from tests.audit.witness.logs import Log
from tests.ledger.keys import ORIGIN


def _submitted(number: int) -> str:
    return f"old 9\n\n{Log(9, f'story {number}').note()}"


def test_a_second_witness_on_one_folder_is_refused(tmp_path: Path) -> None:
    first = Book(tmp_path)
    with pytest.raises(BookRefused, match="another witness works"):
        Book(tmp_path)
    first.close()
    Book(tmp_path).close()


def test_evidence_stands_as_plain_files_that_can_be_sent_about(tmp_path: Path) -> None:
    book = Book(tmp_path)
    known = Log(9).note()
    folder = book.keep_evidence(ORIGIN, "split", (known, _submitted(1)), 1_800_000_000)
    assert folder is not None
    assert folder.name.startswith("split-9-")
    assert (folder / "known").read_text(encoding="utf-8") == known
    assert (folder / "submitted").read_text(encoding="utf-8") == _submitted(1)
    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    assert about == {"kind": "split", "origin": ORIGIN, "at": 1_800_000_000}
    book.close()


def test_evidence_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book_module, "MOST_EVIDENCE", 3)
    book = Book(tmp_path)
    kept = [
        book.keep_evidence(ORIGIN, "split", (Log(9).note(), _submitted(number)), number)
        for number in range(5)
    ]
    assert [one is not None for one in kept] == [True, True, True, False, False]
    assert [one.at for one in book.evidence()] == [0, 1, 2]
    book.close()


def test_a_crash_while_keeping_evidence_leaves_none_that_is_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: Path, _content: bytes) -> None:
        raise OSError(5, "Input/output error")

    book = Book(tmp_path)
    monkeypatch.setattr(book_module, "replace_file", refuse)
    with pytest.raises(OSError, match="Input/output"):
        book.keep_evidence(ORIGIN, "split", (Log(9).note(), _submitted(1)), 0)
    assert list(book.evidence()) == []
    book.close()
