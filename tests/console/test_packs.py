"""The pages of packs: what binds, what a change would do, and the two people it may take."""

from __future__ import annotations

import io
import re

import pytest
from werkzeug.test import TestResponse

from policy_service.domain.principals import Role
from policy_service.services.packs import Mode, packs_in_use
from policy_service.worker import run_due
from tests.cast import World
from tests.console.office import Browser, signed_in
from tests.policy.example_pack import CASES
from tests.services.pack_cast import activated, closed_house, house, next_version, stored
from tests.services.test_pack_activation import OWN_RULES
from tests.services.test_pack_activation import _files as files_of


def _active(world: World) -> set[str]:
    with world.reading() as context:
        return {pack.digest for pack in packs_in_use(world.desk, context).active}


def _change(person: Browser, digest: str, mode: str, reason: str) -> TestResponse:
    page = f"/packs/{digest}/change"
    form = {"mode": mode, "reason": reason}
    return person.post(page, form, seen_on=f"{page}?mode={mode}")


@pytest.fixture
def officer(world: World) -> Browser:
    return signed_in(world, "cora", Role.COMPLIANCE)


def test_the_list_shows_what_binds_and_what_is_only_there(world: World, officer: Browser) -> None:
    stored(world, house())
    page = officer.get("/packs").text
    assert page.count('pack-active">binds') == len(world.desk.packs.packs)
    assert 'pack-available">available' in page
    assert "House rules" in page


def test_every_page_of_every_shipped_pack_opens(sqlite_world: World) -> None:
    person = signed_in(sqlite_world, "cora", Role.AUDITOR)
    for pack in sqlite_world.desk.packs:
        page = person.get(f"/packs/{pack.digest}")
        assert page.status_code == 200
        assert pack.digest in page.text
        change = person.get(f"/packs/{pack.digest}/change?mode=active")
        assert "This pack binds already" in change.text
        assert "<form" not in change.text.partition("<main")[2].partition("</main>")[0]


def test_an_officer_puts_a_tightening_pack_in_use_with_a_reason(
    world: World, officer: Browser
) -> None:
    digest = stored(world, house())
    refused = _change(officer, digest, "active", "")
    assert refused.status_code == 422
    assert "Between 1 and" in refused.text
    done = _change(officer, digest, "active", "We take no friends.")
    assert done.status_code == 303
    assert digest in _active(world)
    page = officer.get(f"/packs/{digest}").text
    assert "We take no friends." in page
    assert "Cora" in page


def test_the_comparison_shows_rules_counts_witnesses_and_the_proof(
    world: World, officer: Browser
) -> None:
    activated(world, house("1.0.0", "deliberate"))
    digest = stored(world, house("1.1.0", "prohibit"))
    page = officer.get(f"/packs/{digest}/change").text
    assert "No prohibition is loosened" in page
    assert "house.tie.friend" in page
    assert "How much changes" in page
    assert "Witnesses" in page
    assert "No prohibit loosened: holds." in page


def test_what_loosens_waits_for_an_approver_who_is_somebody_else(
    world: World, officer: Browser
) -> None:
    old = activated(world, house("1.0.0", "prohibit"))
    digest = stored(world, house("1.1.0", "advise"))
    page = officer.get(f"/packs/{digest}/change").text
    assert "A second person must approve" in page
    assert _change(officer, digest, "active", "Too strict.").status_code == 303
    assert old in _active(world)
    own = officer.get(f"/packs/{digest}/change").text
    assert 'value="approve"' not in own
    assert "You asked for this" in own
    approver = signed_in(world, "ada", Role.APPROVER)
    seen = approver.get(f"/packs/{digest}/change").text
    proposal = re.search(r"/packs/proposals/([0-9a-f-]{36})", seen)
    assert proposal is not None
    form = {"verdict": "approve", "reason": "Agreed."}
    where = f"/packs/{digest}/change"
    done = approver.post(f"/packs/proposals/{proposal[1]}", form, seen_on=where)
    assert done.status_code == 303
    assert digest in _active(world)
    assert "approved by Ada" in approver.get(f"/packs/{digest}").text


def test_a_form_made_before_another_activation_is_refused(world: World, officer: Browser) -> None:
    digest = stored(world, house())
    page = officer.get(f"/packs/{digest}/change").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    number = re.search(r'name="version" value="([0-9]+)"', page)
    assert token
    assert number
    activated(world, next_version("aca-2014"))
    form = {"csrf_token": token[1], "version": number[1], "mode": "active", "reason": "Now."}
    late = officer.client.post(f"/console/packs/{digest}/change", data=form, **officer.base)
    assert late.status_code == 412
    assert digest not in _active(world)


def _bring_in(person: Browser, rules: str) -> TestResponse:
    page = person.get("/packs").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    files = files_of(rules)
    data = {
        "csrf_token": token[1],
        "files": [
            (io.BytesIO(text.encode()), name.rpartition("/")[2]) for name, text in files.items()
        ],
    }
    return person.client.post(
        "/console/packs", data=data, content_type="multipart/form-data", **person.base
    )


def test_a_pack_is_brought_in_by_its_files_or_refused_with_file_and_line(
    world: World, officer: Browser
) -> None:
    broken = OWN_RULES.replace("event_kind: gift}", "event_knd: gift}")
    refused = _bring_in(officer, broken)
    line = broken[: broken.index("event_knd")].count("\n") + 1
    assert refused.status_code == 422
    assert f"line {line}: unknown fact" in refused.text
    assert "did you mean &#39;event_kind&#39;" in refused.text
    done = _bring_in(officer, OWN_RULES)
    assert done.status_code == 303
    assert "It binds nobody yet" in officer.get(done.headers["Location"][8:]).text
    assert CASES


def test_a_replay_is_ordered_carried_out_and_shown_with_its_cases(
    world: World, officer: Browser
) -> None:
    world.check("ben", "nora")
    digest = stored(world, closed_house())
    ordered = officer.post(f"/packs/{digest}/replays", {}, seen_on=f"/packs/{digest}")
    assert ordered.status_code == 303
    where = ordered.headers["Location"].partition("/console")[2]
    assert "Queued" in officer.get(where).text
    world.clock.advance(minutes=1)
    run_due(world.desk)
    page = officer.get(where).text
    assert "Old by new" in page
    assert "<strong>1</strong>" in page


def test_a_shadow_shows_what_it_said(world: World, officer: Browser) -> None:
    digest = activated(world, closed_house(), Mode.SHADOW)
    world.check("ben", "nora")
    page = officer.get(f"/packs/{digest}/shadow").text
    assert "What this pack said beside what was decided" in page
    assert "<strong>1</strong>" in page
    assert "pack.shadow_read" in world.actions()


def test_the_analysis_of_a_pack_is_a_page(sqlite_world: World) -> None:
    person = signed_in(sqlite_world, "cora", Role.COMPLIANCE)
    digest = stored(sqlite_world, house())
    page = person.get(f"/packs/{digest}/analysis").text
    assert "Mutation score" in page
    assert "Faults" in page


@pytest.mark.parametrize("role", [Role.INTAKE, Role.ADMIN, Role.OPERATOR])
def test_packs_are_for_those_who_judge_them(sqlite_world: World, role: Role) -> None:
    person = signed_in(sqlite_world, role.value, role)
    digest = sqlite_world.desk.packs.by_id("baseline").digest
    for path in ("/packs", f"/packs/{digest}", f"/packs/{digest}/change"):
        assert person.get(path).status_code == 403
    assert 'href="/console/packs"' not in person.get("/rules").text
