"""Put a case to a consultant: someone from outside the subject's reporting line."""

from __future__ import annotations

from policy_service.database.tables.directory import LoginRow
from policy_service.database.tables.reviews import CaseRow
from policy_service.domain.principals import Role
from policy_service.domain.reviews import CaseState, MoveKind
from policy_service.errors import FieldError, InvalidRequest, NotAllowed
from policy_service.services.case_steps import CaseRef, Step, hold, make, require_role, require_text
from policy_service.services.context import Context
from policy_service.services.logins import enabled_logins, logins


def put_to_consultant(context: Context, ref: CaseRef, consultant_id: str, question: str) -> None:
    """Ask a consultant, who sees this case from now on until it is closed.

    The subject may ask too: that is how a solo practice gets a decision at all.
    """
    require_role(context, Role.COMPLIANCE)
    case = hold(context, ref, MoveKind.CONSULTED)
    if consultant_id not in {row.id for row in independent_consultants(context, case)}:
        text = "A consultant is required who is not the subject and does not report to them."
        raise InvalidRequest(errors=[FieldError("/consultant_id", text)])
    words = {"consultant": consultant_id, "question": require_text("/question", question)}
    changes = {"state": CaseState.WITH_CONSULTANT.value, "consultant_id": consultant_id}
    make(context, case, Step(MoveKind.CONSULTED, words, changes))


def answer_consultation(context: Context, ref: CaseRef, advice: str) -> None:
    """The consultant's advice. The case goes back to the officers; the consultant still sees it."""
    case = hold(context, ref, MoveKind.ADVISED)
    mine = case.consultant_id == context.principal.id
    if not mine or not context.principal.has(Role.CONSULTANT):
        raise NotAllowed("Only the consultant who was asked can answer.")
    if context.principal.id not in {row.id for row in independent_consultants(context, case)}:
        raise NotAllowed("The consultant is no longer independent of the subject.")
    words = {"advice": require_text("/advice", advice)}
    make(context, case, Step(MoveKind.ADVISED, words, {"state": CaseState.OPEN.value}))


def independent_consultants(context: Context, case: CaseRow) -> list[LoginRow]:
    """Consultants who may be asked about this case."""
    everyone = {row.id: row for row in logins(context)}
    subjects = {row.id for row in everyone.values() if row.clinician_id == case.clinician_id}
    return [
        row
        for row in enabled_logins(context, Role.CONSULTANT)
        if row.id not in subjects and subjects.isdisjoint(_superiors(row, everyone))
    ]


def _superiors(row: LoginRow, everyone: dict[str, LoginRow]) -> set[str]:
    """Everyone above in the reporting line; a circle ends the walk."""
    above: set[str] = set()
    leader = row.reports_to
    while leader is not None and leader not in above:
        above.add(leader)
        leader = everyone[leader].reports_to if leader in everyone else None
    return above
