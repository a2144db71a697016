"""The keys of one practice during one request.

Person keys are unwrapped on demand and forgotten with the request, so that an erasure elsewhere is
seen at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from sqlalchemy import insert
from sqlalchemy.orm import Session

from policy_service.database import driver
from policy_service.database.guard import ForeignPractice
from policy_service.database.tables.people import PersonKeyRow
from policy_service.vault.blind import MatchKeys, keyed_digest, match_key
from policy_service.vault.errors import KeyNotHeld
from policy_service.vault.keys import Key, Purpose, PurposeKey
from policy_service.vault.sealing import ChainKeys, ChainOpener, Opener, open_sealed, seal, wrap

_PURPOSES = {
    "person": Purpose.PERSON,
    "audit_opening": Purpose.OPENING,
    "tie": Purpose.TIE,
    "stored_response": Purpose.STORED_RESPONSE,
}
_WRAPPED = {
    "sqlite": "SELECT person_id, wrapped FROM person_key WHERE practice_id = :practice "
    "AND person_id IN (SELECT value FROM json_each(:people))",
    "postgresql": "SELECT person_id, wrapped FROM person_key WHERE practice_id = %(practice)s "
    "AND person_id = ANY(%(people)s::varchar[])",
}


class PracticeKeys:
    """A practice's key and what is derived from it; kept as long as the service runs."""

    def __init__(self, practice_id: str, key: Key) -> None:
        self.practice_id = practice_id
        self.key = key
        self._derived: dict[Purpose, PurposeKey] = {}

    @cached_property
    def match_keys(self) -> MatchKeys:
        """What makes the practice's match keys."""
        return MatchKeys(self.key.derive(Purpose.MATCH_KEY))

    @cached_property
    def third_party_secret(self) -> PurposeKey:
        """The secret under which third parties are kept as hashes."""
        return self.key.derive(Purpose.THIRD_PARTY)

    def purpose(self, purpose: Purpose) -> PurposeKey:
        """The practice's own key for a purpose."""
        if purpose not in self._derived:
            self._derived[purpose] = self.key.derive(purpose)
        return self._derived[purpose]


class Keyring:
    """Seals and opens for one request. The first part of `where` is the table: it picks the
    purpose."""

    def __init__(self, practice: PracticeKeys) -> None:
        self._practice = practice
        self._people: dict[str, Key | None] = {}
        self._derived: dict[tuple[str, Purpose], PurposeKey] = {}
        self._chains: dict[Purpose, ChainKeys] = {}

    @property
    def practice_id(self) -> str:
        """The practice whose keys these are."""
        return self._practice.practice_id

    def match_key(self, text: str) -> int:
        """HMAC of a match text, as a signed 64-bit integer."""
        return self._practice.match_keys(text)

    def frequency_key(self, text: str) -> int:
        """HMAC under which a value is counted, as a signed 64-bit integer."""
        return match_key(self._practice.purpose(Purpose.FREQUENCY), text)

    @property
    def third_party_secret(self) -> PurposeKey:
        """The secret under which third parties are kept as hashes; the same for every request."""
        return self._practice.third_party_secret

    @property
    def row_mac_key(self) -> PurposeKey:
        """The key of the MACs that the practice's audit entries carry."""
        return self._practice.purpose(Purpose.ROW_MAC)

    @property
    def erasure_list_key(self) -> PurposeKey:
        """The key over the lines of the list of erasures."""
        return self._practice.purpose(Purpose.ERASURE_LIST)

    def digest(self, purpose: Purpose, text: str) -> bytes:
        """Keyed digest of a text for a purpose."""
        return keyed_digest(self._practice.purpose(purpose), text)

    def create_person_key(self, session: Session, person_id: str) -> None:
        """Make and store the data key of a new person."""
        session.execute(insert(PersonKeyRow), [self.new_person_key(person_id)])

    def new_person_key(self, person_id: str) -> dict[str, object]:
        """Make the data key of a new person; returns the row, which the caller must store."""
        key = Key.generate()
        wrapped = wrap(key, self._practice.key, self._place("person_key", person_id, "wrapped"))
        self._people[person_id] = key
        return {"practice_id": self.practice_id, "person_id": person_id, "wrapped": wrapped}

    def load_person_keys(self, session: Session, person_ids: Iterable[str]) -> None:
        """Unwrap several person keys by one query."""
        wanted = [person_id for person_id in person_ids if person_id not in self._people]
        if not wanted:
            return
        self._people.update(dict.fromkeys(wanted))
        direct = driver.direct(session)
        if direct.practice != self.practice_id:
            raise ForeignPractice("a keyring holds the keys of one practice")
        for person_id, wrapped in direct.fetch(_WRAPPED, {"people": wanted}):
            if wrapped is not None:
                place = self._place("person_key", person_id, "wrapped")
                wrapping = self._practice.purpose(Purpose.WRAP)
                self._people[person_id] = Key(open_sealed(wrapping, wrapped, place))

    def seal(
        self, session: Session, owner: str | None, plaintext: bytes, where: tuple[str, str, str]
    ) -> bytes:
        """Seal under the owner's key (None: the practice's) for table, row and column."""
        return seal(self._key(session, owner, where[0]), plaintext, self._place(*where))

    def open(
        self, session: Session, owner: str | None, sealed: bytes, where: tuple[str, str, str]
    ) -> bytes:
        """Inverse of `seal`. Raises KeyNotHeld once the owner is erased."""
        return open_sealed(self._key(session, owner, where[0]), sealed, self._place(*where))

    def openers(self, owner: str, table: str, columns: Iterable[str]) -> list[Opener]:
        """What opens columns of one person, whose key was loaded. KeyNotHeld once erased."""
        key = self._person_key(owner).derive(_PURPOSES.get(table, Purpose.FIELD))
        return [Opener(key, (self.practice_id, table, column)) for column in columns]

    def chain_opener(self, table: str, column: str) -> ChainOpener:
        """What opens a column of many people, each from the wrapped key that stands beside it."""
        purpose = _PURPOSES.get(table, Purpose.FIELD)
        if purpose not in self._chains:
            wrapped = (self.practice_id, "person_key", "wrapped")
            self._chains[purpose] = ChainKeys(
                self._practice.purpose(Purpose.WRAP), wrapped, purpose
            )
        return ChainOpener(self._chains[purpose], (self.practice_id, table, column))

    def seal_sketch(self, person_id: str, sketch: bytes) -> bytes:
        """Seal a person's sketch under the practice's key: many are opened by one key."""
        place = self._place("person", person_id, "sketch")
        return seal(self._practice.purpose(Purpose.SKETCH), sketch, place)

    def sketch_opener(self) -> Opener:
        """What opens sketches; the row is the person's id."""
        column = (self.practice_id, "person", "sketch")
        return Opener(self._practice.purpose(Purpose.SKETCH), column)

    def forget_people(self) -> None:
        """Drop the person keys that were loaded, so that a long reading holds few."""
        self._people.clear()
        self._derived.clear()
        self._chains.clear()

    def _key(self, session: Session, owner: str | None, table: str) -> PurposeKey:
        purpose = _PURPOSES.get(table, Purpose.FIELD)
        if owner is None:
            return self._practice.purpose(purpose)
        if (owner, purpose) not in self._derived:
            self.load_person_keys(session, [owner])
            self._derived[owner, purpose] = self._person_key(owner).derive(purpose)
        return self._derived[owner, purpose]

    def _person_key(self, owner: str) -> Key:
        key = self._people[owner]
        if key is None:
            raise KeyNotHeld(f"the key of person {owner} is destroyed")
        return key

    def _place(self, table: str, row: str, column: str) -> tuple[str, ...]:
        return (self.practice_id, table, column, row)
