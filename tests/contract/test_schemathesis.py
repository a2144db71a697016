"""Schemathesis reads openapi.yaml's source and attacks every operation with and against it.

A key that may do everything, and ids of the standing cast in place of made-up ones, so that cases
get past the first look-up. What must hold: no server error, only documented statuses and media
types, answers as the schemas say, and every refusal a problem document.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from policy_service.domain.care import CareSpell
from policy_service.domain.previews import Contemplated
from tests.api.conftest import EVERY_SCOPE, asked
from tests.api.test_openapi import FILE
from tests.cast import World, empty_world, populate
from tests.previewing import ask

CASES = int(os.environ.get("POLICY_TEST_CASES", "12"))
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DATE = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")
REFUSED = ("Cc", "Cf", "Cs", "Co", "Cn")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
LINES = "application/x-ndjson"
schemathesis.serializer.alias(LINES, "text/plain")
SCHEMA = schemathesis.openapi.from_path(str(FILE))
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]
CAMPAIGN = settings(
    max_examples=CASES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def attacked(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The cast, with some checks made."""
    folder = tmp_path_factory.mktemp("contract")
    file = folder / "world.sqlite3"
    file.write_bytes(sqlite_template.read_bytes())
    world = populate(empty_world(f"sqlite:///{file}", folder))
    ehr = world.http(*EVERY_SCOPE)
    for pair in (("alma", "tomas"), ("ben", "nora")):
        world.ids["check"] = ehr.post("/v1/checks", json=asked(world, *pair)).json["id"]
    screening = {"client": {"id": world.ids["nora"]}, "purpose": "intake"}
    world.ids["screening"] = ehr.post("/v1/screenings", json=screening).json["id"]
    world.ids["preview"] = ask(
        world, world.ids["alma"], Contemplated.ROMANCE, stated=CareSpell(None, is_open=True)
    )["id"]
    yield world
    world.desk.database.dispose()


@pytest.fixture(scope="module")
def headers(attacked: World) -> dict[str, str]:
    """One key for all cases."""
    return attacked.http(*EVERY_SCOPE).headers


def _known_ids(world: World) -> dict[str, str]:
    ids = world.ids
    return {
        "clinician": ids["alma"],
        "client": ids["tomas"],
        "check": ids["check"],
        "screening": ids["screening"],
        "entry": ids["check"],
        "preview": ids["preview"],
        "tie": ids["brother_tie"],
        "disclosure": ids["brother_tie"],
    }


def _about(key: str, about: str) -> str:
    return about if key == "id" else key.removesuffix("_id")


def _with_known_ids(value: Any, known: dict[str, str], about: str = "") -> Any:
    """Well-formed made-up ids become those of the cast; everything else stays as generated."""
    match value:
        case dict():
            return {k: _with_known_ids(v, known, _about(str(k), about)) for k, v in value.items()}
        case list():
            return [_with_known_ids(part, known, about.removesuffix("s")) for part in value]
        case str() if UUID.fullmatch(value):
            return known.get(about, value)
        case _:
            return value


def _mended(value: Any, known: dict[str, str]) -> Any:
    """What the document cannot say, put right: printable text, dates of our time, one client."""
    match value:
        case dict():
            mended = {key: _mended(part, known) for key, part in value.items()}
            if isinstance(value.get("client"), dict):
                mended["client"] = _one_client(mended["client"], known)
            if isinstance(value.get("names"), list):
                mended["names"] = [{"family": "Moss"} | name for name in mended["names"]]
            return mended
        case list():
            return [_mended(part, known) for part in value]
        case str() if DATE.fullmatch(value):
            return "2021-05-17"[: len(value)]
        case str():
            kept = (char for char in value if unicodedata.category(char) not in REFUSED)
            return "".join(kept).strip() or "x"
        case _:
            return value


def _one_client(client: dict[str, Any], known: dict[str, str]) -> dict[str, Any]:
    return {"person": client["person"]} if "person" in client else {"id": known["client"]}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_every_operation_keeps_its_word(
    operation: Any, attacked: World, headers: dict[str, str]
) -> None:
    known = _known_ids(attacked)
    if operation.label.endswith("/deactivation"):
        del known["clinician"]  # the others still need her

    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    @CAMPAIGN
    def as_documented(case: Any) -> None:
        case.path_parameters = _with_known_ids(case.path_parameters, known)
        case.query = _with_known_ids(case.query, known)
        case.body = _with_known_ids(case.body, known)
        _attack(case, attacked, headers)

    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    @CAMPAIGN
    def mended(case: Any) -> None:
        case.path_parameters = _with_known_ids(case.path_parameters, known)
        case.body = _mended(_with_known_ids(case.body, known), known)
        _attack(case, attacked, headers)

    @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    @CAMPAIGN
    def against_it(case: Any) -> None:
        _attack(case, attacked, headers)

    as_documented()
    if operation.body:
        mended()
    if operation.body or operation.query or operation.path_parameters:
        against_it()


def _attack(case: Any, world: World, headers: dict[str, str]) -> None:
    response = case.call(headers=headers, app=world.app)
    is_text = case.media_type == LINES  # on the wire whatever is no text has become one
    checks = [check for check in CHECKS if not (is_text and check is negative_data_rejection)]
    case.validate_response(response, checks=checks, transport_kwargs={"app": world.app})
    if response.status_code >= 400:
        assert response.headers["content-type"] == ["application/problem+json"]
        assert response.json()["status"] == response.status_code


def test_the_attack_sees_a_server_error(
    attacked: World, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: with its packs lost the service fails, and the campaign says so."""
    monkeypatch.setattr(attacked.desk, "packs", None)
    [check] = [found for found in OPERATIONS if found.label == "POST /v1/checks"]
    with pytest.raises(BaseException, match="Server error"):
        test_every_operation_keeps_its_word(check, attacked, headers)
