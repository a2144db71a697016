"""Send a request, again where that may help, and say what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from boundary_policy_client.answers import Answer, pending, read_answer, read_object, read_problem
from boundary_policy_client.patience import Patience, read_retry_after
from boundary_policy_client.transport import Address, Message, NoReply, Reply, exchange

ANSWERED = (200, 201, 202)
_WORTH_REPEATING = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Sender:
    """Where to, with which key, and how patiently."""

    address: Address
    key: str = field(repr=False)
    patience: Patience

    def post(self, path: str, body: Mapping[str, Any], retry_key: str | None = None) -> Message:
        """A POST of JSON, with its Idempotency-Key where it has one."""
        named = {} if retry_key is None else {"Idempotency-Key": retry_key}
        return Message.json(path, body, {**self._headers(), **named})

    def get(self, path: str) -> Message:
        """A GET."""
        return Message("GET", path, self._headers())

    def answer(self, message: Message, key: str) -> Answer:
        """What came of asking; pending for everything that is no answer."""
        reply = self._exchange(message)
        if isinstance(reply, str):
            return pending(key, reply)
        if reply.status in ANSWERED:
            return read_answer(key, reply.body)
        problem = read_problem(reply.status, reply.body)
        return pending(key, f"the service answered {reply.status}", problem)

    def read(self, message: Message) -> Mapping[str, Any] | None:
        """A JSON object; None where none came."""
        reply = self._exchange(message)
        if isinstance(reply, str) or reply.status not in ANSWERED:
            return None
        return read_object(reply.body)

    def _exchange(self, message: Message) -> Reply | str:
        """The last reply, or why there is none. The same key makes repeating safe."""
        deadline, tried = self.patience.deadline(), 0
        while True:
            tried += 1
            reply = self._try(message, deadline)
            retry_after = None
            if isinstance(reply, Reply):
                if reply.status not in _WORTH_REPEATING:
                    return reply
                retry_after = read_retry_after(reply.headers.get("retry-after"))
            if not self.patience.pause(tried, retry_after, deadline):
                return reply

    def _try(self, message: Message, deadline: float) -> Reply | str:
        try:
            return exchange(self.address, message, deadline - self.patience.now())
        except NoReply as error:
            return str(error)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}", "Accept": "application/json"}
