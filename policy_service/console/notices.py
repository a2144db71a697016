"""Notices for officers: what happened that somebody asked to be told of; and mail about it."""

from __future__ import annotations

from flask import flash, request
from werkzeug.wrappers import Response

from policy_service.console import door
from policy_service.console.door import OFFICERS, Refusal, blueprint
from policy_service.domain.notices import TOLD
from policy_service.errors import InvalidRequest
from policy_service.services.mailing import choose_mail, own_mail_choice
from policy_service.services.notices import newest_notices

Answer = Response | tuple[str, int]


@blueprint.get("/notices")
def notices() -> str:
    """What happened lately, and the choice of mail. Every mail links here and says no more."""
    return _page(None)


def _page(refusal: Refusal | None) -> str:
    with door.desk().reading(door.principal(*OFFICERS)) as context:
        return door.page(
            "notices.html",
            notices=newest_notices(context),
            choice=own_mail_choice(context),
            kinds=[kind.value for kind in TOLD],
            has_mail=door.desk().mailer is not None,
            refusal=refusal,
        )


@blueprint.post("/notices/mail")
def choose_own_mail() -> Answer:
    """From now on mail about what is ticked."""
    try:
        with door.desk().writing(door.principal(*OFFICERS)) as context:
            choose_mail(context, request.form.getlist("kinds"))
    except InvalidRequest as error:
        return _page(Refusal(error, request.form.to_dict(), "mail")), error.status
    flash("Your choice of mail is kept.")
    return door.see("console.notices")
