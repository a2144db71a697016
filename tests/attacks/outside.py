"""What is kept outside the database: a witness on another machine, an EHR's receipts, a third
party who has only the public key."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from policy_service.app import create_desk
from policy_service.audit.reading import subtree_reader
from policy_service.audit.witness.book import Book, Evidence
from policy_service.audit.witness.cosigner import Reply, Witness
from policy_service.errors import LogContradicted
from policy_service.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from policy_service.ledger.merkle import consistency_proof
from policy_service.ledger.note import Verifier
from policy_service.ledger.witnessing import Submission
from policy_service.services.receipts import judge_receipts
from tests.attacks.forger import (
    Row,
    head_of,
    published_file,
    rebuild,
    rewritten,
    sign_by_theft,
    size_of,
)
from tests.audit.logs import seal, signer, write
from tests.audit.test_guard import go_back
from tests.cast import World
from tests.ledger.keys import OTHER_KEY
from tests.tampering import tamper

_DECISIONS_TOO = "DELETE FROM decision WHERE entry_id NOT IN (SELECT id FROM audit_entry)"


class Outsider:
    """The witness of a world's log, on a folder of its own."""

    def __init__(self, world: World, folder: Path) -> None:
        key = signer(world)
        self.world = world
        self.log = Verifier.of(key)
        self.book = Book(folder)
        self.witness = Witness(OTHER_KEY, {key.name: (self.log,)}, self.book, lambda: 1_800_000_000)

    def submit(self) -> Reply:
        """The log's head as its key signs it now, with the proof that the stored nodes give."""
        latest = self.witness.latest(self.log.name)
        known = Checkpoint.parse(latest.text).size if latest else 0
        now, old = head_of(self.world), min(known, size_of(self.world))
        with self.world.reading() as context:
            read = subtree_reader(context.session, self.world.practice_id)
            proof = consistency_proof(read, old, now.size) if old else ()
        note = sign_checkpoint(Checkpoint(self.log.name, *now), signer(self.world)).to_text()
        return self.witness.add_checkpoint(Submission(old, proof, note).to_text().encode())

    def look(self) -> str:
        """What the witness answers to the log's head, when it does not cosign it."""
        reply = self.submit()
        return "" if reply.status == 200 else f"{reply.status} {reply.body}{self.kept()}"

    def kept(self) -> str:
        """The kinds of evidence that it keeps."""
        return " ".join(f"evidence: {one.kind}" for one in self.book.evidence())

    def third_party(self) -> str:
        """What anybody can say from the kept files and the log's public key alone."""
        return " ".join(filter(None, map(self._judge, self.book.evidence())))

    def _judge(self, kept: Evidence) -> str:
        submitted = Submission.parse(kept.submitted).note
        one, other = (open_checkpoint(note, self.log) for note in (kept.known, submitted))
        is_split = one.size == other.size and one.root != other.root
        return f"one key signed two heads of size {one.size}" if is_split else ""


def receipts_look(world: World, receipts: Sequence[str]) -> str:
    """What reconciling an EHR's receipts complains of."""
    found = judge_receipts(world.desk, world.cleo, [each.encode() for each in receipts])
    return "" if found.exit_code == 0 else f"exit {found.exit_code}: {found.text}"


def drop_the_tail_and_its_heads(world: World, entries: int, head_of_then: str) -> Sequence[str]:
    """The log of some entries ago, with the head that was signed and published then."""
    newest = size_of(world)
    go_back(world, entries)
    tamper(world.desk.database, _DECISIONS_TOO)
    published_file(world).write_text(head_of_then, encoding="utf-8")
    return f"409 {newest}", "unmatched"


def start_and_append(world: World) -> str:
    """What a service says that is started over this database and these keys, and asked to write."""
    desk = create_desk(world.settings, world.clock)
    again = World(world.settings, desk, world.clock, world.practice_id, world.other_practice_id)
    try:
        write(again, "after the start")
        seal(again)
    except LogContradicted as error:
        return str(error)
    finally:
        desk.database.dispose()
    return ""


def rewrite_by_theft(world: World, index: int, *, longer: bool) -> Sequence[str]:
    """Another history under the log's own key; `longer` by an entry than the one it replaces."""

    def change(rows: list[Row]) -> None:
        rows[index] = rewritten(rows[index], action="note.approved")

    if longer:
        write(world, "one more")
        seal(world)
    rebuild(world, change)
    sign_by_theft(world)
    return ("422", "evidence: unproven") if longer else ("409", "evidence: split")
