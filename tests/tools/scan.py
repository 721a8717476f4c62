"""Scan: checkov over the built templates; a finding, or a suppression without a reason, fails."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.paths import CHECKOUT

DIST = CHECKOUT / "dist"
PROCESSES = 2


def main() -> int:
    """Scan every template that was built, equal ones of several environments once; return 1 for a finding."""
    files = sorted(DIST.glob("*/*.template.json"))
    templates = list({file.read_bytes(): file for file in reversed(files)}.values())
    if not templates:
        print("dist/*/*.template.json: nothing found; expected what `tox -e build` makes", file=sys.stderr)
        return 1
    passed, skipped, failed = 0, 0, 0
    reasons: dict[tuple[str, str], str] = {}
    with ThreadPoolExecutor(PROCESSES) as pool:
        reports = [report for found in pool.map(scan, shares(templates)) for report in found]
    for report in reports:
        summary = report["summary"]
        passed += summary["passed"]
        for check in report["results"]["failed_checks"]:
            failed += 1
            print(f"{place(check)}: {check['check_id']}: {check['check_name']}", file=sys.stderr)
        for check in report["results"]["parsing_errors"]:
            failed += 1
            print(f"{check}: checkov cannot read it", file=sys.stderr)
        for check in report["results"]["skipped_checks"]:
            skipped += 1
            reason = check["check_result"].get("suppress_comment", "")
            reasons[check["check_id"], place(check)] = reason
            if reason in ("", "No comment provided"):
                failed += 1
                print(f"{place(check)}: {check['check_id']} is skipped without a reason", file=sys.stderr)
    for (check_id, where), reason in sorted(reasons.items()):
        print(f"{check_id:14} {where}: {reason}")
    print(f"{len(files)} templates, {len(templates)} of them different")
    print(f"{passed} checks passed, {skipped} skipped with reason, {failed} failed")
    if not passed:
        print("checkov checked nothing", file=sys.stderr)
    return 1 if failed or not passed else 0


def shares(templates: list[Path]) -> list[list[Path]]:
    """Return the templates in parts of about one size for each process."""
    largest_first = sorted(templates, key=lambda file: (-file.stat().st_size, file))
    return [share for start in range(PROCESSES) if (share := largest_first[start::PROCESSES])]


def scan(templates: list[Path]) -> list[dict[str, Any]]:
    """Return checkov's reports on `templates`: one, or none where no check applies."""
    command = [sys.executable, "-m", "checkov.main", "--framework", "cloudformation", "--output", "json"]
    for template in templates:
        command += ["--file", str(template.relative_to(CHECKOUT))]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    try:
        answer = json.loads(done.stdout)
    except json.JSONDecodeError:
        print(done.stderr, file=sys.stderr)
        raise
    return answer if isinstance(answer, list) else [answer]


def place(check: dict[str, Any]) -> str:
    """Return the template and the logical id that `check` is about."""
    return f"{Path(check['file_path']).name.removesuffix('.template.json')}: {check['resource']}"


if __name__ == "__main__":
    sys.exit(main())
