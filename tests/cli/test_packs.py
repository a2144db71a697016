"""`flask packs …`."""

from __future__ import annotations

from policy_service.cli import register_commands
from tests.cast import World


def test_every_shipped_pack_is_listed_with_its_digest(world: World) -> None:
    register_commands(world.app)
    done = world.app.test_cli_runner().invoke(args=["packs", "list"])
    assert done.exit_code == 0
    for pack in world.desk.packs:
        assert f"{pack.id}\t{pack.version}\t{pack.digest}\t{len(pack.rules)} rules" in done.output
