"""Boundary events say whether the client was dependent or deceived, where somebody said so."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("boundary_event", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("dependence_or_deception", sa.String(length=3), nullable=True)
        )


def downgrade() -> None:
    with op.batch_alter_table("boundary_event", schema=None) as batch_op:
        batch_op.drop_column("dependence_or_deception")
