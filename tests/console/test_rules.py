"""The rules in the console: for everybody signed in, in every version at hand."""

from __future__ import annotations

import re
from html import unescape

import pytest
from sqlalchemy import update

from policy_service.console.rules import NamedRule, rules_named
from policy_service.database.tables.packs import PackRow
from policy_service.domain.principals import Role
from policy_service.policy.render import obligation_in_words
from policy_service.services.packs import Mode
from tests.cast import World
from tests.console.office import (
    Browser,
    add_login,
    check,
    former_partner_case,
    open_case,
    signed_in,
)
from tests.services.pack_cast import activated, house, next_version, stored

RULE = "/rules/aca-2014/aca.a5c.within-five-years"
LINK = re.compile(r'href="/console(/rules/[^"]+)"')


@pytest.fixture
def reader(sqlite_world: World) -> Browser:
    """Somebody without any other page."""
    return signed_in(sqlite_world, "ina", Role.INTAKE)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.EHR])
def test_everybody_signed_in_reads_the_rules(sqlite_world: World, role: Role) -> None:
    more = {"clinician_id": sqlite_world.ids["alma"]} if role is Role.CLINICIAN else {}
    person = signed_in(sqlite_world, "pat", role, **more)
    for path in ("/rules", "/rules/aca-2014", RULE):
        page = person.get(path)
        assert page.status_code == 200
        assert ">Rules</a>" in page.get_data(as_text=True)


def test_nobody_reads_them_without_signing_in(sqlite_world: World) -> None:
    visitor = Browser(sqlite_world.app.test_client())
    for path in ("/rules", "/rules/aca-2014", RULE):
        assert visitor.get(path).status_code == 303


def test_the_list_counts_how_the_rules_of_each_pack_stand(
    sqlite_world: World, reader: Browser
) -> None:
    page = reader.get("/rules").get_data(as_text=True)
    for pack in sqlite_world.desk.packs:
        row = page.split(f'href="/console/rules/{pack.id}"')[1].split("</tr>")[0]
        counts = [int(n) for n in re.findall(r'<td class="number">(\d+)</td>', row)]
        statuses = [rule.status.value for rule in pack.rules]
        assert counts == [
            statuses.count(word) for word in ("in_force", "draft", "struck_down", "superseded")
        ]


def test_officers_are_led_on_to_the_versions_of_a_pack(
    sqlite_world: World, reader: Browser
) -> None:
    officer = signed_in(sqlite_world, "olga", Role.COMPLIANCE)
    link = f"/packs/{sqlite_world.desk.packs.by_id('aca-2014').digest}"
    assert link in officer.get("/rules/aca-2014").get_data(as_text=True)
    assert officer.get(link).status_code == 200
    assert "/packs/" not in reader.get("/rules/aca-2014").get_data(as_text=True)


def test_every_rule_of_every_pack_has_its_page(sqlite_world: World, reader: Browser) -> None:
    for pack in sqlite_world.desk.packs:
        listed = set(LINK.findall(reader.get(f"/rules/{pack.id}").get_data(as_text=True)))
        assert {f"/rules/{pack.id}/{rule.id}" for rule in pack.rules} <= listed
        for rule in pack.rules[:2]:
            page = unescape(reader.get(f"/rules/{pack.id}/{rule.id}").get_data(as_text=True))
            assert rule.title in page
            for code in rule.obligations:
                assert obligation_in_words(code) in page


def test_the_page_tells_condition_clock_proof_and_tests(reader: Browser) -> None:
    page = unescape(reader.get(RULE).get_data(as_text=True))
    for said in (
        "The contact after care began less than 5 years after care ended.",
        "5 years from the end of care",
        "by nobody",
        "The text, or an official page, was read.",
        "barred for five years",
        "nobody yet",
        "<code>intimacy_after_care_began_on</code> 2025-05-01",
    ):
        assert said in page, said


def test_a_draft_and_a_rule_struck_down_warn(sqlite_world: World, reader: Browser) -> None:
    draft = reader.get("/rules/apa-2016/apa.10-07.partner-tie").get_data(as_text=True)
    assert "Draft, without authority" in draft
    struck = [
        (pack.id, rule)
        for pack in sqlite_world.desk.packs
        for rule in pack.rules
        if rule.status.value == "struck_down"
    ]
    for pack_id, rule in struck:
        page = unescape(reader.get(f"/rules/{pack_id}/{rule.id}").get_data(as_text=True))
        assert str(rule.authority) in page


@pytest.mark.parametrize(
    "path",
    [
        "/rules/none-such",
        "/rules/none-such/aca.a5a.event",
        "/rules/aca-2014/aca.none.such",
        f"{RULE}?digest={'0' * 64}",
        "/rules/nasw/aca.a5a.event",
    ],
)
def test_what_is_not_at_hand_is_not_found(reader: Browser, path: str) -> None:
    assert reader.get(path).status_code == 404


def test_a_digest_of_another_pack_is_not_found(sqlite_world: World, reader: Browser) -> None:
    other = sqlite_world.desk.packs.by_id("nasw").digest
    assert reader.get(f"{RULE}?digest={other}").status_code == 404


def test_the_version_that_decided_is_shown_as_it_was(sqlite_world: World, reader: Browser) -> None:
    """Another version binds now; the old page still says what the old pack said."""
    old = sqlite_world.desk.packs.by_id("aca-2014")
    changed = next_version("aca-2014", title="Barter, said anew")
    rule = f"/rules/aca-2014/{changed['rules'][0]['id']}"
    new = activated(sqlite_world, changed)
    now = unescape(reader.get(rule).get_data(as_text=True))
    assert "<h1>Barter, said anew</h1>" in now
    assert "does not bind" not in now
    then = unescape(reader.get(f"{rule}?digest={old.digest}").get_data(as_text=True))
    assert "said anew" not in then
    assert f"version {old.version} of the pack, which does not bind" in then
    assert f"{rule}?digest={new}" in then
    assert "says otherwise" in then


def test_a_pack_that_runs_along_is_shown_and_binds_nobody(
    sqlite_world: World, reader: Browser
) -> None:
    digest = activated(sqlite_world, house(), Mode.SHADOW)
    page = unescape(reader.get("/rules").get_data(as_text=True))
    assert f'href="/console/rules/house?digest={digest}"' in page
    assert "shadow, binds nobody" in page
    for path in ("/rules/house", "/rules/house/house.tie.friend"):
        shown = unescape(reader.get(path).get_data(as_text=True))
        assert "does not bind this practice now" in shown


def test_while_a_pack_cannot_be_opened_others_are_still_read(
    sqlite_world: World, reader: Browser
) -> None:
    """What binds is then not known, so only a version by its digest is shown."""
    world = sqlite_world
    old = world.desk.packs.by_id("aca-2014")
    digest = activated(world, next_version("aca-2014"))
    with world.writing() as context:
        spoilt = update(PackRow).where(PackRow.digest == digest).values(document=b"{}")
        context.session.execute(spoilt)
    world.desk.compiled.clear()
    world.desk.in_use.clear()
    assert reader.get(RULE).status_code == 404
    assert reader.get("/rules").status_code == 503
    assert reader.get(f"{RULE}?digest={old.digest}").status_code == 200


def test_a_rule_is_found_by_its_id_alone(sqlite_world: World, reader: Browser) -> None:
    found = reader.get("/rules/-/aca.a5c.within-five-years")
    assert (found.status_code, found.location) == (303, f"/console{RULE}")
    assert reader.get("/rules/-/aca.none.such").status_code == 404


def test_a_rule_that_no_pack_in_use_holds_is_found_in_the_version_that_does(
    sqlite_world: World, reader: Browser
) -> None:
    digest = stored(sqlite_world, house())
    found = reader.get("/rules/-/house.tie.friend")
    assert found.location == f"/console/rules/house/house.tie.friend?digest={digest}"
    assert reader.get("/rules/house/house.tie.friend").status_code == 404


def test_each_finding_of_a_case_leads_to_its_rule_in_the_version_that_decided(
    sqlite_world: World,
) -> None:
    case = former_partner_case(sqlite_world)
    officer = signed_in(sqlite_world, "olga", Role.COMPLIANCE)
    page = unescape(officer.get(f"/cases/{case}").get_data(as_text=True))
    links = LINK.findall(page)
    baseline = sqlite_world.desk.packs.by_id("baseline")
    rule = "baseline.intimacy.former-partner-as-client"
    assert f"/rules/baseline/{rule}?digest={baseline.digest}" in links
    for link in links:
        assert officer.get(link).status_code == 200, link


def test_an_audit_entry_leads_to_the_rules_it_names(sqlite_world: World) -> None:
    open_case(sqlite_world)
    decision = check(sqlite_world, "alma", "tomas")
    officer = signed_in(sqlite_world, "olga", Role.COMPLIANCE)
    page = unescape(officer.get(f"/audit/{decision}").get_data(as_text=True))
    links = LINK.findall(page.split("Rules it names")[1])
    assert links
    for link in links:
        assert officer.get(link).status_code == 200, link


def test_rules_are_found_wherever_a_record_names_them() -> None:
    named = {"rule": "a.b", "pack": "p", "pack_digest": "d", "facts": []}
    body = {"findings": [named, {**named, "tie": "tie-1"}], "unverified": [{"rule": "a.c"}]}
    assert rules_named([{"decision": body}, 3, None]) == [NamedRule("p", "a.b", "d")]


def test_reading_a_rule_is_no_entry_of_the_log(sqlite_world: World) -> None:
    """There is nothing of any client in it."""
    add_login(sqlite_world, "udo", Role.AUDITOR)
    auditor = signed_in(sqlite_world, "udo")
    before = len(re.findall("<tr>", auditor.get("/audit").get_data(as_text=True)))
    auditor.get(RULE)
    after = len(re.findall("<tr>", auditor.get("/audit").get_data(as_text=True)))
    assert after == before + 1, "only the reading of the log itself"
