"""The closed vocabulary of duties: who owes what, by when, shown how.

Each is an obligation code that rules may ask for, but `attest`, which the service raises itself.
Where the source names a time ("now", "at once"), the due day is the source's. Everywhere else the
number of days is this product's default, and is shown as such: no law is invented here.
"""

from __future__ import annotations

from policy_service.domain.duties import (
    Basis,
    Due,
    DutySpec,
    Escalation,
    Owner,
    ProofAsked,
)

ATTEST = "attest"
_URGENT = Escalation(remind_before=(), escalate_after=3)
_WEEKS = Escalation(remind_before=(7, 1), escalate_after=14)
_DAYS = Escalation(remind_before=(1,), escalate_after=7)


def _default(days: int, says: str = "") -> Due:
    return Due(days, Basis.DEFAULT, says)


_SPECS = (
    DutySpec(
        code=ATTEST,
        title="Attest that nothing more is to be disclosed",
        owner=Owner.CLINICIAN,
        due=_default(14),
        proof=ProofAsked("attestation", "The attestation itself.", needs_note=False),
        escalation=_WEEKS,
    ),
    DutySpec(
        code="hand_over_brochure",
        title="Hand the state's brochure to the client and discuss it",
        owner=Owner.CLINICIAN,
        due=_default(0),
        by_source={"us-ca": Due(0, Basis.SOURCE, "now")},
        proof=ProofAsked(
            "brochure_handed_over", "Say which brochure was handed over and that it was discussed."
        ),
        escalation=_URGENT,
    ),
    DutySpec(
        code="tell_of_right_to_report",
        title="Tell the client that the conduct is unethical and can be reported",
        owner=Owner.CLINICIAN,
        due=_default(0),
        by_source={"us-nh": Due(0, Basis.SOURCE, "now")},
        proof=ProofAsked(
            "client_told", "Say what the client was told and what support for a report was offered."
        ),
        escalation=_URGENT,
    ),
    DutySpec(
        code="act_on_knowledge",
        title="Act on what the practice now knows of a clinician's conduct",
        owner=Owner.PRACTICE,
        due=_default(2),
        proof=ProofAsked("action_taken", "Say what the practice did, and who decided it."),
        escalation=_URGENT,
    ),
    DutySpec(
        code="give_first_contact_notice",
        title="Give the client the written notice that belongs to the first contact",
        owner=Owner.CLINICIAN,
        due=_default(7, "at first contact"),
        proof=ProofAsked(
            "notice_given", "Say where the signed or filed notice is kept.", needs_note=False
        ),
        escalation=_DAYS,
    ),
    DutySpec(
        code="inform_client",
        title="Tell the client of the conflict and its possible effects",
        owner=Owner.CLINICIAN,
        due=_default(7),
        by_source={"us-oh": Due(0, Basis.SOURCE, "at once")},
        proof=ProofAsked("client_told", "Say what the client was told and what was agreed."),
        escalation=_DAYS,
    ),
    DutySpec(
        code="reassess",
        title="Look at the conflict again and write down what has changed",
        owner=Owner.CLINICIAN,
        due=_default(90),
        repeat_months=3,
        proof=ProofAsked("reassessment", "Say what was looked at again and what follows from it."),
        escalation=_WEEKS,
    ),
    DutySpec(
        code="set_review_date",
        title="Look at the arrangement, and set the day on which to look again",
        owner=Owner.CLINICIAN,
        due=_default(7),
        proof=ProofAsked("review_date", "Set the next day.", needs_note=False, needs_next_on=True),
        escalation=_DAYS,
    ),
)

DUTIES: dict[str, DutySpec] = {spec.code: spec for spec in _SPECS}
