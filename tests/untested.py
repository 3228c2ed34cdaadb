"""Say what could not be tested on this machine: `python -m tests.untested`, after the tests."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

KEPT = Path(__file__).parents[1] / ".pytest_cache" / "v" / "untested" / "why"


def summary(seen: dict[str, str]) -> list[str]:
    """One line for each reason, the most frequent first. An empty reason means that the test ran."""
    reasons = Counter(why for why in seen.values() if why)
    if not reasons:
        return [f"All {len(seen)} tests ran on this machine."]
    lines = [f"  {count} test{'s' if count > 1 else ''}: {why}" for why, count in reasons.most_common()]
    return [f"Not tested on this machine ({sum(reasons.values())} of {len(seen)}):", *lines]


def main() -> int:
    if not KEPT.exists():
        sys.stdout.write("No test has run yet: make test\n")
        return 2
    sys.stdout.write("\n".join(summary(json.loads(KEPT.read_text(encoding="utf-8")))) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
