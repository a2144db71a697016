"""Files that mean harm, brought to both doors of contacts as an outsider would bring them.

What the parsers do with each is tested in tests/importers. Here: the same file meets the REST door
and the console, each says the same, and good rows beside bad ones are kept.
"""

from __future__ import annotations

import html
import json
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import func, select

from policy_service.database.tables.contacts import ContactImportRow
from policy_service.domain.principals import Role, Scope
from tests.cast import World
from tests.console.office import TOKEN, signed_in
from tests.importers.forging import MIB, Forged, archive, member, zeros
from tests.services.imports.contact_files import linkedin_file

GOOD = linkedin_file("Thorvald,Quill,thorvald-q")
LONG = "x" * 10_000


@dataclass(frozen=True)
class Hostile:
    """A file, under which name it comes, and what is said of it.

    `refused` None: it is read, `kept` contacts of it are kept and `lines` are refused. `page` is
    what the preview shows of it.
    """

    name: str
    make: Callable[[], bytes]
    refused: str | None = None
    kept: int = 0
    lines: tuple[tuple[str, int], ...] = ()
    page: str = ""


def zipped(**members: bytes) -> bytes:
    """An honest archive."""
    held = BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        for name, raw in members.items():
            made.writestr(name, raw)
    return held.getvalue()


def after_good(mebibytes: int) -> bytes:
    """A deflate stream that begins well and goes on with that many MiB of zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    good = packer.compress(GOOD) + packer.flush(zlib.Z_FULL_FLUSH)
    return good + zeros(mebibytes)


def friends(*names: str) -> bytes:
    return json.dumps({"friends_v2": [{"name": one, "timestamp": 1} for one in names]}).encode()


FILES = {
    "a bomb": Hostile("export.zip", lambda: archive(
        member("Connections.csv", GOOD + b" " * (30 * MIB))), "more than 200 times its size"),
    "a member of a gigabyte": Hostile("export.zip", lambda: archive(
        Forged("Connections.csv", after_good(1024), 1 << 30)), "larger"),
    "a member that lies about its gigabyte": Hostile("export.zip", lambda: archive(
        Forged("Connections.csv", after_good(1024), 100)), "damaged in the archive"),
    "an archive inside": Hostile("export.zip", lambda: zipped(
        **{"inner.zip": zipped(**{"Connections.csv": GOOD})}), "not opened. Unpack it"),
    "an archive beside a good file": Hostile("export.zip", lambda: zipped(
        **{"inner.zip": zipped(), "Connections.csv": GOOD}), None, 1, (("inner.zip", 0),)),
    "a name that leads out": Hostile("export.zip", lambda: zipped(
        **{"../../etc/Connections.csv": GOOD, "Connections.csv": GOOD}), None, 1,
        (("../../etc/Connections.csv", 0),)),
    "UTF-16": Hostile("Connections.csv", lambda: GOOD.decode().encode("utf-16"), None, 1),
    "bytes of another encoding": Hostile("Connections.csv",
        lambda: linkedin_file("Thorvald,Quill,thorvald-q", "Sören,Ek,soren-ek")
        .decode().encode("latin-1"), None, 2, (("Connections.csv", 0),), "Sören"),
    "a byte that no encoding knows": Hostile("Connections.csv",
        lambda: linkedin_file("Thorvald,Quill,thorvald-q", "Sören,Ek,soren-ek")
        + b"S\xc3(,Bad,,,,,\n",
        None, 2, (("Connections.csv", 0), ("Connections.csv", 7))),
    "JSON that was cut off": Hostile("friends.json",
        lambda: friends("Thorvald Quill", "Anna Zweig")[:-25], None, 1, (("friends.json", 2),)),
    "formulas": Hostile("Connections.csv", lambda: linkedin_file(
        '=HYPERLINK(""x"";""y""),Quill,thorvald-q', "@SUM(A1),+1-2,anna-z"), None, 2,
        (("Connections.csv", 5), ("Connections.csv", 6), ("Connections.csv", 6)), "SUM(A1)"),
    "a name of ten thousand characters": Hostile("Connections.csv", lambda: linkedin_file(
        "Thorvald,Quill,thorvald-q", f"{LONG},Zweig,anna-z"), None, 1, (("Connections.csv", 6),)),
    "text that turns round": Hostile("Connections.csv", lambda: linkedin_file(
        "Thor\u202evald\u202c,Quill,thorvald-q"), None, 1, (("Connections.csv", 5),), "Thorvald"),
    "null bytes": Hostile("Connections.csv", lambda: linkedin_file(
        "Anna,Zweig,anna-z", "Thor\0vald,Quill,thorvald-q"), None, 1, (("Connections.csv", 6),)),
    "nothing but a name of null bytes": Hostile("Connections.csv", lambda: linkedin_file(
        "\0\0\0,,thorvald-q"), "Connections.csv, line 5"),
    "a script": Hostile("Connections.csv", lambda: linkedin_file(
        "<script>alert(1)</script>,Quill,thorvald-q"), None, 1, (), "&lt;script&gt;alert(1)"),
    "a file name that turns round and leads out": Hostile("../../\u202evsc.snoitcennoC",
        lambda: b"nothing of the kind", "no export"),
    "nothing but null bytes": Hostile("Connections.csv", lambda: bytes(100_000), "no export"),
}  # fmt: skip


def by_rest(world: World, file: Hostile) -> Any:
    return world.http(Scope.CONTACTS_WRITE).post(
        f"/v1/clinicians/{world.ids['ben']}/contact-imports",
        query_string={"name": file.name},
        data=file.make(),
        content_type="application/octet-stream",
    )


def by_console(world: World, file: Hostile) -> tuple[int, str]:
    """The status, and the page that is seen then. The form is written by hand: the test client
    would spool a large one to a temporary file."""
    who = signed_in(world, "ben", Role.CLINICIAN, clinician_id=world.ids["ben"])
    token = TOKEN.search(who.get("/contacts").get_data(as_text=True))
    assert token
    form = (
        f'--edge\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token[1]}\r\n'
        f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n\r\n'
    )
    sent = {"content_type": "multipart/form-data; boundary=edge", **who.base}
    body = form.encode() + file.make() + b"\r\n--edge--\r\n"
    answer = who.client.post("/console/contacts", data=body, **sent)
    if answer.status_code == 303:
        answer = who.get(answer.location.removeprefix("/console"))
    return answer.status_code, answer.get_data(as_text=True)


REFUSED = sorted(which for which, file in FILES.items() if file.refused)
READ = sorted(which for which, file in FILES.items() if not file.refused)


@pytest.mark.parametrize("which", REFUSED)
def test_a_file_is_refused_at_both_doors_in_words(sqlite_world: World, which: str) -> None:
    file = FILES[which]
    answer = by_rest(sqlite_world, file)
    assert answer.status_code == 422
    said = answer.json["detail"] + str(answer.json.get("errors", ""))
    status, page = by_console(sqlite_world, file)
    assert status == 422
    assert file.refused is not None
    assert file.refused in html.unescape(page)
    assert file.refused in said or "/name" in said  # REST refuses such a file name by itself
    assert imports_of(sqlite_world) == 0


@pytest.mark.parametrize("which", READ)
def test_good_rows_are_kept_and_bad_ones_said_by_line(sqlite_world: World, which: str) -> None:
    file = FILES[which]
    answer = by_rest(sqlite_world, file)
    assert answer.status_code == 201
    [made] = answer.json["items"]
    assert made["contacts"] == file.kept
    refused = made["refused_lines"]
    assert tuple((line["member"], line["line"]) for line in refused) == file.lines
    assert all(line["detail"] for line in refused)
    status, page = by_console(sqlite_world, file)
    assert status == 200
    assert f"Store {file.kept} contact" in page
    assert file.page in page
    assert "<script>alert" not in page
    assert "\u202e" not in page
    for line in refused:
        assert line["detail"] in html.unescape(page)


def imports_of(world: World) -> int:
    with world.reading() as context:
        return context.session.scalar(select(func.count()).select_from(ContactImportRow)) or 0


def test_a_gigabyte_that_is_refused_takes_little_memory(sqlite_world: World) -> None:
    file = FILES["a member of a gigabyte"]
    by_rest(sqlite_world, FILES["nothing but null bytes"])  # what is loaded once is loaded
    tracemalloc.start()
    try:
        assert by_rest(sqlite_world, file).status_code == 422
        assert tracemalloc.get_traced_memory()[1] < 24 * MIB
    finally:
        tracemalloc.stop()
