"""Every column of the database, and what becomes of it when a person is erased.

A column that is not listed here fails a test: whoever adds one says what erasure does with it.
docs/design/erasure.md shows the same as a table.
"""

from __future__ import annotations

from enum import StrEnum


class Fate(StrEnum):
    """What becomes of a column in the rows that tell of an erased person."""

    DELETED = "deleted"
    """The whole row goes."""
    EMPTIED = "emptied"
    """The row stays and the value goes."""
    NOISE = "noise"
    """Sealed under the person's key: nobody can open it once the key is destroyed."""
    SEARCHED = "searched"
    """Every row is opened; one that tells of the person is deleted."""
    RESIDUE = "residue"
    """Stays: a random id, a code, a day, a number or a salted commitment, with no name to it."""
    OTHERS = "others"
    """Tells of the practice, of its staff or of somebody else; no field of it is for the person."""


_STAMPS = "id revision is_current is_withdrawn reason recorded_at recorded_by"
_SAID: dict[str, dict[Fate, str]] = {
    "access_token": {
        Fate.OTHERS: "token_hash ehr_client_id key_thumbprint scope created_at expires_at"
    },
    "account": {Fate.DELETED: f"{_STAMPS} person_id platform kind handle_key sealed"},
    "asked_key": {Fate.DELETED: "key person_id"},
    "attestation": {Fate.OTHERS: f"{_STAMPS} clinician_id kinds as_of valid_until"},
    "audit_checkpoint": {Fate.OTHERS: "size note signed_at"},
    "audit_cosignature": {Fate.OTHERS: "size witness line cosigned_at"},
    "audit_entry": {
        Fate.RESIDUE: "id at action actor_ref outcome leaf leaf_hash writer_id writer_seq row_mac"
    },
    "audit_entry_subject": {Fate.RESIDUE: "subject_ref entry_id"},
    "audit_head": {Fate.OTHERS: "size frontier root published"},
    "audit_leaf": {Fate.RESIDUE: "leaf_index entry_id"},
    "audit_node": {Fate.OTHERS: "level node_index hash"},
    "audit_opening": {Fate.RESIDUE: "entry_id name owner_person_id", Fate.NOISE: "sealed"},
    "audit_pending": {Fate.RESIDUE: "entry_id at"},
    "audit_witness": {
        Fate.OTHERS: "witness known_size cosigned_at tried_at next_try_at failures said refused "
        "refused_size refused_at"
    },
    "boundary_event": {
        Fate.DELETED: f"{_STAMPS} clinician_id client_id kind direction party occurred_on amount "
        "stated_by dependence_or_deception"
    },
    "card_feedback": {
        Fate.RESIDUE: "id received_at door ehr_client_id prompt_id decision_id outcome "
        "is_conformant fingerprint owner_person_id entry_id",
        Fate.SEARCHED: "sealed",
    },
    "case_move": {
        Fate.RESIDUE: "case_id number kind old_state new_state actor at",
        Fate.NOISE: "sealed",
    },
    "case_occurrence": {Fate.RESIDUE: "case_id decision_id at"},
    "client": {
        Fate.EMPTIED: "external_id",
        Fate.RESIDUE: "id person_id version merged_into created_at",
    },
    "clinician": {Fate.OTHERS: "id person_id external_id version is_active created_at"},
    "clearance_watch": {Fate.RESIDUE: "decision_id on_day"},
    "connection": {
        Fate.DELETED: f"{_STAMPS} account_id far_handle_key far_person_id direction initiator "
        "state since changed_after changed_before"
    },
    "console_session": {Fate.OTHERS: "token_hash login_id authenticated_at seen_at expires_at"},
    "contact": {
        Fate.DELETED: f"{_STAMPS} clinician_id source account_id contact_key digest person_id "
        "connection_id connection_revision tie_id is_listed import_id"
    },
    "contact_batch": {Fate.DELETED: "import_id number sealed"},
    "contact_import": {
        Fate.EMPTIED: "sealed",
        Fate.OTHERS: "id clinician_id source account_id after_import_id state at expires_at "
        "decided_at ended_at contacts refused new changed known missing batches done with_missing",
    },
    "decision": {
        Fate.RESIDUE: "id at clinician_id client_id purpose as_of outcome could_become complete "
        "packs semantics model entry_id receipt is_silent",
        Fate.NOISE: "sealed_facts sealed_body sealed_context",
    },
    "duty": {
        Fate.RESIDUE: "id kind owner clinician_id client_id case_id decision_id rule pack_digest "
        "subject key round state raised_at due_on due_basis source_says next_step_on walked_on "
        "closed_at closed_by version"
    },
    "duty_move": {
        Fate.RESIDUE: "duty_id number kind step old_state new_state actor at fell_on "
        "owner_person_id",
        Fate.NOISE: "sealed",
    },
    "duty_occurrence": {Fate.RESIDUE: "duty_id decision_id at"},
    "ehr_answer": {
        Fate.EMPTIED: "key_digest",
        Fate.RESIDUE: "record_id kind ehr_client_id client_id at",
    },
    "ehr_client": {
        Fate.OTHERS: "id name key_prefix key_hash scopes expires_at revoked_at created_at "
        "allowed_origins jwks_url withdrawn_at mode fhir_server answer_hours suggests_issues"
    },
    "ehr_issuer": {Fate.OTHERS: "id ehr_client_id issuer tenant created_at withdrawn_at"},
    "ehr_public_key": {
        Fate.OTHERS: "id ehr_client_id kid algorithm jwk thumbprint added_at retires_at"
    },
    "episode": {
        Fate.DELETED: f"{_STAMPS} external_id began_on terminated_on termination_reason is_open"
    },
    "episode_client": {Fate.DELETED: "episode_id revision client_id role began_on ended_on"},
    "episode_clinician": {
        Fate.DELETED: "episode_id revision clinician_id role began_on ended_on last_contact_on "
        "known_since"
    },
    "erasure": {
        Fate.RESIDUE: "id person_id ground state asked_at asked_by decided_at decided_by blocks "
        "people entry_id scrubbed_at"
    },
    "external_identifier": {Fate.OTHERS: "system value clinician_id login_id added_at added_by"},
    "frequency": {Fate.OTHERS: "measurement key field count"},
    "hot_key": {Fate.OTHERS: "key step"},
    "identity_verdict": {
        Fate.DELETED: "id person_a person_b verdict relation digest_a digest_b decided_by "
        "decided_at"
    },
    "legal_hold": {
        Fate.RESIDUE: "id person_id placed_at placed_by lifted_at lifted_by",
        Fate.NOISE: "sealed_reason sealed_lifting",
    },
    "licence": {
        Fate.OTHERS: f"{_STAMPS} clinician_id jurisdiction licence_type valid_from valid_to"
    },
    "likely_duplicate": {Fate.DELETED: "person_a person_b band bits found_at"},
    "log_check": {
        Fate.OTHERS: "id asked_at asked_by size checked finished_at exit_code first_bad said"
    },
    "login": {
        Fate.OTHERS: "id email name password_hash roles clinician_id reports_to disabled_at "
        "created_at"
    },
    "lost_call": {Fate.SEARCHED: "id at ehr_client_id service status settled_at settled_by sealed"},
    "mail_choice": {Fate.OTHERS: "login_id kinds sent_at failing_since failures said"},
    "match_head": {Fate.OTHERS: "number measurement counted people filed"},
    "match_key": {Fate.DELETED: "key person_id"},
    "match_measurement": {
        Fate.OTHERS: "number started_at started_by finished_at people document digest entry_id"
    },
    "match_model": {Fate.OTHERS: "digest version measurement document added_at"},
    "match_report": {Fate.OTHERS: "id asked_at asked_by finished_at report"},
    "membership": {Fate.OTHERS: f"{_STAMPS} clinician_id body valid_from valid_to"},
    "notice": {Fate.RESIDUE: "id at kind about about_id clinician_id client_id"},
    "notice_attempt": {Fate.OTHERS: "delivery_id number at status said"},
    "notice_delivery": {
        Fate.OTHERS: "id endpoint_id notice_id at state attempts due_at tried_at status said"
    },
    "notice_endpoint": {
        Fate.OTHERS: "id name kinds detail sealed created_at created_by paused_at paused_why "
        "removed_at failing_since failures retry_at version"
    },
    "pack": {Fate.OTHERS: "digest pack_id version document rationale added_at added_by"},
    "pack_activation": {
        Fate.OTHERS: "number pack_id digest replaced_digest mode activated_at activated_by "
        "approved_by sealed_reason certificate_digest entry_id"
    },
    "pack_head": {Fate.OTHERS: "number entry_id"},
    "pack_proposal": {
        Fate.OTHERS: "id pack_id digest mode number state asked_at asked_by sealed_reason "
        "decided_at decided_by"
    },
    "pack_replay": {
        Fate.OTHERS: "id digest with_digests asked_at asked_by finished_at sealed_report"
    },
    "person": {
        Fate.EMPTIED: "pseudonym sealed sealed_features sketch record_digest",
        Fate.RESIDUE: "id normaliser kept filed merged_into erased_at created_at",
    },
    "person_count": {Fate.OTHERS: "part people"},
    "person_key": {Fate.EMPTIED: "wrapped", Fate.RESIDUE: "person_id destroyed_at"},
    "practice": {Fate.OTHERS: "id slug name jurisdiction wrapped_key log_origin created_at"},
    "preview": {Fate.OTHERS: "id at clinician_id sealed receipt shared_at"},
    "prompt": {
        Fate.RESIDUE: "id door at ehr_client_id hook decision_id owner_person_id indicator "
        "is_silent answer_due_at answered_at raised_at",
        Fate.NOISE: "sealed",
    },
    "readiness_probe": {Fate.OTHERS: "id checked"},
    "reconciliation": {
        Fate.RESIDUE: "id at ehr_client_id since until listed unknown not_received receipt sealed"
    },
    "release_record": {
        Fate.RESIDUE: "id at actor_ref recipient_kind subjects owner_person_id entry_id",
        Fate.NOISE: "sealed",
    },
    "release_subject": {Fate.RESIDUE: "subject_ref release_id"},
    "retention_floor": {Fate.OTHERS: "number years set_at set_by"},
    "review_case": {
        Fate.EMPTIED: "facts_digest",
        Fate.RESIDUE: "id clinician_id client_id kind state standing outcome waivable opened_at "
        "due_on valid_until assigned_to consultant_id version",
    },
    "reviewed_range": {Fate.OTHERS: "id at actor_ref first_index last_index sealed_note"},
    "roster_drop": {
        Fate.EMPTIED: "sealed sealed_file",
        Fate.OTHERS: "id kind digest source state held at asked_by expires_at decided_at "
        "decided_by ended_at created updated unchanged refused ended missing",
    },
    "screened": {Fate.OTHERS: "model semantics people day"},
    "screening": {
        Fate.RESIDUE: "id at client_id purpose as_of entry_id receipt",
        Fate.NOISE: "sealed_lines",
    },
    "seen_token": {Fate.OTHERS: "digest expires_at"},
    "stored_response": {Fate.SEARCHED: "ehr_client_id key fingerprint status sealed expires_at"},
    "tie": {
        Fate.DELETED: f"{_STAMPS} from_person_id to_person_id is_ended source clinician_id sealed"
    },
    "told_advice": {
        Fate.RESIDUE: "ehr_client_id clinician_id client_id advice check_id told_at number"
    },
    "webhook_arrival": {
        Fate.SEARCHED: "id source_id event_key received_at state attempts finished_at said sealed"
    },
    "webhook_source": {
        Fate.OTHERS: "id name reads sealed created_at created_by removed_at version"
    },
    "work": {Fate.SEARCHED: "id kind subject body state due_at leased_until attempts error"},
}

COLUMNS: dict[str, dict[str, Fate]] = {
    table: {column: fate for fate, columns in said.items() for column in columns.split()}
    for table, said in _SAID.items()
}
"""The fate of each column by table; `practice_id`, which leads every table, is left out."""


def as_table() -> str:
    """The same for people to read, as a Markdown table."""
    lines = ["| table | what becomes of its columns |", "|---|---|"]
    for table, said in _SAID.items():
        parts = (f"**{fate.value}**: {', '.join(text.split())}" for fate, text in said.items())
        lines.append(f"| `{table}` | {'; '.join(parts)} |")
    return "\n".join(lines)
