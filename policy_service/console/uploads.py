"""A request whose uploaded files stay in memory.

Werkzeug would spool a larger file to a temporary file in plain. Uploads here hold names of third
parties, and bodies are limited anyway, so nothing of a request ever touches a disk.
"""

from __future__ import annotations

from io import BytesIO

from flask import Request


class InMemoryRequest(Request):
    """Flask's request, without temporary files."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> BytesIO:
        """Where one uploaded file is collected. The name and the arguments are Werkzeug's."""
        return BytesIO()
