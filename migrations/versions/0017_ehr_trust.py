"""EHR clients that prove themselves by signed tokens: issuers, public keys, access tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MOMENT = sa.String(27).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("ehr_client", schema=None) as batch_op:
        batch_op.alter_column("key_prefix", existing_type=sa.String(16), nullable=True)
        batch_op.alter_column("key_hash", existing_type=sa.String(64), nullable=True)
        batch_op.alter_column("expires_at", existing_type=MOMENT, nullable=True)
        batch_op.add_column(
            sa.Column("allowed_origins", sa.String(1000), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("jwks_url", sa.String(1000), nullable=True))
        batch_op.add_column(sa.Column("withdrawn_at", MOMENT, nullable=True))
    _create_issuers()
    _create_keys()
    _create_tokens()


def _create_issuers() -> None:
    op.create_table(
        "ehr_issuer",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("ehr_client_id", sa.String(36), nullable=False),
        sa.Column("issuer", sa.String(500), nullable=False),
        sa.Column("tenant", sa.String(200), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        *_of_client("ehr_issuer"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ehr_issuer")),
    )
    in_use = sa.text("withdrawn_at IS NULL")
    op.create_index(
        "ix_ehr_issuer_in_use",
        "ehr_issuer",
        ["issuer", "tenant"],
        unique=True,
        sqlite_where=in_use,
        postgresql_where=in_use,
    )
    op.create_index(op.f("ix_ehr_issuer_ehr_client_id"), "ehr_issuer", ["ehr_client_id"])


def _create_keys() -> None:
    op.create_table(
        "ehr_public_key",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("ehr_client_id", sa.String(36), nullable=False),
        sa.Column("kid", sa.String(200), nullable=False),
        sa.Column("algorithm", sa.String(10), nullable=False),
        sa.Column("jwk", sa.Text(), nullable=False),
        sa.Column("thumbprint", sa.String(64), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("retires_at", MOMENT, nullable=True),
        *_of_client("ehr_public_key"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ehr_public_key")),
    )
    op.create_index(op.f("ix_ehr_public_key_ehr_client_id"), "ehr_public_key", ["ehr_client_id"])


def _create_tokens() -> None:
    op.create_table(
        "seen_token",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_seen_token")),
    )
    op.create_index(op.f("ix_seen_token_expires_at"), "seen_token", ["expires_at"])
    op.create_table(
        "access_token",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("ehr_client_id", sa.String(36), nullable=False),
        sa.Column("key_thumbprint", sa.String(64), nullable=False),
        sa.Column("scope", sa.String(1000), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        *_of_client("access_token"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_access_token")),
    )
    op.create_index(op.f("ix_access_token_ehr_client_id"), "access_token", ["ehr_client_id"])
    op.create_index(op.f("ix_access_token_expires_at"), "access_token", ["expires_at"])


def _of_client(table: str) -> tuple[sa.ForeignKeyConstraint, sa.ForeignKeyConstraint]:
    return (
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f(f"fk_{table}_practice_practice_id")
        ),
        sa.ForeignKeyConstraint(
            ["ehr_client_id"], ["ehr_client.id"], name=op.f(f"fk_{table}_ehr_client_ehr_client_id")
        ),
    )


def downgrade() -> None:
    for table in ("access_token", "seen_token", "ehr_public_key", "ehr_issuer"):
        op.drop_table(table)
    # A client without an API key cannot be told in the older schema: it cannot ask there either.
    op.execute("DELETE FROM ehr_client WHERE key_hash IS NULL")
    with op.batch_alter_table("ehr_client", schema=None) as batch_op:
        for column in ("withdrawn_at", "jwks_url", "allowed_origins"):
            batch_op.drop_column(column)
        batch_op.alter_column("expires_at", existing_type=MOMENT, nullable=False)
        batch_op.alter_column("key_hash", existing_type=sa.String(64), nullable=False)
        batch_op.alter_column("key_prefix", existing_type=sa.String(16), nullable=False)
