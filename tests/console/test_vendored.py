"""What the pages bring along: vendored, hashed, and nothing from elsewhere."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

from policy_service import console
from tests.cast import World

FOLDER = Path(console.__file__).parent
VENDORED = FOLDER / "static" / "vendor"
TEMPLATES = sorted((FOLDER / "templates").rglob("*.html"))


def test_vendored_files_are_those_whose_hashes_are_written_down() -> None:
    packages = json.loads((VENDORED / "VENDOR.json").read_text(encoding="utf-8"))
    written = {name: sha for one in packages.values() for name, sha in one["files"].items()}
    found = {path.name for path in VENDORED.iterdir()} - {"VENDOR.json"}
    assert found == set(written)
    for name, sha in written.items():
        assert hashlib.sha256((VENDORED / name).read_bytes()).hexdigest() == sha, name
    assert all(one["version"] and one["licence"] for one in packages.values())


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_scripts_inline_styles_or_foreign_addresses(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"<script|\sstyle=|<style|\son[a-z]+=|javascript:|\|\s*safe\b", text)
    shown = re.compile(r'help="[^"]*"')  # words to read, never an address that is loaded
    assert "://" not in shown.sub("", text)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_every_form_that_changes_something_carries_the_token(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    forms = re.findall(r'<form[^>]*method="post".*?</form>', text, re.DOTALL)
    for form in forms:
        assert "parts.csrf()" in form or "csrf_token()" in form


def test_the_stylesheets_are_served_and_asked_for_by_their_own_address(
    sqlite_world: World,
) -> None:
    client = sqlite_world.app.test_client()
    for name in ("vendor/bootstrap.min.css", "console.css", "caret.svg", "icon.svg"):
        with client.get(f"/console/static/{name}") as served:
            assert served.status_code == 200
    own = (FOLDER / "static" / "console.css").read_text(encoding="utf-8")
    for named in re.findall(r'url\("([^"]+)"\)', own):
        assert (FOLDER / "static" / named).exists(), named
