"""A check where neither the licence nor the place of service is known: every board may bind."""

from __future__ import annotations

from policy_service.database.tables.decisions import DecisionRow
from policy_service.services.bindings import UNKNOWN_PLACE
from policy_service.services.checks import CheckRequest, run_check
from policy_service.services.clinicians import ClinicianForm, register_clinician
from policy_service.services.replays import Replayed, replay
from tests.cast import World, person


def test_a_decision_names_every_pack_that_may_bind_and_replays(world: World) -> None:
    with world.writing() as context:
        unlicensed = register_clinician(context, ClinicianForm(person("Uma", "Berg", "1980-02-02")))
    request = CheckRequest(
        clinician_id=unlicensed,
        purpose="intake",
        as_of=world.clock().date(),
        client_id=world.ids["nora"],
        location_of_service=UNKNOWN_PLACE,
    )
    run_check(world.desk, world.cleo, request, world.door())
    licensed = {pack.digest for pack in world.desk.packs if pack.scope.licences}
    with world.reading() as context:
        row = context.session.query(DecisionRow).one()
        assert licensed <= set(row.packs.split())
        assert not row.complete
        assert replay(world.desk, context, row.id).verdict is Replayed.SAME
