"""Boundary events: decided as they are reported, counted together, corrected and withdrawn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from policy_service.database.tables.events import BoundaryEventRow
from policy_service.domain.principals import Principal
from policy_service.errors import InvalidRequest, NotFound
from policy_service.services.context import Context
from policy_service.services.events import (
    EventForm,
    events_of,
    move_event,
    report_event,
    withdraw_event,
)
from tests.cast import World


def form(world: World, kind: str = "gift", **more: Any) -> EventForm:
    return EventForm(world.ids["ben"], world.ids["nora"], kind, **more)


def report(world: World, asked: EventForm, principal: Principal | None = None) -> dict[str, Any]:
    world.clock.advance(seconds=1)
    response = report_event(world.desk, principal or world.cleo, asked, world.door())
    answer: dict[str, Any] = orjson.loads(response.body)
    return answer


def events(world: World, client: str = "nora") -> list[BoundaryEventRow]:
    with world.reading() as context:
        return events_of(context, world.ids["ben"], world.ids[client])


def test_an_event_and_its_decision_are_recorded_together(world: World) -> None:
    answer = report(world, form(world, "sexual_contact", occurred_on="2026-02"))
    assert answer["purpose"] == "event"
    assert answer["outcome"] == "prohibit"
    assert [row.kind for row in events(world)] == ["sexual_contact"]
    assert {"event.reported", "check.decided"} <= set(world.actions())


def test_what_fails_beside_the_event_takes_it_along(world: World) -> None:
    def fails(_context: Context, _client_id: str) -> None:
        raise ValueError("the door could not add its row")

    door = replace(world.door(), also=fails)
    with pytest.raises(ValueError, match="could not"):
        report_event(world.desk, world.cleo, form(world), door)
    assert events(world) == []
    assert "check.decided" not in world.actions()
    assert "event.reported" not in world.actions()


def test_gifts_add_up_and_one_without_an_amount_leaves_the_sum_open(world: World) -> None:
    report(world, form(world, amount=1500))
    report(world, form(world, amount=2500))
    assert world.facts("ben", "nora")["gift_total"] == 4000
    report(world, form(world))
    assert world.facts("ben", "nora")["gift_total"] is None


def test_the_sum_a_rule_sees_contains_the_event_being_reported(world: World) -> None:
    first = report(world, form(world, amount=100))
    assert not any(used["fact"] == "gift_total" and used["value"] == 0 for used in facts_of(first))


DEPENDENCE = "dependence_or_deception"


def dependence(world: World) -> Any:
    """What the record says of it: a word, or None while it is open."""
    return world.facts("ben", "nora")[DEPENDENCE]


def test_whether_the_client_was_dependent_stays_open_until_somebody_says(world: World) -> None:
    report(world, form(world, "sexual_contact", occurred_on="2026-02"))
    assert dependence(world) is None
    report(world, form(world, "request_for_date", dependence_or_deception="no"))
    assert dependence(world) == "no"
    report(world, form(world, "sexual_contact", dependence_or_deception="yes"))
    assert dependence(world) == "yes"
    report(world, form(world, "sexual_contact", dependence_or_deception="no"))
    assert dependence(world) == "yes"


def test_the_check_about_an_event_sees_what_was_said_of_it(world: World) -> None:
    asked = form(world, "sexual_contact", dependence_or_deception="yes", occurred_on="2026-02")
    report(world, asked)
    [row] = events(world)
    assert row.dependence_or_deception == "yes"
    with world.writing() as context:
        withdraw_event(context, row.id, "it was said of another")
    assert dependence(world) is None


@pytest.mark.parametrize(
    ("kind", "word"), [("gift", "yes"), ("gift", "no"), ("sexual_contact", "perhaps")]
)
def test_dependence_is_said_only_of_intimacy_and_only_with_yes_or_no(
    world: World, kind: str, word: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        report(world, form(world, kind, dependence_or_deception=word))
    assert refused.value.errors[0].pointer == "/dependence_or_deception"
    assert events(world) == []


@pytest.mark.parametrize(
    "kind", ["hint_of_future_romance", "request_for_date", "advice_from_client"]
)
def test_the_newer_kinds_of_event_are_decided_like_any_other(world: World, kind: str) -> None:
    answer = report(world, form(world, kind, direction="clinician_to_client"))
    assert answer["outcome"] in ("monitor", "deliberate")
    assert [row.kind for row in events(world)] == [kind]


def facts_of(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [used for finding in answer["findings"] for used in finding["facts"]]


def test_the_wrong_client_is_put_right(world: World) -> None:
    report(world, form(world, amount=1500))
    [row] = events(world)
    with world.writing() as context:
        move_event(context, row.id, world.ids["tomas"], "wrong chart")
    assert events(world) == []
    assert [row.revision for row in events(world, "tomas")] == [2]
    assert world.facts("ben", "nora")["gift_total"] == 0
    assert world.facts("ben", "tomas")["gift_total"] == 1500


def test_a_withdrawn_event_counts_no_more(world: World) -> None:
    report(world, form(world, amount=1500))
    [row] = events(world)
    with world.writing() as context:
        withdraw_event(context, row.id, "it was the neighbour")
    assert events(world) == []
    assert world.facts("ben", "nora")["gift_total"] == 0


def test_an_event_makes_a_running_check_prepare_again(world: World) -> None:
    before = world.version("ben"), world.version("nora")
    report(world, form(world))
    assert (world.version("ben"), world.version("nora")) == (before[0] + 1, before[1] + 1)


def test_what_makes_no_sense_is_refused_by_name_and_nothing_is_stored(world: World) -> None:
    good = form(world)
    unknown = "11111111-1111-4111-8111-111111111111"
    for bad, pointer in (
        (replace(good, kind="party"), "/kind"),
        (replace(good, direction="sideways"), "/direction"),
        (replace(good, party="dog"), "/party"),
        (replace(good, stated_by="rumour"), "/stated_by"),
        (replace(good, amount=-1), "/amount"),
        (replace(good, occurred_on="2026-02-30"), "/occurred_on"),
        (replace(good, occurred_on="2026-03-03"), "/occurred_on"),
        (replace(good, client_id=unknown), "/client/id"),
        (replace(good, clinician_id=unknown), "/clinician/id"),
    ):
        with pytest.raises(InvalidRequest) as refused:
            report(world, bad)
        assert refused.value.errors[0].pointer == pointer
    assert events(world) == []
    assert "check.decided" not in world.actions()


def test_an_event_of_the_present_month_is_not_in_the_future(world: World) -> None:
    report(world, form(world, occurred_on="2026-03"))
    assert len(events(world)) == 1


def test_an_unknown_event_is_not_found(world: World) -> None:
    with pytest.raises(NotFound), world.writing() as context:
        withdraw_event(context, world.ids["nora"], "no such event")


def test_dana_withdraws_nothing_of_ours(postgresql_world: World) -> None:
    report(postgresql_world, form(postgresql_world))
    [row] = events(postgresql_world)
    with pytest.raises(NotFound), postgresql_world.elsewhere() as context:
        withdraw_event(context, row.id, "not hers")
    assert len(events(postgresql_world)) == 1
