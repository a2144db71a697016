"""Rule pages as Markdown."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from policy_service.policy.pages.build import rule_page
from policy_service.policy.pages.markdown import all_pages, rule_as_markdown
from policy_service.policy.registry import (
    PackText,
    load_shipped_packs,
    shipped_rows,
    shipped_texts,
)
from policy_service.policy.rule import Status
from tests.policy.example_pack import example_pack

PACKS = load_shipped_packs()
PAGES = all_pages(PACKS.packs, shipped_rows(), shipped_texts())


def test_every_rule_has_a_page_that_its_index_names() -> None:
    for pack in PACKS:
        index = PAGES[f"{pack.id}/README.md"]
        for rule in pack.rules:
            assert f"{pack.id}/{rule.id}.md" in PAGES
            assert f"({rule.id}.md)" in index
    assert len(PAGES) == 1 + len(PACKS.packs) + sum(len(pack.rules) for pack in PACKS)


def test_a_page_says_what_a_reader_asks() -> None:
    page = PAGES["aca-2014/aca.a5c.within-five-years.md"]
    for said in (
        "# Sexual or romantic contact within five years",
        "- **Outcome**: prohibit. Do not go on.",
        "- **Waivable**: by nobody",
        "- **While undecided**: deliberate",
        "- **Cites**: ACA A.5.c (2014)",
        "- **Binds**: members of ACA",
        "- **Status**: in force; from 2014",
        "- **Clock**: 5 years from the end of care",
        "- All of these hold:\n  - To this clinician the person is a former client.",
        "| When did the contact after care begin?<br>`intimacy_after_care_began_on` | less than 5",
        "- Record the reasons for the decision.",
        "- **Proof**: V. The text, or an official page, was read.",
        "barred for five years",
        "reviewed by nobody yet",
        "| `intimacy_after_care_began_on` 2025-05-01 | no finding |",
        f"| {PACKS.by_id('aca-2014').version} | 2014 | from 2014 | this |",
    ):
        assert said in page, said


def test_a_changed_rule_changes_its_own_page_and_its_index_alone(tmp_path: Path) -> None:
    """So the digest of a pack, which any change moves, stands on the index."""
    pack = example_pack(tmp_path)
    reworded = replace(pack.rules[0], title="Something else")
    changed = replace(pack, digest="0" * 64, rules=(reworded, *pack.rules[1:]))
    text = PackText(b"{}", "# Example\n")
    old, new = (all_pages((one,), {}, {one.digest: text}) for one in (pack, changed))
    moved = {path for path in old if old[path] != new[path]}
    assert moved == {"example/README.md", f"example/{reworded.id}.md"}
    assert changed.digest in new["example/README.md"]


def test_a_draft_says_what_must_be_read() -> None:
    page = PAGES["apa-2016/apa.10-07.partner-tie.md"]
    assert "- **Status**: draft" in page
    assert "**Draft, without authority.** Read 10.07 of the code" in page


def test_a_rule_struck_down_names_the_authority(tmp_path: Path) -> None:
    pack = example_pack(tmp_path)
    struck = replace(pack.rules[1], status=Status.STRUCK_DOWN, authority="A court, 2000")
    page = rule_as_markdown(rule_page(replace(pack, rules=(struck,)), struck, {}))
    assert "- **Status**: struck down" in page
    assert "**Struck down**: A court, 2000. Kept on record, and never asked." in page


def test_a_bar_in_a_text_cannot_break_a_table(tmp_path: Path) -> None:
    pack = example_pack(tmp_path)
    odd = replace(pack, title="One | two")
    index = all_pages((odd,), {}, {odd.digest: PackText(b"{}", "# Example\n")})["README.md"]
    assert "One \\| two" in index


def test_every_table_row_has_as_many_cells_as_its_head() -> None:
    for path, text in PAGES.items():
        for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            cells = {len(re.split(r"(?<!\\)\|", row)) for row in table.splitlines()}
            assert len(cells) == 1, path


def test_the_index_of_a_pack_ends_with_its_own_explanation() -> None:
    assert "## Not encoded" in PAGES["aca-2014/README.md"]
    assert PAGES["aca-2014/README.md"].count("\n# ") == 0
