"""What recognition compares is kept normalised, and persons are counted as they are registered."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sealed_features", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("normaliser", sa.SmallInteger(), nullable=True))
    op.create_table(
        "person_count",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("part", sa.String(1), nullable=False),
        sa.Column("people", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("practice_id", "part", name=op.f("pk_person_count")),
    )
    op.execute(
        "INSERT INTO person_count (practice_id, part, people) "
        "SELECT practice_id, substr(id, 1, 1), count(*) FROM person "
        "GROUP BY practice_id, substr(id, 1, 1)"
    )


def downgrade() -> None:
    op.drop_table("person_count")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_column("normaliser")
        batch_op.drop_column("sealed_features")
