"""How the console says what an EHR client may do."""

from __future__ import annotations

SCOPES = {
    "decision.brief": "Ask for checks; answers are brief, for the front desk",
    "decision.full": "Ask for checks; answers are whole, without third parties' names",
    "registry.write": "Write clinicians, clients, episodes, ties and accounts",
    "registry.read": "Read clinicians, clients, episodes, ties and accounts",
    "events.write": "Record boundary events",
    "identity.write": "Decide who is the same person",
    "audit.read": "Read the audit log",
    "audit.release": "Export the audit log for somebody outside",
    "releases.read": "Read what was released, to whom",
    "packs.read": "Read which packs bind",
    "packs.propose": "Bring in packs and ask for their activation",
    "duties.write": "Complete duties",
    "preview.own": "Ask ahead for the clinician who is signed in",
    "erasures.ask": "Ask for an erasure; place and lift legal holds",
    "webhooks.manage": "Say which addresses are told that something happened",
    "contacts.write": "Bring in contacts of the clinician who is signed in",
}
CLIENT_MODES = {
    "live": "Live",
    "silent": "On trial: it is told nothing",
}
