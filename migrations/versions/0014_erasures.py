"""Erasures of persons, legal holds, and how long a practice keeps records at least."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_MOMENT = sa.String(27).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "erasure",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("ground", sa.String(30), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("asked_by", sa.String(60), nullable=False),
        sa.Column("decided_at", _MOMENT, nullable=True),
        sa.Column("decided_by", sa.String(60), nullable=True),
        sa.Column("blocks", sa.String(300), nullable=False),
        sa.Column("people", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.String(36), nullable=True),
        sa.Column("scrubbed_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_erasure")),
    )
    op.create_index("ix_erasure_person", "erasure", ["practice_id", "person_id"])
    op.create_index("ix_erasure_state", "erasure", ["practice_id", "state", "asked_at"])
    op.create_table(
        "legal_hold",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("placed_at", _MOMENT, nullable=False),
        sa.Column("placed_by", sa.String(60), nullable=False),
        sa.Column("lifted_at", _MOMENT, nullable=True),
        sa.Column("lifted_by", sa.String(60), nullable=True),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_lifting", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_legal_hold")),
    )
    op.create_index("ix_legal_hold_person", "legal_hold", ["practice_id", "person_id"])
    op.create_table(
        "retention_floor",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("years", sa.Integer(), nullable=False),
        sa.Column("set_at", _MOMENT, nullable=False),
        sa.Column("set_by", sa.String(60), nullable=False),
        sa.PrimaryKeyConstraint("practice_id", "number", name=op.f("pk_retention_floor")),
    )


def downgrade() -> None:
    op.drop_table("retention_floor")
    op.drop_index("ix_legal_hold_person", table_name="legal_hold")
    op.drop_table("legal_hold")
    op.drop_index("ix_erasure_state", table_name="erasure")
    op.drop_index("ix_erasure_person", table_name="erasure")
    op.drop_table("erasure")
