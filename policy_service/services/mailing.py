"""Who gets mail about what, and sending it: one mail, however much happened since the last.

The work row holds the account alone, so notices that wait are one mail. A server that is away is
asked again, later each time; what the mail points at waits in the console all the while.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from policy_service.audit.log import Owned
from policy_service.database.tables.directory import LoginRow
from policy_service.database.tables.webhooks import MailChoiceRow
from policy_service.domain.notices import TOLD, has_failed_for_long, wait_after
from policy_service.domain.principals import Principal
from policy_service.errors import NotAllowed
from policy_service.jobs import queue
from policy_service.jobs.queue import Work
from policy_service.services.context import Context
from policy_service.services.desk import Desk
from policy_service.services.logins import roles_of
from policy_service.services.mailer import NotMailed
from policy_service.services.notices import MAIL, MAIL_READERS
from policy_service.services.parties import refusal

QUIET = timedelta(minutes=15)
"""After a mail the next one waits so long."""
_chance = secrets.SystemRandom().random


@dataclass(frozen=True, slots=True)
class MailChoice:
    """What an officer gets mail about, and how the last mail went."""

    kinds: tuple[str, ...] = ()
    sent_at: datetime | None = None
    failing_since: datetime | None = None
    said: str | None = None


def own_mail_choice(context: Context) -> MailChoice:
    """Of whoever asks. NotAllowed for accounts without the console's cases."""
    _require_reader(context.principal)
    row = _row(context, context.principal.id)
    if row is None:
        return MailChoice()
    return MailChoice(tuple(row.kinds.split()), row.sent_at, row.failing_since, row.said)


def choose_mail(context: Context, kinds: Iterable[str]) -> None:
    """From now on mail about these, and no other."""
    _require_reader(context.principal)
    wanted, allowed = set(kinds), [kind.value for kind in TOLD]
    if not wanted <= set(allowed):
        raise refusal("/kinds", "This word is not allowed.", allowed)
    row = _row(context, context.principal.id)
    if row is None:
        row = MailChoiceRow(
            practice_id=context.practice_id, login_id=context.principal.id, kinds="", failures=0
        )
        context.session.add(row)
    row.kinds = " ".join(kind for kind in allowed if kind in wanted)
    context.session.flush()
    context.log("mail.chosen", {"mail": Owned({"kinds": sorted(wanted)})})


def _require_reader(principal: Principal) -> None:
    if not principal.has(*MAIL_READERS):
        raise NotAllowed("Mail is for compliance officers and approvers.")


def _row(context: Context, login_id: str) -> MailChoiceRow | None:
    return context.session.get(MailChoiceRow, (context.practice_id, login_id))


def postman(practice_id: str) -> Principal:
    """Who sends: the service itself, without a role."""
    return Principal(practice_id, "mail", "mail", frozenset())


def mail_officer(desk: Desk, practice_id: str, work: Work) -> bool:
    """Send one mail; True if it was taken. Later again where it was not."""
    login_id, service = work.body["login"], postman(practice_id)
    with desk.reading(service) as context:
        address, later = _address(context, login_id), _quiet_until(context, login_id)
    if address is None or desk.mailer is None:
        return False
    if later is not None:
        _come_back(desk, practice_id, login_id, later)
        return False
    said = ""
    try:
        desk.mailer.send(address, desk.clock())
    except NotMailed as error:
        said = str(error)
    with desk.writing(service) as context:
        _write_down(context, login_id, said)
    return not said


def _address(context: Context, login_id: str) -> str | None:
    """None once the account is closed, lost its role, or wants no mail."""
    login, choice = context.session.get(LoginRow, login_id), _row(context, login_id)
    if login is None or login.disabled_at is not None or choice is None or not choice.kinds:
        return None
    mine = login.practice_id == context.practice_id
    return login.email if mine and roles_of(login) & set(MAIL_READERS) else None


def _quiet_until(context: Context, login_id: str) -> datetime | None:
    choice = _row(context, login_id)
    if choice is None or choice.sent_at is None or choice.sent_at + QUIET <= context.now:
        return None
    return choice.sent_at + QUIET


def _come_back(desk: Desk, practice_id: str, login_id: str, at: datetime) -> None:
    with desk.writing(postman(practice_id)) as context:
        _enqueue(context, login_id, at)


def _enqueue(context: Context, login_id: str, at: datetime) -> None:
    queue.enqueue(context.session, context.practice_id, MAIL, [{"login": login_id}], at)


def _write_down(context: Context, login_id: str, said: str) -> None:
    row = _row(context, login_id)
    if row is None:
        return
    if not said:
        row.sent_at, row.failing_since, row.failures, row.said = context.now, None, 0, None
        return
    row.failures += 1
    row.failing_since, row.said = row.failing_since or context.now, said
    if not has_failed_for_long(row.failing_since, context.now):
        _enqueue(context, login_id, context.now + wait_after(row.failures, _chance))
