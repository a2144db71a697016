"""The witness itself: one request in, one reply out. What it signs it has written down before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

from policy_service.audit.witness.book import Book, BookRefused
from policy_service.ledger.checkpoint import Checkpoint
from policy_service.ledger.cosignature import Cosigner, cosign, cosigned_at
from policy_service.ledger.errors import LedgerError, NoteRefused
from policy_service.ledger.merkle import Head
from policy_service.ledger.note import Note, Signer, Verifier
from policy_service.ledger.witnessing import Finding, Submission, judge

TEXT = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"
Logs = Mapping[str, Sequence[Verifier]]
"""The keys trusted for each origin: more than one while a log changes its key."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP reply."""

    status: int
    body: str
    content_type: str = TEXT


class _Refused(Exception):
    """Carries the reply up from wherever the request was found wanting."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.reply = Reply(status, said + "\n")


@dataclass
class Witness:
    """Cosigns heads of the logs it knows. `clock` gives POSIX seconds.

    INVARIANT: of each log the cosigned sizes never fall, and each head follows from the one before.
    Raises BookRefused when a head in the book does not carry this witness's own cosignature.
    """

    signer: Signer
    logs: Logs
    book: Book
    clock: Callable[[], int]
    _turn: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        for origin in self.logs:
            self.latest(origin)

    @property
    def cosigner(self) -> Cosigner:
        """The public key that readers of the logs pin."""
        return Cosigner.of(self.signer)

    def latest(self, origin: str) -> Note | None:
        """The newest head this witness has cosigned for a log."""
        raw = self.book.latest(origin)
        if raw is None:
            return None
        try:
            note = Note.parse(raw)
            note.require(self.cosigner)
            if Checkpoint.parse(note.text).origin != origin:
                raise NoteRefused(f"it is of another log than {origin}")
        except NoteRefused as error:
            raise BookRefused(f"the head kept for {origin} is not ours: {error}") from error
        return note

    def add_checkpoint(self, body: bytes) -> Reply:
        """Answer a submission as C2SP tlog-witness says; reading, writing and signing as one."""
        try:
            submission = _read(body)
            note, checkpoint = self._signed(submission)
        except _Refused as refused:
            return refused.reply
        with self._turn:
            return self._answer(submission, note, checkpoint)

    def _signed(self, submission: Submission) -> tuple[Note, Checkpoint]:
        """The note with its trusted signatures alone."""
        try:
            note = Note.parse(submission.note)
            checkpoint = Checkpoint.parse(note.text)
        except NoteRefused as error:
            raise _Refused(400, str(error)) from error
        if checkpoint.origin not in self.logs:
            raise _Refused(404, "this witness does not know the log of that origin")
        lines = tuple(line for key in self.logs[checkpoint.origin] for line in key.lines_in(note))
        if not lines:
            raise _Refused(403, "no signature verifies under a key trusted for that origin")
        return Note(note.text, lines), checkpoint

    def _answer(self, submission: Submission, note: Note, checkpoint: Checkpoint) -> Reply:
        known = self.latest(checkpoint.origin)
        latest = Checkpoint.parse(known.text).head if known else None
        try:
            finding = judge(latest, submission, checkpoint.head)
        except LedgerError as error:
            return Reply(400, f"{error}\n")
        if finding is Finding.GROWN:
            return self._cosigned(note, checkpoint)
        if finding is not Finding.STALE and known is not None:
            # The submitter's own text, but of the signatures only those that are the log's.
            shown = Submission(submission.old_size, submission.proof, note.to_text()).to_text()
            two = (known.to_text(), shown)
            self.book.keep_evidence(checkpoint.origin, finding, two, self.clock())
        return _refusal(finding, latest)

    def _cosigned(self, note: Note, checkpoint: Checkpoint) -> Reply:
        line = cosign(note.text, self.signer, self.clock())
        self.book.keep(checkpoint.origin, note.with_signatures([line]).to_text())
        return Reply(200, line.line)

    def standing(self) -> str:
        """What this witness is and knows, a line for each log and for each piece of evidence."""
        lines = [f"witness {self.cosigner.vkey}"]
        for origin in sorted(self.logs):
            note = self.latest(origin)
            lines.append(f"log {origin} {_newest(note, self.cosigner) if note else 'nothing yet'}")
        lines += [f"evidence {one.kind} {one.origin} at {one.at}" for one in self.book.evidence()]
        return "".join(f"{line}\n" for line in lines)


def _read(body: bytes) -> Submission:
    try:
        return Submission.parse(body.decode())
    except UnicodeDecodeError as error:
        raise _Refused(400, "the request is not UTF-8") from error
    except LedgerError as error:
        raise _Refused(400, str(error)) from error


def _refusal(finding: Finding, latest: Head | None) -> Reply:
    if finding is Finding.UNPROVEN:
        return Reply(422, "the proof does not lead from the head already cosigned to this one\n")
    return Reply(409, f"{latest.size if latest else 0}\n", SIZE)


def _newest(note: Note, cosigner: Cosigner) -> str:
    size = Checkpoint.parse(note.text).size
    return f"size {size} at {cosigned_at(cosigner.find(note))}"
