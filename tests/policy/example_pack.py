"""A small whole pack in a folder, for tests that break it on purpose."""

from __future__ import annotations

from pathlib import Path

from policy_service.policy.loader import load_pack
from policy_service.policy.pack import Pack

HEADER = """\
pack: example
title: Example
body: Example body
edition: "2017"
version: 1.0.0
semantics: 1
fact_schema: boundary-facts/1
layer: profession
scope: {membership: [EXAMPLE]}
professions: [psychologist]
"""

RULES = """\
rules:
  - id: example.former-client.two-years
    title: Contact within two years
    because: "Contact began {intimacy_after_care_began_on}; care ended {care_ended}."
    cite: [{code: EX, section: "1"}]
    in_force: {from: 2017-01-01, to: null}
    verification: {tag: V, source: ex.1, read_on: "2026", reviewed_by: null}
    when:
      all:
        - intimacy_after_care: "yes"
        - intimacy_after_care_began_on: {before: {anchor: care_ended, plus: 2 years}}
    outcome: prohibit
    obligations: [consult_colleague]
    clock: {anchor: care_ended, period: 2 years, then: deliberate}
    kind: former_client
    tests_start_from:
      intimacy_after_care: "yes"
      relationship_ended_on: not_applicable
      terminated_on: not_applicable
    tests:
      - given: {last_professional_contact_on: 2023-05-01, intimacy_after_care_began_on: 2025-04-30}
        expect: prohibit
      - given: {last_professional_contact_on: 2023-05-01, intimacy_after_care_began_on: 2025-05-01}
        expect: no_finding
      - given: {last_professional_contact_on: 2023-05-01, intimacy_after_care_began_on: 2025-05-02}
        expect: no_finding
      - given: {last_professional_contact_on: 2024-02-29, intimacy_after_care_began_on: 2026-02-28}
        expect: prohibit
  - id: example.event.gift
    title: A gift
    because: "A gift of {event_amount}."
    cite: [{code: EX, section: "2"}]
    in_force: {seen_in_force_on: "2026"}
    verification: {tag: V, source: ex.2, read_on: "2026", reviewed_by: null}
    trigger: {event_kind: gift}
    when: {event_amount: {more_than: 5000}}
    outcome: monitor
    kind: event
    tests:
      - {given: {event_amount: 5001}, expect: monitor}
      - {given: {event_amount: 5000}, expect: no_finding}
  - id: example.tie.friend
    title: A friend
    because: "The tie is {tie}."
    cite: [{code: EX, section: "3"}]
    in_force: {seen_in_force_on: "2026"}
    verification: {tag: V, source: ex.3, read_on: "2026", reviewed_by: null}
    when: {tie: {in: [friend, relative]}}
    outcome: deliberate
    kind: by_tie
    tests:
      - {given: {tie: friend}, expect: deliberate}
      - {given: {tie: none}, expect: no_finding}
"""

CASES = """\
cases:
  - {name: a stranger, given: {}, expect: {outcome: no_finding}}
"""


def write_pack(folder: Path, rules: str = RULES, header: str = HEADER, cases: str = CASES) -> Path:
    (folder / "rules").mkdir(parents=True, exist_ok=True)
    (folder / "pack.yaml").write_text(header, encoding="utf-8")
    (folder / "rules" / "all.yaml").write_text(rules, encoding="utf-8")
    (folder / "cases.yaml").write_text(cases, encoding="utf-8")
    (folder / "README.md").write_text("# Example\n", encoding="utf-8")
    return folder


def example_pack(folder: Path, rules: str = RULES) -> Pack:
    return load_pack(write_pack(folder, rules))
