"""Peers: CDK, where Node is there, as `package-lock.json` has it, to be measured beside this project."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent


class MissingError(Exception):
    """Peers that cannot be measured here, and why."""


def synth(release: Path, out: Path) -> list[str | Path]:
    """The command with which CDK makes the templates of `release` anew, in `out`; raises MissingError."""
    app = f"node synth.js {release} {out}"
    return [installed() / "node_modules/.bin/cdk", "synth", "--quiet", "--app", app, "--output", out]


def diff(before: Path, after: Path) -> list[str | Path]:
    """The command with which CDK's engine compares two templates; raises MissingError."""
    installed()
    return ["node", "diff.js", before, after]


@cache
def installed() -> Path:
    """The folder that the commands are to be run in, with what they need."""
    if not (shutil.which("node") and shutil.which("npm")):
        raise MissingError("CDK: not measured, for Node is not here")
    wanted, there = HERE / "package-lock.json", HERE / "node_modules/.package-lock.json"
    if not there.exists() or there.stat().st_mtime < wanted.stat().st_mtime:
        done = subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund"], cwd=HERE, capture_output=True, text=True, check=False
        )
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["no word"]
            raise MissingError(f"CDK: not measured, for `npm ci` ended with {said[0]}")
    return HERE
