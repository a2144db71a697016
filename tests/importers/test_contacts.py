"""What every source shares: nothing but contacts and refusals comes out, in memory that is flat."""

from __future__ import annotations

import io
import json
import tracemalloc
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.importers import contacts, readings
from policy_service.importers.contacts import Contact, Limits, NotReadable, Refused, read_contacts
from tests.importers.reading import EXPORTS, export, read, zipped

NAMES = sorted(path.name for path in EXPORTS.iterdir() if not path.name.startswith("."))
LINKEDIN = b"First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"
GOOGLE = b"First Name,Last Name,Notes,Labels,E-mail 1 - Value,Phone 1 - Value\n"


def texts(contact: Contact) -> Iterator[str]:
    """Every text of a contact that names something."""
    yield from (contact.handle, contact.platform, contact.company, contact.city, contact.since)
    yield from contact.emails
    people = [*contact.names, *(person.name for person in contact.related)]
    for name in people:
        yield from (name.given, name.family, name.middle, name.suffix)


def is_harmless(text: str) -> bool:
    plain = all(unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn") for c in text)
    return plain and not text.startswith(("=", "+", "-", "@")) and len(text) <= 254


def outcome(name: str, raw: bytes) -> None:
    """Read it all; whatever it was, only what is promised may come of it."""
    try:
        reading = read_contacts(name, io.BytesIO(raw))
    except NotReadable:
        return
    for contact in reading.contacts:
        assert isinstance(contact, Contact)
        assert all(map(is_harmless, texts(contact))), contact
        assert contact.names or contact.emails or contact.phones or contact.handle
        repr(contact).encode()
    for refused in reading.refused:
        assert isinstance(refused, Refused)
        assert refused.detail.endswith(".")


@given(st.binary(max_size=400), st.sampled_from([b"", b"PK\x03\x04", b"BEGIN:VCARD\n", LINKEDIN]))
def test_any_bytes_at_all_give_contacts_refusals_or_a_sentence(raw: bytes, begin: bytes) -> None:
    outcome("upload", begin + raw)


@st.composite
def damaged(draw: st.DrawFn, raw: bytes) -> bytes:
    """A good file with places overwritten, cut out, doubled, or put in."""
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(raw) - 1)))
        length = draw(st.integers(0, 60))
        put = draw(st.binary(max_size=12) | st.just(raw[at : at + length]))
        raw = raw[:at] + put + raw[at + draw(st.sampled_from([0, 1, length])) :]
    return raw


@given(st.data())
def test_damaged_exports_give_contacts_refusals_or_a_sentence(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES))
    outcome(name, data.draw(damaged(export(name))))


@given(st.data())
def test_damaged_archives_give_contacts_refusals_or_a_sentence(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(NAMES))
    outcome("export.zip", data.draw(damaged(zipped({f"in/{name}": export(name)}))))


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "timestamp", "title", "string_list_data", "value", "href"]),
            inner,
        )
    ),
    max_leaves=10,
)


@given(
    st.sampled_from(["friends_v2", "following_v3", "relationships_following", "friends"]),
    st.lists(VALUES, max_size=5),
)
def test_any_json_in_a_known_list_gives_contacts_or_refusals(key: str, values: list[Any]) -> None:
    outcome("x.json", json.dumps({key: values}).encode())
    outcome("followers_1.json", json.dumps([{"string_list_data": values}, *values]).encode())


@given(st.lists(st.text(max_size=30), min_size=7, max_size=7), st.sampled_from([LINKEDIN, GOOGLE]))
def test_any_cells_give_contacts_or_refusals(cells: list[str], header: bytes) -> None:
    row = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    outcome("x.csv", header + row.encode("utf-8", "surrogatepass") + b"\n")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["N", "FN", "TEL", "BDAY", "RELATED", "item1.X-ABLabel", "URL", "ADR"]),
            st.sampled_from(["", ";TYPE=home", ";ENCODING=QUOTED-PRINTABLE", ";CHARSET=zip", ";="]),
            st.text(max_size=30),
        )
    )
)
def test_any_properties_give_contacts_or_refusals(properties: list[tuple[str, str, str]]) -> None:
    lines = "".join(f"{name}{more}:{value}\r\n" for name, more, value in properties)
    text = f"BEGIN:VCARD\r\n{lines}END:VCARD\r\n"
    outcome("x.vcf", text.encode("utf-8", "surrogatepass"))


def test_the_same_entry_twice_is_read_once_and_said_by_line() -> None:
    rows = b"Anna,Berg,,,,,\nBo,Boe,,,,,\nAnna,Berg,,,,,\n"
    found = read("c.csv", LINKEDIN + rows)
    assert found.names() == ["Anna Berg", "Bo Boe"]
    (twice,) = found.refused
    assert (twice.line, twice.kept) == (4, True)
    assert "stands earlier" in twice.detail


def test_more_contacts_than_are_read_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contacts, "MOST_CONTACTS", 3)
    rows = b"".join(b"Anna%d,Berg,,,,,\n" % number for number in range(5))
    found = read("c.csv", LINKEDIN + rows)
    assert len(found.contacts) == 3
    (last,) = found.dropped
    assert "Only the first" in last.detail


def test_a_file_of_nothing_but_refused_rows_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contacts, "MOST_ENTRIES", 3)
    found = read("c.csv", LINKEDIN + b"1\n2\n3\nAnna,Berg,,,,,\n")
    assert found.contacts == ()
    assert "Only the first" in found.dropped[-1].detail


def test_very_many_refusals_are_counted_and_the_first_kept() -> None:
    rows = b"".join(b"%d\n" % number for number in range(readings.MOST_REFUSED + 50))
    reading = read_contacts("c.csv", io.BytesIO(LINKEDIN + rows))
    assert list(reading.contacts) == []
    assert len(reading.refused) == readings.MOST_REFUSED
    assert reading.refused_count == readings.MOST_REFUSED + 50


def test_a_single_file_over_the_limit_is_refused_and_passes_with_the_limit_raised() -> None:
    raw = LINKEDIN + b"Anna,Berg,,,,,\n" * 100
    with pytest.raises(NotReadable, match="is larger than"):
        read("c.csv", raw, Limits(part_bytes=1_000))
    assert read("c.csv", raw, Limits(part_bytes=10_000)).names() == ["Anna Berg"]


def test_the_upload_stays_open_and_is_read_from_its_beginning() -> None:
    content = io.BytesIO(LINKEDIN + b"Anna,Berg,,,,,\n")
    content.read()
    first = [contact.line for contact in read_contacts("c.csv", content).contacts]
    assert [contact.line for contact in read_contacts("c.csv", content).contacts] == first == [2]
    assert not content.closed


def linkedin(count: int) -> bytes:
    rows = (
        b"Anna%d,Berg,https://www.linkedin.com/in/a%d,,Acme,,15 Mar 2024\n" % (n, n)
        for n in range(count)
    )
    return LINKEDIN + b"".join(rows)


def google(count: int) -> bytes:
    rows = (b'Anna%d,Berg,"two\nlines",x,a%d@b.org,+47 99 %06d\n' % (n, n, n) for n in range(count))
    return GOOGLE + b"".join(rows)


def facebook(count: int) -> bytes:
    people = [{"name": f"Anna{n} Berg", "timestamp": 1_700_000_000 + n} for n in range(count)]
    return json.dumps({"friends_v2": people}).encode()


def instagram(count: int) -> bytes:
    people = [{"string_list_data": [{"value": f"anna{n}", "timestamp": n}]} for n in range(count)]
    return json.dumps(people).encode()


def vcards(count: int) -> bytes:
    cards = (
        b"BEGIN:VCARD\r\nN:Berg;Anna%d\r\nTEL:+4799%06d\r\nEND:VCARD\r\n" % (n, n)
        for n in range(count)
    )
    return b"".join(cards)


MADE = [linkedin, google, facebook, instagram, vcards]


def peak(raw: bytes) -> tuple[int, int]:
    """(contacts, highest memory) of reading everything."""
    content = io.BytesIO(raw)
    tracemalloc.start()
    try:
        reading = read_contacts("upload", content)
        return sum(1 for _ in reading.contacts), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("made", MADE)
@pytest.mark.parametrize(
    "pack", [bytes, lambda raw: zipped({"a.csv": raw, "followers_1.json": b"[]"})]
)
def test_ten_times_the_contacts_take_the_same_memory(
    made: Callable[[int], bytes], pack: Callable[[bytes], bytes]
) -> None:
    small, large = pack(made(200)), pack(made(2_000))
    (few, lower), (many, higher) = peak(small), peak(large)
    assert (few, many) == (200, 2_000)
    assert higher < lower * 1.05


@pytest.mark.slow
@pytest.mark.parametrize("made", MADE)
def test_a_hundred_times_the_contacts_take_the_same_memory(made: Callable[[int], bytes]) -> None:
    (_, lower), (many, higher) = peak(made(450)), peak(made(45_000))
    assert many == 45_000
    assert higher < lower * 1.05


@pytest.mark.parametrize(
    "raw",
    [
        LINKEDIN + b"A" * (6 << 20),
        LINKEDIN + b'"' + b"A\n" * (1 << 14),
        b'{"friends_v2": ["' + b"A" * (6 << 20),
        b'{"friends_v2": [' + b"[" * (6 << 20),
        b'{"friends_v2": [] ' + b" " * (6 << 20),
        b"BEGIN:VCARD\nN:" + b"A" * (6 << 20),
        b"BEGIN:VCARD\n" + b"TEL:1234\n" * (1 << 15),
        b"BEGIN:VCARD\nN:A" + b"\n A" * (1 << 16),
    ],
    ids=["line", "quotation", "string", "depth", "blanks", "property", "properties", "folds"],
)
def test_what_has_no_end_takes_little_memory(raw: bytes) -> None:
    assert peak(raw)[1] < 6 << 20
