"""Entries carry a row MAC and their writer's number; sealed rows refuse to be changed."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_KEPT = ("audit_entry", "audit_entry_subject", "audit_leaf", "audit_node", "audit_checkpoint")
_CHANGES = ("update", "delete")


def upgrade() -> None:
    op.add_column("audit_entry", sa.Column("writer_id", sa.String(36), nullable=True))
    op.add_column("audit_entry", sa.Column("writer_seq", sa.BigInteger(), nullable=True))
    op.add_column("audit_entry", sa.Column("row_mac", sa.LargeBinary(32), nullable=True))
    op.create_index(
        "uq_audit_entry_writer",
        "audit_entry",
        ["practice_id", "writer_id", "writer_seq"],
        unique=True,
    )
    op.add_column(
        "audit_head",
        sa.Column("published", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    if op.get_bind().dialect.name == "postgresql":
        _protect_postgresql()
    else:
        _protect_sqlite()


def _protect_sqlite() -> None:
    for table in _KEPT:
        for change in _CHANGES:
            op.execute(
                f"CREATE TRIGGER {table}_no_{change} BEFORE {change.upper()} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is insert-only'); END"
            )


def _protect_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION audit_insert_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is insert-only', TG_TABLE_NAME; END $$"
    )
    for table in _KEPT:
        for change in (*_CHANGES, "truncate"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change} BEFORE {change.upper()} ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION audit_insert_only()"
            )


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table in _KEPT:
        for change in (*_CHANGES, "truncate") if postgresql else _CHANGES:
            where = f" ON {table}" if postgresql else ""
            op.execute(f"DROP TRIGGER {table}_no_{change}{where}")
    if postgresql:
        op.execute("DROP FUNCTION audit_insert_only()")
    op.drop_column("audit_head", "published")
    op.drop_index("uq_audit_entry_writer", table_name="audit_entry")
    for column in ("row_mac", "writer_seq", "writer_id"):
        op.drop_column("audit_entry", column)
