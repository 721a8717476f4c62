"""Buildspecs: the commands of each build, all of them ones that people can run too.

What a command needs of the run and of the account is in the environment, where `projects` and `stages` put
it. A step that tells something to later ones writes `variables.env`, which the shell then exports.
"""

from __future__ import annotations

import json
from typing import Any

Buildspec = dict[str, Any]

PYTHON = "3.11"
# What is installed is locked with hashes.
INSTALL = "python -m pip install --quiet --requirement requirements/build.txt"
INSTALL_CHECKS = "python -m pip install --quiet --requirement requirements/tox.txt"

# What a plan tells of itself, as variables of its action.
PLANNED = ("CHANGES", "CHANGE_SET", "DIGEST", "RISKS", "REVIEW", "SUMMARY")
EXECUTED = ("DIGEST",)
PLAN_FOLDER = "plan"

# The whole of what a later step runs: sources, and the releases as they were built.
RELEASE_FILES = (
    "build.py",
    "setup.cfg",
    ".cfnlintrc.yaml",
    "review.toml",
    "dist/dev/**/*",
    "dist/pipeline/**/*",
    "dist/prod/**/*",
    "handlers/**/*",
    "parameters/**/*",
    "pipeline/**/*",
    "requirements/**/*",
    "sandbox/**/*",
    "templates/**/*",
)


def text(buildspec: Buildspec) -> str:
    """The buildspec as CodeBuild takes it: JSON is YAML."""
    return json.dumps(buildspec, indent=1)


def release() -> Buildspec:
    """Check everything, build every environment, and publish once: all refer to the same artifacts."""
    return {
        "version": 0.2,
        "phases": {
            "install": {
                "runtime-versions": {"python": PYTHON},
                "commands": [INSTALL_CHECKS, INSTALL],
            },
            "pre_build": {"commands": ["tox"]},
            "build": {
                "commands": [
                    f"{build('dev')} --publish",
                    build("prod"),
                    'python build.py pipeline --bucket "$ARTIFACT_BUCKET" --publish',
                ]
            },
        },
        "artifacts": {"files": list(RELEASE_FILES)},
    }


def build(environment: str) -> str:
    """The command that builds an environment, for the account that it goes to."""
    boundary = f"${environment.upper()}_BOUNDARY"
    return f'python build.py --env {environment} --bucket "$ARTIFACT_BUCKET" --boundary "{boundary}"'


def plan(release_name: str, *more: str) -> Buildspec:
    """Plan what the release `release_name` of dist/ does to its stack, with `more` options."""
    command = [
        f"python build.py plan --release dist/{release_name}",
        '--stack "$STACK" --run "$EXECUTION_ID"',
        '--execution-role "$EXECUTION_ROLE" --policy review.toml',
        f'--store "s3://$ARTIFACT_BUCKET/reviews" --record {PLAN_FOLDER}',
        *more,
    ]
    return {
        **single(" ".join(command), PLAN_FOLDER, PLANNED),
        "artifacts": {"base-directory": PLAN_FOLDER, "files": ["**/*"]},
    }


def execute(artifact: str, *more: str) -> Buildspec:
    """Execute the change set that the plan in `artifact` is about, if it still is what was reviewed."""
    command = [
        f'python build.py execute --plan "$CODEBUILD_SRC_DIR_{artifact}"',
        '--change-set "$CHANGE_SET" --digest "$DIGEST" --run "$EXECUTION_ID" --record executed',
        *more,
    ]
    return single(" ".join(command), "executed", EXECUTED)


def smoke() -> Buildspec:
    """See whether the environment answers, and takes a payment where that is wanted."""
    command = 'python build.py smoke --stack "$STACK" --run "$EXECUTION_ID"'
    payment = '--payment "$PAYMENT" --customer "$CUSTOMER"'
    return {
        "version": 0.2,
        "phases": {**install(), "build": {"commands": [f"{command} {payment} {AS_TARGET_ROLE}"]}},
    }


# How a build becomes the role of the target account.
AS_TARGET_ROLE = '--role "$ROLE" --external-id "$EXTERNAL_ID"'


def single(command: str, folder: str, exported: tuple[str, ...]) -> Buildspec:
    """One command, and what it tells to later steps."""
    return {
        "version": 0.2,
        "env": {"exported-variables": list(exported)},
        "phases": {
            **install(),
            "build": {"commands": [command, f"set -a && . {folder}/variables.env && set +a"]},
        },
    }


def install() -> Buildspec:
    """What every step but the build installs."""
    return {"install": {"runtime-versions": {"python": PYTHON}, "commands": [INSTALL]}}
