"""One environment variable: what it is called, what it may hold, and how it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_SWITCH = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


class InvalidSetting(ValueError):
    """A variable holds what it may not. The value itself is never repeated: it may be a key."""

    def __init__(self, name: str, allowed: str) -> None:
        self.name = name
        super().__init__(f"{name}: allowed is {allowed}")


@dataclass(frozen=True)
class Variable:
    """One environment variable: `default` is None where there is none; `allowed` in words."""

    name: str
    default: str | None
    allowed: str
    meaning: str

    def read(self, env: Mapping[str, str]) -> str:
        """The value or the default; an empty value counts as not set."""
        value = env.get(self.name, "").strip() or self.default
        if value is None:
            raise InvalidSetting(self.name, self.allowed)
        return value


def whole(env: Mapping[str, str], variable: Variable, low: int, high: int) -> int:
    """A whole number within both bounds."""
    text = variable.read(env)
    if not (text.isascii() and text.isdigit()) or not low <= int(text) <= high:
        raise InvalidSetting(variable.name, variable.allowed)
    return int(text)


def switch(env: Mapping[str, str], variable: Variable) -> bool:
    """True or false, in one of the usual words."""
    try:
        return _SWITCH[variable.read(env).lower()]
    except KeyError:
        raise InvalidSetting(variable.name, variable.allowed) from None


def one_of(env: Mapping[str, str], variable: Variable, allowed: tuple[str, ...]) -> str:
    """One of the words, in lower case."""
    value = variable.read(env).lower()
    if value not in allowed:
        raise InvalidSetting(variable.name, variable.allowed)
    return value
