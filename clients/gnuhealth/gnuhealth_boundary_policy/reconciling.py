# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made good later: bookings that nobody could check, reports that nobody could deliver, and
appointments in the book whose standing changed since."""

import logging
from datetime import datetime

from trytond.i18n import gettext
from trytond.model import ModelSingleton, ModelSQL, fields
from trytond.pool import Pool, PoolMeta

from . import asking, service
from .appointment import ASKED_STATES, PENDING, Asked
from .asking import PROCEED

logger = logging.getLogger(__name__)
AT_ONCE = 200
"""Appointments in one run: a run is one transaction, and another follows."""


class Cron(metaclass=PoolMeta):
    __name__ = "ir.cron"

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.method.selection.append(
            ("gnuhealth.boundary.sync|reconcile", "Reconcile boundary checks")
        )


class Sync(ModelSingleton, ModelSQL):
    "Boundary checks: how far they are reconciled"

    __name__ = "gnuhealth.boundary.sync"

    cursor = fields.Char("Cursor", help="The last change of standing that was dealt with.")

    @classmethod
    def reconcile(cls):
        """Ask about what is pending, deliver what is unsent, note what changed.

        The service may be away: then all of it waits for the next run.
        """
        cls._ask_pending()
        cls._report_unsent()
        try:
            cls._follow_changes()
        except service.Absent as absent:
            logger.info("changes of standing wait: %s", absent.reason)

    @classmethod
    def _ask_pending(cls):
        """In the name of those who booked: that it went ahead unchecked is said as feedback."""
        asked = [cls._question(one) for one in cls._pending()]
        answers = service.batch([{"key": one.key, **one.content} for one in asked])
        for one in asked:
            one.answer = answers[one.key]
            if not one.is_absent:
                cls._settle(one)

    @classmethod
    def _settle(cls, one):
        """It is booked already: whatever the answer would have held up went ahead unchecked."""
        said = {"standing": one.standing, "check": one.answer.get("id"), "report": "booked"}
        if one.standing != PROCEED:
            reason = one.appointment.boundary_reason or gettext("boundary_policy.msg_unchecked")
            said.update(report="overridden", reason=reason)
        one.appointment._boundary_set(**said)

    @classmethod
    def _pending(cls):
        Appointment = Pool().get("gnuhealth.appointment")
        waiting = [("boundary_standing", "=", PENDING), ("state", "in", ASKED_STATES)]
        found = Appointment.search(waiting, limit=AT_ONCE, order=[("id", "ASC")])
        return [one for one in found if one.patient and one.healthprof]

    @classmethod
    def _question(cls, appointment):
        content = asking.content_of(appointment)
        one = Asked(appointment, content, asking.slot_of(appointment, content))
        one.key = f"gnuhealth-pending-{appointment.id}-{asking.digest_of(content)[:32]}"
        return one

    @classmethod
    def _report_unsent(cls):
        Appointment = Pool().get("gnuhealth.appointment")
        unsent = [("boundary_report", "!=", None), ("boundary_check", "!=", None)]
        found = Appointment.search(unsent, limit=AT_ONCE, order=[("id", "ASC")])
        Appointment.boundary_tell(Appointment.browse([one.id for one in found]))

    @classmethod
    def _follow_changes(cls):
        known = cls.get_singleton()
        cursor, more = (known and known.cursor) or "", True
        while more:
            page = service.changes(cursor)
            for change in page.get("changes", ()):
                cls._note(change)
            cursor, more = page.get("cursor") or cursor, bool(page.get("more"))
        sync = known or cls()
        sync.cursor = cursor
        sync.save()

    @classmethod
    def _note(cls, change):
        """Appointments of the pair that are still to come show the standing of today."""
        Appointment = Pool().get("gnuhealth.appointment")
        to_come = [
            ("state", "in", ASKED_STATES),
            ("appointment_date", ">=", datetime.now().replace(hour=0, minute=0, second=0)),
            cls._is_party("patient.party", change.get("client_external_id")),
            cls._is_party("healthprof.party", change.get("clinician_external_id")),
        ]
        for one in Appointment.search(to_come):
            one._boundary_set(standing=change["standing"], check=change["check_id"])

    @staticmethod
    def _is_party(path, external_id):
        federation, local = f"{path}.federation_account", f"{path}.ref"
        return ["OR", (federation, "=", external_id), (local, "=", external_id)]
