"""Do what is due: queued work, duties, expired cases and uploads, sealing and signing the log.

Any number of workers may run: work is leased, sealers take turns on the head, and a checkpoint of a
size is signed once. Work that fails is tried again later and in the end stays, visibly, as `dead`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from threading import Event, Thread

import structlog
from sqlalchemy.exc import IntegrityError

from policy_service.errors import NotReady
from policy_service.interop.webhooks.applying import take_arrival
from policy_service.jobs import queue
from policy_service.jobs.queue import Work
from policy_service.services.case_expiry import reopen_due
from policy_service.services.cleared import tell_cleared
from policy_service.services.desk import Desk
from policy_service.services.directory import practices
from policy_service.services.duplicates import FIND_DUPLICATES, find_piece
from policy_service.services.duty_renewals import raise_renewals
from policy_service.services.duty_steps import DUTY_STEPS, queue_due_duties, take_due_steps
from policy_service.services.erasing.carrying_out import scrub_due
from policy_service.services.full_screens import screen_if_moved, screen_piece
from policy_service.services.imports.contact_decisions import expire_uploads
from policy_service.services.imports.contact_storing import CONTACT_STEPS
from policy_service.services.imports.roster_drops import ROSTER_APPLY, apply_step, expire_drops
from policy_service.services.imports.roster_folder import RosterFolder, look
from policy_service.services.log_keeping import LogKeeper
from policy_service.services.mailing import mail_officer
from policy_service.services.match_models import keep_model_in_use
from policy_service.services.match_reports import MATCH_REPORT, make_report
from policy_service.services.notices import DELIVER, MAIL
from policy_service.services.oversight import CHECK_LOG, check_log
from policy_service.services.prompts import raise_unanswered
from policy_service.services.refiling import refile_due
from policy_service.services.replay_orders import REPLAY, carry_out
from policy_service.services.rescreening import rescreen, rescreener
from policy_service.services.touch import RESCREEN, RESCREEN_ALL, TOUCHED
from policy_service.services.touched import carry_out_touch
from policy_service.services.webhooks.arrivals import TAKE_ARRIVAL
from policy_service.services.webhooks.delivering import deliver
from policy_service.services.webhooks.keeping import drop_old
from policy_service.services.witnesses import submit_due

ROSTERS_EVERY = timedelta(minutes=1)
IDLE_SECONDS = 0.5
"""How long an idle worker waits before it looks again."""
STEPS: dict[str, Callable[[Desk, str, Work], bool]] = {
    RESCREEN: rescreen,
    FIND_DUPLICATES: find_piece,
    MATCH_REPORT: make_report,
    RESCREEN_ALL: screen_piece,
    TOUCHED: carry_out_touch,
    REPLAY: carry_out,
    DUTY_STEPS: take_due_steps,
    CHECK_LOG: check_log,
    DELIVER: deliver,
    MAIL: mail_officer,
    TAKE_ARRIVAL: take_arrival,
    ROSTER_APPLY: apply_step,
    **CONTACT_STEPS,
}
_log = structlog.get_logger()


@dataclass(slots=True)
class Worker:
    """One loop over all practices; remembers when it last looked ahead for each."""

    desk: Desk
    rosters: RosterFolder | None = None
    rosters_seen: dict[str, datetime] = field(default_factory=dict)
    looked_on: dict[str, date] = field(default_factory=dict)
    models_kept: set[str] = field(default_factory=set)
    stopping: Event = field(default_factory=Event)
    log_keeper: LogKeeper = field(init=False)

    def __post_init__(self) -> None:
        self.log_keeper = LogKeeper(self.desk)

    def run_due(self) -> int:
        """One round over every practice until nothing is due; returns how much work was done."""
        return sum(self._practice(practice.id) for practice in practices(self.desk))

    def run(self) -> None:
        """Rounds until `stopping` is set; a database that is away is waited for."""
        loops = self.log_keeper.run(self.stopping)
        if self.desk.witnesses:
            Thread(target=self._submit, name="witnesses", daemon=True).start()
        while not self.stopping.is_set():
            try:
                done = self.run_due()
            except NotReady:
                _log.warning("worker waits for the database")
                done = 0
            if not done:
                self.stopping.wait(IDLE_SECONDS)
        for loop in loops:
            loop.join()

    def _submit(self) -> None:
        """Beside the rounds: a witness that does not answer must hold up no sealing."""
        anew = True
        while not self.stopping.wait(IDLE_SECONDS):
            try:
                submit_due(self.desk, anew=anew)
                anew = False
            except Exception as error:  # whatever it is, the log goes on
                _log.warning("submitting failed", error=type(error).__name__)

    def _practice(self, practice_id: str) -> int:
        done = reopen_due(self.desk, practice_id)
        done += expire_uploads(self.desk, practice_id)
        done += expire_drops(self.desk, practice_id)
        done += self._rosters(practice_id)
        done += raise_unanswered(self.desk, practice_id)
        done += self._daily(practice_id)
        done += self._matching(practice_id)
        done += scrub_due(self.desk, practice_id)
        queue_due_duties(self.desk, practice_id)
        while not self.stopping.is_set() and (work := self._lease(practice_id)):
            self._do(practice_id, work)
            done += 1
            self._keep_log(practice_id)
        self._keep_log(practice_id)
        return done

    def _keep_log(self, practice_id: str) -> None:
        if not self.log_keeper.is_beside:
            self.log_keeper.keep(practice_id)

    def _daily(self, practice_id: str) -> int:
        """Once a day, and once after each start: what time, or a new version, has changed."""
        today = self.desk.clock().date()
        if self.looked_on.get(practice_id) == today:
            return 0
        self.looked_on[practice_id] = today
        with suppress(IntegrityError):  # another worker did the same first
            screen_if_moved(self.desk, practice_id)
        tell_cleared(self.desk, practice_id)
        drop_old(self.desk, practice_id)
        with suppress(IntegrityError):
            return raise_renewals(self.desk, practice_id)
        return 0

    def _rosters(self, practice_id: str) -> int:
        """Once a minute: what was dropped in the practice's own folder."""
        now = self.desk.clock()
        seen = self.rosters_seen.get(practice_id)
        if self.rosters is None or (seen is not None and now - seen < ROSTERS_EVERY):
            return 0
        self.rosters_seen[practice_id] = now
        folder = self.rosters.of_practice(self.desk.practice(practice_id).slug)
        try:
            looked = look(self.desk, practice_id, folder, time.time())
        except OSError as error:
            _log.warning("the roster folder cannot be read", error=type(error).__name__)
            return 0
        return sum(one.is_new for one in looked)

    def _matching(self, practice_id: str) -> int:
        """After an upgrade: keep the text of the model in use, and file people by the new keys."""
        principal = rescreener(practice_id)
        if practice_id not in self.models_kept:
            with self.desk.writing(principal) as context:
                keep_model_in_use(context)
            self.models_kept.add(practice_id)
        return refile_due(self.desk, principal)

    def _lease(self, practice_id: str) -> Work | None:
        with self.desk.database.read(practice_id) as session:
            if not queue.is_any_due(session, practice_id, self.desk.clock()):
                return None
        with self.desk.database.write(practice_id) as session:
            leased = queue.lease(session, practice_id, self.desk.clock())
        return leased[0] if leased else None

    def _do(self, practice_id: str, work: Work) -> None:
        """A step's failure is the work's, never the worker's."""
        try:
            STEPS[work.kind](self.desk, practice_id, work)
        except Exception as error:  # whatever it is, the work is tried again
            name = type(error).__name__
            _log.warning("work failed", kind=work.kind, work=work.id, error=name)
            with self.desk.database.write(practice_id) as session:
                queue.fail(session, practice_id, work, name, self.desk.clock())
        else:
            with self.desk.database.write(practice_id) as session:
                queue.finish(session, practice_id, work)


def run_due(desk: Desk, rosters: RosterFolder | None = None) -> int:
    """Everything that is due now, once; returns how many pieces of work were carried out."""
    done = Worker(desk, rosters).run_due()
    return done + submit_due(desk, anew=True)
