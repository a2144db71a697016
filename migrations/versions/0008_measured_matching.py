"""measured matching: models kept per practice, measurements, frequencies, and how people are filed.

Every practice gets its head: the shipped model, nothing measured, and people filed by software that
did not say under which keys, so that the worker files them anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_MOMENT = sa.String(27).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "match_head",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("measurement", sa.Integer(), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("filed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("practice_id", name=op.f("pk_match_head")),
    )
    op.create_table(
        "match_measurement",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("started_by", sa.String(length=60), nullable=False),
        sa.Column("finished_at", _MOMENT, nullable=True),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("entry_id", sa.String(36), nullable=True),
        sa.PrimaryKeyConstraint("practice_id", "number", name=op.f("pk_match_measurement")),
    )
    op.create_table(
        "match_model",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("measurement", sa.Integer(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("practice_id", "digest", name=op.f("pk_match_model")),
    )
    op.create_table(
        "frequency",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("measurement", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("field", sa.String(length=12), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("practice_id", "measurement", "key", name=op.f("pk_frequency")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "likely_duplicate",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("person_a", sa.String(36), nullable=False),
        sa.Column("person_b", sa.String(36), nullable=False),
        sa.Column("band", sa.String(length=10), nullable=False),
        sa.Column("bits", sa.Integer(), nullable=False),
        sa.Column("found_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint(
            "practice_id", "person_a", "person_b", name=op.f("pk_likely_duplicate")
        ),
    )
    op.create_table(
        "match_report",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("asked_by", sa.String(length=60), nullable=False),
        sa.Column("finished_at", _MOMENT, nullable=True),
        sa.Column("report", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_match_report")),
    )
    with op.batch_alter_table("match_report", schema=None) as batch_op:
        batch_op.create_index("ix_match_report_asked", ["practice_id", "asked_at"], unique=False)
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("filed", sa.Integer(), server_default="0", nullable=False))
        batch_op.create_index("ix_person_filed", ["practice_id", "filed"], unique=False)
    op.execute(
        "INSERT INTO match_head (practice_id, number, measurement, counted, people, filed) "
        "SELECT id, 0, 0, 0, 0, 0 FROM practice"
    )


def downgrade() -> None:
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index("ix_person_filed")
        batch_op.drop_column("filed")
    with op.batch_alter_table("match_report", schema=None) as batch_op:
        batch_op.drop_index("ix_match_report_asked")
    for table in ("match_report", "likely_duplicate"):
        op.drop_table(table)
    for table in ("frequency", "match_model", "match_measurement", "match_head"):
        op.drop_table(table)
