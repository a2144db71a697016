"""The command line: `flask --app wsgi …`, one file per group."""

from __future__ import annotations

from flask import Flask

from policy_service.cli.access import ehr_commands, login_commands
from policy_service.cli.bundles import bundle_commands
from policy_service.cli.demo import demo_commands
from policy_service.cli.ehr_answers import ehr_answer_commands
from policy_service.cli.ehr_clients import ehr_client_commands
from policy_service.cli.erasures import erasure_commands
from policy_service.cli.log_alarms import log_alarm_commands
from policy_service.cli.match_reports import match_report_commands
from policy_service.cli.matching import matching_commands
from policy_service.cli.measuring import measuring_commands
from policy_service.cli.pack_use import pack_use_commands
from policy_service.cli.packs import pack_commands
from policy_service.cli.practices import practice_commands
from policy_service.cli.published_log import published_commands
from policy_service.cli.records import audit_commands, check_commands
from policy_service.cli.rosters import roster_commands
from policy_service.cli.rule_pages import write_rule_pages
from policy_service.cli.screens import screen_commands
from policy_service.cli.signer import signer_commands
from policy_service.cli.witness import witness_commands
from policy_service.cli.worker import work

COMMANDS = (
    practice_commands,
    ehr_commands,
    login_commands,
    check_commands,
    audit_commands,
    demo_commands,
    roster_commands,
    pack_commands,
    matching_commands,
    screen_commands,
    erasure_commands,
    work,
)
for _command in (*measuring_commands.commands.values(), *match_report_commands.commands.values()):
    matching_commands.add_command(_command)
for _command in (*ehr_client_commands.commands.values(), *ehr_answer_commands.commands.values()):
    ehr_commands.add_command(_command)
audit_commands.add_command(bundle_commands.commands["bundle"])
for _command in (write_rule_pages, *pack_use_commands.commands.values()):
    pack_commands.add_command(_command)
for _command in (
    witness_commands,
    signer_commands,
    *log_alarm_commands.commands.values(),
    *published_commands.commands.values(),
):
    audit_commands.add_command(_command)


def register_commands(app: Flask) -> None:
    """Hang the commands on the application."""
    for command in COMMANDS:
        app.cli.add_command(command)
