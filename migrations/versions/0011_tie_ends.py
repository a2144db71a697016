"""The indexes of a tie's ends hold both ends: a path's middle is found without reading the ties."""

from alembic import op

revision = "0011"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _ends(("practice_id", "from_person_id", "to_person_id"))


def downgrade() -> None:
    _ends(("practice_id", "from_person_id"))


def _ends(columns: tuple[str, ...]) -> None:
    turned = {"from_person_id": "to_person_id", "to_person_id": "from_person_id"}
    op.drop_index("ix_tie_from", table_name="tie")
    op.drop_index("ix_tie_to", table_name="tie")
    op.create_index("ix_tie_from", "tie", list(columns))
    op.create_index("ix_tie_to", "tie", [turned.get(name, name) for name in columns])
