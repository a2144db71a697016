"""Every bench of what the codes say, one after the other: `make bench-policy`."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

PARTS = ("bench.policy_speed", "bench.policy_analysis", "bench.policy_replay")


def main() -> None:
    """Run the parts that are there; each prints JSON lines."""
    for part in PARTS:
        if find_spec(part) is not None:
            import_module(part).main()


if __name__ == "__main__":
    main()
