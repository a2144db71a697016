"""Imports of contacts, in words."""

from __future__ import annotations

SOURCES = {
    "linkedin": "LinkedIn",
    "facebook": "Facebook",
    "instagram": "Instagram",
    "google": "Google Contacts",
    "vcard": "an address book (vCard)",
}
ACCOUNT_USES = {
    "personal": "my private life",
    "professional": "my work alone",
    "mixed": "both",
}
IMPORT_STATES = {
    "ready": "Waits for you",
    "storing": "Being stored",
    "stored": "Stored",
    "undoing": "Being taken back",
    "undone": "Taken back",
    "discarded": "Discarded",
    "expired": "Too old",
}
IMPORT_STATES_SAY = {
    "ready": "Nothing is stored yet. What was read of the file is sealed for you alone.",
    "storing": "The contacts are stored part by part; you can leave this page.",
    "stored": "Kept as hashes. The file and the names are gone.",
    "undoing": "The contacts are taken back part by part; you can leave this page.",
    "undone": "What came with this import is forgotten.",
    "discarded": "Nothing of it was stored, and what was read of the file is destroyed.",
    "expired": "Nobody decided within a day, so what was read of the file is destroyed.",
}
