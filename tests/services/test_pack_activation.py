"""Who may put a pack in use, what is refused, and what the log keeps of it."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from sqlalchemy import select

from policy_service.database.tables.audit import EntryRow
from policy_service.database.tables.jobs import WorkRow
from policy_service.database.tables.packs import PackActivationRow, PackProposalRow
from policy_service.domain.principals import Principal, Role, Scope
from policy_service.errors import (
    Conflict,
    InvalidRequest,
    NotAllowed,
    NotFound,
    PackRefused,
    ServiceError,
    StaleVersion,
    StateConflict,
)
from policy_service.policy.analysis import prove_no_loosening
from policy_service.policy.documents import pack_from_document
from policy_service.services.audit_entries import open_entry
from policy_service.services.pack_activation import (
    ActivationForm,
    approve,
    ask,
    refuse,
)
from policy_service.services.pack_storing import PackUpload, store_pack
from policy_service.services.packs import Mode, packs_in_use
from policy_service.services.touch import RESCREEN_ALL
from policy_service.worker import run_due
from tests.cast import World
from tests.policy.example_pack import CASES, HEADER, RULES
from tests.services.pack_cast import (
    RATIONALE,
    activated,
    approver,
    asked,
    closed_house,
    house,
    next_version,
    shipped_document,
    stored,
    without_rule,
)

PARTNER_RULE = "baseline.intimacy.former-partner-as-client"


def _in_use(world: World) -> set[str]:
    with world.reading() as context:
        return {pack.digest for pack in packs_in_use(world.desk, context).active}


def _groups(world: World, action: str) -> dict[str, Any]:
    """The opened groups of the newest entry of that action."""
    with world.writing() as context:
        entries = context.session.scalars(
            select(EntryRow.id).where(EntryRow.action == action).order_by(EntryRow.at, EntryRow.id)
        ).all()
        files = [open_entry(context, entry_id) for entry_id in entries]
    newest = [file for file in files if "activation" in {group.name for group in file.groups}]
    found = newest[-1] if newest else files[-1]
    return {group.name: group.value for group in found.groups}


def _decide(world: World, proposal: str | None, who: Principal, reason: str = "Agreed.") -> int:
    assert proposal is not None
    with world.writing(who) as context:
        return approve(world.desk, context, proposal, reason)


def test_a_practice_pack_tightens_at_once_and_by_one_officer(world: World) -> None:
    assert world.check("ben", "nora")["outcome"] == "no_finding"
    world.clock.advance(minutes=1)
    digest = activated(world, closed_house())
    assert digest in _in_use(world)
    found = world.check("ben", "nora")
    assert found["outcome"] == "prohibit"
    assert found["findings"][0]["pack_digest"] == digest


def test_the_entry_holds_both_digests_what_changed_and_the_certificate(world: World) -> None:
    old = activated(world, house("1.0.0", "deliberate"))
    world.clock.advance(minutes=1)
    new = activated(world, house("1.1.0", "prohibit"))
    groups = _groups(world, "pack.activated")
    assert groups["activation"]["digest"] == new
    assert groups["activation"]["replaced"] == old
    assert groups["activation"]["reason"] == "Because it is time."
    assert groups["comparison"]["rules"]["changed"][0]["rule"] == "house.tie.friend"
    proof = prove_no_loosening(
        pack_from_document(house("1.0.0", "deliberate")),
        pack_from_document(house("1.1.0", "prohibit")),
    )
    assert groups["certificate"] == proof.to_json()
    with world.reading() as context:
        row = context.session.scalars(
            select(PackActivationRow).where(PackActivationRow.digest == new)
        ).one()
        leaf = context.session.get_one(EntryRow, (world.practice_id, row.entry_id)).leaf
    assert row.replaced_digest == old
    assert row.certificate_digest is not None
    assert old.encode() in leaf
    assert new.encode() in leaf


def test_a_version_that_loosens_a_prohibition_waits_for_a_second_person(world: World) -> None:
    old = activated(world, house("1.0.0", "prohibit"))
    new = stored(world, house("1.1.0", "deliberate"))
    found = asked(world, new)
    world.clock.advance(minutes=1)
    assert found.number is None
    assert "loosened" in found.loosens[0]
    assert old in _in_use(world)
    _decide(world, found.proposal_id, approver(world))
    assert new in _in_use(world)
    assert old not in _in_use(world)
    said = _groups(world, "pack.activated")["activation"]
    assert said["asked_by"] == world.cleo.actor_ref
    assert said["approval"] == "Agreed."


def test_whoever_asked_cannot_approve_even_as_an_approver(world: World) -> None:
    activated(world, house("1.0.0", "prohibit"))
    both = world.account(Role.COMPLIANCE, Role.APPROVER, name="Both")
    new = stored(world, house("1.1.0", "deliberate"))
    found = asked(world, new, who=both)
    with pytest.raises(NotAllowed, match="cannot approve"):
        _decide(world, found.proposal_id, both)
    with pytest.raises(NotAllowed, match="approver"):
        _decide(world, found.proposal_id, world.account(Role.COMPLIANCE, name="Third"))
    _decide(world, found.proposal_id, approver(world))


def test_an_approval_on_packs_that_changed_since_is_refused(world: World) -> None:
    activated(world, house("1.0.0", "prohibit"))
    found = asked(world, stored(world, house("1.1.0", "deliberate")))
    activated(world, next_version("aca-2014"))
    with pytest.raises(StateConflict, match="changed after"):
        _decide(world, found.proposal_id, approver(world))


def test_a_refused_proposal_changes_nothing_and_is_logged(world: World) -> None:
    old = activated(world, house("1.0.0", "prohibit"))
    found = asked(world, stored(world, house("1.1.0", "deliberate")))
    assert found.proposal_id is not None
    with world.writing(approver(world)) as context:
        refuse(world.desk, context, found.proposal_id, "Not here.")
    assert old in _in_use(world)
    assert "pack.refused" in world.actions()
    with pytest.raises(StateConflict, match="decided already"):
        _decide(world, found.proposal_id, approver(world))


def test_a_machine_may_only_ask_and_an_officer_takes_it_up(world: World) -> None:
    scopes = frozenset({Scope.PACKS_PROPOSE})
    machine = Principal(world.practice_id, world.desk.new_id(), "CI", frozenset({Role.EHR}), scopes)
    digest = stored(world, house(), machine)
    found = asked(world, digest, who=machine)
    assert found.number is None
    assert digest not in _in_use(world)
    with pytest.raises(StateConflict, match="officer must ask first"):
        _decide(world, found.proposal_id, approver(world))
    assert asked(world, digest).number is not None
    with world.reading() as context:
        states = set(context.session.scalars(select(PackProposalRow.state)))
    assert states == {"taken"}


@pytest.mark.parametrize("role", [r for r in Role if r not in (Role.COMPLIANCE, Role.EHR)])
def test_no_other_role_puts_a_pack_in_use(sqlite_world: World, role: Role) -> None:
    world = sqlite_world
    digest = stored(world, house())
    with pytest.raises(NotAllowed):
        asked(world, digest, who=world.account(role, name=role.value))


def test_a_shipped_pack_is_never_ended_nor_the_baseline_loosened(sqlite_world: World) -> None:
    world = sqlite_world
    for pack in world.desk.packs:
        with pytest.raises(StateConflict, match="never ended"):
            asked(world, pack.digest, Mode.RETIRED)
    weaker = stored(world, without_rule("baseline-1", PARTNER_RULE))
    with pytest.raises(StateConflict, match="never loosened"):
        asked(world, weaker)
    narrower = next_version("baseline-1", "9.1.0")
    narrower["pack"]["scope"] = {"membership": ["NOBODY"]}
    with pytest.raises(StateConflict, match="never loosened"):
        asked(world, stored(world, narrower))


def test_a_law_that_was_loosened_needs_two_people(world: World) -> None:
    rules = shipped_document("us-tx-lpc-2026")["rules"]
    rule = next(rule["id"] for rule in rules if rule["outcome"] == "prohibit")
    digest = stored(world, without_rule("us-tx-lpc-2026", rule))
    found = asked(world, digest)
    assert found.number is None
    assert found.loosens
    _decide(world, found.proposal_id, approver(world))
    assert digest in _in_use(world)


def test_a_version_that_binds_fewer_people_loosens_whatever_it_says(world: World) -> None:
    document = next_version("us-tx-lpc-2026")
    document["pack"]["scope"] = {"licences": [{"jurisdiction": "US-TX", "licence": "LPC"}]}
    found = asked(world, stored(world, document))
    assert found.loosens == ("It binds fewer clinicians than the version before.",)


def test_a_version_cannot_change_its_layer(sqlite_world: World) -> None:
    activated(sqlite_world, house())
    document = house("2.0.0")
    document["pack"]["layer"] = "baseline"
    with pytest.raises(StateConflict, match="layer"):
        asked(sqlite_world, stored(sqlite_world, document))


def test_the_end_of_a_practice_pack_that_prohibits_needs_two_people(world: World) -> None:
    digest = activated(world, house())
    found = asked(world, digest, Mode.RETIRED)
    assert found.loosens == ("These prohibitions end: house.tie.friend.",)
    _decide(world, found.proposal_id, approver(world))
    assert digest not in _in_use(world)


def test_what_changed_since_it_was_read_is_not_put_in_use(sqlite_world: World) -> None:
    world = sqlite_world
    digest = stored(world, house())
    with world.reading() as context:
        number = packs_in_use(world.desk, context).number
    activated(world, next_version("aca-2014"))
    form = ActivationForm(digest, "Because.", number=number)
    with pytest.raises(StaleVersion), world.writing() as context:
        ask(world.desk, context, form)


def test_an_unknown_digest_and_a_missing_reason_are_refused(sqlite_world: World) -> None:
    world = sqlite_world
    digest = stored(world, house())
    with pytest.raises(NotFound):
        asked(world, "0" * 64)
    with pytest.raises(InvalidRequest), world.writing() as context:
        ask(world.desk, context, ActivationForm(digest, "  "))
    with pytest.raises(InvalidRequest), world.writing() as context:
        ask(world.desk, context, ActivationForm(digest, "x" * 601))


def test_everyone_is_asked_about_again_when_packs_change(world: World) -> None:
    world.check("ben", "nora")
    activated(world, closed_house())
    with world.reading() as context:
        kinds = list(context.session.scalars(select(WorkRow.kind)))
    assert RESCREEN_ALL in kinds
    decided = world.actions().count("check.decided")
    world.clock.advance(minutes=1)
    run_due(world.desk)
    assert world.actions().count("check.decided") > decided


# What a pack may not say (policy-engine.md section 2), by the door through which it comes in.
BROKEN = [
    ("event_kind: gift}", "event_knd: gift}", "did you mean 'event_kind'"),
    ("{in: [friend, relative]}", "{in: [freind, relative]}", "did you mean 'friend'"),
    ("outcome: prohibit", "outcome: prohibited", "did you mean 'prohibit'"),
    ("title: A gift", "title: A gift\n    title: A gift", "duplicate key 'title'"),
    ('intimacy_after_care: "yes"\n        -', "intimacy_after_care: yes\n        -", "quote it"),
    ('    cite: [{code: EX, section: "2"}]\n', "", "'cite' is missing"),
]
OWN_HEADER = (
    HEADER.replace("layer: profession", "layer: practice")
    .replace("pack: example", "pack: own")
    .replace("{membership: [EXAMPLE]}", "{every: true}")
)
OWN_RULES = RULES.replace("tag: V,", "tag: ours,").replace("example.", "own.")


def _files(rules: str) -> dict[str, str]:
    return {
        "pack.yaml": OWN_HEADER,
        "rules/all.yaml": rules,
        "cases.yaml": CASES,
        "README.md": "# Why\n",
    }


def _refusal(world: World, upload: PackUpload, kind: type[ServiceError] = PackRefused) -> Any:
    """Storing is refused, nothing is stored, and the running packs stay."""
    before = _in_use(world)
    with pytest.raises(kind) as caught, world.writing() as context:
        store_pack(world.desk, context, upload)
    assert _in_use(world) == before
    return caught.value


def test_a_good_pack_in_files_is_stored(sqlite_world: World) -> None:
    with sqlite_world.writing() as context:
        pack = store_pack(sqlite_world.desk, context, PackUpload(files=_files(OWN_RULES)))
    assert pack.id == "own"


@pytest.mark.parametrize(("old", "new", "message"), BROKEN)
def test_a_faulty_file_is_refused_with_file_line_and_suggestion(
    sqlite_world: World, old: str, new: str, message: str
) -> None:
    assert old in OWN_RULES
    broken = OWN_RULES.replace(old, new, 1)
    error = _refusal(sqlite_world, PackUpload(files=_files(broken))).errors[0]
    assert error.pointer == "/files/rules~1all.yaml"
    assert error.detail.startswith("line ")
    assert message in error.detail


def _house(**changed: Any) -> dict[str, Any]:
    return house(**changed)


def _with_rules(*rules: dict[str, Any]) -> dict[str, Any]:
    document = house()
    document["rules"] += [copy.deepcopy(document["rules"][0]) | rule for rule in rules]
    return document


_FRIEND = {"given": {"tie": "friend"}}
_NONE = {"given": {"tie": "none"}, "expect": "no_finding"}
FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("a misspelt fact", _house(when={"tei": "friend"}), "did you mean 'tie'"),
    ("an unknown word", _house(when={"tie": "freind"}), "did you mean 'friend'"),
    ("a yes/no boolean", _house(when={"tie": True}), "boolean"),
    ("no citation", _house(cite=[]), "a list with items is expected"),
    (
        "overlapping exceptions",
        _with_rules(
            {"id": "house.a", "exception_to": ["house.tie.friend"], "outcome": "advise",
             "tests": [{**_FRIEND, "expect": "advise"}, _NONE]},
            {"id": "house.b", "exception_to": ["house.tie.friend"], "outcome": "monitor",
             "tests": [{**_FRIEND, "expect": "monitor"}, _NONE]},
        ),
        "exceptions to 'house.tie.friend' disagree",
    ),
    (
        "an unreachable rule",
        _house(
            when={"all": [{"tie": "friend"}, {"tie": {"in": ["relative", "friend"]}},
                          {"not": {"tie": {"in": ["friend", "colleague"]}}}]},
            tests=[
                {"given": {"tie": {"one_of": ["friend"], "why": "declined"}},
                 "expect": "prohibit"},
                _NONE,
            ],
        ),
        "",
    ),
    ("a rule tagged as a body's own", _house(verification={
        "tag": "V", "source": "x", "read_on": "2026", "reviewed_by": None}), "tagged ours"),
    ("a rule id of another pack", _house(id=PARTNER_RULE), "is also used by pack 'baseline'"),
    ("a case that comes out otherwise", _house(when={"tie": "none"}, tests=[
        {"given": {"tie": "none"}, "expect": "prohibit"},
        {"given": {"tie": "friend"}, "expect": "no_finding"}]), "expect no_finding"),
    ("a failing test", _house(tests=[{**_FRIEND, "expect": "advise"}, _NONE]), "expect advise"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("document", "message"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
def test_a_faulty_document_is_refused_and_the_running_packs_stay(
    sqlite_world: World, document: dict[str, Any], message: str
) -> None:
    upload = PackUpload(document=document, rationale=RATIONALE)
    error = _refusal(sqlite_world, upload).errors[0]
    assert error.pointer == "/document"
    assert message in error.detail


def test_a_rule_that_can_never_hold_is_refused_although_nothing_else_is_wrong(
    sqlite_world: World,
) -> None:
    """Two words that exclude each other, hidden behind a test of a fact known in part."""
    never = {"all": [{"tie": "friend"}, {"tie_state": "current"}, {"tie": "relative"}]}
    document = _with_rules({"id": "house.never", "when": never, "tests": []})
    upload = PackUpload(document=document, rationale=RATIONALE)
    assert _refusal(sqlite_world, upload).errors[0].pointer == "/document"


def test_a_wrong_digest_a_missing_rationale_and_a_used_version_are_refused(
    sqlite_world: World,
) -> None:
    world = sqlite_world
    wrong = PackUpload(document=house(), rationale=RATIONALE, digest="0" * 64)
    assert _refusal(world, wrong).errors[0].pointer == "/digest"
    assert _refusal(world, PackUpload(document=house())).errors[0].pointer == "/rationale"
    stored(world, house())
    other = PackUpload(document=house(title="Otherwise"), rationale=RATIONALE)
    assert "another pack already" in _refusal(world, other, Conflict).detail


def test_a_body_s_pack_keeps_to_the_rule_table_whoever_wrote_it(sqlite_world: World) -> None:
    document = next_version("aca-2014")
    advising = next(r for r in document["rules"] if r["outcome"] == "monitor")
    graver = {**advising, "outcome": "prohibit", "tests": [
        test | {"expect": "prohibit"} if test["expect"] == "monitor" else test
        for test in advising["tests"]
    ]}  # fmt: skip
    document["rules"] = [graver if r is advising else r for r in document["rules"]]
    upload = PackUpload(document=document, rationale=RATIONALE)
    assert _refusal(sqlite_world, upload).errors[0].pointer == "/document"
