"""The decision that the README shows is one the service gives."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def is_part_of(shown: Any, said: Any) -> bool:
    """Shortened, never altered: fields and items may be left out, nothing may differ."""
    if isinstance(shown, dict):
        return isinstance(said, dict) and all(
            name in said and is_part_of(value, said[name]) for name, value in shown.items()
        )
    if isinstance(shown, list):
        left = iter(said)
        return all(any(is_part_of(item, other) for other in left) for item in shown)
    return bool(shown == said)


def test_the_readme_shows_a_real_decision(told: dict[str, Any]) -> None:
    [block] = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    assert is_part_of(json.loads(block), told["friend-returns-texas"])
    assert told["friend-returns-psychologist"]["outcome"] == "deliberate"


def test_a_decision_that_was_altered_would_be_noticed(told: dict[str, Any]) -> None:
    [block] = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    altered = json.loads(block.replace("681.38(d)", "681.39(d)"))
    assert not is_part_of(altered, told["friend-returns-texas"])
