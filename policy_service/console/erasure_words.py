"""Words of the pages on erasures."""

GROUNDS = {
    "person_asked": "The person asked",
    "guardian_asked": "A guardian asked",
    "court_order": "A court ordered it",
    "period_over": "The time for keeping is over",
    "recorded_by_mistake": "Recorded by mistake",
}
STATES = {
    "asked": "Waits for a second person",
    "refused": "Refused",
    "dropped": "Dropped",
    "done": "Erased",
}
BLOCKS = {
    "legal_hold": "A legal hold stands",
    "retention_floor": "Records must still be kept",
    "in_care": "The person is in care",
    "clinician": "The person works here as a clinician",
    "upload_running": "Contacts are being stored: try again in a moment",
}
GOES = {
    "checks": "Checks",
    "screenings": "Screenings",
    "cases": "Cases",
    "duties": "Duties",
    "ties": "Ties",
    "accounts": "Accounts",
    "contacts": "Contacts from uploads",
    "events": "Boundary events",
    "episodes": "Parts in episodes of care",
    "uploads": "Uploads that wait",
    "clinicians": "Clinicians with a tie or connection",
}
_UNREADABLE = "can no longer be read; replay answers erased"
FATES = {
    "checks": _UNREADABLE,
    "screenings": _UNREADABLE,
    "cases": "closed, and can no longer be read",
    "duties": "open ones are closed",
    "ties": "deleted",
    "accounts": "deleted, with their connections",
    "contacts": "deleted",
    "events": "deleted",
    "episodes": "deleted; those of others stay",
    "uploads": "discarded, whoever made them",
    "clinicians": "asked to attest again",
}
