"""The client: ask, and whatever happens, get an answer that is safe to act on."""

from __future__ import annotations

import ssl
import uuid
from collections.abc import Mapping
from typing import Any

from boundary_policy_client.answers import Answer
from boundary_policy_client.journal import Asked, Journal
from boundary_policy_client.patience import Patience
from boundary_policy_client.reconciling import AskAgain, Reconciled, Reconciling, utc_now
from boundary_policy_client.requests import CheckRequest, ScreeningRequest
from boundary_policy_client.sending import Sender
from boundary_policy_client.transport import Address

CHECKS, SCREENINGS = "/v1/checks", "/v1/screenings"


class PolicyClient:
    """One service and one key. Holds no connection: may be used by any number of threads.

    With a `journal`, what stays without an answer is made up for by `reconcile`, say every hour.
    ValueError for a url with plain http to another machine.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        journal: Journal | None = None,
        patience: Patience | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._sender = Sender(Address.of(url, tls), key, patience or Patience())
        self._journal = journal

    def check(
        self, request: CheckRequest, *, key: str | None = None, reference: str = ""
    ) -> Answer:
        """Ask before a step. Never raises for what went wrong: the answer is then pending.

        `key`: the Idempotency-Key; make it of the step ("appointment-4711-confirm"), so that
        asking twice decides once; random where you give none. `reference` names the step in your
        own records, so that the question can be made again should it never have arrived.
        """
        return self._ask(CHECKS, request.to_json(), key, reference)

    def screening(
        self, request: ScreeningRequest, *, key: str | None = None, reference: str = ""
    ) -> Answer:
        """Who can take this client? `body["clinicians"]` has a line for each; see `check`.

        The standing is `recorded`, or pending: what to do, the line of each clinician says.
        """
        return self._ask(SCREENINGS, request.to_json(), key, reference)

    def read(self, check_id: str, acting_role: str = "intake") -> Answer:
        """A recorded check with the standing of today."""
        message = self._sender.get(f"{CHECKS}/{check_id}?acting_role={acting_role}")
        return self._sender.answer(message, check_id)

    def reconcile(self, ask_again: AskAgain | None = None) -> Reconciled:
        """Make up for what was lost since the last time; RuntimeError without a journal.

        What never arrived is asked now, with the same key. The journal keeps no request that
        describes a person: `ask_again` is given such a question and returns its body anew
        (`CheckRequest.to_json`), or None where the step is no longer wanted.
        """
        if self._journal is None:
            raise RuntimeError("reconcile: a journal is needed")
        return Reconciling(self._sender, self._journal, self._ask, ask_again).run()

    def _ask(self, path: str, body: Mapping[str, Any], key: str | None, reference: str) -> Answer:
        """Noted before it is sent, settled when its answer came."""
        key = key or str(uuid.uuid4())
        if self._journal is not None:
            self._journal.note(Asked(key, utc_now(), path, reference, body))
        answer = self._sender.answer(self._sender.post(path, body, key), key)
        if self._journal is not None and answer.id is not None:
            self._journal.settle(key, answer.id)
        return answer
