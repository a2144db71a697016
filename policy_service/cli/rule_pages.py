"""`flask packs pages`: the rule pages of the shipped packs as Markdown."""

from __future__ import annotations

from pathlib import Path

import click

from policy_service.policy.pages.markdown import all_pages
from policy_service.policy.registry import (
    load_shipped_packs,
    shipped_rows,
    shipped_texts,
)


@click.command("pages")
@click.option(
    "--write",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder to write; pages in it that no rule has are removed.",
)
def write_rule_pages(folder: Path) -> None:
    """Write a page per rule, an index per pack and an index of packs."""
    wanted = all_pages(load_shipped_packs().packs, shipped_rows(), shipped_texts())
    for page in folder.rglob("*.md"):
        if page.relative_to(folder).as_posix() not in wanted:
            page.unlink()
    for path, text in wanted.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8", newline="\n")
    click.echo(f"{len(wanted)} pages")
