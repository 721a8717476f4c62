"""The roles of the builds: each grant is for something that the build's own commands do."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.pipeline.delivery import made

Commands = Callable[[str], bool]
PROJECTS = [title.removesuffix("Project") for title in made.resources("pipeline", "AWS::CodeBuild::Project")]


def on_own_account(command: str) -> bool:
    """Planning or executing as itself: with --role, it would be another's rights that count."""
    return ("build.py plan" in command or "build.py execute" in command) and "--role" not in command


# By Sid, the commands that need it.
NEEDED_BY: dict[str, Commands] = {
    # CodeBuild itself writes the log, fetches what the action takes and keeps what it makes.
    "WriteLogs": lambda _command: True,
    "ReadAndWriteArtifacts": lambda _command: True,
    "UseArtifactKey": lambda _command: True,
    "ReachBucket": lambda command: "--publish" in command,
    "PublishReleases": lambda command: "--publish" in command,
    "AssumeTargetRole": lambda command: '--role "$ROLE" --external-id "$EXTERNAL_ID"' in command,
    "WriteReviews": lambda command: '--store "s3://$ARTIFACT_BUCKET/reviews"' in command,
    "WatchPipeline": lambda command: "--alone payments" in command,
    "ManageChangeSets": on_own_account,
    "ExecuteChangeSets": lambda command: on_own_account(command) and "build.py execute" in command,
    # Drift is detected with the rights of who asks.
    **dict.fromkeys(
        ("DetectDrift", "ReadPipeline", "ReadRoles", "ReadUnscoped"),
        lambda command: on_own_account(command) and "build.py plan" in command,
    ),
    # CloudFormation reads the root with the rights of whoever makes a change set.
    "ReadTemplates": on_own_account,
    "ReadChangeSets": on_own_account,
    "DescribeUnscoped": on_own_account,
    "PassRole": on_own_account,
}


def commands(title: str) -> str:
    """What a build runs, in one line."""
    return json.dumps([phase["commands"] for phase in made.buildspec(title)["phases"].values()]).replace(
        '\\"', '"'
    )


def granted(title: str) -> list[str]:
    document = made.resources("pipeline")[f"{title}Policy"]["Properties"]["PolicyDocument"]
    return [each["Sid"] for each in made.statements(document)]


@pytest.mark.parametrize("title", PROJECTS)
def test_a_build_is_granted_what_its_commands_need(title: str) -> None:
    asked = commands(title)

    assert set(granted(title)) == {sid for sid, needs in NEEDED_BY.items() if needs(asked)}


@pytest.mark.parametrize("title", PROJECTS)
def test_a_build_has_a_role_and_a_policy_of_its_own(title: str) -> None:
    role = made.resources("pipeline")[f"{title}Role"]["Properties"]

    assert role["ManagedPolicyArns"] == [{"Ref": f"{title}Policy"}]
    assert "Policies" not in role
