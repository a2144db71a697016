"""Continuous screening: whom a change touches, and what the practice was last screened under."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asked_key",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("practice_id", "key", "person_id", name=op.f("pk_asked_key")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_asked_key_person", "asked_key", ["practice_id", "person_id"])
    op.create_table(
        "hot_key",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("practice_id", "key", name=op.f("pk_hot_key")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "screened",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("semantics", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("practice_id", name=op.f("pk_screened")),
    )
    op.create_index("ix_identity_verdict_other", "identity_verdict", ["practice_id", "person_b"])


def downgrade() -> None:
    op.drop_index("ix_identity_verdict_other", table_name="identity_verdict")
    op.drop_table("screened")
    op.drop_table("hot_key")
    op.drop_index("ix_asked_key_person", table_name="asked_key")
    op.drop_table("asked_key")
