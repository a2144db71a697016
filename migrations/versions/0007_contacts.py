"""contacts: third parties kept as hashes, imports of contacts, connections that name no handle."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_MOMENT = sa.String(27).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("kept", sa.String(length=6), server_default="plain", nullable=False)
        )
    with op.batch_alter_table("connection", schema=None) as batch_op:
        batch_op.add_column(sa.Column("far_person_id", sa.String(36), nullable=True))
        batch_op.add_column(sa.Column("changed_after", sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column("changed_before", sa.String(length=10), nullable=True))
        batch_op.alter_column("far_handle_key", existing_type=sa.BigInteger(), nullable=True)
        batch_op.create_index(
            "ix_connection_far_person", ["practice_id", "far_person_id"], unique=False
        )
    _create_imports()
    _create_contacts()


def _create_imports() -> None:
    op.create_table(
        "contact_import",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("clinician_id", sa.String(36), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=True),
        sa.Column("after_import_id", sa.String(36), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("decided_at", _MOMENT, nullable=True),
        sa.Column("ended_at", _MOMENT, nullable=True),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("contacts", "refused", "new", "changed", "known", "missing")
        ),
        sa.Column("batches", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("with_missing", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_contact_import")),
    )
    with op.batch_alter_table("contact_import", schema=None) as batch_op:
        batch_op.create_index(
            "ix_contact_import_clinician", ["practice_id", "clinician_id", "at"], unique=False
        )
        batch_op.create_index(
            "ix_contact_import_state", ["practice_id", "state", "expires_at"], unique=False
        )
    op.create_table(
        "contact_batch",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("import_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("practice_id", "import_id", "number", name="pk_contact_batch"),
    )


def _create_contacts() -> None:
    op.create_table(
        "contact",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("is_withdrawn", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("recorded_at", _MOMENT, nullable=False),
        sa.Column("recorded_by", sa.String(length=60), nullable=False),
        sa.Column("clinician_id", sa.String(36), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=True),
        sa.Column("contact_key", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("connection_id", sa.String(36), nullable=True),
        sa.Column("connection_revision", sa.Integer(), nullable=True),
        sa.Column("tie_id", sa.String(36), nullable=True),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.Column("import_id", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("practice_id", "id", "revision", name=op.f("pk_contact")),
    )
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.create_index(
            "ix_contact_key",
            ["practice_id", "clinician_id", "source", "contact_key"],
            unique=False,
        )
        batch_op.create_index("ix_contact_person", ["practice_id", "person_id"], unique=False)
        batch_op.create_index("ix_contact_import", ["practice_id", "import_id"], unique=False)


def downgrade() -> None:
    """Imports go: the release before reads neither hashed people nor nameless connections."""
    for table in ("contact", "contact_batch", "contact_import"):
        op.drop_table(table)
    person = sa.table("person", sa.column("id"), sa.column("kept"))
    hashed = sa.select(person.c.id).where(person.c.kept == "hashed")
    for name in ("match_key", "person_key"):
        owned = sa.table(name, sa.column("person_id"))
        op.execute(sa.delete(owned).where(owned.c.person_id.in_(hashed)))
    op.execute(sa.delete(person).where(person.c.kept == "hashed"))
    op.execute("DELETE FROM connection WHERE far_handle_key IS NULL")
    with op.batch_alter_table("connection", schema=None) as batch_op:
        batch_op.drop_index("ix_connection_far_person")
        batch_op.alter_column("far_handle_key", existing_type=sa.BigInteger(), nullable=False)
        for column in ("changed_before", "changed_after", "far_person_id"):
            batch_op.drop_column(column)
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_column("kept")
