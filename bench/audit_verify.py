"""How fast is a bundle verified offline, and how large is an entry with all its openings?

A log of invented entries is built in memory and bundled as one range, twice: leaves alone, and with
six openings an entry. `verify.py` then reads the zip as an outsider does, in one process; time is
CPU time. The peer is what no verifier can do without: hashing each leaf once. Sizes are those of
the demo practice's decisions, raw and as the zip packs them.

    python -m bench.audit_verify [--entries 200000] [--opened 20000]

Prints JSON lines {figure, value, unit, peer, peer_value, ratio}; times are only told.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import hashlib
import io
import json
import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from zipfile import ZipFile

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.figures import report
from policy_service.app import create_desk
from policy_service.audit.evidence import verify
from policy_service.audit.evidence.archive import Archive, entry_line, programs
from policy_service.audit.evidence.contents import Contents, Withheld, digests, readme
from policy_service.database import migrate
from policy_service.demo.seed import seed
from policy_service.domain.principals import Principal, Role
from policy_service.ledger.canonical import canonical_bytes
from policy_service.ledger.checkpoint import Checkpoint, sign_checkpoint
from policy_service.ledger.commitments import commit
from policy_service.ledger.encoding import base64std
from policy_service.ledger.leaf import Leaf
from policy_service.ledger.merkle import inclusion_proof, leaf_hash, root_of, subtree_reader
from policy_service.ledger.note import Verifier
from policy_service.ledger.proof_file import InclusionProof
from policy_service.ledger.ranges import range_proof
from policy_service.services.audit_filters import EntryFilter
from policy_service.services.bundle_choice import Matching
from policy_service.services.evidence_bundles import BundleForm, make_bundle
from policy_service.settings import Settings
from policy_service.vault.signing import SigningKey

ORIGIN = "policy-service/bench"
GROUPS = ("care", "events", "accounts", "no_tie", "decision", "identity")
_VALUE = {f"fact_{number}": {"value": "not_applicable"} for number in range(8)}
Line = tuple[bytes, list[bytes]]
"""A leaf and its openings."""


def entry(chance: random.Random, groups: dict[str, object], action: str) -> Line:
    """An invented entry that commits to these groups."""
    made = commit(groups, [chance.randbytes(16) for _ in groups])
    leaf = Leaf(
        id=str(UUID(int=chance.getrandbits(128), version=4)),
        action=action,
        at="2026-03-02T09:00:00.000000Z",
        practice="bench",
        sd=made.digests,
        actor_ref="ehr:bench",
        subject_refs=("clinician:bench", "client:bench")[::-1],
        packs=("0" * 64,),
        semantics=1,
    )
    return leaf.to_bytes(), [opening.to_bytes() for opening in made.openings]


def bundle(entries: int, opened: bool) -> tuple[bytes, str]:
    """A whole log as one bundle, and the key that signed it."""
    chance = random.Random(5)
    found = [entry(chance, dict.fromkeys(GROUPS, _VALUE), "bench.made") for _ in range(entries)]
    signer = SigningKey(ORIGIN, Ed25519PrivateKey.generate())
    vkey = Verifier.of(signer).vkey
    contents = Contents(
        log=ORIGIN,
        practice="bench",
        made_at=datetime(2026, 3, 2, tzinfo=UTC),
        places=range(entries),
        chosen_by={"range": True},
        groups=None if opened else (),
        withheld=Withheld(not_chosen=0 if opened else entries * len(GROUPS)),
        purpose="To measure.",
    )
    files = {
        "README.txt": readme(contents, vkey).encode(),
        "keys.json": canonical_bytes({"log": [vkey], "receipts": [], "witnesses": []}),
        **dict(programs()),
    }
    assert not contents.is_each_proven, "too few entries: each would need a proof"
    contents = replace(contents, files=digests(files))
    said = {"manifest": hashlib.sha256(contents.manifest()).hexdigest()}
    own = entry(chance, {"bundle": said}, "evidence.bundled")
    hashes = [leaf_hash(leaf) for leaf, _ in (*found, own)]
    note = sign_checkpoint(Checkpoint(ORIGIN, len(hashes), root_of(hashes)), signer).to_text()
    read = subtree_reader(hashes)
    beside = range_proof(read, 0, entries, len(hashes))
    with Archive() as archive:
        archive.add_lines("entries.jsonl", lines(found, opened))
        archive.add_lines("made.jsonl", [entry_line(entries, *own)])
        for name, content in {**files, "manifest.json": contents.manifest()}.items():
            archive.add(name, content)
        archive.add("checkpoint", note.encode())
        sides = {"left": list(beside.left), "right": list(beside.right)}
        texts = {side: [base64std(each) for each in found] for side, found in sides.items()}
        archive.add("range.json", canonical_bytes(texts))
        path = inclusion_proof(read, entries, len(hashes))
        proof = InclusionProof(entries, path, note).to_text()
        archive.add(f"proofs/{entries}.tlog-proof", proof.encode())
        return archive.content(), vkey


def lines(found: list[Line], opened: bool) -> Iterator[bytes]:
    """As `entries.jsonl` has them."""
    for index, (leaf, openings) in enumerate(found):
        yield entry_line(index, leaf, openings if opened else [])


def verified_per_second(entries: int, opened: bool, folder: Path) -> tuple[float, float]:
    """(entries a second by verify.py, leaves a second that are only hashed)."""
    content, vkey = bundle(entries, opened)
    path = folder / "bundle.zip"
    path.write_bytes(content)
    begun = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = verify.main([str(path), "--key", vkey])
    spent = time.process_time() - begun
    assert code == (0 if opened else 2), said.getvalue()
    leaves = [bytes(900)] * entries
    begun = time.process_time()
    for leaf in leaves:
        leaf_hash(leaf)
    return entries / spent, entries / (time.process_time() - begun)


def sizes(folder: Path) -> dict[int, list[int]]:
    """Bytes of leaf and openings of the demo practice's decisions, by their number of ties."""
    url = f"sqlite:///{folder / 'demo.sqlite3'}"
    migrate.upgrade(url)
    kek = base64.b64encode(bytes(32)).decode()
    told = {"DATABASE_URL": url, "POLICY_KEK": kek, "POLICY_KEY_DIR": str(folder / "keys")}
    desk = create_desk(Settings.from_environment(told))
    practice = seed(desk, clients=60).id
    officer = Principal(practice, "bench", "bench", frozenset({Role.COMPLIANCE}))
    form = BundleForm(Matching(EntryFilter(action="check.decided")), "To measure.")
    made = make_bundle(desk, officer, form)
    desk.database.dispose()
    found: defaultdict[int, list[int]] = defaultdict(list)
    with ZipFile(io.BytesIO(made.content)) as archive:
        packed = archive.getinfo("entries.jsonl").compress_size
        for line in map(json.loads, archive.read("entries.jsonl").splitlines()):
            raw = [base64.b64decode(each) for each in (line["leaf"], *line["openings"])]
            ties = sum(json.loads(each)[1].startswith("tie:") for each in raw[1:])
            found[ties].append(sum(map(len, raw)))
    report("packed entry in a bundle", packed / len(made.contents.places), "bytes")
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=200_000)
    parser.add_argument("--opened", type=int, default=20_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for what, count, opened in (
            ("leaves verified offline", asked.entries, False),
            ("entries with six openings verified offline", asked.opened, True),
        ):
            ours, hashing = verified_per_second(count, opened, Path(folder))
            report(what, ours, "entries/s CPU", "hashing each leaf once", hashing)
        for ties, found in sorted(sizes(Path(folder)).items()):
            report(f"leaf and openings, {ties} ties", statistics.median(found), "bytes")


if __name__ == "__main__":
    main()
