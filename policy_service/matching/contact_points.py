"""How far phones, e-mail addresses, handles and employers agree. Symmetric; no weights."""

from __future__ import annotations

from itertools import product

from policy_service.matching.comparisons import Alternative, Level
from policy_service.matching.contacts import Email
from policy_service.matching.normalise import Features
from policy_service.matching.spelling import slips, word_ratio

_LONG_ENOUGH = 6  # letters before the at-sign, from which two slips still show one address


def phone_alternatives(query: Features, candidate: Features) -> list[Alternative]:
    """Every pairing of phone numbers; numbers that differ count once, as different."""
    pairs = product(sorted(query.phones), sorted(candidate.phones))
    return [(_phone(one, other),) for one, other in pairs]


def _phone(one: str, other: str) -> Level:
    if one == other:
        return Level("phone", "exact", one, other, f"phone:{one}")
    return Level("phone", "last_seven" if one[-7:] == other[-7:] else "different", one, other)


def email_alternatives(query: Features, candidate: Features) -> list[Alternative]:
    """Every pairing of e-mail addresses; the part before the at-sign may agree alone."""
    return [(_email(one, other),) for one, other in product(query.emails, candidate.emails)]


def _email(one: Email, other: Email) -> Level:
    if one == other:
        return Level("email", "exact", one.whole, other.whole, f"email:{one.whole}")
    return Level("email", _unlike_emails(one, other), one.whole, other.whole)


def _unlike_emails(one: Email, other: Email) -> str:
    if one.local == other.local and not one.is_role:
        return "name_part"
    if one.is_role or other.is_role:
        return "different"
    found = slips(one.whole, other.whole, 2)
    long = min(len(one.local), len(other.local)) >= _LONG_ENOUGH
    return "close" if found <= 2 and long else "different"


def handle_alternatives(query: Features, candidate: Features) -> list[Alternative]:
    """Handles on one platform, or one handle on two platforms: people reuse them."""
    pairs = product(sorted(query.handles), sorted(candidate.handles))
    return [(level,) for one, other in pairs if (level := _handle(one, other))]


def _handle(one: str, other: str) -> Level | None:
    (mine, _, name), (theirs, _, other_name) = one.partition(":"), other.partition(":")
    if name == other_name:
        known = mine == theirs or not (mine and theirs)
        return Level("handle", "exact" if known else "other_platform", one, other)
    return Level("handle", "different", one, other) if mine == theirs else None


def company_alternatives(query: Features, candidate: Features) -> list[Alternative]:
    """Employers, when both are known."""
    one, other = query.company, candidate.company
    if not (one and other):
        return []
    same = word_ratio(one, other) >= 90
    counted = f"company:{min(one, other)}" if same else ""
    return [(Level("company", "exact" if same else "different", one, other, counted),)]
