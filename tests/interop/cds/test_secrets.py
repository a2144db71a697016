"""No private fact reaches an audience without the right, in generated worlds; blind equality holds.

Each world is met twice, with another secret. Who may know nothing gets one constant. For a front
desk, and for a clinician where both causes are hidden, the two answers are equal in status,
headers, length and bytes whenever the standing is. Each control breaks one guard on purpose, and
the same worlds find it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from policy_service.domain import audiences
from policy_service.domain.override_reasons import OVERRIDE_REASONS
from policy_service.domain.principals import ActingRole, ActingUser
from policy_service.domain.standings import Advice
from policy_service.interop.cds import cards, parties, translation
from policy_service.interop.cds.cards import Told
from policy_service.services.decisions import read_decision
from tests.cast import World, world_like
from tests.interop.cds.hooks import BEN, DESK, NOBODY, OFFICER
from tests.interop.cds.secrets import Office, Scene, Secret, Seen, draw

IN_ONE = 100
"""Worlds in one test, so that a run in parallel shares them out."""
CONSTANTS = (
    {"cards": []},
    {"cards": [], "systemActions": []},
)
HIDDEN = ("officer", "through", "none")
"""From the clinician it is about: what the client told them they know."""


@contextmanager
def two_offices(cast: World, folder: Path) -> Iterator[tuple[Office, Office]]:
    """Two copies of the cast that are alike to the last byte."""
    made = []
    for name in ("one", "two"):
        own = folder / name
        own.mkdir()
        database = shutil.copy(str(make_url(cast.settings.database_url).database), own / "db")
        made.append(world_like(cast, f"sqlite:///{database}", own))
    try:
        yield Office.of(made[0]), Office.of(made[1])
    finally:
        for world in made:
            world.desk.database.dispose()


def audience(scene: Scene) -> str:
    """Who looks on, by what they may know."""
    if scene.user in ("patient", "relative"):
        return "anyone"
    if scene.user == "own" or (scene.user == NOBODY and scene.hook == "patient-view"):
        return "treating"
    if scene.user in (BEN, NOBODY):
        return "anyone"
    if scene.user == DESK:
        return "intake"
    assert scene.user == OFFICER
    return "full" if scene.full else "intake"


def assert_no_secret(scene: Scene, secret: Secret, seen: Seen) -> None:
    """Nothing is there that this audience has no right to."""
    text = seen.raw.decode()
    assert secret.third not in text, f"a third party is named: {scene}"
    who = audience(scene)
    # Ben is asked about himself too, and is told what could not be read for his own check.
    says_nothing = who == "anyone" and (scene.user != BEN or scene.brings_related)
    if says_nothing and scene.hook != "patient-view":
        assert seen.raw.replace(b" ", b"") in [dumped(one) for one in CONSTANTS], scene
    if who in ("anyone", "intake"):
        told = [word for word in seen.private if word in text]
        assert told == [], f"{told} reached {who}: {scene}"


def dumped(value: dict[str, Any]) -> bytes:
    """As it goes over the wire."""
    return str(value).replace("'", '"').replace(" ", "").encode()


def assert_blind(scene: Scene, seen: tuple[Seen, Seen]) -> None:
    """Two hidden causes and one standing: one answer."""
    first, second = seen
    who = audience(scene)
    blind = who in ("anyone", "intake") or (
        who == "treating" and all(secret.source in HIDDEN for secret in scene.secrets)
    )
    if blind and (who == "anyone" or first.advice == second.advice):
        assert first.wire == second.wire, scene


def meet(offices: tuple[Office, Office], scene: Scene) -> tuple[Seen, Seen]:
    """The scene in both worlds, held against both laws."""
    pairs = list(zip(offices, scene.secrets, strict=True))
    seen = [office.meet(scene, secret) for office, secret in pairs]
    for (_, secret), one in zip(pairs, seen, strict=True):
        assert one.status == 200, (scene, one.raw)
        assert_no_secret(scene, secret, one)
    both = seen[0], seen[1]
    assert_blind(scene, both)
    return both


def meet_many(cast: World, folder: Path, seed: int, worlds: int) -> list[tuple[Scene, Seen]]:
    """That many worlds; what was met, for whoever counts."""
    met = []
    with two_offices(cast, folder) as offices:
        for number in range(worlds // 2):
            scene = draw(seed, number)
            met += [(scene, one) for one in meet(offices, scene)]
    return met


@pytest.mark.parametrize("seed", range(300 // IN_ONE))
def test_no_private_fact_reaches_an_audience_without_the_right(
    sqlite_cast: World, tmp_path: Path, seed: int
) -> None:
    met = meet_many(sqlite_cast, tmp_path, seed, IN_ONE)
    assert len(met) == IN_ONE
    # The law would hold of nothing at all: these worlds hold cards, and secrets behind them.
    assert any(b'"summary"' in seen.raw for _, seen in met)
    assert any(seen.advice is Advice.CHOOSE_ANOTHER_CLINICIAN for _, seen in met)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1000, 1000 + 10_000 // 200))
def test_ten_thousand_worlds_keep_their_secrets(
    sqlite_cast: World, tmp_path: Path, seed: int
) -> None:
    assert len(meet_many(sqlite_cast, tmp_path, seed, 200)) == 200


def _names_the_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    """The front desk is told what the rules said."""
    brief = audiences._brief
    monkeypatch.setattr(
        audiences, "_brief", lambda answer: brief(answer) | {"findings": answer.full["findings"]}
    )


def _shows_the_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever books online is taken for the front desk."""
    monkeypatch.setitem(parties._OTHERS, "Patient", ActingRole.INTAKE)


def _trusts_strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user nobody registered is taken for the front desk."""
    acting = parties._acting

    def trusting(*asked: Any) -> ActingUser:
        found = acting(*asked)
        is_unknown = found.role is ActingRole.UNKNOWN
        return ActingUser(ActingRole.INTAKE) if is_unknown else found

    monkeypatch.setattr(parties, "_acting", trusting)


def _offers_fewer_reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many reasons are offered depends on what was decided, which the card does not say."""
    check = translation._check
    known: dict[str, int] = {}

    def checked(*asked: Any) -> Told:
        told = check(*asked)
        with asked[0].desk.reading(asked[0].principal) as context:
            findings = read_decision(context, told.decision_id).body["findings"]
        known[told.decision_id] = sum("".join(one["rule"] for one in findings).encode()) % 7
        return told

    def fewer(told: Told, _setting: cards.Setting) -> list[dict[str, str]]:
        offered = OVERRIDE_REASONS[: 1 + known[told.decision_id]]
        return [{"code": one.code, "display": one.display} for one in offered]

    monkeypatch.setattr(translation, "_check", checked)
    monkeypatch.setattr(cards, "_reasons", fewer)


def _pads_the_body(monkeypatch: pytest.MonkeyPatch) -> None:
    """One space more where a rule forbids: nobody would see it, but for its length."""
    card_of = translation.card_of

    def padded(told: Told, *more: Any) -> Any:
        made = card_of(told, *more)
        if made is None:
            return None
        room = " " * (sum(told.decision_id.encode()) % 5)
        return replace(made, body={**made.body, "summary": made.body["summary"] + room})

    monkeypatch.setattr(translation, "card_of", padded)


CONTROLS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "the outcome is named": _names_the_outcome,
    "the patient is shown the front desk's card": _shows_the_patient,
    "strangers are trusted": _trusts_strangers,
    "reasons depend on what is hidden": _offers_fewer_reasons,
    "the length varies": _pads_the_body,
}


@pytest.mark.parametrize("name", CONTROLS)
def test_a_leak_that_is_put_in_is_found(
    sqlite_cast: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    CONTROLS[name](monkeypatch)
    with pytest.raises(AssertionError):
        meet_many(sqlite_cast, tmp_path, 7, 160)
