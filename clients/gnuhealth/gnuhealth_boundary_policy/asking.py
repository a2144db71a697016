# SPDX-License-Identifier: GPL-3.0-or-later
"""The questions of one transaction: their keys, and the dialog that comes of the answers.

A dialog answered with YES makes the client send the booking again, and a transaction that the
database refused is repeated by trytond. Both must find the decision already made, so a question
keeps its key for a while; once it is settled (booked, or refused) the next one is a new question,
or a decision that has changed meanwhile would not be seen.
"""

import hashlib
import json
import secrets
import threading
import time

from .record import external_id, person

KEPT_SECONDS = 300
PROCEED, HOLD, REFUSE = "proceed", "hold for review", "choose another clinician"
_open, _lock = {}, threading.Lock()


def content_of(appointment):
    """What is asked of an appointment, without a key."""
    clinician, patient = appointment.healthprof.party, appointment.patient.party
    return {
        "clinician": {"external_id": external_id(clinician)},
        "client": {"external_id": external_id(patient), "person": person(patient)},
        "purpose": "emergency" if appointment.urgency == "c" else "booking",
        "acting_user": {"role": "intake"},
    }


def slot_of(appointment, content):
    """Digest of who with whom and when: never a record's id, which a repeat changes."""
    start = appointment.appointment_date.isoformat() if appointment.appointment_date else ""
    return digest_of([content["clinician"], content["client"]["external_id"], start])


def digest_of(value):
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


class Attempts:
    """The keys of questions that are not settled, so that a repeated booking asks nothing twice.

    They live in this process only: another asks anew, which adds an entry to the log and no case.
    """

    def key(self, database, user, slot, content):
        """The key under which this question was, or now is, asked."""
        question = (database, user, slot, digest_of(content))
        now = time.monotonic()
        with _lock:
            for old in [one for one, (_, until) in _open.items() if until <= now]:
                del _open[old]
            nonce, _ = _open.setdefault(question, (secrets.token_hex(8), now + KEPT_SECONDS))
        return f"gnuhealth-{slot[:32]}-{nonce}"

    def settle(self, keys):
        """These questions are answered for good: whoever asks next asks anew."""
        with _lock:
            for question in [one for one, (nonce, _) in _open.items() if _ends(keys, nonce)]:
                del _open[question]


def _ends(keys, nonce):
    return any(key.endswith(nonce) for key in keys)


class Settling:
    """Takes part in the commit of the booking: once it is done its questions are settled."""

    def __init__(self, keys):
        self.keys = keys

    def tpc_begin(self, transaction):
        pass

    def commit(self, transaction):
        pass

    def tpc_vote(self, transaction):
        pass

    def tpc_finish(self, transaction):
        Attempts().settle(self.keys)

    def tpc_abort(self, transaction):
        pass
