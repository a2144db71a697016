"""The closed vocabulary of obligations: what a rule may ask for, and how to say it."""

from __future__ import annotations

OBLIGATIONS: dict[str, str] = {
    "ask_about_ties_since_care": "Ask what ties arose between the two since care ended.",
    "clarify_client_and_roles": "Settle who the client is and what each person's role is.",
    "consult_colleague": "Consult an independent colleague or supervisor and note the advice.",
    "continue_care_until_transfer": "Keep up care until another clinician has taken over.",
    "decline_or_return": "Decline what was offered, or give it back, and explain why kindly.",
    "disconnect_personal_account": "End the connection to the personal account, and say why.",
    "document_forethought": "Record, beforehand, what good and harm may follow and for whom.",
    "document_precautions": "Record the precautions taken against exploitation.",
    "document_rationale": "Record the reasons for the decision.",
    "inform_client": "Tell the client of the conflict and its possible effects.",
    "joint_agreement": "Go on only if client and clinician agree on it together.",
    "keep_roles_apart": "Keep personal and professional accounts and roles apart.",
    "obtain_consent": "Obtain the client's informed consent and note it.",
    "refer_elsewhere": "Offer a referral to another clinician.",
    "seek_legal_advice": "Seek legal advice before doing anything further.",
    "set_review_date": "Set a date on which the arrangement is looked at again.",
    "support_client_report": "Tell the client how such conduct can be reported and support it.",
    "weigh_factors": "Weigh, in writing, each factor that the cited section names.",
    "written_agreement": "Put the arrangement in writing before it begins.",
}
