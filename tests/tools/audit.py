"""Audit: pip-audit over every lock; a published vulnerability of what is locked fails. Needs the network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.paths import CHECKOUT

LOCKS = CHECKOUT / "requirements"


def main() -> int:
    """Audit every lock as it is; return 1 where one has a finding or cannot be audited."""
    failed = [lock.name for lock in sorted(LOCKS.glob("*.txt")) if audit(lock)]
    if failed:
        print(f"pip-audit: findings, or no answer, for {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def audit(lock: Path) -> int:
    """Return pip-audit's exit status for `lock`."""
    print(f"requirements/{lock.name}", flush=True)
    # Strict: what the index knows nothing of has not been audited.
    command = [sys.executable, "-m", "pip_audit", "--strict", "--require-hashes", "--disable-pip"]
    command += ["--requirement", str(lock), "--progress-spinner", "off"]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
