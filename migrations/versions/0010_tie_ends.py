"""The indexes of a tie's ends hold all that a path is walked on, for the ties that count now."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_REST = ["id", "is_current", "is_withdrawn"]
_ENDS = {
    "ix_tie_from": ["practice_id", "from_person_id", "to_person_id", *_REST],
    "ix_tie_to": ["practice_id", "to_person_id", "from_person_id", *_REST],
}


def upgrade() -> None:
    for name, columns in _ENDS.items():
        op.drop_index(name, table_name="tie")
        op.create_index(
            name,
            "tie",
            columns,
            sqlite_where=sa.text("is_current IS 1 AND is_withdrawn IS 0"),
            postgresql_where=sa.text("is_current IS true AND is_withdrawn IS false"),
        )


def downgrade() -> None:
    for name, columns in _ENDS.items():
        op.drop_index(name, table_name="tie")
        op.create_index(name, "tie", columns[:2])
