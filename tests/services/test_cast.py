"""The standing cast lives on both databases and is as its page says."""

from __future__ import annotations

from policy_service.audit.sealer import seal_pending
from policy_service.audit.verification import verify_log
from policy_service.services.disclosures import disclosures_of
from tests.cast import World


def test_alma_has_disclosed_her_brother(world: World) -> None:
    with world.reading() as context:
        [(_row, tie)] = disclosures_of(context, world.ids["alma"])
    assert (tie.kind, tie.source, tie.clinician_id) == ("BRO", "disclosure", world.ids["alma"])


def test_everything_the_cast_did_is_in_a_log_that_verifies(world: World) -> None:
    desk = world.desk
    if desk.database.dialect == "postgresql":
        seal_pending(desk.database, world.practice_id)
    origin = desk.practice(world.practice_id).log_origin
    verdict = verify_log(desk.database, world.practice_id, desk.log_key(origin))
    assert (verdict.exit_code, verdict.text) == (0, "ok: 11 entries, no signed checkpoint yet")
