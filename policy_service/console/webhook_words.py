"""Words for webhooks, notices and mail."""

NOTICES = {
    "case.opened": "A case was opened",
    "standing.changed": "What the practice decided has changed",
    "duty.due": "A duty is due",
    "clearance.reached": "A bar has ended",
    "ping": "A test",
}
DETAILS = {
    "brief": "Brief: only that a standing changed, whatever changed it",
    "full": "Full: what happened",
}
DELIVERIES = {
    "waiting": "waiting",
    "delivered": "delivered",
    "dead": "given up",
    "held": "held while paused",
}
PAUSES = {
    "by_hand": "paused by an administrator",
    "failing": "paused: it took nothing for three days",
    "gone": "paused: it answered that it is gone",
}
ARRIVALS = {
    "waiting": "waiting",
    "done": "done",
    "failed": "needs you",
    "ignored": "none of our business",
}
SUBJECTS = {
    "client": "a client",
    "appointment": "an appointment",
    "episode": "an episode of care",
    "encounter": "a session",
    "other": "something else",
}
READS = {
    "rest": "REST, in this service's own words",
    "fhir": "FHIR R4",
}
