"""Check an evidence bundle offline: is every entry in the signed log, and is nothing altered?

    python -I verify.py bundle.zip --key VKEY [--witness VKEY ...] [--since CHECKPOINT_FILE]
Python 3.11 and `cryptography`. Exit code 0: all of it holds. 1: tampered; the first bad index is
named. 2: cannot tell, as something was withheld or the key was not pinned.
"""

import argparse
import json
import re
import zipfile
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable, Iterator
from functools import reduce
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MAX_MEMBER, LARGE, MAX_LINE, PIECE = 1 << 24, {"entries.jsonl": 1 << 32}, 1 << 22, 1 << 18
ALWAYS = {"README.txt", "manifest.json", "entries.jsonl", "made.jsonl", "checkpoint", "keys.json"}
SOMETIMES = re.compile(
    r"(verify|rederive)\.py|range\.json|previous\.checkpoint|consistency\.json|key-changes\.jsonl"
    r"|packs/[0-9a-f]{64}\.json|proofs/(0|[1-9][0-9]{0,15})\.tlog-proof"
)
_REF, _SHA, _SD = r'"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}"', r'"[0-9a-f]{64}"', r'"[A-Za-z0-9_-]{43}"'
# Leaf v1 in its one canonical form: every member is a closed pattern, and their order is fixed.
LEAF = re.compile(
    rf'{{"_sd":\[({_SD}(?:,{_SD})*+)\],"_sd_alg":"sha-256","action":"[a-z0-9_.]{{3,64}}",'
    rf'"actor_ref":(?:null|{_REF}),"at":"[0-9T:.-]{{26}}Z","id":"[0-9a-f-]{{36}}",'
    rf'"model":(?:null|{_SHA}),"outcome":(?:null|"[a-z0-9_]{{1,32}}"),'
    rf'"packs":\[(?:{_SHA}(?:,{_SHA})*+)?\],"practice":{_REF},"semantics":(?:null|[1-9][0-9]*),'
    rf'"subject_refs":\[(?:{_REF}(?:,{_REF})*+)?\],"v":1}}'.encode()
)
LINE = re.compile(r'{"index":(0|[1-9]\d{0,15}),"leaf":"([^"]*)","openings":\[(?:"([^]]*)")?]}\n')
CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
Head = tuple[str, int, bytes]  # origin, size and root of a checkpoint
Key = tuple[str, bytes, bytes]  # name, key id, and what the base64 of a vkey holds
CHANGES = "key-changes.jsonl"
INCOMPLETE = "INCOMPLETE: entries were chosen, and those between them are not shown"
UNCHECKED = """not checked: whether a decision follows from its facts (run rederive.py)
not checked: what is not in this bundle, whether its clock was right, and whether facts are true"""


def open_bundle(path: str) -> zipfile.ZipFile:
    """The bundle, refused if a member is strange, there twice, missing or too large."""
    bundle = zipfile.ZipFile(path)
    names = set(bundle.namelist())
    if missing := ALWAYS - names or len(bundle.infolist()) - len(names):
        raise ValueError(f"a member is missing, or there twice: {missing}")
    for info in bundle.infolist():
        known = info.filename in ALWAYS or SOMETIMES.fullmatch(info.filename)
        if not known or info.file_size > LARGE.get(info.filename, MAX_MEMBER) or info.flag_bits & 1:
            raise ValueError(f"no member of a bundle, or too large: {info.filename[:80]!r}")
    return bundle


def strict(raw: bytes) -> Any:
    """Canonical JSON: what is written again must be what was read. No key twice, no floats."""
    value = json.loads(raw, parse_float=str, parse_constant=str)
    if CANONICAL(value).encode() != raw:
        raise ValueError(f"not canonical JSON: {raw[:60]!r}")
    return value


def unbase64(text: str) -> bytes:
    """Standard base64 in its one spelling, also of the bits left over in the last letters."""
    raw = a2b_base64(text, strict_mode=True)
    if b2a_base64(raw[len(raw) // 3 * 3 :], newline=False).decode() != text[len(raw) // 3 * 4 :]:
        raise ValueError(f"not base64 in its one spelling: {text[:60]}")
    return raw


def entries(bundle: zipfile.ZipFile, name: str) -> Iterator[tuple[int, bytes, list[bytes]]]:
    """(index, leaf, openings) of every line, read in pieces of many lines."""
    with bundle.open(name) as member:
        while piece := member.read(PIECE) + member.readline(MAX_LINE):
            for line in piece.decode("ascii").splitlines(keepends=True):
                if (found := LINE.fullmatch(line)) is None:
                    raise ValueError(f"a line of {name} is no entry: {line[:40]!r}")
                openings = [*map(unbase64, found[3].split('","'))] if found[3] else []
                yield int(found[1]), unbase64(found[2]), openings


def read_key(vkey: str) -> Key:
    """A C2SP vkey: name, key id in hex, base64 of the kind of key and the key."""
    name, named, encoded = vkey.strip().split("+", 2)
    raw = unbase64(encoded)
    key_id = sha256(name.encode() + b"\n" + raw).digest()[:4]
    if key_id.hex() != named or raw[0] not in (1, 4):
        raise ValueError("no vkey of a log (kind 1) or a witness (kind 4)")
    return name, key_id, raw


def signed(note: str, key: Key) -> str | None:
    """C2SP signed-note and cosignature/v1: the text if that key signed it, else None."""
    (name, key_id, raw), (text, _, tail), found = key, note.rpartition("\n\n"), None
    for line in tail.removesuffix("\n").split("\n"):
        dash, signer, encoded = line.split(" ")
        value = unbase64(encoded)
        if dash == "—" and signer == name and value[:4] == key_id:
            found, said, value = text + "\n", "", value[4:]
            if raw[0] == 4:
                said, value = f"cosignature/v1\ntime {int.from_bytes(value[:8])}\n", value[8:]
            Ed25519PublicKey.from_public_bytes(raw[1:]).verify(value, (said + found).encode())
    return found


def signed_head(note: str, keys: list[Key]) -> Head:
    """The head of a checkpoint of the log that one of these keys signs for."""
    for key in keys:
        origin, size, root = (signed(note, key) or "\n\n").split("\n")[:3]
        if origin == key[0] == keys[0][0] and key[2][0] == 1:
            return origin, int(size), unbase64(root)
    raise ValueError(f"the checkpoint is not signed by the key {keys[0][1].hex()} of {keys[0][0]}")


def key_change(said: dict[str, Any]) -> tuple[Key, Key]:
    """Key change v1: the log's old key and the new one, if both signed it."""
    told = {name: said[name] for name in ("at", "log", "new", "old", "v")}
    text = b"policy_service log key change v1\n" + CANONICAL(told).encode()
    old, new = read_key(said["old"]), read_key(said["new"])
    for (_, _, raw), shown in ((old, said["old_sig"]), (new, said["new_sig"])):
        Ed25519PublicKey.from_public_bytes(raw[1:]).verify(urlsafe_b64decode(shown + "=="), text)
    return old, new


def node(left: bytes, right: bytes, kind: bytes = b"\x01") -> bytes:
    """RFC 9162 section 2.1.1: an inner node; of kind 0 a leaf."""
    return sha256(kind + left + right).digest()


def climb(first: bytes, at: int, last: int, path: Iterable[bytes]) -> tuple[bytes, bytes]:
    """RFC 9162 sections 2.1.3.2 and 2.1.4.2: the roots without and with what lies to the right."""
    before = after = first
    for sibling in path:
        last = last or -1  # a path that is too long never ends at 0
        if at & 1 or at == last:
            before, after = node(sibling, before), node(sibling, after)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            after = node(after, sibling)
        at, last = at >> 1, last >> 1
    return (b"", b"") if last else (before, after)


def grew(old: Head, new: Head, hashes: list[str]) -> bool:
    """RFC 9162 section 2.1.4.2: is the old log the beginning of the new one?"""
    if not 0 < old[1] < new[1]:
        return old == new and not hashes
    path = [old[2]] * (old[1].bit_count() == 1) + [*map(unbase64, hashes)]
    level = (old[1] & -old[1]).bit_length() - 1
    return climb(path[0], old[1] - 1 >> level, new[1] - 1 >> level, path[1:]) == (old[2], new[2])


class Checker:
    """One bundle: its own entry vouches for the manifest, the manifest for what must be there."""

    def __init__(self, bundle: zipfile.ZipFile, key: Key | None) -> None:
        self.bundle, self.names = bundle, set(bundle.namelist())
        self.manifest = strict(bundle.read("manifest.json"))
        stated = strict(bundle.read("keys.json"))["log"][-1]
        self.note, self.withheld = self.text("checkpoint"), 0
        # Who pinned a key follows it to newer ones; their forerunners may have signed older heads.
        self.keys, self.older = [key or read_key(stated)], list[Key]()
        self.changes = [*entries(bundle, CHANGES)] if CHANGES in self.names else []
        for entry in self.changes:
            old, new = key_change(self.opening(*entry)["keys"])
            self.keys, self.older = self.keys + [new] * (old in self.keys), [*self.older, old]
        self.head = signed_head(self.note, self.keys)
        self.heads = {self.note: self.head}
        self.doubts = [] if key else [f"whose log this is: pin its key with --key {stated}"]
        self.size, self.kept = 0, dict[int, list[bytes]]()  # the tree of `log`, while it grows

    def add(self, row: list[bytes], level: int = 0) -> None:
        """The tree gets more complete subtrees, of 2**level leaves; those in it are as wide."""
        self.size += len(row) << level
        while row:
            row = self.kept.get(level, []) + row
            self.kept[level] = row[len(row) & ~1 :]
            row, level = [*map(node, row[::2], row[1::2])], level + 1

    def fill(self, until: int, hashes: list[str]) -> None:
        """Jump to `until` over the subtrees of these hashes, each as large as fits."""
        for each in map(unbase64, hashes):
            fits = 1 << (until - self.size).bit_length() - 1
            self.add([each], min(fits, self.size & -self.size or fits).bit_length() - 1)

    def text(self, name: str) -> str:
        return self.bundle.read(name).decode() if name in self.names else ""

    def made(self) -> None:
        """The log says that this bundle was made, and with which manifest; its files are there."""
        (own,) = entries(self.bundle, "made.jsonl")
        said = self.opening(*own)["bundle"]["manifest"]
        if said != sha256(self.bundle.read("manifest.json")).hexdigest():
            raise ValueError("the manifest is not the one that this bundle was made with")
        for index, leaf, _ in (own, *self.changes):
            self.proven(index, leaf)
        for name, digest in self.manifest["files"].items():
            if sha256(self.text(name).encode()).hexdigest() != digest:
                raise ValueError(f"{name} is missing, or not the file that the manifest names")

    def opening(self, index: int, leaf: bytes, openings: list[bytes]) -> dict[str, Any]:
        """The opened groups of an entry, if its leaf is well formed and commits to them."""
        form, values = LEAF.fullmatch(leaf), dict[str, Any]()
        digests = form[1].decode().split(",") if form else []
        if not digests or not all(map(str.__lt__, digests, digests[1:])):
            raise ValueError(f"at index {index}: the leaf is not one of version 1")
        for raw in openings:
            shown = urlsafe_b64encode(sha256(raw).digest()).decode().rstrip("=")
            salt, group, value = strict(raw)
            if f'"{shown}"' not in digests or group in values or len(salt) != 22:
                raise ValueError(f"at index {index}: an opening is not what the leaf commits to")
            values[group] = value
        self.withheld += len(digests) - len(values)
        return values

    def proven(self, index: int, leaf: bytes) -> None:
        """The .tlog-proof of the entry leads to the checkpoint of this bundle."""
        top, _, note = self.text(f"proofs/{index}.tlog-proof").partition("\n\n")
        lines = top.split("\n")
        if lines[:2] != ["c2sp.org/tlog-proof@v1", f"index {index}"] or note != self.note:
            raise ValueError(f"at index {index}: its proof is missing, or another's")
        path, first = map(unbase64, lines[2:]), node(leaf, b"", b"\x00")
        if climb(first, index, self.head[1] - 1, path)[1] != self.head[2]:
            raise ValueError(f"at index {index}: the entry is not in the log that was signed")

    def log(self) -> range | list[int]:
        """Every entry in its place: each by its proof, or all of a range by the tree they make."""
        due, contiguous = self.manifest["entries"], self.manifest["contiguous"]
        beside = strict(self.text("range.json").encode()) if contiguous else {"left": []}
        wanted, row = range(*due) if contiguous else due, list[bytes]()
        self.fill(due[0], beside["left"])
        for due_now, entry in zip_longest(wanted, entries(self.bundle, "entries.jsonl")):
            if entry is None or entry[0] != due_now:
                raise ValueError(f"at index {due_now}: an entry is left out, added or exchanged")
            self.opening(*entry)
            if self.manifest["each_proven"]:
                self.proven(*entry[:2])
            row.append(sha256(b"\x00" + entry[1]).digest())
        self.add(row)
        if contiguous:
            self.fill(self.head[1], beside["right"])
            kept = [each for level in sorted(self.kept) for each in self.kept[level]]
            if (self.size, reduce(lambda right, left: node(left, right), kept)) != self.head[1:]:
                raise ValueError(f"at index {due[0]} or later: not the entries that were signed")
        return wanted

    def continued(self, kept: str | None) -> None:
        """The log only grew since the older checkpoints: the bundle's own, and the reader's."""
        if previous := self.text("previous.checkpoint"):
            self.heads[previous] = old = signed_head(previous, self.keys + self.older)
            if not grew(old, self.head, strict(self.text("consistency.json").encode())):
                raise ValueError(f"FORK: the log does not continue its checkpoint of size {old[1]}")
        mine, known = signed_head(kept or self.note, self.keys + self.older), {*self.heads.values()}
        if any(mine[1] == head[1] and mine != head for head in known):
            raise ValueError(f"FORK: your checkpoint of size {mine[1]} has another root")
        doubt = "your checkpoint: ask for a bundle that continues from it"
        self.doubts += [doubt] * (mine not in known)

    def everything(self, asked: argparse.Namespace) -> tuple[int, list[str]]:
        """Check all of it; the exit code of a bundle that is not tampered with, and what to say."""
        self.made()
        places = self.log()
        self.continued(asked.since and asked.since.read_text("utf-8"))
        for by in asked.witness:
            seen = max((h[1] for note, h in self.heads.items() if signed(note, by)), default=0)
            if seen <= places[-1]:
                self.doubts.append(f"{by[0]} cosigned the first {seen} entries only")
        self.doubts += [f"{self.withheld} groups (withheld): not opened"] * (self.withheld > 0)
        said = [f"log {self.head[0]}, size {self.head[1]}: {len(places)} entries proven"]
        said += [INCOMPLETE] * (not self.manifest["contiguous"])
        said += [*(f"cannot tell: {doubt}" for doubt in self.doubts), UNCHECKED]
        return (2, [*said, "CANNOT TELL everything"]) if self.doubts else (0, [*said, "OK"])


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Check an evidence bundle offline.")
    parser.add_argument("bundle")
    parser.add_argument("--key", type=read_key, help="the log's key, learnt from elsewhere")
    parser.add_argument("--witness", type=read_key, action="append", default=[], help="its key")
    parser.add_argument("--since", type=Path, help="a checkpoint you kept")
    try:
        asked = parser.parse_args(arguments)
        code, said = Checker(open_bundle(asked.bundle), asked.key).everything(asked)
    except Exception as error:  # whatever a hostile bundle brings about speaks against it
        code = 2 if isinstance(error, OSError) else 1
        said = [f"{'CANNOT TELL' if code == 2 else 'TAMPERED'}: {str(error) or repr(error)}"]
    print("\n".join(said))
    return code


if __name__ == "__main__":
    raise SystemExit(main())
