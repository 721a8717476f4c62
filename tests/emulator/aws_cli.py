"""AWS CLI: what people type, asked of an emulator."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from sandbox.emulator import Emulator


def aws(emulator: Emulator, *arguments: str) -> dict[str, Any]:
    """What the AWS CLI answers."""
    done = subprocess.run(
        # Of the endpoint in its environment the CLI's version 1 takes no notice for SQS.
        [sys.executable, "-m", "awscli", "--endpoint-url", emulator.url, *arguments],
        env=emulator.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answered: dict[str, Any] = json.loads(done.stdout)
    return answered
