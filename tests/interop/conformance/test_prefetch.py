"""Prefetched data and fetching back (CDS Hooks 2.0 "Prefetch Template", "FHIR Resource Access")."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import inspect, text

from tests.cast import World
from tests.interop.conformance.ehr import Ehr, refused
from tests.interop.conformance.fhir_server import FhirServer
from tests.interop.conformance.hooks import (
    FHIR_SERVER,
    HOOKS,
    RESOURCES,
    authorization,
    body_of,
    bundle,
    prefetch_of,
)

SECRET = "a-token-of-the-ehr-that-nobody-keeps"
FAILED = {
    "resourceType": "OperationOutcome",
    "issue": [
        {"severity": "error", "code": "exception", "diagnostics": "no related persons today"}
    ],
}
PAGED = bundle() | {"link": [{"relation": "next", "url": f"{FHIR_SERVER}/RelatedPerson?page=2"}]}
UNSATISFIED = {"missing": ..., "null": None, "outcome": FAILED, "paged": PAGED, "unreadable": "Zap"}


def _prefetch(key: str, case: str) -> dict[str, Any]:
    """All that was asked for, but for one key."""
    value: Any = UNSATISFIED[case]
    whole = prefetch_of("patient-view", "ben", "nora")
    return {name: part for name, part in (whole | {key: value}).items() if part is not ...}


@pytest.mark.parametrize("case", UNSATISFIED)
def test_null_and_missing_and_failed_prefetch_never_read_as_clear(ehr: Ehr, case: str) -> None:
    """Ben and Nora are strangers, so that only what could not be read is left to say."""
    assert ehr.cards("patient-view", "ben", "nora") == [], "control: with everything there"
    answer = ehr.call("patient-view", "ben", "nora", prefetch=_prefetch("related", case))
    if case == "unreadable":
        refused(answer, 422, "prefetch.related")
        return
    [card] = answer.json["cards"]
    assert (card["indicator"], card["summary"]) == (
        "info", "Boundary check not complete: the people related to the patient could not be read."
    )  # fmt: skip


@pytest.mark.parametrize("hook", HOOKS)
def test_data_that_can_be_had_neither_way_is_412(ehr: Ehr, hook: str) -> None:
    """A patient whom nobody knows, not prefetched, and no server to ask."""
    body = body_of(hook, "alma", "tomas", prefetch=None)
    body["context"]["patientId"] = "nobody-knows"
    answer = ehr.send(hook, body)
    assert answer.status_code == 412, answer.text
    refused(answer, 412, "")


def test_what_was_not_prefetched_is_fetched_back(
    fetching_ehr: Ehr, fhir_server: FhirServer
) -> None:
    """From the given server, with the given token, and the finding is the same."""
    known = fetching_ehr.cards("patient-view", "alma", "tomas")
    fhir_server.forget()
    given = authorization(access_token=SECRET)
    cards = fetching_ehr.cards(
        "patient-view", "alma", "tomas",
        prefetch=None, fhirServer=fhir_server.url, fhirAuthorization=given,
    )  # fmt: skip
    assert [card["summary"] for card in cards] == [card["summary"] for card in known]
    assert fhir_server.asked, "nothing was asked of the server"
    assert {request.authorization for request in fhir_server.asked} == {f"Bearer {SECRET}"}


def test_a_server_that_is_not_the_clients_is_never_contacted(
    fetching_ehr: Ehr, stranger_server: FhirServer
) -> None:
    """The token would go with the request: a server that nobody configured gets neither."""
    answer = fetching_ehr.call(
        "patient-view", "alma", "tomas",
        prefetch={"patient": RESOURCES["Patient/tomas"]},
        fhirServer=stranger_server.url, fhirAuthorization=authorization(access_token=SECRET),
    )  # fmt: skip
    assert answer.status_code in (200, 400, 412), answer.text
    assert stranger_server.asked == []


def test_prefetch_nobody_asked_for_changes_nothing(ehr: Ehr) -> None:
    """A template key of our own choosing decides what is read, not what else was put there."""
    more = prefetch_of("patient-view", "ben", "nora") | {
        "consents": bundle(RESOURCES["Patient/tomas"]),
        "x": 7,
    }
    plain = ehr.cards("patient-view", "ben", "nora")
    assert [
        card["summary"] for card in ehr.cards("patient-view", "ben", "nora", prefetch=more)
    ] == [card["summary"] for card in plain]


def everything_kept(world: World) -> str:
    """Every cell of every table as text."""
    engine = world.desk.database.engine
    with engine.connect() as connection:
        rows = [
            row
            for table in inspect(engine).get_table_names()
            for row in connection.execute(text(f'SELECT * FROM "{table}"'))  # noqa: S608
        ]
    return repr(rows)


def test_the_access_token_is_kept_nowhere(ehr: Ehr, capfd: pytest.CaptureFixture[str]) -> None:
    given = {"fhirServer": FHIR_SERVER, "fhirAuthorization": authorization(access_token=SECRET)}
    for hook in HOOKS:
        assert ehr.call(hook, "alma", "tomas", **given).status_code == 200
    assert ehr.send("patient-view", given).status_code == 422
    kept = everything_kept(ehr.world)
    written = capfd.readouterr()
    assert "check.decided" in kept, "control: the search does see what is kept"
    for place in (kept, written.out, written.err):
        assert SECRET not in place
