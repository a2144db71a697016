"""Duties with states, steps, moves and the decisions that met them."""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_MOMENT = sa.String(27).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
_NEW = (
    sa.Column("owner", sa.String(12)),
    sa.Column("decision_id", sa.String(36)),
    sa.Column("pack_digest", sa.String(64)),
    sa.Column("subject", sa.String(120)),
    sa.Column("key", sa.String(64)),
    sa.Column("round", sa.Integer()),
    sa.Column("state", sa.String(20)),
    sa.Column("due_basis", sa.String(10)),
    sa.Column("source_says", sa.String(40)),
    sa.Column("next_step_on", sa.String(10)),
    sa.Column("walked_on", sa.String(10)),
    sa.Column("version", sa.Integer()),
)
_REQUIRED = ("owner", "subject", "key", "round", "state", "due_basis", "source_says", "version")
_DUTY = sa.table(
    "duty",
    sa.column("practice_id", sa.String),
    sa.column("id", sa.String),
    sa.column("clinician_id", sa.String),
    sa.column("raised_at", _MOMENT),
    sa.column("done_at", _MOMENT),
    sa.column("done_by", sa.String),
    *(sa.column(column.name, column.type) for column in _NEW),
)


def upgrade() -> None:
    with op.batch_alter_table("duty") as batch_op:
        for column in _NEW:
            batch_op.add_column(sa.Column(column.name, column.type))
    _fill()
    with op.batch_alter_table("duty") as batch_op:
        for column in _NEW:
            if column.name in _REQUIRED:
                batch_op.alter_column(column.name, existing_type=column.type, nullable=False)
        batch_op.alter_column("done_at", new_column_name="closed_at", existing_type=_MOMENT)
        batch_op.alter_column("done_by", new_column_name="closed_by", existing_type=sa.String(60))
        batch_op.drop_column("sealed_proof")
    _create_indexes()
    _create_moves()
    _create_occurrences()


def _fill() -> None:
    """Until now the service raised one kind of duty: the clinician's to attest."""
    connection = op.get_bind()
    rows = connection.execute(
        sa.select(
            _DUTY.c.practice_id,
            _DUTY.c.id,
            _DUTY.c.clinician_id,
            _DUTY.c.raised_at,
            _DUTY.c.done_at,
        ).order_by(_DUTY.c.raised_at, _DUTY.c.id)
    ).all()
    open_keys: set[tuple[str, str]] = set()
    for row in rows:
        key = _key(row.clinician_id)
        values = {
            "owner": "clinician",
            "subject": "attestation",
            "key": key,
            "round": 1,
            "state": "done" if row.done_at else "open",
            "due_basis": "default",
            "source_says": "",
            "next_step_on": None if row.done_at else str(row.raised_at)[:10],
            "version": 0,
        }
        if row.done_at is None and (row.practice_id, key) in open_keys:
            twin = {"state": "not_applicable", "next_step_on": None}
            values |= twin | {"done_at": row.raised_at, "done_by": "migration:0003"}
        if row.done_at is None:
            open_keys.add((row.practice_id, key))
        connection.execute(
            _DUTY.update()
            .where(_DUTY.c.practice_id == row.practice_id, _DUTY.c.id == row.id)
            .values(values)
        )


def _key(clinician_id: str) -> str:
    said = ["attest", "clinician", clinician_id, None, None, "attestation"]
    return hashlib.sha256(json.dumps(said, separators=(",", ":")).encode()).hexdigest()


def _create_indexes() -> None:
    with op.batch_alter_table("duty") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_duty_practice_id_client_id"), ["practice_id", "client_id"]
        )
        batch_op.create_index(batch_op.f("ix_duty_practice_id_key"), ["practice_id", "key"])
        batch_op.create_index(
            "ix_duty_next_step",
            ["practice_id", "next_step_on"],
            sqlite_where=sa.text("next_step_on IS NOT NULL"),
            postgresql_where=sa.text("next_step_on IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_duty_open",
            ["practice_id", "key"],
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )


def _create_moves() -> None:
    op.create_table(
        "duty_move",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("duty_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("step", sa.String(20), nullable=True),
        sa.Column("old_state", sa.String(20), nullable=True),
        sa.Column("new_state", sa.String(20), nullable=False),
        sa.Column("actor", sa.String(60), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("fell_on", sa.String(10), nullable=False),
        sa.Column("owner_person_id", sa.String(36), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("practice_id", "duty_id", "number", name=op.f("pk_duty_move")),
    )


def _create_occurrences() -> None:
    op.create_table(
        "duty_occurrence",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("duty_id", sa.String(36), nullable=False),
        sa.Column("decision_id", sa.String(36), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint(
            "practice_id", "duty_id", "decision_id", name=op.f("pk_duty_occurrence")
        ),
    )
    with op.batch_alter_table("duty_occurrence") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_duty_occurrence_practice_id_decision_id"),
            ["practice_id", "decision_id"],
        )


def downgrade() -> None:
    op.drop_table("duty_occurrence")
    op.drop_table("duty_move")
    with op.batch_alter_table("duty") as batch_op:
        for name in ("uq_duty_open", "ix_duty_next_step"):
            batch_op.drop_index(name)
        batch_op.drop_index(batch_op.f("ix_duty_practice_id_key"))
        batch_op.drop_index(batch_op.f("ix_duty_practice_id_client_id"))
    with op.batch_alter_table("duty") as batch_op:
        batch_op.alter_column("closed_at", new_column_name="done_at", existing_type=_MOMENT)
        batch_op.alter_column("closed_by", new_column_name="done_by", existing_type=sa.String(60))
        batch_op.add_column(sa.Column("sealed_proof", sa.LargeBinary(), nullable=True))
        for column in reversed(_NEW):
            batch_op.drop_column(column.name)
