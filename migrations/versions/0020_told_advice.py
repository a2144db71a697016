"""What each EHR was last told of a pair: "which of my pairs changed standing?" is asked of it."""

import sqlalchemy as sa
from alembic import op

import policy_service.database.types

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "told_advice",
        sa.Column("practice_id", policy_service.database.types.UuidText(), nullable=False),
        sa.Column("ehr_client_id", policy_service.database.types.UuidText(), nullable=False),
        sa.Column("clinician_id", policy_service.database.types.UuidText(), nullable=False),
        sa.Column("client_id", policy_service.database.types.UuidText(), nullable=False),
        sa.Column("advice", sa.String(length=30), nullable=False),
        sa.Column("check_id", policy_service.database.types.UuidText(), nullable=False),
        sa.Column("told_at", policy_service.database.types.UtcDateTime(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "practice_id",
            "ehr_client_id",
            "clinician_id",
            "client_id",
            name=op.f("pk_told_advice"),
        ),
    )
    with op.batch_alter_table("told_advice", schema=None) as batch_op:
        batch_op.create_index(
            "uq_told_advice_number",
            ["practice_id", "ehr_client_id", "number"],
            unique=True,
            sqlite_where=sa.text("number > 0"),
            postgresql_where=sa.text("number > 0"),
        )


def downgrade() -> None:
    with op.batch_alter_table("told_advice", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_told_advice_number",
            sqlite_where=sa.text("number > 0"),
            postgresql_where=sa.text("number > 0"),
        )
    op.drop_table("told_advice")
