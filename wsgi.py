"""What a WSGI server loads: `granian --interface wsgi wsgi:app`."""

from policy_service.app import create_app
from policy_service.cli import register_commands

app = create_app()
register_commands(app)
