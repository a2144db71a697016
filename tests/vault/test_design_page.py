"""docs/design/keys-and-sealing.md names every purpose and function it speaks of."""

from pathlib import Path

from policy_service.vault import blind
from policy_service.vault.keys import Purpose

PAGE = (Path(__file__).parents[2] / "docs/design/keys-and-sealing.md").read_text(encoding="utf-8")


def test_every_purpose_label_stands_on_the_page():
    assert all(f"`{purpose.value}`" in PAGE for purpose in Purpose)


def test_every_keyed_digest_stands_on_the_page():
    for function in (blind.keyed_digest, blind.match_key, blind.pseudonym, blind.keyed_mac):
        assert f"`{function.__name__}`" in PAGE
