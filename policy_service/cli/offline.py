"""Commands that need no database and no settings: `flask --app policy_service.cli.offline …`.

What runs on the machine of somebody who checks the service has nothing of the service's.
"""

from __future__ import annotations

from flask import Flask
from flask.cli import AppGroup

from policy_service.cli.signer import signer_commands
from policy_service.cli.witness import witness_commands

audit_commands = AppGroup("audit", help="Check a log from outside.")
audit_commands.add_command(witness_commands)
audit_commands.add_command(signer_commands)
app = Flask("policy_service", static_folder=None)
app.cli.add_command(audit_commands)
