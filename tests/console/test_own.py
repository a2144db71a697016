"""The clinician's own pages: stating, correcting, and seeing nobody else's."""

from __future__ import annotations

import re

from policy_service.domain.principals import Role
from policy_service.services.own_page import OwnPage, open_own
from tests.cast import World
from tests.console.office import Browser, check, signed_in

TIE = {"kind": "FRND", "given": "Nora", "family": "Lind", "birth_date": "1990-02-17"}


def _ben(world: World) -> Browser:
    return signed_in(world, "ben", Role.CLINICIAN, clinician_id=world.ids["ben"])


def _stated(world: World, name: str = "ben") -> OwnPage:
    who = world.account(Role.CLINICIAN, name=name.title(), clinician_id=world.ids[name])
    with world.reading(who) as context:
        return open_own(context)


def test_a_disclosure_answers_alike_for_a_client_and_a_stranger(world: World) -> None:
    ben = _ben(world)
    told = []
    for given, family in (("Nora", "Lind"), ("Mona", "Hart")):
        form = TIE | {"given": given, "family": family}
        answer = ben.post("/me/disclose", form)
        page = ben.get("/me").get_data(as_text=True)
        page = page.replace(f"{given} {family}", "NAME")
        told.append((answer.status_code, answer.location, len(_fixed(page))))
        tie = _stated(world).disclosures[-1]
        assert (tie.name, tie.words) == (f"{given} {family}", "friend")
        ben.post(f"/me/disclosures/{tie.id}/withdraw", {"withdraw_reason": "A mistake."})
    assert told[0] == told[1]


def _fixed(page: str) -> str:
    return re.sub(r'name="csrf_token" value="[^"]+"|[0-9a-f-]{36}', "", page)


def test_what_was_disclosed_is_corrected_and_withdrawn(world: World) -> None:
    ben = _ben(world)
    ben.post("/me/disclose", TIE)
    [tie] = _stated(world).disclosures
    form = {"kind": "ex_partner", "since": "2010", "until": "2012-05", "reason": "Said wrong."}
    assert ben.post(f"/me/disclosures/{tie.id}", form).status_code == 303
    [corrected] = _stated(world).disclosures
    assert (corrected.words, corrected.tie.until) == ("former partner", "2012-05")
    gone = ben.post(f"/me/disclosures/{tie.id}/withdraw", {"withdraw_reason": "Never was."})
    assert gone.status_code == 303
    assert _stated(world).disclosures == ()
    assert ben.get(f"/me/disclosures/{tie.id}").status_code == 404


def test_a_colleague_s_disclosure_is_not_there(world: World) -> None:
    ben = _ben(world)
    theirs = world.ids["brother_tie"]
    assert ben.get(f"/me/disclosures/{theirs}").status_code == 404
    form = {"kind": "FRND", "reason": "Mischief."}
    assert ben.post(f"/me/disclosures/{theirs}", form, "/me").status_code == 404
    taken = ben.post(f"/me/disclosures/{theirs}/withdraw", {"withdraw_reason": "x"}, "/me")
    assert taken.status_code == 404
    assert "Tomas" not in ben.get("/me").get_data(as_text=True)
    assert [one.words for one in _stated(world, "alma").disclosures] == ["brother"]


def test_attesting_does_the_duty(world: World) -> None:
    check(world, "alma", "nora")
    alma = signed_in(world, "alma", Role.CLINICIAN, clinician_id=world.ids["alma"])
    assert len(_stated(world, "alma").duties) == 1
    kinds = ["relatives", "partners", "friends", "work", "social_media"]
    form = {"kinds": kinds, "as_of": world.clock().date().isoformat()}
    assert alma.post("/me/attest", form, "/me").status_code == 303
    mine = _stated(world, "alma")
    assert mine.duties == ()
    assert set(mine.attested) == set(kinds)


def test_an_attestation_of_nothing_or_of_tomorrow_is_refused(sqlite_world: World) -> None:
    ben = _ben(sqlite_world)
    assert ben.post("/me/attest", {"as_of": "2026-03-02"}, "/me").status_code == 422
    late = ben.post("/me/attest", {"kinds": ["work"], "as_of": "2026-03-03"}, "/me")
    assert late.status_code == 422
    assert 'href="#f-as_of"' in late.get_data(as_text=True)


def test_accounts_and_connections_are_one_s_own(world: World) -> None:
    ben = _ben(world)
    account = {
        "account_platform": "instagram",
        "account_handle": "@ben.okafor",
        "account_kind": "mixed",
    }
    assert ben.post("/me/accounts", account, "/me").status_code == 303
    assert ben.post("/me/accounts", account, "/me").status_code == 409
    [mine] = _stated(world).accounts
    link = {
        "account_id": mine.account.id,
        "far_handle": "nora.l",
        "direction": "mutual",
        "connection_state": "requested",
        "initiator": "client",
    }
    assert ben.post("/me/connections", link, "/me").status_code == 303
    alma = signed_in(world, "alma", Role.CLINICIAN, clinician_id=world.ids["alma"])
    assert alma.post("/me/connections", link, "/me").status_code == 404
    assert alma.post(f"/me/accounts/{mine.account.id}/withdraw", {}, "/me").status_code == 404
    connection = _stated(world).accounts[0].connections[0]
    changed = {"connection_state": "declined"}
    assert alma.post(f"/me/connections/{connection.id}", changed, "/me").status_code == 404
    assert ben.post(f"/me/connections/{connection.id}", changed, "/me").status_code == 303
    assert _stated(world).accounts[0].connections[0].state == "declined"


def test_a_tie_without_a_name_names_the_field(sqlite_world: World) -> None:
    answer = _ben(sqlite_world).post("/me/disclose", TIE | {"family": ""})
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert 'href="#f-family"' in page
    assert 'value="Nora"' in page
