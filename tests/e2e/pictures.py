"""Pictures of pages, for eyes: kept in docs/screenshots where POLICY_TEST_PICTURES is set."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Page

PICTURES = Path(__file__).parents[2] / "docs" / "screenshots"


def keep(page: Page, folder: Path, name: str) -> None:
    """Write `name`.png to the folder; a wide page ("-1280") is kept for the docs as well."""
    picture = page.screenshot(full_page=True)
    assert picture.startswith(b"\x89PNG")
    (folder / f"{name}.png").write_bytes(picture)
    if "POLICY_TEST_PICTURES" in os.environ and name.endswith("-1280"):
        (PICTURES / f"{name.removesuffix('-1280')}.png").write_bytes(picture)
