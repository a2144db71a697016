"""A decision may name any number of packs: unknown jurisdictions make every board's a candidate."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.alter_column(
            "packs", existing_type=sa.String(2000), type_=sa.Text(), existing_nullable=False
        )


def downgrade() -> None:
    with op.batch_alter_table("decision", schema=None) as batch_op:
        batch_op.alter_column(
            "packs", existing_type=sa.Text(), type_=sa.String(2000), existing_nullable=False
        )
