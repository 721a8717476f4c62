"""Linter: cfn-lint in a process of its own, which loads its rules once and forks to use every core.

Loading costs more than judging a dozen templates: it happens once, beside the other work of a build.
`python -m pipeline.release.linter CONFIGURATION REGION` reads paths of templates from stdin, a list in JSON,
and answers each with a line of JSON.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

# cfn-lint carries annotations but does not say so.
from cfnlint import ConfigMixIn  # type: ignore[import-untyped]
from cfnlint.match import Match  # type: ignore[import-untyped]
from cfnlint.rules import CloudFormationLintRule  # type: ignore[import-untyped]
from cfnlint.runner import Runner, run_template_by_file_path  # type: ignore[import-untyped]

RULES = "https://github.com/aws-cloudformation/cfn-lint/blob/main/docs/rules.md"


def main(configuration: str, region: str) -> None:
    """Judge the templates that stdin names, as stacks of `region`."""
    # This lives for seconds and throws little away: looking for garbage often would cost a seventh of it.
    gc.set_threshold(100_000)
    judge = Judge(configuration, region)
    # What is loaded stays: forked processes then share it instead of copying it piece by piece.
    gc.freeze()
    templates = json.loads(sys.stdin.read() or "[]")
    # Those that take longest begin first, so that all cores are done at about the same time.
    largest_first = sorted(templates, key=lambda path: Path(path).stat().st_size, reverse=True)
    # Only forks inherit the rules. Nothing but this thread runs here, so forking is safe.
    forks = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(cores(), forks, initializer=Judge.inherit, initargs=(judge,)) as pool:
        for done in as_completed([pool.submit(Judge.inherited, path) for path in largest_first]):
            print(json.dumps(done.result()), flush=True)  # noqa: T201 - this is the answer


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Judge:
    """The rules of cfn-lint, as the file `configuration` chooses them, for `region` unless it is empty."""

    # Set in a forked process: work reaches it by name, and the rules are too big to be sent along.
    here: Judge

    def __init__(self, configuration: str, region: str) -> None:
        regions = ["--regions", region] if region else []
        self.configuration = ConfigMixIn(["--config-file", configuration, *regions])
        self.rules = Runner(self.configuration).rules

    def inherit(self) -> None:
        """Be the judge of this process."""
        Judge.here = self

    @staticmethod
    def inherited(path: str) -> Mapping[str, Any]:
        """What this process's judge says of the template at `path`."""
        return {"path": path, "findings": Judge.here.findings(path)}

    def findings(self, path: str) -> list[Mapping[str, Any]]:
        """Return what is wrong with the template at `path`, in the order of its lines."""
        matches = run_template_by_file_path(path, self.configuration, self.rules, ignore_bad_template=False)
        found = sorted(matches, key=lambda match: (match.linenumber, match.rule.id, match.message))
        return [
            {
                "title": title(match),
                "rule": rule(match.rule),
                "severity": match.rule.severity,
                "message": match.message,
            }
            for match in found
        ]


def rule(of: CloudFormationLintRule) -> Mapping[str, str]:
    """Return a rule of cfn-lint, as findings refer to it."""
    return {
        "id": of.id,
        "title": of.shortdesc,
        "description": of.description,
        # Where a rule names no page of AWS, the list of all rules explains it.
        "url": of.source_url or f"{RULES}#{of.id}",
    }


def title(match: Match) -> str:
    """The logical id of the resource that `match` is about, or the part of the template."""
    path = [str(part) for part in getattr(match, "path", None) or ["Template"]]
    return path[1] if path[0] == "Resources" and len(path) > 1 else "/".join(path[:2])


if __name__ == "__main__":
    main(*sys.argv[1:])
