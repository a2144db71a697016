"""The ways the service says no: distinct names, right statuses, documented, and telling nothing."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

import pytest

from policy_service.errors import (
    PROBLEMS,
    FieldError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    NotReady,
    ServiceError,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    UnsupportedMediaType,
)

PAGES = Path(__file__).parents[1] / "docs" / "problems"


def _concrete(kind: type[ServiceError]) -> set[type[ServiceError]]:
    below = set(kind.__subclasses__())
    deeper = set().union(*(_concrete(each) for each in below)) if below else set()
    return {each for each in below | deeper if "slug" in vars(each)}


def test_every_kind_of_refusal_is_listed_once() -> None:
    defined = {
        kind for kind in _concrete(ServiceError) if kind.__module__ == ServiceError.__module__
    }
    assert defined == set(PROBLEMS)
    assert len({kind.slug for kind in PROBLEMS}) == len(PROBLEMS)


def test_every_status_is_a_refusal() -> None:
    for kind in PROBLEMS:
        assert 400 <= HTTPStatus(kind.status) < 600


def test_each_problem_has_its_page_and_each_page_its_problem() -> None:
    pages = {path.stem for path in PAGES.glob("*.md")} - {"README"}
    assert pages == {kind.slug for kind in PROBLEMS}


@pytest.mark.parametrize("kind", PROBLEMS, ids=lambda kind: kind.slug)
def test_the_page_opens_with_slug_status_and_title(kind: type[ServiceError]) -> None:
    lines = (PAGES / f"{kind.slug}.md").read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"# {kind.title}"
    assert lines[2] == f"`{kind.slug}` · HTTP {kind.status}"


def test_the_index_lists_every_problem() -> None:
    index = (PAGES / "README.md").read_text(encoding="utf-8")
    for kind in PROBLEMS:
        assert f"| {kind.status} | [{kind.slug}]({kind.slug}.md) | {kind.title} |" in index


def test_not_found_says_the_same_of_everything() -> None:
    assert NotFound().to_json() == NotFound().to_json()
    with pytest.raises(TypeError):
        NotFound("patient 17 of another practice")


def test_unauthenticated_asks_for_credentials() -> None:
    assert Unauthenticated().headers["WWW-Authenticate"].startswith("Bearer")


def test_method_not_allowed_names_the_methods() -> None:
    error = MethodNotAllowed(["POST", "GET"])
    assert error.headers == {"Allow": "GET, POST"}
    assert error.detail == "Allowed here: GET, POST."


@pytest.mark.parametrize("kind", [TooManyRequests, NotReady])
def test_later_says_when(kind: type[TooManyRequests | NotReady]) -> None:
    assert kind().headers == {"Retry-After": "1"}
    assert kind(retry_after=30).headers == {"Retry-After": "30"}


def test_limits_and_types_are_named() -> None:
    assert "262144 bytes" in TooLarge.over(262144).detail
    assert UnsupportedMediaType.only("application/json", "text/csv").detail == (
        "Allowed content types here: application/json, text/csv."
    )


def test_a_field_error_names_place_reason_and_what_is_allowed() -> None:
    problem = InvalidRequest(
        errors=[
            FieldError("/purpose", "not one of those allowed", ("intake", "booking")),
            FieldError("/client/birth_date", "there is no 30 February"),
        ]
    )
    assert problem.to_json() == {
        "title": "The request is not valid",
        "status": 422,
        "detail": "One or more fields are not valid. Nothing was stored.",
        "errors": [
            {
                "pointer": "/purpose",
                "detail": "not one of those allowed",
                "allowed": ["intake", "booking"],
            },
            {"pointer": "/client/birth_date", "detail": "there is no 30 February"},
        ],
    }


def test_a_detail_of_this_occurrence_replaces_the_usual_one() -> None:
    assert InvalidRequest("Line 3 has 4 columns.").to_json()["detail"] == "Line 3 has 4 columns."
    assert str(InvalidRequest("Line 3 has 4 columns.")) == "Line 3 has 4 columns."
