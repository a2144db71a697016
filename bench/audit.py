"""All figures of the audit log in one run: writing, proofs from SQL, offline verification.

    make bench-audit

Each part runs in a process of its own, one after the other, so that none pays for another's
memory. The parts take their own options when they are run alone: see bench/audit_write.py,
bench/audit_proofs.py and bench/audit_verify.py.
"""

from __future__ import annotations

import subprocess
import sys

PARTS = ("bench.audit_write", "bench.audit_proofs", "bench.audit_verify")


def main() -> int:
    """Run every part; the exit code is 1 if one of them failed."""
    codes = [subprocess.run([sys.executable, "-m", part], check=False).returncode for part in PARTS]
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())
