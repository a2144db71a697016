"""SMART scopes in our words: never more than the client holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.auth.smart_scopes import SUPPORTED, Granted, grantable
from policy_service.domain.principals import Scope

ALL = frozenset(Scope)
BRIEF, FULL = Scope.DECISION_BRIEF, Scope.DECISION_FULL


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ("system/DetectedIssue.rs", "system/DetectedIssue.rs"),
        ("system/DetectedIssue.read", "system/DetectedIssue.read"),
        ("system/*.cruds", "system/*.cruds"),
        ("system/*.*", "system/*.*"),
        ("system/DetectedIssue.rs system/Patient.rs", "system/DetectedIssue.rs"),
        ("system/DetectedIssue.rs system/DetectedIssue.rs", "system/DetectedIssue.rs"),
        ("decision.brief registry.write", "decision.brief registry.write"),
        ("system/DetectedIssue.sr", ""),
        ("system/DetectedIssue.rr", ""),
        ("system/DetectedIssue.", ""),
        ("system/DetectedIssue.rs?status=final", ""),
        ("patient/DetectedIssue.rs", ""),
        ("user/*.cruds", ""),
        ("openid fhirUser", ""),
        ("", ""),
    ],
)
def test_what_is_granted_of_what_is_asked(asked: str, granted: str) -> None:
    assert grantable(asked, ALL) == granted


def test_older_letters_mean_the_newer_ones() -> None:
    for older, newer in (("read", "rs"), ("write", "cud"), ("*", "cruds")):
        (first,) = Granted.read(f"system/DetectedIssue.{older}", ALL).grants
        (second,) = Granted.read(f"system/DetectedIssue.{newer}", ALL).grants
        assert first == second


def test_a_grant_covers_its_type_and_its_letters_alone() -> None:
    (grant,) = Granted.read("system/DetectedIssue.rs", ALL).grants
    assert grant.covers("DetectedIssue", "r")
    assert grant.covers("DetectedIssue", "s")
    assert not grant.covers("DetectedIssue", "c")
    assert not grant.covers("AuditEvent", "r")


def test_our_own_word_covers_its_resource_whole() -> None:
    granted = Granted.read("audit.read", ALL)
    assert granted.own == {Scope.AUDIT_READ}
    (grant,) = granted.grants
    assert [grant.covers("AuditEvent", letter) for letter in "cruds"] == [True] * 5
    assert not grant.covers("DetectedIssue", "r")


def test_everything_published_as_supported_is_granted() -> None:
    assert grantable(" ".join(SUPPORTED), ALL) == " ".join(SUPPORTED)


WORDS = st.sampled_from([*SUPPORTED, *(scope.value for scope in Scope), "openid", "system/x.rs"])


@given(st.lists(WORDS, max_size=6), st.frozensets(st.sampled_from(list(Scope))))
def test_no_scope_string_gives_more_than_the_client_holds(
    words: list[str], held: frozenset[Scope]
) -> None:
    granted = Granted.read(" ".join(words), held)
    assert granted.scopes(held) <= held
    assert granted.own <= held
    kept = grantable(" ".join(words), held)
    assert Granted.read(kept, held).scopes(held) == granted.scopes(held)
