"""Reading the log: releases by recipient and subject, reviewed ranges, verifications asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_KEPT = ("release_record", "release_subject", "reviewed_range")
_CHANGES = ("update", "delete")
_MOMENT = sa.String(27).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "release_record",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("actor_ref", sa.String(length=60), nullable=False),
        sa.Column("recipient_kind", sa.String(length=20), nullable=False),
        sa.Column("subjects", sa.Integer(), nullable=False),
        sa.Column("owner_person_id", sa.String(36), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("entry_id", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_release_record")),
    )
    with op.batch_alter_table("release_record", schema=None) as batch_op:
        batch_op.create_index("ix_release_record_at", ["practice_id", "at"], unique=False)
    op.create_table(
        "release_subject",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("subject_ref", sa.String(length=60), nullable=False),
        sa.Column("release_id", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint(
            "practice_id", "subject_ref", "release_id", name=op.f("pk_release_subject")
        ),
    )
    op.create_table(
        "reviewed_range",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("actor_ref", sa.String(length=60), nullable=False),
        sa.Column("first_index", sa.BigInteger(), nullable=False),
        sa.Column("last_index", sa.BigInteger(), nullable=False),
        sa.Column("sealed_note", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_reviewed_range")),
    )
    with op.batch_alter_table("reviewed_range", schema=None) as batch_op:
        batch_op.create_index(
            "ix_reviewed_range_first", ["practice_id", "first_index"], unique=False
        )
    op.create_table(
        "log_check",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("asked_by", sa.String(length=60), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("checked", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", _MOMENT, nullable=True),
        sa.Column("exit_code", sa.SmallInteger(), nullable=True),
        sa.Column("first_bad", sa.BigInteger(), nullable=True),
        sa.Column("said", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_log_check")),
    )
    with op.batch_alter_table("log_check", schema=None) as batch_op:
        batch_op.create_index("ix_log_check_asked", ["practice_id", "asked_at"], unique=False)
    _protect(op.get_bind().dialect.name == "postgresql")


def _protect(postgresql: bool) -> None:
    """What was released and reviewed is never changed afterwards; see 0012."""
    for table in _KEPT:
        for change in (*_CHANGES, "truncate") if postgresql else _CHANGES:
            body = (
                "FOR EACH STATEMENT EXECUTE FUNCTION audit_insert_only()"
                if postgresql
                else f"BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END"
            )
            op.execute(
                f"CREATE TRIGGER {table}_no_{change} BEFORE {change.upper()} ON {table} {body}"
            )


def downgrade() -> None:
    for table in ("log_check", "reviewed_range", "release_subject", "release_record"):
        op.drop_table(table)
