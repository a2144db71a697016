"""What EHRs were answered and what they reconciled; rosters that were dropped."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_MOMENT = sa.String(27).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
# An entry's id is that of the decision, or screening, it records; its actor says who asked.
_MADE_FOR_EHRS = """
INSERT INTO ehr_answer (practice_id, record_id, kind, ehr_client_id, client_id, at)
SELECT made.practice_id, made.id, '{kind}', substr(entry.actor_ref, 5), made.client_id, made.at
FROM {table} AS made JOIN audit_entry AS entry
  ON entry.practice_id = made.practice_id AND entry.id = made.entry_id
WHERE entry.actor_ref LIKE 'ehr:%'
"""


def upgrade() -> None:
    _answers()
    _reconciliations()
    _roster_drops()
    for table, kind in (("decision", "check"), ("screening", "screening")):
        op.execute(_MADE_FOR_EHRS.format(table=table, kind=kind))


def _answers() -> None:
    op.create_table(
        "ehr_answer",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("record_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("ehr_client_id", sa.String(36), nullable=False),
        sa.Column("client_id", sa.String(36), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("key_digest", sa.LargeBinary(32), nullable=True),
        sa.PrimaryKeyConstraint("practice_id", "record_id", name=op.f("pk_ehr_answer")),
    )
    op.create_index("ix_ehr_answer_at", "ehr_answer", ["practice_id", "ehr_client_id", "at"])
    op.create_index("ix_ehr_answer_key", "ehr_answer", ["practice_id", "key_digest"])
    op.create_index("ix_ehr_answer_client", "ehr_answer", ["practice_id", "client_id"])


def _reconciliations() -> None:
    op.create_table(
        "reconciliation",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("ehr_client_id", sa.String(36), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("until", _MOMENT, nullable=False),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("unknown", sa.Integer(), nullable=False),
        sa.Column("not_received", sa.Integer(), nullable=False),
        sa.Column("receipt", sa.String(1000), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_reconciliation")),
    )
    op.create_index("ix_reconciliation_at", "reconciliation", ["practice_id", "at"])


def _roster_drops() -> None:
    op.create_table(
        "roster_drop",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("source", sa.String(10), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("held", sa.String(20), nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("asked_by", sa.String(60), nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("decided_at", _MOMENT, nullable=True),
        sa.Column("decided_by", sa.String(60), nullable=True),
        sa.Column("ended_at", _MOMENT, nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _COUNTS),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_file", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_roster_drop")),
    )
    op.create_index("ix_roster_drop_at", "roster_drop", ["practice_id", "at"])
    op.create_index("ix_roster_drop_state", "roster_drop", ["practice_id", "state", "expires_at"])
    op.create_index("ix_roster_drop_digest", "roster_drop", ["practice_id", "kind", "digest"])


_COUNTS = ("created", "updated", "unchanged", "refused", "ended", "missing")


def downgrade() -> None:
    for table in ("roster_drop", "reconciliation", "ehr_answer"):
        op.drop_table(table)
