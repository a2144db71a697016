"""The service as a practice runs it for GNU Health: live on loopback, and seen by an officer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import func, select

from policy_service.app import create_desk
from policy_service.auth.ehr_keys import NewEhrClient, issue_key
from policy_service.database.tables.audit import EntryRow
from policy_service.database.tables.decisions import DecisionRow
from policy_service.database.tables.prompts import CardFeedbackRow
from policy_service.database.tables.reviews import CaseRow
from policy_service.domain.principals import Scope
from policy_service.domain.reviews import Disposition, DispositionKind
from policy_service.services.case_steps import CaseRef
from policy_service.services.deliberations import deliberate
from policy_service.services.dispositions import dispose
from policy_service.services.practices import NewPractice, found_practice
from policy_service.services.verifying import verify_practice
from policy_service.worker import run_due
from tests.cast import ALL_KINDS, Clock, World, settings_for
from tests.console.office import answers, case_row
from tests.e2e.served import Served
from tests.gnuhealth.hospital import Hospital

ANNA = {
    "names": [{"given": "Anna", "family": "Rossi"}],
    "birth_date": "1979-06-11",
    "phones": ["+15125550101"],
}
BEN = {
    "names": [{"given": "Ben", "family": "Okafor"}],
    "birth_date": "1968-01-30",
    "phones": ["+15125550102"],
}
MARCO = {
    "names": [{"given": "Marco", "family": "Rossi"}],
    "birth_date": "1984-05-02",
    "phones": ["+15125550147"],
}


@dataclass
class Practice:
    """A served practice in which GNU Health's clinicians are registered by its own ids."""

    world: World
    served: Served
    key: str
    front_desk_key: str

    @classmethod
    def open(cls, database_url: str, folder: Path) -> Practice:
        """Found it and start the server."""
        clock, settings = Clock(datetime.now(UTC)), settings_for(database_url, folder)
        desk = create_desk(settings, clock)
        ours = found_practice(desk, NewPractice("elm", "Elm Street Practice", "US-WY"))
        world = World(settings, desk, clock, ours, None)
        environment = {
            "DATABASE_URL": database_url,
            "POLICY_KEK": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
            "POLICY_KEY_DIR": str(folder / "keys"),
        }
        served = Served(environment)
        served.start()
        brief = NewEhrClient(world.practice_id, "GNU Health", frozenset({Scope.DECISION_BRIEF}))
        full = NewEhrClient(world.practice_id, "registry", frozenset(Scope))
        return cls(world, served, issue_key(world.desk, full), issue_key(world.desk, brief))

    def close(self) -> None:
        """End the server."""
        self.served.kill()
        self.world.desk.database.dispose()

    def send(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST as the practice's own registry would."""
        headers = {"Authorization": f"Bearer {self.key}"}
        response = requests.post(f"{self.served.url}{path}", json=body, headers=headers, timeout=30)
        assert response.ok, response.text
        made: dict[str, Any] = response.json()
        return made

    def register(self, name: str, person: dict[str, Any], hospital: Hospital) -> None:
        """A clinician by GNU Health's own id, with everything attested. No code that is held here
        binds in that state: the practice's own rules are what is left."""
        external_id = hospital.people[name]["external_id"]
        made = self.send("/v1/clinicians", {"person": person, "external_id": external_id})
        self.world.ids[name] = made["id"]
        licence = {"jurisdiction": "US-WY", "licence_type": "LPC", "valid_from": "2010"}
        self.send(f"/v1/clinicians/{made['id']}/licences", licence)
        kinds = sorted(kind.value for kind in ALL_KINDS)
        self.send(f"/v1/clinicians/{made['id']}/attestations", {"kinds": kinds})

    def disclose(self, name: str, kind: str, person: dict[str, Any]) -> None:
        """A clinician discloses a tie."""
        path = f"/v1/clinicians/{self.world.ids[name]}/disclosures"
        self.send(path, {"kind": kind, "person": person})

    def tighten(self, name: str) -> None:
        """The clinician is licensed in Texas too, whose code bars a relative as a client."""
        licence = {"jurisdiction": "US-TX", "licence_type": "LPC", "valid_from": "2010"}
        self.send(f"/v1/clinicians/{self.world.ids[name]}/licences", licence)

    def work(self) -> None:
        """What the worker does when it comes round."""
        self.world.clock.now = datetime.now(UTC)
        run_due(self.world.desk)

    def count(self, table: type[Any], *where: Any) -> int:
        """Rows of this practice."""
        with self.world.reading() as context:
            wanted = select(func.count()).select_from(table)
            counted: int = context.session.execute(
                wanted.where(table.practice_id == self.world.practice_id, *where)
            ).scalar_one()
        return counted

    def decisions(self) -> int:
        """How many questions were decided."""
        return self.count(DecisionRow)

    def entries(self, action: str) -> int:
        """How many entries of an action the log has."""
        return self.count(EntryRow, EntryRow.action == action)

    def cases(self) -> list[CaseRow]:
        """All cases."""
        with self.world.reading() as context:
            return list(context.session.scalars(select(CaseRow)))

    def feedback(self) -> list[tuple[str | None, str | None]]:
        """What was reported, in order: the outcome and the check it is about."""
        with self.world.reading() as context:
            rows = select(CardFeedbackRow).order_by(CardFeedbackRow.received_at)
            return [(row.outcome, row.decision_id) for row in context.session.scalars(rows)]

    def lift(self, case_id: str) -> None:
        """An officer deliberates and decides that it may go ahead, on conditions."""
        self.world.clock.now = datetime.now(UTC)
        until = date(self.world.clock.now.year + 1, 1, 1)
        kind = DispositionKind.ACCEPT_WITH_CONDITIONS
        said = Disposition(kind, "Nobody else speaks the language.", ("Supervision",), until)
        with self.world.writing() as context:
            deliberate(context, self._ref(case_id), answers(review_on=until.isoformat()))
        with self.world.writing() as context:
            dispose(context, self._ref(case_id), said)

    def _ref(self, case_id: str) -> CaseRef:
        return CaseRef(case_id, case_row(self.world, case_id).version)

    def verify(self) -> None:
        """The whole log, as an outsider would."""
        self.work()
        verdict = verify_practice(self.world.desk, self.world.practice_id)
        assert verdict.exit_code == 0, verdict.text
