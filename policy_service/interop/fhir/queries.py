"""Search parameters of /fhir, read strictly: a filter that is not understood is never ignored.

(R4, section 3.1.1: a server may refuse what it does not support. To ignore a misspelt filter would
answer another question than the one that was asked.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from policy_service.domain.dates import PartialDate
from policy_service.errors import FieldError, InvalidRequest

LARGEST_PAGE = 200
USUAL_PAGE = 50
JSON_FORMATS = ("application/fhir+json", "application/json", "json")
NDJSON_FORMATS = ("application/fhir+ndjson", "application/ndjson", "ndjson")
_DATE = re.compile(r"(eq|ge|gt|le|lt)?(\d{4}(?:-\d{2}(?:-\d{2}(?:T\S+)?)?)?)", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}", re.ASCII)
_PSEUDONYM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,6}", re.ASCII)
_LONGEST = 500
_DATE_SAID = "ge, gt, le, lt or eq, then a date: ge2026-03-01, lt2026-03-01T09:30:00Z."


@dataclass(frozen=True, slots=True)
class Span:
    """Moments from `since` (included) to `until` (not included); None is without end."""

    since: datetime | None = None
    until: datetime | None = None

    def within(self, other: Span) -> Span:
        """What both allow."""
        since = [one for one in (self.since, other.since) if one]
        until = [one for one in (self.until, other.until) if one]
        return Span(max(since, default=None), min(until, default=None))


@dataclass(frozen=True, slots=True)
class Query:
    """The parameters of a search, each known by name."""

    values: MultiDict[str, str]
    _pages: tuple[str, ...] = field(default=("_after", "_cursor"))

    @classmethod
    def read(cls, values: MultiDict[str, str], names: Iterable[str]) -> Query:
        """InvalidRequest for a parameter that is not one of `names` or a common one."""
        known = (*names, "_count", "_format", "_after", "_cursor", "_pretty")
        unknown = [name for name in values if name not in known]
        if unknown:
            said = "This search parameter is not known."
            raise InvalidRequest(errors=[_wrong(name, said, known) for name in unknown])
        for name, value in values.items(multi=True):
            if len(value) > _LONGEST or not value.isprintable():
                raise _refused(name, f"At most {_LONGEST} printable characters are read.")
        return cls(values)

    def text(self, name: str) -> str | None:
        """The parameter, which may be there once; None without it."""
        given = self.values.getlist(name)
        if len(given) > 1:
            raise _refused(name, "This search parameter may be given once.")
        return given[0] if given and given[0] else None

    def token(self, name: str) -> str | None:
        """The code of `system|code`, or the bare code."""
        text = self.text(name)
        return text.rpartition("|")[2] or None if text else None

    def pseudonym(self, name: str) -> str | None:
        """A pseudonym or action of the log, with or without its system."""
        text = self.token(name)
        if text is not None and not _PSEUDONYM.fullmatch(text):
            raise _refused(name, "1 to 64 letters, digits and . _ : - are expected.")
        return text

    def word(self, name: str, allowed: Sequence[str]) -> str | None:
        """A code out of a list."""
        text = self.token(name)
        if text is not None and text not in allowed:
            raise _refused(name, "This code is not allowed.", allowed)
        return text

    def reference(self, name: str, kind: str) -> str | None:
        """The id of `Kind/id`, or the bare id."""
        text = self.text(name)
        if text is None:
            return None
        before, slash, ref = text.rpartition("/")
        if slash and before != kind:
            raise _refused(name, f"{kind}/ID is expected.")
        if not _ID.fullmatch(ref):
            raise _refused(name, "An id of 1 to 64 letters, digits, - and . is expected.")
        return ref

    def span(self, name: str) -> Span:
        """All dates of this parameter together."""
        found = Span()
        for text in self.values.getlist(name):
            found = found.within(_span(name, text))
        return found

    def count(self) -> int:
        """`_count`, as far as pages go."""
        text = self.text("_count")
        if text is None:
            return USUAL_PAGE
        if not _COUNT.fullmatch(text):
            raise _refused("_count", f"A whole number is expected, at most {LARGEST_PAGE} count.")
        return min(max(int(text), 1), LARGEST_PAGE)

    def format(self, allowed: Sequence[str]) -> str | None:
        """`_format`; a `+` that became a space on the way is one again."""
        text = self.text("_format")
        if text is not None and (text := text.replace(" ", "+")) not in allowed:
            raise _refused("_format", "This format is not offered here.", allowed)
        return text

    def again(self, **more: str) -> str:
        """The query string of the same search, on another page."""
        same = [
            (name, value)
            for name, value in self.values.items(multi=True)
            if name not in self._pages
        ]
        return urlencode([*same, *more.items()])


def _wrong(name: str, detail: str, allowed: Sequence[str] = ()) -> FieldError:
    return FieldError(f"/query/{name[:100]}", detail, tuple(allowed))


def _refused(name: str, detail: str, allowed: Sequence[str] = ()) -> InvalidRequest:
    return InvalidRequest(errors=[_wrong(name, detail, allowed)])


def _span(name: str, text: str) -> Span:
    form = _DATE.fullmatch(text.replace(" ", "+"))
    try:
        if form is None:
            raise ValueError
        return _bounded(form[1] or "eq", *_interval(form[2]))
    except (ValueError, OverflowError):
        raise _refused(name, _DATE_SAID) from None


def _interval(text: str) -> tuple[datetime, datetime]:
    """The first moment that a date can mean, and the first that it cannot mean any more."""
    if "T" in text:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
        step = timedelta(microseconds=1) if "." in text else timedelta(seconds=1)
        return moment, moment + step
    day = PartialDate(text)
    first = datetime.combine(day.first, datetime.min.time(), UTC)
    return first, datetime.combine(day.last, datetime.min.time(), UTC) + timedelta(days=1)


def _bounded(prefix: str, first: datetime, after: datetime) -> Span:
    return {
        "eq": Span(first, after),
        "ge": Span(since=first),
        "gt": Span(since=after),
        "lt": Span(until=first),
        "le": Span(until=after),
    }[prefix]
