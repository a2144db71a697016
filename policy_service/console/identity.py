"""Who is who: probable matches, and the officer's verdict on them."""

from __future__ import annotations

from typing import Any

from flask import flash, request
from werkzeug.wrappers import Response

from policy_service.console import door
from policy_service.console.door import OFFICERS, Refusal, blueprint, form_text
from policy_service.console.evidence_drawing import draw, sections
from policy_service.console.tie_choices import tie_choices
from policy_service.domain.people import PersonRecord
from policy_service.domain.principals import Role
from policy_service.errors import InvalidRequest, NotAllowed
from policy_service.matching.model import MatchModel
from policy_service.services.identity import VerdictForm, judge
from policy_service.services.identity_questions import Pair, identity_questions, open_pair
from policy_service.services.logins import logins

AS_HASH = "kept as a hash"
Answer = Response | tuple[str, int]


@blueprint.get("/identity")
def identity_list() -> str:
    """Open questions of identity."""
    with door.desk().writing(door.principal(*OFFICERS)) as context:
        return door.page("identity_list.html", questions=identity_questions(context))


@blueprint.get("/identity/<uuid:first>/<uuid:second>")
def identity_pair(first: Any, second: Any) -> str:
    """Two records side by side."""
    return _pair_page(str(first), str(second), None)


def _pair_page(first: str, second: str, refusal: Refusal | None) -> str:
    who = door.principal(*OFFICERS)
    with door.desk().writing(who) as context:
        pair = open_pair(context, first, second)
        people = {f"account:{row.id}": row.name for row in logins(context)}
        model = context.model
    return door.page(
        "identity_pair.html",
        pair=pair,
        ids=(first, second),
        first_name=pair.first_name,
        second_name=pair.second_name,
        rows=_side_by_side(pair),
        model=model,
        **_evidence(pair, model),
        choices=tie_choices(),
        people=people,
        may_judge=who.has(Role.COMPLIANCE),
        refusal=refusal,
    )


@blueprint.post("/identity/<uuid:first>/<uuid:second>")
def give_verdict(first: Any, second: Any) -> Answer:
    """Same, different or related; it outranks the score until one of the records changes."""
    who = door.principal(Role.COMPLIANCE)
    verdict = form_text("verdict")
    relation = (form_text("relation") or None) if verdict == "related" else None
    try:
        with door.desk().writing(who) as context:
            judge(context, VerdictForm(str(first), str(second), verdict, relation))
    except (InvalidRequest, NotAllowed) as error:
        refusal = Refusal(error, request.form.to_dict(), "verdict")
        return _pair_page(str(first), str(second), refusal), error.status
    flash("The verdict is recorded. What it touches is checked anew.")
    return door.see("console.identity_pair", first=first, second=second)


def _evidence(pair: Pair, model: MatchModel) -> dict[str, Any]:
    """What the page shows of the comparison; nothing where only hashes are kept of both."""
    if pair.explained is None:
        return {"evidence": None}
    comparison = pair.explained.comparison
    is_hashed = pair.first.hashed is not None or pair.second.hashed is not None
    parts = sections(comparison, AS_HASH if is_hashed else "")
    return {
        "evidence": comparison.to_json(with_values=False),
        "sections": parts,
        "drawing": draw(parts, comparison, pair.explained.people, model),
    }


def _side_by_side(pair: Pair) -> list[tuple[str, str, str]]:
    left, right = (_said(person.record) for person in (pair.first, pair.second))
    for person, said in ((pair.first, left), (pair.second, right)):
        if person.hashed is not None:
            said.update(dict.fromkeys(said, AS_HASH))
    return [(field, left[field], right[field]) for field in left]


def _said(record: PersonRecord) -> dict[str, str]:
    """A record as text, field by field."""
    return {
        "Names": "; ".join(
            " ".join(filter(None, (n.given, n.middle, n.family, n.suffix))) for n in record.names
        ),
        "Birth date": record.birth_date,
        "Sex": record.sex,
        "Phones": ", ".join(record.phones),
        "E-mail addresses": ", ".join(record.emails),
        "Addresses": "; ".join(
            " ".join(filter(None, (a.house, a.street, a.unit, a.postcode, a.city, a.state)))
            for a in record.addresses
        ),
        "Handles": ", ".join(f"{h.handle} ({h.platform})" for h in record.handles),
        "Employer": record.company,
    }
