"""What a WSGI server loads: `granian --interface wsgi wsgi:app`."""

from policy_service.app import create_app

app = create_app()
