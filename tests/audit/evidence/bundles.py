"""Bundles to check and to spoil: one small world's, and what a forger makes of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from policy_service.audit.evidence import rederive, verify
from policy_service.ledger.note import Verifier
from policy_service.services.bundle_choice import Choice
from policy_service.services.evidence_bundles import BundleForm, make_bundle
from tests.cast import World

Change = Callable[[bytes], bytes] | bytes | None
"""What becomes of a member: altered, replaced, or left out."""


@dataclass(frozen=True)
class Kit:
    """A world with checks in its log, and a folder for its bundles."""

    world: World
    folder: Path

    @property
    def key(self) -> str:
        """The log's vkey, as an outsider would have pinned it."""
        desk = self.world.desk
        origin = desk.practice(self.world.practice_id).log_origin
        return Verifier.of(desk.log_key(origin)).vkey

    def bundle(self, choice: Choice, **more: Any) -> bytes:
        """A bundle as Cleo makes it."""
        form = BundleForm(choice, "For a test.", **more)
        return make_bundle(self.world.desk, self.world.cleo, form).content

    def verify(self, bundle: bytes, *arguments: str, pinned: bool = True) -> int:
        """The exit code of verify.py; what it says goes to standard output."""
        key = ["--key", self.key] if pinned else []
        return verify.main([self._write(bundle), *key, *arguments])

    def rederive(self, bundle: bytes) -> int:
        """The exit code of rederive.py."""
        return rederive.main([self._write(bundle)])

    def _write(self, bundle: bytes) -> str:
        path = self.folder / "bundle.zip"
        path.write_bytes(bundle)
        return str(path)


def members(bundle: bytes) -> dict[str, bytes]:
    """What is in the zip."""
    with ZipFile(BytesIO(bundle)) as found:
        return {name: found.read(name) for name in found.namelist()}


def spoiled(bundle: bytes, changes: Mapping[str, Change]) -> bytes:
    """The bundle with some members changed; members that were not there are added."""
    found: dict[str, bytes | None] = dict(members(bundle))
    for name, change in changes.items():
        old = found.get(name)
        found[name] = change(old or b"") if callable(change) else change
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as written:
        for name, content in found.items():
            if content is not None:
                written.writestr(name, content)
    return made.getvalue()


def lines(bundle: bytes) -> list[dict[str, Any]]:
    """The entries, one a line."""
    return [json.loads(line) for line in members(bundle)["entries.jsonl"].splitlines()]


def written(entries: list[dict[str, Any]]) -> bytes:
    """Lines as `entries.jsonl` has them."""
    return b"".join(
        json.dumps(one, sort_keys=True, separators=(",", ":")).encode() + b"\n" for one in entries
    )
