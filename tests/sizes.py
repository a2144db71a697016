"""How many examples the long laws try: a quarter in `make test`, all of them in `make soak`."""

from __future__ import annotations

import os

IS_FULL = os.environ.get("POLICY_LAWS") == "full"


def examples(full: int) -> int:
    """So many of the `full` number of examples of a law are tried in this run."""
    return full if IS_FULL else full // 4
