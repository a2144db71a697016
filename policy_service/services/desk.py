"""What one process holds for all requests: database, keys, packs, match model, clock.

`Desk.reading` and `Desk.writing` open the one transaction of a request. Doors use these; services
get the Context and never commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import RLock

from sqlalchemy.orm import Session

from policy_service.audit.witness.client import WitnessAddress
from policy_service.database.keyring import Keyring, PracticeKeys
from policy_service.database.session import Database
from policy_service.database.tables.directory import PracticeRow
from policy_service.domain.principals import Principal
from policy_service.errors import NotFound
from policy_service.ledger.note import Signer, Verifier
from policy_service.policy.pack import Pack, PackSet, PacksInUse
from policy_service.services.context import Context, random_id
from policy_service.services.mailer import Mailer
from policy_service.services.match_state import ModelShelf
from policy_service.services.outbound import Outbound
from policy_service.vault.erasure_list import ErasureList
from policy_service.vault.keys import KeyRing, Purpose, PurposeKey
from policy_service.vault.log_keys import LogKeyFolder
from policy_service.vault.sealing import unwrap

MAX_MERGE_DELAY = 60
"""Seconds within which an entry gets its place in the tree; stands in every receipt."""


@dataclass(frozen=True, slots=True)
class Practice:
    """A practice as the directory knows it, with its unwrapped key."""

    id: str
    slug: str
    name: str
    jurisdiction: str
    log_origin: str
    keys: PracticeKeys


def _nothing(_desk: Desk, _practice_id: str) -> None:
    """Nothing is to be done when a practice is opened."""


@dataclass(slots=True)
class Desk:
    """One per process, wired by `app`. Holds no request state."""

    database: Database
    kek: KeyRing
    packs: PackSet
    """The packs that ship with the software; what binds a practice is `services.packs`' to say."""
    models: ModelShelf
    """The shipped match model, and what practices measured; `Context.model` is the one in use."""
    clock: Callable[[], datetime]
    receipt_key: Signer
    log_key: Callable[[str], Signer]
    """What signs heads of a log, by origin: its newest key, with the one before in a changeover."""
    log_keys: LogKeyFolder | None
    """The files behind it; None where a signer process holds the keys."""
    erasures: ErasureList
    """Who was erased: a file beside the keys, outside the database."""
    on_open: Callable[[Desk, str], object] = _nothing
    """Called with a practice's id when its key is first used, before anything of it is served."""
    attestation_months: int = 12
    witnesses: tuple[WitnessAddress, ...] = ()
    """Where new heads of every practice's log are submitted."""
    outbound: Outbound = field(default_factory=Outbound)
    """Every connection to a host that somebody configured goes through it."""
    mailer: Mailer | None = None
    """None: the operator configured no mail server, and no mail is offered."""
    new_id: Callable[[], str] = random_id
    compiled: dict[str, Pack] = field(default_factory=dict)
    """Packs besides the shipped ones that this process has opened, by digest."""
    in_use: dict[tuple[str, str | None], PacksInUse] = field(default_factory=dict)
    """What was in use, by practice and entry of the newest activation (`services.packs`)."""
    _practices: dict[str, Practice] = field(default_factory=dict)
    _opening: dict[str, Practice] = field(default_factory=dict)
    _lock: AbstractContextManager[object] = field(default_factory=RLock)

    def practice(self, practice_id: str) -> Practice:
        """The practice of that id. NotFound if there is none."""
        return self._practices.get(practice_id) or self._first_use(practice_id)

    def _first_use(self, practice_id: str) -> Practice:
        """Open the practice; other threads wait until `on_open` is through, which sees it open."""
        with self._lock:
            found = self._practices.get(practice_id) or self._opening.get(practice_id)
            if found is not None:
                return found
            found = self._opening[practice_id] = self._load(practice_id)
            try:
                self.on_open(self, practice_id)
            finally:
                del self._opening[practice_id]
            self._practices[practice_id] = found
            return found

    def _load(self, practice_id: str) -> Practice:
        with self.database.directory() as session:
            row = session.get(PracticeRow, practice_id)
        if row is None:
            raise NotFound
        return self._open_practice(row)

    def _open_practice(self, row: PracticeRow) -> Practice:
        key = unwrap(row.wrapped_key, self.kek, practice_key_place(row.id))
        keys = PracticeKeys(row.id, key)
        return Practice(row.id, row.slug, row.name, row.jurisdiction, row.log_origin, keys)

    def log_verifiers(self, origin: str) -> tuple[Verifier, ...]:
        """All keys that ever signed heads of a log, newest first, as far as they are known here."""
        if self.log_keys is None:
            return (Verifier.of(self.log_key(origin)),)
        keys = self.log_keys.keys(origin)
        signing = (Verifier.of(key) for key in keys.signing)
        return (*signing, *(Verifier.from_vkey(vkey) for vkey in keys.retired))

    def row_mac_key(self, practice_id: str) -> PurposeKey:
        """The key of the MACs that the practice's audit entries carry."""
        return self.practice(practice_id).keys.purpose(Purpose.ROW_MAC)

    @contextmanager
    def reading(self, principal: Principal) -> Iterator[Context]:
        """A context over one snapshot; nothing can be written."""
        practice = self.practice(principal.practice_id)
        with self.database.read(practice.id) as session:
            yield self._context(session, principal, practice)

    @contextmanager
    def writing(self, principal: Principal) -> Iterator[Context]:
        """A context over one transaction that commits on leaving."""
        practice = self.practice(principal.practice_id)
        with self.database.write(practice.id) as session:
            yield self._context(session, principal, practice)

    def _context(self, session: Session, principal: Principal, practice: Practice) -> Context:
        return Context(
            session=session,
            principal=principal,
            keyring=Keyring(practice.keys),
            now=self.clock(),
            models=self.models,
            attestation_months=self.attestation_months,
            new_id=self.new_id,
        )


def practice_key_place(practice_id: str) -> tuple[str, ...]:
    """Where a practice's wrapped key is kept: it opens only there."""
    return (practice_id, "practice", "wrapped_key", practice_id)
