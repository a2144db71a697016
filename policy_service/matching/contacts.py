"""Phones, e-mail addresses and handles as they are compared, placeholders taken out."""

from __future__ import annotations

import re
from typing import NamedTuple

from policy_service.domain.people import Handle
from policy_service.matching.names import fold

_GMAIL = frozenset({"gmail.com", "googlemail.com"})
_ROLE_ADDRESSES_WORDS = (
    "info office admin contact hello mail reception frontdesk billing support sales team "
    "noreply donotreply"
)
_ROLE_ADDRESSES = frozenset(_ROLE_ADDRESSES_WORDS.split())
_NO_ADDRESSES_WORDS = "none no noemail na test unknown nomail donotuse refused null"
_NO_ADDRESSES = frozenset(_NO_ADDRESSES_WORDS.split())
_NO_DOMAINS = frozenset({"example.com", "test.com", "none.com", "noemail.com", "na.com"})
_EXTENSION = re.compile(r"(?:ext\.?|extension|x|#)\s*\d{1,6}\s*$", re.IGNORECASE)
_URL = re.compile(r"^https?://[^/]+/(?:in/|@)?", re.IGNORECASE)


class Email(NamedTuple):
    """A normalised address; `is_role` marks one that many people read (info@, office@)."""

    whole: str
    local: str
    is_role: bool


def read_phone(text: str, region: str = "US") -> str:
    """E.164 without the plus sign, or "" for no usable number; extensions are dropped."""
    bare = _EXTENSION.sub("", text)
    digits = "".join(c for c in bare if c.isdigit())
    if len(digits) < 7 or _is_filler(digits):
        return ""
    if bare.strip().startswith("+") or region != "US" or len(digits) not in (10, 11):
        return _parsed(bare, region) or digits
    return digits if len(digits) == 11 else f"1{digits}"


def _is_filler(digits: str) -> bool:
    """Repeated or counting digits, and North America's fictitious 555 numbers."""
    national = digits[-10:]
    local = digits[-7:]
    counting = national in "01234567890123456789" or national in "98765432109876543210"
    return len(set(local)) == 1 or counting or local.startswith("555") or national[:3] == "555"


def _parsed(text: str, region: str) -> str:
    import phonenumbers  # its metadata is loaded by the first number that needs it

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return ""
    return f"{number.country_code}{number.national_number}"


def read_email(text: str) -> Email | None:
    """The address in lower case, gmail's dots and every +tag removed; None for a placeholder."""
    local, at, domain = text.strip().lower().rpartition("@")
    local = local.partition("+")[0]
    if not (at and local and "." in domain) or local in _NO_ADDRESSES or domain in _NO_DOMAINS:
        return None
    if domain in _GMAIL:
        local, domain = local.replace(".", ""), "gmail.com"
    return Email(f"{local}@{domain}", local, local in _ROLE_ADDRESSES)


def read_handle(handle: Handle) -> str:
    """`platform:name` in lower case without address or at-sign, or "" when there is no name."""
    name = _URL.sub("", handle.handle.strip()).strip("/@").lower()
    return f"{fold(handle.platform)}:{name}" if name else ""
