"""Who may be whom: the trust policies of the roles, as IAM evaluates them."""

from __future__ import annotations

import pytest
from ministack.core import iam_evaluator as engine

from tests.pipeline.delivery import identities
from tests.pipeline.delivery.identities import ACCOUNT, GIVEN, TOOLING

TARGET, PIPELINE = identities.of_template("target"), identities.of_template("pipeline")
EXTERNAL_ID = str(GIVEN["ExternalId"])
TASKS = ("plan", "execute", "smoke")


def trusts(role: identities.Identity, caller: str, **context: str) -> bool:
    """Whether a role lets the caller be it; `sts_ExternalId` is the context key `sts:ExternalId`."""
    asked = engine.EvalContext(
        principal_arn=caller,
        principal_type="AssumedRole",
        principal_account=caller.split(":")[4] if caller.startswith("arn:") else "",
        action="sts:AssumeRole",
        resource_arn=role.arn,
        region=identities.REGION,
        service_context={name.replace("_", ":").lower(): value for name, value in context.items()},
    )
    return bool(engine.evaluate_trust_policy(role.trust, caller, asked))


def project(task: str, environment: str = "dev", account: str = TOOLING) -> str:
    return f"arn:aws:iam::{account}:role/payments-pipeline-{task}-{environment}"


@pytest.mark.parametrize("task", TASKS)
def test_a_target_role_trusts_the_project_of_its_task_that_knows_the_external_id(task: str) -> None:
    assert trusts(TARGET[f"{task.capitalize()}Role"], project(task), sts_ExternalId=EXTERNAL_ID)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize(
    ("caller", "external_id"),
    [
        ("{task}-dev", None),
        ("{task}-dev", "another-external-id"),
        ("{task}-prod", EXTERNAL_ID),
        ("build", EXTERNAL_ID),
        ("{task}-dev of another account", EXTERNAL_ID),
    ],
)
def test_a_target_role_trusts_nobody_else(task: str, caller: str, external_id: str | None) -> None:
    name, _, elsewhere = caller.format(task=task).partition(" ")
    account = "999999999999" if elsewhere else TOOLING
    known = {} if external_id is None else {"sts_ExternalId": external_id}

    assert not trusts(
        TARGET[f"{task.capitalize()}Role"], f"arn:aws:iam::{account}:role/payments-pipeline-{name}", **known
    )


@pytest.mark.parametrize("task", TASKS)
def test_one_task_is_not_another(task: str) -> None:
    others = [each for each in TASKS if each != task]

    assert not any(
        trusts(TARGET[f"{task.capitalize()}Role"], project(each), sts_ExternalId=EXTERNAL_ID)
        for each in others
    )


@pytest.mark.parametrize("environment", ["dev", "prod"])
@pytest.mark.parametrize("task", TASKS)
def test_the_pipeline_has_each_project_that_a_target_trusts(task: str, environment: str) -> None:
    """And each may ask for that one role: trust and grant are two sides of one door."""
    role = PIPELINE[f"{environment.capitalize()}{task.capitalize()}Role"]
    account = str(GIVEN[f"{environment.capitalize()}Account"])

    assert role.arn.endswith(f"role/payments-pipeline-{task}-{environment}")
    assert role.may("sts:AssumeRole", f"arn:aws:iam::{account}:role/payments-{task}-{environment}")
    for other in {*TASKS, "execution"} - {task}:
        assert not role.may("sts:AssumeRole", f"arn:aws:iam::{account}:role/payments-{other}-{environment}")


@pytest.mark.parametrize("title", PIPELINE)
def test_builds_and_pipeline_serve_their_own_account(title: str) -> None:
    (statement,) = PIPELINE[title].trust["Statement"]
    service = statement["Principal"]["Service"]

    if service == "cloudformation.amazonaws.com":
        # It names no source; a role is passed to it within its own account only.
        assert "Condition" not in statement
    else:
        assert service in ("codebuild.amazonaws.com", "codepipeline.amazonaws.com")
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
