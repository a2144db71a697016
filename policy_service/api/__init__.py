"""The REST door: one file per resource; doors translate and nothing else."""

from __future__ import annotations

from flask import Flask

from policy_service.api import (
    accounts,
    attestations,
    audit,
    bundles,
    check_lists,
    checks,
    clients,
    clinicians,
    contact_imports,
    disclosures,
    door,
    duties,
    episodes,
    erasures,
    events,
    health,
    identity_verdicts,
    imports,
    licences,
    metrics,
    notices,
    packs,
    previews,
    reconciliations,
    releases,
    roster_drops,
    screenings,
    ties,
    webhooks,
)
from policy_service.api.openapi import RestApi

RESOURCES = (
    checks.blueprint,
    check_lists.blueprint,
    clinicians.blueprint,
    licences.blueprint,
    disclosures.blueprint,
    attestations.blueprint,
    accounts.blueprint,
    clients.blueprint,
    episodes.blueprint,
    ties.blueprint,
    identity_verdicts.blueprint,
    events.blueprint,
    imports.blueprint,
    roster_drops.blueprint,
    contact_imports.blueprint,
    audit.blueprint,
    screenings.blueprint,
    packs.blueprint,
    duties.blueprint,
    previews.blueprint,
    erasures.blueprint,
    releases.blueprint,
    reconciliations.blueprint,
    bundles.blueprint,
    webhooks.blueprint,
    notices.blueprint,
)

READS = imports.READS | roster_drops.READS | contact_imports.READS | audit.READS
"""Media types other than JSON that an endpoint reads."""

for _resource in RESOURCES:
    # Once, at import: a process may make several applications of the same resources.
    _resource.before_request(door.require_caller)


def register_rest(app: Flask, api: RestApi) -> None:
    """Hang every resource and the probes on the application."""
    app.config.setdefault("READS_MEDIA_TYPES", READS)
    for blueprint in RESOURCES:
        api.register_blueprint(blueprint)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(metrics.blueprint)
