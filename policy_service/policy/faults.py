"""How the policy code says no: a fault names the place and, where it can, the word that was meant.

The policy core stands below `errors`, so its faults are plain ValueErrors; doors translate them.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class PackFault(ValueError):
    """A pack that may not be used. `file` is relative to the pack, `line` counts from 1.

    In a pack that came as a document `file` names the rule and the place in it, and `line` is 0.
    """

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}" if line else f"{file}: {message}")
        self.file = file
        self.line = line
        self.message = message


class FactsFault(ValueError):
    """Facts outside the vocabulary. `fact` names the one that is wrong."""

    def __init__(self, fact: str, message: str) -> None:
        super().__init__(f"fact {fact!r}: {message}")
        self.fact = fact
        self.message = message


def unknown_word(what: str, word: str, allowed: Iterable[str]) -> str:
    """ "unknown fact 'event_knd'; did you mean 'event_kind'?; allowed: …"."""
    choices = sorted(allowed)
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"unknown {what} {word!r}{hint}; allowed: {', '.join(choices)}"
