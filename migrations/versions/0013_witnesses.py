"""Witnesses of the log: their cosignatures, and how it stands with each."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.String(27).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
    op.create_table(
        "audit_cosignature",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("witness", sa.String(200), nullable=False),
        sa.Column("line", sa.String(500), nullable=False),
        sa.Column("cosigned_at", moment, nullable=False),
        sa.PrimaryKeyConstraint(
            "practice_id", "size", "witness", name=op.f("pk_audit_cosignature")
        ),
    )
    op.create_table(
        "audit_witness",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("witness", sa.String(200), nullable=False),
        sa.Column("known_size", sa.BigInteger(), nullable=False),
        sa.Column("cosigned_at", moment, nullable=True),
        sa.Column("tried_at", moment, nullable=True),
        sa.Column("next_try_at", moment, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("said", sa.String(200), nullable=False),
        sa.Column("refused", sa.String(30), nullable=True),
        sa.Column("refused_size", sa.BigInteger(), nullable=True),
        sa.Column("refused_at", moment, nullable=True),
        sa.PrimaryKeyConstraint("practice_id", "witness", name=op.f("pk_audit_witness")),
    )


def downgrade() -> None:
    op.drop_table("audit_witness")
    op.drop_table("audit_cosignature")
