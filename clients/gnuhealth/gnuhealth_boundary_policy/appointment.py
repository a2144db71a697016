# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask before an appointment is booked or confirmed; keep with it what came of the question."""

import logging
from datetime import datetime, timezone
from operator import attrgetter

from trytond.config import config
from trytond.exceptions import UserError, UserWarning
from trytond.i18n import gettext
from trytond.model import fields
from trytond.pool import Pool, PoolMeta
from trytond.transaction import Transaction

from . import asking, service
from .asking import HOLD, PROCEED, REFUSE

logger = logging.getLogger(__name__)
ASKED_STATES = ("confirmed", "checked_in")
CANCELLED_STATES = ("user_cancelled", "center_cancelled")
ASKED_FIELDS = {"patient", "healthprof", "state"}
PENDING, SILENT = "pending", "silent"
STANDINGS = [
    (None, ""),
    (PROCEED, "Checked"),
    (HOLD, "Review it: booked before a decision"),
    (REFUSE, "Choose another clinician"),
    (PENDING, "Pending: the service did not answer"),
    (SILENT, "On trial"),
]
REPORTS = [
    (None, ""),
    ("booked", "Booked"),
    ("overridden", "Overridden"),
    ("cancelled", "Cancelled"),
]


class Asked:
    """An appointment, the question put about it, and the answer, or the absence of one."""

    def __init__(self, appointment, content, slot):
        self.appointment, self.content, self.slot = appointment, content, slot
        self.key, self.answer = "", None

    @property
    def is_absent(self):
        return isinstance(self.answer, service.Absent)

    @property
    def standing(self):
        if self.is_absent:
            return PENDING
        return self.answer.get("standing", SILENT)

    @property
    def is_emergency(self):
        return self.content["purpose"] == "emergency"


class Appointment(metaclass=PoolMeta):
    __name__ = "gnuhealth.appointment"

    boundary_standing = fields.Selection(
        STANDINGS,
        "Boundary check",
        readonly=True,
        sort=False,
        help="What the boundary service said when this was booked, or says now.",
    )
    boundary_check = fields.Char(
        "Boundary reference",
        readonly=True,
        help="Give this reference to the compliance officer.",
    )
    boundary_reason = fields.Char(
        "Reason to go ahead", help="Why this is booked although the check asks for a review."
    )
    boundary_by = fields.Char("Booked by", readonly=True)
    boundary_at = fields.Timestamp("Boundary check at", readonly=True)
    boundary_report = fields.Selection(REPORTS, "To be reported", readonly=True, sort=False)

    @classmethod
    def validate_fields(cls, appointments, field_names):
        """Called after every create and write, whatever they come through."""
        super().validate_fields(appointments, field_names)
        touched = ASKED_FIELDS if field_names is None else ASKED_FIELDS & set(field_names)
        if not touched:
            return
        asked = [one for one in appointments if one._boundary_is_asked(touched)]
        if asked:
            cls._boundary_ask(asked)
        cls._boundary_note_cancelled(appointments)

    def _boundary_is_asked(self, touched):
        """On booking, on confirming, and when somebody else becomes the patient or clinician."""
        if self.state not in ASKED_STATES or not (self.patient and self.healthprof):
            return False
        is_new = self.boundary_standing is None
        return is_new or self.state == "confirmed" or bool(touched - {"state"})

    @classmethod
    def _boundary_ask(cls, appointments):
        asked = [cls._boundary_question(one) for one in appointments]
        answers = service.batch([{"key": one.key, **one.content} for one in asked])
        for one in asked:
            one.answer = answers[one.key]
        refused = [one for one in asked if one.standing == REFUSE]
        held = [one for one in asked if one.standing == HOLD]
        absent = [one for one in asked if one.standing == PENDING and not one.is_emergency]
        if refused:
            cls._boundary_refuse("boundary_policy.msg_refused", refused)
        if held:
            cls._boundary_hold(held)
        if absent:
            cls._boundary_warn_absent(absent)
        for one in asked:
            cls._boundary_keep(one)
        Transaction().join(asking.Settling([one.key for one in asked]))

    @classmethod
    def _boundary_question(cls, appointment):
        content = asking.content_of(appointment)
        one = Asked(appointment, content, asking.slot_of(appointment, content))
        transaction = Transaction()
        where = transaction.database.name, transaction.user
        one.key = asking.Attempts().key(*where, one.slot, content)
        return one

    @classmethod
    def _boundary_refuse(cls, message, asked):
        """Nothing was saved, and there is nothing to repeat: the next booking asks anew."""
        asking.Attempts().settle([one.key for one in asked])
        raise UserError(gettext(message), _lines(asked))

    @classmethod
    def _boundary_hold(cls, held):
        """Somebody must say yes. Where nobody can be asked (a cron, an import by root), refuse."""
        Warning = Pool().get("res.user.warning")
        wants_reason = config.getboolean(service.SECTION, "reason_required", default=False)
        if wants_reason and not all(one.appointment.boundary_reason for one in held):
            cls._boundary_refuse("boundary_policy.msg_reason", held)
        if not _somebody_is_asked():
            cls._boundary_refuse("boundary_policy.msg_held", held)
        name = _warning_name("held", held)
        if Warning.check(name):
            raise UserWarning(name, gettext("boundary_policy.msg_held"), _lines(held))

    @classmethod
    def _boundary_warn_absent(cls, absent):
        """Our absence blocks no care: it is said, unless the site chose to go on quietly."""
        if config.get(service.SECTION, "on_error", default="warn") == "open":
            return
        Warning = Pool().get("res.user.warning")
        name = _warning_name("absent", absent)
        if _somebody_is_asked() and Warning.check(name):
            reasons = ", ".join(sorted({one.answer.reason for one in absent}))
            message = gettext("boundary_policy.msg_absent", reason=reasons)
            raise UserWarning(name, message)

    @classmethod
    def _boundary_keep(cls, one):
        """Within the booking's transaction: what was said, and what is to be reported of it."""
        report = {PROCEED: "booked", HOLD: "overridden"}.get(one.standing)
        check_id = None if one.is_absent else one.answer.get("id")
        one.appointment._boundary_set(
            standing=one.standing, check=check_id, report=report, by=_login(), at=_now()
        )
        if report == "overridden":
            cls.__queue__.boundary_tell([one.appointment])

    def _boundary_set(self, **values):
        """Straight to the columns: what is noted here needs no rights, and asks nothing again."""
        table = self.__table__()
        columns = [getattr(table, f"boundary_{name}") for name in values]
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.update(columns, list(values.values()), where=table.id == self.id))
        self._local_cache.pop(self.id, None)
        for cache in Transaction().cache.values():
            if self.__name__ in cache:
                cache[self.__name__].pop(self.id, None)

    @classmethod
    def _boundary_note_cancelled(cls, appointments):
        for one in appointments:
            was_checked = one.boundary_check and one.boundary_report != "cancelled"
            if one.state in CANCELLED_STATES and was_checked and one.boundary_at:
                one._boundary_set(report="cancelled", by=_login(), at=_now())

    @classmethod
    def boundary_tell(cls, appointments):
        """Tell the service what became of these bookings; what cannot be delivered waits."""
        for one in sorted(appointments, key=attrgetter("id")):
            if not (one.boundary_report and one.boundary_check):
                continue
            try:
                service.feedback(one.boundary_check, one._boundary_said())
            except service.Absent as absent:
                logger.info("feedback of appointment %s waits: %s", one.id, absent.reason)
                if absent.reason not in ("HTTP 404", "HTTP 410"):
                    continue  # a check that is gone will not come back
            one._boundary_set(report=None)

    def _boundary_said(self):
        said = {
            "outcome": self.boundary_report,
            "outcomeTimestamp": self.boundary_at.replace(microsecond=0).isoformat() + "Z",
            "appointment": self.name or str(self.id),
        }
        if self.boundary_by:
            said["by"] = self.boundary_by
        if self.boundary_reason and self.boundary_report == "overridden":
            said["overrideReason"] = {"userComment": self.boundary_reason}
        return said

    @classmethod
    def copy(cls, appointments, default=None):
        kept = ("standing", "check", "reason", "by", "at", "report")
        default = {**(default or {}), **{f"boundary_{name}": None for name in kept}}
        return super().copy(appointments, default=default)


def _somebody_is_asked():
    """No warning is shown to root, to a cron, or where the context says that none are."""
    transaction = Transaction()
    return bool(transaction.user) and not transaction.context.get("_skip_warnings")


def _warning_name(kind, asked):
    """By content: a worse answer for the same slot is another warning, and asks again."""
    said = sorted(f"{one.slot}/{one.standing}" for one in asked)
    return f"boundary_policy.{kind}.{asking.digest_of(said)}"


def _lines(asked):
    return "\n".join(
        gettext(
            "boundary_policy.msg_line",
            patient=one.appointment.patient.rec_name,
            clinician=one.appointment.healthprof.rec_name,
            message=one.answer.get("message", ""),
            reference=one.answer.get("id", ""),
        )
        for one in asked
    )


def _login():
    user = Transaction().user
    return Pool().get("res.user")(user).login if user else None


def _now():
    return datetime.now(timezone.utc).replace(tzinfo=None)
