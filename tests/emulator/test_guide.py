"""The operations guide's bootstrap, typed as it stands there into the AWS CLI."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from sandbox.emulator import Emulator
from templates import account
from templates.stack import standalone
from tests.emulator.making import unique
from tests.pipeline.delivery import made
from tests.pipeline.guide import commands, words

ACCOUNT_STACK = "payments-account"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """What `build.py` writes into dist/ of the templates that are deployed by hand."""
    by_hand, _ = standalone(account.build, account.Inputs)
    templates = {
        "dev/account": by_hand.to_dict(),
        "pipeline/store": made.rendered()["store"],
        "pipeline/target": made.rendered()["target"],
    }
    for name, template in templates.items():
        path = tmp_path / "dist" / f"{name}.template.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        # As it is written there, for all of it has to fit into a request.
        path.write_text(json.dumps(template, separators=(",", ":"), sort_keys=True))
    return tmp_path


def test_the_bootstrap_works_as_it_is_written(emulator: Emulator, built: Path) -> None:
    """The store with its outputs, then what an account needs, then the roles that read from the store."""
    by_hand = [each for each in commands("aws cloudformation ") if " deploy " in each]
    store, of_account, target = by_hand

    typed(emulator, built, store)
    (told,) = boto3.client("cloudformation", **emulator.access).describe_stacks(
        StackName="payments-artifacts"
    )["Stacks"]
    kept = {each["OutputKey"]: each["OutputValue"] for each in told["Outputs"]}
    # The stack of other tests has made this one in the account already.
    typed(emulator, built, of_account.replace(ACCOUNT_STACK, unique()))
    given = {"<bucket>": kept["ArtifactBucket"], "<key>": kept["ArtifactKeyArn"], "<yours>": unique() * 2}
    for blank, value in given.items():
        assert blank in target
        target = target.replace(blank, value)
    typed(emulator, built, target)

    roles = {each["RoleName"] for each in boto3.client("iam", **emulator.access).list_roles()["Roles"]}
    assert {f"payments-{task}-dev" for task in ("plan", "execute", "smoke", "execution")} <= roles


def typed(emulator: Emulator, folder: Path, command: str) -> None:
    """Type a command in `folder`, where it has to work."""
    done = subprocess.run(
        [sys.executable, "-m", "awscli", "--endpoint-url", emulator.url, *words(command)[1:]],
        cwd=folder,
        env=emulator.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
