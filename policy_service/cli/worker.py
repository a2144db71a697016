"""`flask worker`: do what is due."""

from __future__ import annotations

import signal

import click
from flask.cli import with_appcontext

from policy_service.cli.desk import desk, roster_folder
from policy_service.worker import Worker, run_due


@click.command("worker")
@click.option("--once", is_flag=True, help="Do what is due now, then stop.")
@with_appcontext
def work(once: bool) -> None:
    """Seal the log, carry out queued work, sign checkpoints; until SIGTERM."""
    if once:
        click.echo(f"{run_due(desk(), roster_folder())} done")
        return
    worker = Worker(desk(), roster_folder())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stopping.set())
    worker.run()
