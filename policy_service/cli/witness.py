"""`flask audit witness …`: run a witness on a second machine, and read what it has kept.

None of these needs the service, its database or its settings (`policy_service.cli.offline`).
"""

from __future__ import annotations

import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import TextIO

import click
from flask.cli import AppGroup

from policy_service.audit.witness.book import Book, BookRefused
from policy_service.audit.witness.cosigner import Logs, Witness
from policy_service.audit.witness.server import WitnessServer
from policy_service.ledger.cosignature import Cosigner
from policy_service.ledger.errors import NoteRefused
from policy_service.ledger.heads import Between, compare_heads
from policy_service.ledger.note import Verifier, check_key_name
from policy_service.vault.errors import KeyRefused
from policy_service.vault.keystore import open_signing_key
from policy_service.vault.signing import SigningKey

witness_commands = AppGroup("witness", help="A second machine that remembers the log's heads.")
_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)
_EXIT_CODES = {Between.SAME: 0, Between.MISCONDUCT: 1, Between.UNDECIDED: 2}


class VkeyType(click.ParamType[Verifier]):
    """A log's public key as C2SP text."""

    name = "vkey"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Verifier:
        """A vkey of the log's own type; fails with what is wrong."""
        try:
            return Verifier.from_vkey(str(value))
        except NoteRefused as error:
            self.fail(str(error), param, ctx)


class AddressType(click.ParamType[tuple[str, int]]):
    """`host:port`."""

    name = "host:port"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        """Port 0 takes any free one."""
        host, colon, port = str(value).rpartition(":")
        if not colon or not host or not port.isdecimal() or int(port) > 65535:
            self.fail("allowed is HOST:PORT, as in 0.0.0.0:8020", param, ctx)
        return host.strip("[]"), int(port)


_key = click.option("--key", type=_FILE, required=True, help="Key file; made if it is not there.")
_name = click.option("--name", required=True, help='Name of the witness, as in "officer.example".')
_state = click.option("--state", type=_FOLDER, required=True, help="Folder of what it remembers.")
_logs = click.option(
    "--log", "logs", type=VkeyType(), multiple=True, required=True, help="vkey of a log; repeat."
)


@witness_commands.command("serve")
@_key
@_name
@_state
@_logs
@click.option("--listen", type=AddressType(), default="127.0.0.1:8020", show_default=True)
def serve(
    key: Path, name: str, state: Path, logs: tuple[Verifier, ...], listen: tuple[str, int]
) -> None:
    """Cosign heads of the given logs until SIGTERM; keep the evidence of what is refused."""
    try:
        book = Book(state)
        witness = Witness(_signer(key, name, state), by_origin(logs), book, _posix_now)
    except (BookRefused, KeyRefused) as error:
        raise click.ClickException(str(error)) from error
    with WitnessServer(listen, witness) as server:
        signal.signal(signal.SIGTERM, _stop)
        host, port = server.server_address[:2]
        click.echo(f"{witness.cosigner.vkey}\nlistening on {host!s}:{port}")
        with suppress(KeyboardInterrupt):
            server.serve_forever()
        book.close()


@witness_commands.command("key")
@_key
@_name
def show_key(key: Path, name: str) -> None:
    """Print the vkey of a witness; whoever checks the log pins it."""
    try:
        click.echo(Cosigner.of(_open_key(key, name)).vkey)
    except KeyRefused as error:
        raise click.ClickException(str(error)) from error


@witness_commands.command("evidence")
@_state
def list_evidence(state: Path) -> None:
    """Heads that were refused, with the folder of each. Exit 1 if there are any."""
    try:
        book = Book(state)
    except BookRefused as error:
        raise click.ClickException(f"{error}; ask it at its address") from error
    found = list(book.evidence())
    for one in found:
        click.echo(f"{one.kind}\t{one.origin}\t{one.folder}")
    sys.exit(1 if found else 0)


@witness_commands.command("compare")
@click.argument("first", type=click.File(encoding="utf-8"))
@click.argument("second", type=click.File(encoding="utf-8"))
@click.option("--log", "log", type=VkeyType(), required=True, help="vkey of the log; pinned.")
def compare(first: TextIO, second: TextIO, log: Verifier) -> None:
    """Two signed heads: exit 0 the same, 1 misconduct (one size, two roots), 2 cannot tell."""
    try:
        result = compare_heads(_note_in(first.read()), _note_in(second.read()), log)
    except NoteRefused as error:
        click.echo(f"cannot tell: {error}")
        sys.exit(2)
    click.echo(result)
    sys.exit(_EXIT_CODES[result])


def by_origin(logs: tuple[Verifier, ...]) -> Logs:
    """Keys by the log they sign for: a log that changes its key has two for a while."""
    found: dict[str, list[Verifier]] = {}
    for log in logs:
        found.setdefault(log.name, []).append(log)
    return found


def _note_in(text: str) -> str:
    """A note, or the note of a kept submission."""
    return text.partition("\n\n")[2] if text.startswith("old ") else text


def _signer(key: Path, name: str, state: Path) -> SigningKey:
    """The key may not lie in the folder that is copied, shown and sent about as evidence."""
    if key.resolve().is_relative_to(state.resolve()):
        raise click.BadParameter(f"the key may not lie in the folder {state}", param_hint="--key")
    return _open_key(key, name)


def _open_key(key: Path, name: str) -> SigningKey:
    if key.suffix != ".pem":
        raise click.BadParameter("the name of a key file ends in .pem", param_hint="--key")
    try:
        check_key_name(name)
    except NoteRefused as error:
        raise click.BadParameter(str(error), param_hint="--name") from error
    return open_signing_key(key.parent, key.stem, name)


def _posix_now() -> int:
    return int(time.time())


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
