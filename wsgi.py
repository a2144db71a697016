"""What a WSGI server loads: `granian --interface wsgi wsgi:app`."""

import multiprocessing
import os
import threading

from policy_service.app import create_app
from policy_service.cli import register_commands


def end_with_parent() -> None:
    """End this worker when the server that spawned it is killed.

    Otherwise it would go on serving the same port, with old code and perhaps a deleted database
    file, beside the server started next. Nothing is lost by it: what was answered is committed.
    """
    parent = multiprocessing.parent_process()
    if parent is None:  # not a worker, or of a server that sees to this itself
        return

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, name="end-with-parent", daemon=True).start()


end_with_parent()
app = create_app()
register_commands(app)
