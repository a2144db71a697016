"""Webhooks in and out, notices, mail choices, and the days on which bars end."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_MOMENT = sa.String(27).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    _arriving()
    _telling()
    op.create_table(
        "mail_choice",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("login_id", sa.String(36), nullable=False),
        sa.Column("kinds", sa.String(200), nullable=False),
        sa.Column("sent_at", _MOMENT, nullable=True),
        sa.Column("failing_since", _MOMENT, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("said", sa.String(60), nullable=True),
        sa.PrimaryKeyConstraint("practice_id", "login_id", name=op.f("pk_mail_choice")),
    )
    op.create_table(
        "clearance_watch",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("decision_id", sa.String(36), nullable=False),
        sa.Column("on_day", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint(
            "practice_id", "decision_id", "on_day", name=op.f("pk_clearance_watch")
        ),
    )
    op.create_index("ix_clearance_watch_day", "clearance_watch", ["practice_id", "on_day"])


def _arriving() -> None:
    op.create_table(
        "webhook_source",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("reads", sa.String(10), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("created_by", sa.String(60), nullable=False),
        sa.Column("removed_at", _MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_webhook_source_practice_practice_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_source")),
    )
    op.create_table(
        "webhook_arrival",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("source_id", sa.String(36), nullable=False),
        sa.Column("event_key", sa.String(64), nullable=False),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("finished_at", _MOMENT, nullable=True),
        sa.Column("said", sa.String(200), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_webhook_arrival")),
        sa.UniqueConstraint(
            "practice_id",
            "source_id",
            "event_key",
            name=op.f("uq_webhook_arrival_practice_id_source_id_event_key"),
        ),
    )
    op.create_index(
        "ix_webhook_arrival_at", "webhook_arrival", ["practice_id", "source_id", "received_at"]
    )


def _telling() -> None:
    op.create_table(
        "notice",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("about", sa.String(10), nullable=False),
        sa.Column("about_id", sa.String(36), nullable=False),
        sa.Column("clinician_id", sa.String(36), nullable=True),
        sa.Column("client_id", sa.String(36), nullable=True),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_notice")),
    )
    op.create_index("ix_notice_at", "notice", ["practice_id", "at"])
    op.create_table(
        "notice_endpoint",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("kinds", sa.String(200), nullable=False),
        sa.Column("detail", sa.String(10), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("created_by", sa.String(60), nullable=False),
        sa.Column("paused_at", _MOMENT, nullable=True),
        sa.Column("paused_why", sa.String(10), nullable=True),
        sa.Column("removed_at", _MOMENT, nullable=True),
        sa.Column("failing_since", _MOMENT, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("retry_at", _MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_notice_endpoint")),
    )
    op.create_table(
        "notice_delivery",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("endpoint_id", sa.String(36), nullable=False),
        sa.Column("notice_id", sa.String(36), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", _MOMENT, nullable=True),
        sa.Column("tried_at", _MOMENT, nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("said", sa.String(60), nullable=True),
        sa.PrimaryKeyConstraint("practice_id", "id", name=op.f("pk_notice_delivery")),
        sa.UniqueConstraint(
            "practice_id",
            "endpoint_id",
            "notice_id",
            name=op.f("uq_notice_delivery_practice_id_endpoint_id_notice_id"),
        ),
    )
    op.create_index(
        "ix_notice_delivery_at", "notice_delivery", ["practice_id", "endpoint_id", "at"]
    )
    op.create_table(
        "notice_attempt",
        sa.Column("practice_id", sa.String(36), nullable=False),
        sa.Column("delivery_id", sa.String(36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("said", sa.String(60), nullable=True),
        sa.PrimaryKeyConstraint(
            "practice_id", "delivery_id", "number", name=op.f("pk_notice_attempt")
        ),
    )


def downgrade() -> None:
    for table in (
        "clearance_watch",
        "mail_choice",
        "notice_attempt",
        "notice_delivery",
        "notice_endpoint",
        "notice",
        "webhook_arrival",
        "webhook_source",
    ):
        op.drop_table(table)
