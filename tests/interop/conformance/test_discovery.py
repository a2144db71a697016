"""Discovery and prefetch templates (CDS Hooks 2.0 "Discovery", "Prefetch Template")."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

import pytest

from tests.interop.conformance.ehr import SERVICES, Ehr
from tests.interop.conformance.hooks import HOOKS, Json, body_of, service_id

TOKEN = re.compile(r"\{\{([^{}]*)\}\}")
USERS = {"userPractitionerId", "userPractitionerRoleId", "userPatientId", "userRelatedPersonId"}
PRIMITIVES = {
    "patient-view": {"userId", "patientId", "encounterId"},
    "appointment-book": {"userId", "patientId", "encounterId"},
    "encounter-start": {"userId", "patientId", "encounterId"},
    "encounter-discharge": {"userId", "patientId", "encounterId"},
    "order-dispatch": {"patientId", "performer"},
    "order-sign": {"userId", "patientId", "encounterId"},
}
"""The first-level fields that each hook defines as a string (hook library 1.0.1)."""
ID = r"[A-Za-z0-9.\-]+"
READ = re.compile(rf"[A-Z][A-Za-z]+/{ID}|{ID}/{ID}")
SEARCH = re.compile(r"[A-Z][A-Za-z]+\?(.+)")
CONTROLS = {"_count", "_sort", "_id"}


def test_discovery_is_at_cds_services(ehr: Ehr) -> None:
    answer = ehr.get(SERVICES)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert ehr.get("/v1/cds-services").status_code == 404


def test_discovery_is_an_object_with_a_list_of_services(ehr: Ehr) -> None:
    answer = ehr.get(SERVICES).json
    assert list(answer) == ["services"]
    assert isinstance(answer["services"], list)
    assert {service["hook"] for service in answer["services"]} == set(HOOKS)


def test_each_service_has_the_required_strings(ehr: Ehr) -> None:
    services = ehr.discover()
    for service in services:
        for name in ("hook", "description", "id"):
            assert isinstance(service[name], str), (service, name)
            assert service[name].strip()
        assert service["id"] == service_id(service["hook"])
    ids = [service["id"] for service in services]
    assert len(ids) == len(set(ids)), "a public client keys services by URL and keeps the last"


@pytest.mark.parametrize("hook", HOOKS)
def test_each_service_is_called_at_its_id(ehr: Ehr, hook: str) -> None:
    assert service_id(hook) in {service["id"] for service in ehr.discover()}
    assert ehr.call(hook, "alma", "tomas").status_code == 200
    assert ehr.post(f"{SERVICES}/{hook}-x", body_of(hook, "alma", "tomas")).status_code == 404


def test_prefetch_maps_keys_to_query_strings(ehr: Ehr) -> None:
    for service in ehr.discover():
        for key, query in service.get("prefetch", {}).items():
            assert re.fullmatch(r"[A-Za-z][\w-]*", key), key
            assert isinstance(query, str)
            assert query.strip() == query != ""


def templates(services: list[Json]) -> list[tuple[str, str]]:
    """(hook, query) of every prefetch template; the control passes bad ones in."""
    return [(each["hook"], query) for each in services for query in each["prefetch"].values()]


def token_faults(hook: str, query: str) -> list[str]:
    """Tokens of a template that the text does not allow."""
    bare = TOKEN.sub("", query)
    open_ones = ["left open"] if "{{" in bare or "}}" in bare else []
    allowed = USERS | {f"context.{name}" for name in PRIMITIVES[hook]}
    return open_ones + [token for token in TOKEN.findall(query) if token not in allowed]


def query_faults(query: str) -> list[str]:
    """What a template asks beyond instance reads and plain type searches."""
    whole = TOKEN.sub("x", query)
    whole = "Patient/x" if TOKEN.fullmatch(query) else whole
    search = SEARCH.fullmatch(whole)
    if search is None:
        return [] if READ.fullmatch(whole) else [f"neither read nor search: {query}"]
    names = [name for name, _ in parse_qsl(search[1], keep_blank_values=True)]
    modified = [name for name in names if ":" in name and not name.endswith(":in")]
    hidden = [name for name in names if name.startswith("_") and name not in CONTROLS]
    dated = [name for name in names if "date" in name]
    return modified + hidden + dated


def test_tokens_are_delimited_and_name_root_context_fields_or_the_user(ehr: Ehr) -> None:
    found = templates(ehr.discover())
    assert found, "a service that asks for nothing would prove nothing here"
    assert [token_faults(*template) for template in found if token_faults(*template)] == []


def test_prefetch_queries_keep_to_the_recommended_subset(ehr: Ehr) -> None:
    assert [
        query_faults(query) for _, query in templates(ehr.discover()) if query_faults(query)
    ] == []


@pytest.mark.parametrize(
    "query",
    [
        "Patient/{{context.patientId",
        "Patient/{{context.patient.id}}",
        "Patient/{{patientId}}",
        "Patient/{{context.appointments}}",
        "Patient/{{today()}}",
    ],
)
def test_a_bad_token_is_seen(query: str) -> None:
    assert token_faults("appointment-book", query)


@pytest.mark.parametrize(
    "query",
    [
        "Patient?_include=Patient:link",
        "Condition?code:below=1",
        "Encounter?date=sa2020-01-01",
        "$everything",
        "Patient/{{context.patientId}}/$everything",
    ],
)
def test_a_query_beyond_the_subset_is_seen(query: str) -> None:
    assert query_faults(query)
