# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the service over HTTP, within a time limit. What cannot be had is absent, never clear."""

import http.client
import json
import logging
import threading
from urllib.parse import urlencode, urlsplit

from trytond.config import config

logger = logging.getLogger(__name__)
SECTION = "boundary"
MOST_CHECKS = 50
LARGEST_ANSWER = 4 * 1024 * 1024
_idle, _lock = [], threading.Lock()


class Absent(Exception):
    """The service gave no answer that can be used. `reason` is a word without personal data."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


def batch(checks):
    """The answers to the checks, by key: {"standing", "message", "id", …} or an Absent."""
    answers = {}
    for start in range(0, len(checks), MOST_CHECKS):
        part = checks[start : start + MOST_CHECKS]
        try:
            said = call("POST", "/v1/checks/batch", {"checks": part})
            answers.update({one["key"]: _answer(one) for one in said["answers"]})
        except Absent as absent:
            answers.update({one["key"]: absent for one in part})
        except (KeyError, TypeError, AttributeError):
            answers.update({one["key"]: Absent("unreadable") for one in part})
    return {one["key"]: answers.get(one["key"], Absent("unreadable")) for one in checks}


def _answer(line):
    """An answer with a standing, or one of a client on trial; nothing else is an answer."""
    answer = line.get("answer") or {}
    if "standing" in answer or answer.get("mode") == "silent":
        return answer
    return Absent(f"HTTP {line['status']}")


def feedback(check_id, said):
    """Report what became of a check. Absent if it could not be delivered."""
    call("POST", f"/v1/checks/{check_id}/feedback", said)


def changes(cursor):
    """A page of the pairs whose standing changed since the cursor ("" for the start)."""
    query = {"acting_role": "intake", **({"cursor": cursor} if cursor else {})}
    return call("GET", f"/v1/checks/changes?{urlencode(query)}")


def call(method, path, body=None):
    """The JSON of a 2xx answer. Absent for anything else, within the time limit of each step."""
    url = urlsplit(config.get(SECTION, "url", default=""))
    if url.scheme not in ("http", "https") or not url.hostname:
        raise Absent("not configured")
    sent = None if body is None else json.dumps(body)
    try:
        return _send(url, method, path, sent)
    except (OSError, http.client.HTTPException, ValueError) as error:
        logger.warning("boundary service: %s %s: %s", method, url.netloc, type(error).__name__)
        raise Absent(type(error).__name__) from error


def _send(url, method, path, body):
    """Over a connection that waits from the last call; over a new one where that has gone stale."""
    with _lock:
        connection = _idle.pop() if _idle else None
    if connection is not None:
        try:
            return _exchange(connection, url, method, path, body)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            connection.close()  # it had been closed meanwhile; the same keys ask nothing twice
    return _exchange(_connect(url), url, method, path, body)


def _connect(url):
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    return kind(url.hostname, url.port, timeout=timeout())


def timeout():
    """Seconds to wait for the service: it is called within a transaction of the database."""
    return min(config.getfloat(SECTION, "timeout", default=2.0), 10.0)


def _exchange(connection, url, method, path, body):
    headers = {"Authorization": f"Bearer {_key()}", "Accept": "application/json"}
    if body is not None:
        headers["Content-Type"] = "application/json"
    try:
        connection.request(method, url.path.rstrip("/") + path, body, headers)
        response = connection.getresponse()
        raw = response.read(LARGEST_ANSWER + 1)
    except BaseException:
        connection.close()
        raise
    if response.will_close or len(raw) > LARGEST_ANSWER:
        connection.close()
    else:
        with _lock:
            _idle.append(connection)
    if not 200 <= response.status < 300:
        logger.warning("boundary service: HTTP %s to %s", response.status, path.partition("?")[0])
        raise Absent(f"HTTP {response.status}")
    said = json.loads(raw)
    if not isinstance(said, dict):
        raise Absent("unreadable")
    return said


def _key():
    path = config.get(SECTION, "key_file")
    if not path:
        raise Absent("not configured")
    with open(path, encoding="ascii") as file:
        return file.read().strip()
