"""How the console says the words of the field. Colour never says anything alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from policy_service.console import (
    contact_words,
    desk_words,
    ehr_words,
    erasure_words,
    webhook_words,
)

OUTCOMES = {
    "no_finding": ("○", "No rule matched"),
    "advise": ("◔", "Advise"),
    "monitor": ("◑", "Monitor"),
    "deliberate": ("◕", "Deliberate"),
    "prohibit": ("●", "Prohibit"),
}
STANDINGS = {
    "none": "No decision",
    "in_review": "In review",
    "accepted_with_conditions": "Accepted with conditions",
    "declined": "Declined",
    "overridden": "Overridden",
}
STATES = {
    "any_open": "All that are not closed",
    "open": "Open",
    "with_consultant": "With a consultant",
    "awaiting_approval": "Awaiting approval",
    "closed": "Closed",
    "all": "All",
}
KINDS = {
    "relative": "Relative",
    "friend": "Friend",
    "colleague": "Colleague or work tie",
    "ex_partner": "Partner or former partner",
    "social_connection": "Social media",
    "former_client": "Former client",
    "event": "Boundary event",
    "other": "Other tie",
}
MOVES = {
    "opened": "Case opened",
    "assigned": "Assigned",
    "noted": "Note",
    "deliberated": "Deliberation saved",
    "consultant_asked": "Put to a consultant",
    "consultant_answered": "Consultant answered",
    "disposed": "Decided",
    "override_asked": "Override asked for",
    "override_approved": "Override approved",
    "override_refused": "Override refused",
    "reopened": "Reopened",
    "erased": "Closed: the client was erased",
}
ANSWERS = {
    "accepted": "accepted what was suggested",
    "overridden": "went ahead",
    "booked": "booked it",
    "cancelled": "did not go on",
    "info": "an information",
    "warning": "a request to wait",
    "critical": "a request to choose another clinician",
}
AUDIENCES = {
    "ehr": "somebody who sees everything but third parties' names",
    "intake": "the front desk",
    "treating_clinician": "the clinician",
    "anyone": "somebody who may know nothing",
}
PURPOSES = {"re_enrolment": "re-enrolment"}
RECIPIENTS = {
    "board": "Licence board or association",
    "court": "Court",
    "insurer": "Insurer",
    "authority": "Other public authority",
    "lawyer": "Lawyer",
    "client": "The client, or who acts for them",
    "other": "Somebody else",
}
JUDGEMENTS = {
    "matched": "Matches: the entry is there, unchanged",
    "unmatched": "Gone: this log signed the receipt and has no such entry",
    "altered": "Altered: the entry is not the one that was acknowledged",
    "overdue": "Overdue: waits for its place longer than was promised",
    "unsealed": "Too new: recorded, and waits for its place",
    "bad_signature": "Signature bad: the words of the receipt were changed",
    "not_ours": "Not ours: of another log, or signed by an unknown key",
    "malformed": "Not a receipt: the line cannot be read",
}
WITNESS_WORDS = {
    "cosigning": "signed",
    "not yet": "has not signed yet",
    "refused": "refuses to sign",
    "unreachable": "cannot be reached",
}
LOG_VERDICTS = {0: "Verified", 1: "Tampered", 2: "Cannot tell"}
ROLES = {
    "intake": "Intake",
    "clinician": "Clinician",
    "compliance": "Compliance officer",
    "approver": "Approver (second person of an override)",
    "consultant": "Outside consultant",
    "auditor": "Auditor (reads and verifies)",
    "admin": "Administrator (accounts, no case content)",
    "operator": "Operator (runs the service, no content)",
}
WHYS = {
    "not_asked": "nobody asked yet",
    "asked_not_known": "asked, and not known",
    "declined": "the person declined to say",
    "not_recorded": "nothing is recorded",
    "not_attested": "the clinician has not attested",
    "contradicted": "the records contradict each other",
    "identity_unconfirmed": "it is not confirmed who the person is",
    "identity_not_comparable": "the records could not be compared well enough",
}
DUTY_STATES = {
    "any_open": "All that are not closed",
    "open": "To do",
    "overdue": "Overdue",
    "escalated": "Escalated",
    "done": "Done",
    "not_applicable": "Not applicable",
    "all": "All",
}
DUTY_MOVES = {
    "raised": "Raised",
    "reminded": "Reminded",
    "overdue": "Became overdue",
    "escalated": "Escalated",
    "done": "Proved",
    "not_applicable": "Does not apply",
}
OWNERS = {"clinician": "The clinician", "practice": "The practice"}
TOLD = {
    "clinician": "the clinician",
    "practice": "the practice",
    "compliance": "compliance",
    "approver": "the approver",
    "admin": "the administrator (how many, not which)",
}
ATTESTATIONS = {
    "relatives": "Relatives and guardianship",
    "partners": "Partners and former partners",
    "friends": "Friends, acquaintances, neighbours, communities",
    "work": "Work, business, teaching, supervision",
    "social_media": "Social-media connections",
}
DIRECTIONS = {
    "mutual": "mutual (friends, contacts)",
    "outgoing": "I follow them",
    "incoming": "they follow me",
}
BANDS = {"certain": "certain", "probable": "probable", "possible": "possible", "weak": "weak"}
HYPOTHESES = {
    "SELF": "the same person",
    "KIN": "kin, or of one household",
    "NONE": "a stranger",
}
CERTAINTIES = {
    "fact": "stated as a fact",
    "probable": "probable: the person's identity is not confirmed",
    "inferred": "inferred from the records",
    "possible": "only thinkable",
    "hint": "only in the clinician's address book",
}
MOMENTS = {
    "care_began": "Care began",
    "last_professional_contact": "Last contact",
    "relationship_ended": "Relationship ended",
    "terminated": "Terminated",
    "intimacy_began": "Intimacy began",
    "event": "Event",
    "tie_began": "Tie began",
    "tie_ended": "Tie ended",
    "bar_ends": "Bar ends",
}
PACK_STATES = {
    "active": "binds",
    "shadow": "runs along",
    "available": "available",
    "former": "was in use",
}
PACK_STATES_SAY = {
    "active": "Decides every check it applies to.",
    "shadow": "Decides along and is logged; it binds nobody.",
    "available": "Stored or shipped, and never put in use here.",
    "former": "Was in use; stays at hand, so that what it decided can be decided again.",
}
PACK_MODES = {
    "active": "Put in use",
    "shadow": "Let run along",
    "retired": "End its use",
}
PACK_MODES_SAY = {
    "active": "From the moment this is recorded every check is decided by this pack.",
    "shadow": "The pack will decide along, in the same log entry, and bind nobody.",
    "retired": "The pack stops being used. It stays at hand for replay.",
}
ANCHORS = {
    "care_ended": "end of care",
    "last_contact": "last professional contact",
}


def plain(word: str) -> str:
    """A code word as people read it."""
    return word.replace("_", " ")


def say(table: dict[str, str], word: str | None) -> str:
    """The label of a word; the word itself, made plain, where the table has none."""
    return "" if word is None else table.get(word, plain(word))


def actor(ref: str, names: dict[str, str]) -> str:
    """An actor of the log: an account by its name, others by kind and the start of their id."""
    if ref in names:
        return names[ref]
    kind, _, ident = ref.partition(":")
    known = {
        "founder": "the machine's shell",
        "rescreening": "the service, re-screening",
        "expiry": "the service, on expiry",
        "duties": "the service, on its day",
        "prompts": "the service, waiting for an answer",
        "verifying": "the service, verifying",
        "shell": "the machine's shell",
    }
    return known.get(ident) or f"{_ACTORS.get(kind, kind)} {ident[:8]}"


def on_day(entry: Mapping[str, Any]) -> str:
    """When an entry of a timeline is, as far as it is known."""
    earliest, latest = entry["earliest"], entry["latest"]
    match entry["when"]:
        case "on":
            return str(earliest)
        case "between":
            return f"between {earliest} and {latest}"
        case "not_before":
            return f"not before {earliest}"
        case "never":
            return "never"
    return "undecided"


def until(entry: Mapping[str, Any]) -> str:
    """Until when a bar bars."""
    if entry["when"] == "never":
        return "never clears"
    if entry["when"] == "undecided":
        return "undecided until the end of care is known"
    if entry["when"] == "on":
        return f"clears on {entry['earliest']}"
    return f"clears {on_day(entry)}"


def told(roles: list[str]) -> str:
    """Who was told, in words."""
    return ", ".join(say(TOLD, role) for role in roles)


def days_late(due_on: str, today: date) -> str:
    """How long a duty is late, in words."""
    days = (today - date.fromisoformat(due_on)).days
    return "1 day late" if days == 1 else f"{days} days late"


def bits(hundredths: int) -> str:
    """Evidence in bits, with its sign."""
    return f"{hundredths / 100:+.2f}"


def uncompared(text: str) -> str:
    """Why a field was not compared, in words for people ("phone, usable in neither record")."""
    field, _, where = text.partition(": not usable in ")
    return f"{field}, {_LACKING.get(where, where)}"


def moment(at: datetime) -> str:
    """A time as the console shows it: UTC, to the minute."""
    return at.strftime("%Y-%m-%d %H:%M UTC")


def pretty(value: Any) -> str:
    """JSON as people read it."""
    return json.dumps(value, indent=2, ensure_ascii=False)


_LACKING = {
    "query and candidate": "usable in neither record",
    "query": "not usable in the client's record",
    "candidate": "not usable in the other record",
}
_ACTORS = {"account": "an account,", "ehr": "an EHR,"}

ADVICE_MARKS = desk_words.ADVICE_MARKS
TABLES = {
    "answer": ANSWERS,
    "audience": AUDIENCES,
    "standing": STANDINGS,
    "state": STATES,
    "kind": KINDS,
    "move": MOVES,
    "purpose": PURPOSES,
    "role": ROLES,
    "why": WHYS,
    "duty_state": DUTY_STATES,
    "duty_move": DUTY_MOVES,
    "owner": OWNERS,
    "attestation": ATTESTATIONS,
    "direction": DIRECTIONS,
    "band": BANDS,
    "hypothesis": HYPOTHESES,
    "certainty": CERTAINTIES,
    "anchor": ANCHORS,
    "pack_state": PACK_STATES,
    "pack_state_says": PACK_STATES_SAY,
    "pack_mode": PACK_MODES,
    "pack_mode_says": PACK_MODES_SAY,
    "moment": MOMENTS,
    "scope": ehr_words.SCOPES,
    "client_mode": ehr_words.CLIENT_MODES,
    "source": contact_words.SOURCES,
    "account_use": contact_words.ACCOUNT_USES,
    "import_state": contact_words.IMPORT_STATES,
    "import_state_says": contact_words.IMPORT_STATES_SAY,
    "advice": desk_words.ADVICE,
    "roster": desk_words.ROSTERS,
    "drop_state": desk_words.DROP_STATES,
    "drop_source": desk_words.DROP_SOURCES,
    "held": desk_words.HELD,
    "roster_asks": desk_words.ASKS,
    "ground": erasure_words.GROUNDS,
    "erasure": erasure_words.STATES,
    "block": erasure_words.BLOCKS,
    "goes": erasure_words.GOES,
    "fate": erasure_words.FATES,
    "notice": webhook_words.NOTICES,
    "detail": webhook_words.DETAILS,
    "delivery": webhook_words.DELIVERIES,
    "pause": webhook_words.PAUSES,
    "arrival": webhook_words.ARRIVALS,
    "arrived": webhook_words.SUBJECTS,
    "reads": webhook_words.READS,
}
