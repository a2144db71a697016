"""How the console says what a front desk is to do, and how far a dropped roster is."""

from __future__ import annotations

ADVICE = {
    "proceed": "Proceed",
    "hold for review": "Hold for review",
    "choose another clinician": "Choose another clinician",
}
ADVICE_MARKS = {"proceed": "✓", "hold for review": "…", "choose another clinician": "✕"}
ROSTERS = {"clinicians": "Clinicians", "clients": "Clients", "episodes": "Episodes"}
DROP_STATES = {
    "waiting": "Waiting",
    "applying": "Being applied",
    "applied": "Applied",
    "discarded": "Discarded",
    "expired": "Too old",
}
DROP_SOURCES = {"folder": "Folder", "console": "Console", "rest": "REST"}
HELD = {
    "most_ended": "It would end most of the care that is open here.",
    "most_missing": "Most of what is in care here is not listed in it: it may have been cut off.",
    "most_refused": "Most of its lines cannot be read.",
    "older_file": "It was applied before, and another since.",
}
ASKS = {
    "birth_date": "without a birth date: recognition can compare less",
    "phones": "without telephone and e-mail address: recognition can compare less",
    "licences": "without a licence: no board's rules can be chosen",
    "began_on": "without the day care began",
    "last_contact_on": "over, without the day of the last professional contact: no clock can start",
    "terminated_on": "over, without the day care was formally ended",
    "termination_reason": "over, without a reason",
}
