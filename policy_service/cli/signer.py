"""`flask audit signer …`: the process that alone holds the logs' keys. It needs no database."""

from __future__ import annotations

import signal
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import FrameType

import click
from flask.cli import AppGroup

from policy_service.audit.signer import HeadKeeper, HeadRefused, SignerServer
from policy_service.ledger.note import Signer
from policy_service.vault.errors import KeyRefused
from policy_service.vault.keystore import open_log_key

signer_commands = AppGroup("signer", help="A process of its own for the keys of the logs.")
_FOLDER = click.Path(path_type=Path, file_okay=False)
_keys = click.option(
    "--keys", type=_FOLDER, required=True, help="Folder of the keys and of what was signed last."
)


def keeper_of(folder: Path) -> HeadKeeper:
    """A keeper whose keys and memory lie in one folder."""

    @cache
    def open_key(origin: str) -> Signer:
        return open_log_key(folder, origin)

    return HeadKeeper(folder, open_key)


@signer_commands.command("serve")
@_keys
@click.option("--socket", "path", type=click.Path(path_type=Path, dir_okay=False), required=True)
def serve(keys: Path, path: Path) -> None:
    """Sign heads that continue the last one, until SIGTERM. POLICY_LOG_SIGNER=unix:SOCKET."""
    with SignerServer(path, keeper_of(keys)) as server:
        signal.signal(signal.SIGTERM, _stop)
        click.echo(f"listening on {path}")
        with suppress(KeyboardInterrupt):
            server.serve_forever()


@signer_commands.command("forget")
@_keys
@click.argument("origin")
def forget(keys: Path, origin: str) -> None:
    """Take any head of the log ORIGIN as the next one: after a restore that was meant."""
    try:
        keeper_of(keys).forget(origin)
    except (HeadRefused, KeyRefused) as error:
        raise click.ClickException(str(error)) from error


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
