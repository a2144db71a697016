"""The closed vocabulary of obligations: what a rule may ask for, and how to say it."""

from __future__ import annotations

OBLIGATIONS: dict[str, str] = {
    "act_on_knowledge": "Act on what the practice now knows, and record what was done.",
    "ask_about_ties_since_care": "Ask what ties arose between the two since care ended.",
    "clarify_client_and_roles": "Settle who the client is and what each person's role is.",
    "consult_colleague": "Consult an independent colleague or supervisor and note the advice.",
    "continue_care_until_transfer": "Keep up care until another clinician has taken over.",
    "decline_or_return": "Decline what was offered, or give it back, and explain why kindly.",
    "disconnect_personal_account": "End the connection to the personal account, and say why.",
    "document_forethought": "Record, beforehand, what good and harm may follow and for whom.",
    "document_precautions": "Record the precautions taken against exploitation.",
    "document_rationale": "Record the reasons for the decision.",
    "give_first_contact_notice": "Give the client the written notice that first contact needs.",
    "hand_over_brochure": "Hand the client the state's brochure and talk it through.",
    "inform_client": "Tell the client of the conflict and its possible effects.",
    "joint_agreement": "Go on only if client and clinician agree on it together.",
    "keep_roles_apart": "Keep personal and professional accounts and roles apart.",
    "obtain_consent": "Obtain the client's informed consent and note it.",
    "reassess": "Look at the arrangement again, with the client, and note whether it may go on.",
    "refer_elsewhere": "Offer a referral to another clinician.",
    "seek_legal_advice": "Seek legal advice before doing anything further.",
    "set_review_date": "Set a date on which the arrangement is looked at again.",
    "support_client_report": "Tell the client how such conduct can be reported and support it.",
    "tell_of_right_to_report": "Tell the client that this was unethical and can be reported.",
    "weigh_factors": "Weigh, in writing, each factor that the cited section names.",
    "written_agreement": "Put the arrangement in writing before it begins.",
}
