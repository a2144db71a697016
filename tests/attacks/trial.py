"""How every row of the matrix is shown: a control, the attack, the words, and a blinded look.

A *look* returns what a detector complains of, and nothing for a log that it finds sound. The
blinded look is the same detector with the one check taken out that should find this attack: it must
find nothing, so that what is demanded of the true one is shown to fail where the check is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

Look = Callable[[], str]
Blind = Callable[[pytest.MonkeyPatch], object]


def require(found: str, words: Sequence[str]) -> None:
    """What a detector said must hold every one of the words."""
    assert found, "nothing was detected"
    for word in words:
        assert word in found, f"{word!r} is not said in {found!r}"


@dataclass(frozen=True)
class Trial:
    """One attack. `attack` returns the words that the detector must say of it."""

    look: Look
    attack: Callable[[], Sequence[str]]
    blind: Blind

    def run(self, monkeypatch: pytest.MonkeyPatch) -> str:
        """Carry it out; returns what was said."""
        assert self.look() == "", "the control: an untouched log is sound"
        words = self.attack()
        found = self.look()
        require(found, words)
        with monkeypatch.context() as patch:
            self.blind(patch)
            missed = self.look()
        assert missed == "", f"it is another check that finds it: {missed}"
        with pytest.raises(AssertionError, match="nothing was detected"):
            require(missed, words)
        return found


@dataclass(frozen=True)
class Ordeal:
    """A fault that must do no harm. `broken` makes the harm, which the same look must then see."""

    look: Look
    fault: Callable[[], object]
    broken: Callable[[], Sequence[str]]

    def run(self) -> None:
        """Carry it out."""
        assert self.look() == "", "the control: nothing has happened yet"
        self.fault()
        assert self.look() == "", "the fault did harm"
        words = self.broken()
        require(self.look(), words)
