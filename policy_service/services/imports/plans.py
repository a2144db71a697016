"""What an import would change: the plan of one batch, and the report of a whole file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from policy_service.errors import FieldError
from policy_service.importers.delimited import LineError
from policy_service.services.context import Context

CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of one batch: counts, refusals, and the one step that writes it.

    `holds` reads again, inside the write transaction, what the plan was made from; False means
    that somebody else changed it meanwhile and the batch must be planned anew.

    `created`, `updated` and `ended` are external ids: new ones, those that would change with the
    names of what would, and episodes that are open and would not be any more. `compared` finds
    those names, for a preview alone, for it opens the records.
    """

    counts: Counter[str]
    errors: tuple[LineError, ...]
    holds: Callable[[Context], bool]
    write: Callable[[Context], None]
    created: tuple[str, ...] = ()
    updated: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ended: tuple[str, ...] = ()
    compare: Callable[[Context, str], tuple[str, ...]] | None = None

    def compared(self, context: Context) -> dict[str, tuple[str, ...]]:
        """`updated`, with what `compare` finds for each."""
        more = self.compare or (lambda _context, _id: ())
        return {
            name: tuple(sorted({*parts, *more(context, name)}))
            for name, parts in self.updated.items()
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did, or (dry run) would do. `file` is the SHA-256 of the bytes received."""

    kind: str
    file: str
    dry_run: bool
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    errors: tuple[LineError, ...] = ()
    warnings: tuple[LineError, ...] = ()

    def counts(self) -> dict[str, int]:
        """Records by what became of them, and the lines that were refused."""
        return {
            CREATED: self.created,
            UPDATED: self.updated,
            UNCHANGED: self.unchanged,
            "refused": len({error.line for error in self.errors}),
        }

    def to_json(self) -> dict[str, Any]:
        """As the doors show it."""
        return {
            **self.logged(),
            "dry_run": self.dry_run,
            "errors": [_line_json(error) for error in self.errors],
            "warnings": [_line_json(warning) for warning in self.warnings],
        }

    def logged(self) -> dict[str, Any]:
        """What the audit log keeps: numbers and the file's digest, nothing of a person."""
        return {"kind": self.kind, "file": self.file, **self.counts()}


def _line_json(error: LineError) -> dict[str, Any]:
    return {**asdict(error), "allowed": list(error.allowed)}


def as_field_errors(errors: Iterable[LineError]) -> list[FieldError]:
    """Refusals of a whole file as a problem document names them."""
    return [FieldError(f"/{e.line}/{e.field}".rstrip("/"), e.detail, e.allowed) for e in errors]


def parts_that_differ(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of what differs between two records."""
    return tuple(sorted(name for name in {*old, *new} if old.get(name) != new.get(name)))


@dataclass(slots=True)
class Tally:
    """Counts and refusals gathered while planning."""

    counts: Counter[str] = field(default_factory=Counter)
    errors: list[LineError] = field(default_factory=list)

    def refuse(self, line: int, column: str, detail: str) -> None:
        """Refuse one line."""
        self.errors.append(LineError(line, column, detail))
