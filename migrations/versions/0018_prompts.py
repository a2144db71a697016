"""Prompts at an EHR and feedback on them, external identifiers, lost calls, silent clients."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_MOMENT = sa.String(27).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    _create_prompts()
    _create_feedback()
    _create_identifiers()
    _create_lost_calls()
    with op.batch_alter_table("ehr_client", schema=None) as batch_op:
        batch_op.add_column(sa.Column("mode", sa.String(8), nullable=False, server_default="live"))
        batch_op.add_column(sa.Column("fhir_server", sa.String(500), nullable=True))
        batch_op.add_column(sa.Column("answer_hours", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column("suggests_issues", sa.Boolean(), nullable=False, server_default=sa.false())
        )
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("is_silent", sa.Boolean(), nullable=False, server_default=sa.false())
        )


def _create_prompts() -> None:
    op.create_table(
        "prompt",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("door", sa.String(4), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("ehr_client_id", sa.String(36), nullable=False),
        sa.Column("hook", sa.String(40), nullable=True),
        sa.Column("decision_id", sa.String(36), nullable=True),
        sa.Column("owner_person_id", sa.String(36), nullable=True),
        sa.Column("indicator", sa.String(10), nullable=False),
        sa.Column("is_silent", sa.Boolean(), nullable=False),
        sa.Column("answer_due_at", _MOMENT, nullable=True),
        sa.Column("answered_at", _MOMENT, nullable=True),
        sa.Column("raised_at", _MOMENT, nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_prompt")),
    )
    with op.batch_alter_table("prompt", schema=None) as batch_op:
        batch_op.create_index("ix_prompt_due", ["practice_id", "answer_due_at"], unique=False)
        batch_op.create_index("ix_prompt_decision", ["practice_id", "decision_id"], unique=False)
        batch_op.create_index("ix_prompt_at", ["practice_id", "at"], unique=False)


def _create_feedback() -> None:
    op.create_table(
        "card_feedback",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.Column("door", sa.String(4), nullable=False),
        sa.Column("ehr_client_id", sa.String(36), nullable=False),
        sa.Column("prompt_id", sa.String(36), nullable=True),
        sa.Column("decision_id", sa.String(36), nullable=True),
        sa.Column("outcome", sa.String(20), nullable=True),
        sa.Column("is_conformant", sa.Boolean(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(32), nullable=False),
        sa.Column("owner_person_id", sa.String(36), nullable=True),
        sa.Column("entry_id", sa.String(36), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_card_feedback")),
        sa.UniqueConstraint(
            "practice_id", "fingerprint", name=op.f("uq_card_feedback_practice_id_fingerprint")
        ),
    )
    with op.batch_alter_table("card_feedback", schema=None) as batch_op:
        batch_op.create_index("ix_card_feedback_prompt", ["practice_id", "prompt_id"], unique=False)
        batch_op.create_index(
            "ix_card_feedback_received", ["practice_id", "received_at"], unique=False
        )


def _create_identifiers() -> None:
    op.create_table(
        "external_identifier",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("system", sa.String(200), nullable=False),
        sa.Column("value", sa.String(200), nullable=False),
        sa.Column("clinician_id", sa.String(36), nullable=True),
        sa.Column("login_id", sa.String(36), nullable=True),
        sa.Column("added_at", _MOMENT, nullable=False),
        sa.Column("added_by", sa.String(60), nullable=False),
        sa.PrimaryKeyConstraint(
            "practice_id", "system", "value", name=op.f("pk_external_identifier")
        ),
    )


def _create_lost_calls() -> None:
    op.create_table(
        "lost_call",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("ehr_client_id", sa.String(36), nullable=False),
        sa.Column("service", sa.String(60), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("settled_at", _MOMENT, nullable=True),
        sa.Column("settled_by", sa.String(60), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_lost_call")),
    )
    with op.batch_alter_table("lost_call", schema=None) as batch_op:
        batch_op.create_index("ix_lost_call_at", ["practice_id", "at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.drop_column("is_silent")
    with op.batch_alter_table("ehr_client", schema=None) as batch_op:
        batch_op.drop_column("suggests_issues")
        batch_op.drop_column("answer_hours")
        batch_op.drop_column("fhir_server")
        batch_op.drop_column("mode")
    op.drop_table("lost_call")
    op.drop_table("external_identifier")
    op.drop_table("card_feedback")
    op.drop_table("prompt")
