# SPDX-License-Identifier: GPL-3.0-or-later
"""Boundary checks by policy_service when an appointment is booked in GNU Health 5.0."""

from trytond.pool import Pool

from . import appointment, reconciling


def register():
    Pool.register(
        appointment.Appointment,
        reconciling.Cron,
        reconciling.Sync,
        module="boundary_policy",
        type_="model",
    )
