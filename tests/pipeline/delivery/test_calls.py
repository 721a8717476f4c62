"""The pipeline's roles may make the calls that plan, execute and smoke make, on what these are about."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

import pipeline.change
from pipeline.review.change_set import fetch
from tests.pipeline.delivery import authorization, identities
from tests.pipeline.delivery.identities import GIVEN, IAM, REGION, REGIONAL, TOOLING, Identity

# By command, the operations of CloudFormation and CodePipeline that it calls.
PLAN = (
    "CreateChangeSet DeleteChangeSet DescribeChangeSet DescribeEvents DescribeStackDriftDetectionStatus "
    "DescribeStackResourceDrifts DescribeStacks DetectStackDrift GetTemplate ListStackResources"
)
EXECUTE = (
    "CreateChangeSet DeleteChangeSet DescribeChangeSet DescribeEvents DescribeStackEvents DescribeStacks "
    "ExecuteChangeSet GetTemplate SetStackPolicy"
)
CALLS = {
    "target/PlanRole": PLAN,
    "target/ExecuteRole": EXECUTE,
    "target/SmokeRole": "DescribeStacks",
    "pipeline/PipelinePlanRole": PLAN,
    "pipeline/PipelineExecuteRole": f"{EXECUTE} GetPipelineState",
}
ROLES = {
    f"{name}/{title}": role
    for name in ("pipeline", "target")
    for title, role in identities.of_template(name).items()
}
STACK = f"arn:aws:cloudformation:{REGIONAL}:stack"
STACKS = {
    "target": [f"{STACK}/payments-dev/0", f"{STACK}/payments-dev-Data-1A2B3C/0"],
    "pipeline": [f"{STACK}/payments-pipeline/0"],
}
CHANGE_SET = f"arn:aws:cloudformation:{REGIONAL}:changeSet/run-1/0"
# A nested change set is known by its own ARN; the other calls name its stack.
OF_CHANGE_SETS = {"cloudformation:DescribeChangeSet", "cloudformation:DescribeEvents"}
EXECUTION = {"target": "payments-execution-dev", "pipeline": "payments-pipeline-execution"}


@cache
def operations(service: str) -> dict[str, str]:
    """The operations of a service by the names of boto3's methods."""
    names = botocore.session.get_session().get_service_model(service).operation_names
    return {xform_name(name): name for name in names}


def service_of(operation: str) -> str:
    return next(each for each in ("cloudformation", "codepipeline") if operation in operations(each).values())


def requests(title: str) -> Iterator[tuple[str, str]]:
    """Every action that a role's command asks for, with each ARN that it is authorized on."""
    template = title.partition("/")[0]
    for operation in CALLS[title].split():
        action = f"{service_of(operation)}:{operation}"
        kinds = authorization.kinds(action)
        if not kinds:
            yield action, authorization.EVERY_RESOURCE
        if "stack" in kinds and title != "target/SmokeRole":
            yield from ((action, arn) for arn in STACKS[template])
        elif "stack" in kinds:
            yield action, STACKS[template][0]
        if "pipeline" in kinds:
            yield action, f"arn:aws:codepipeline:{REGIONAL}:payments"
        if action in OF_CHANGE_SETS:
            yield action, CHANGE_SET


@pytest.mark.parametrize("title", CALLS)
def test_a_role_may_make_the_calls_of_its_command(title: str) -> None:
    execution = f"{IAM}:role/{EXECUTION[title.partition('/')[0]]}"
    context = {
        "aws:RequestedRegion": REGION,
        "cloudformation:ChangeSetName": "run-1",
        "cloudformation:RoleArn": execution,
    }

    assert list(requests(title))
    assert not [each for each in requests(title) if not ROLES[title].may(*each, context)]


@pytest.mark.parametrize("title", [title for title in CALLS if "Smoke" not in title])
def test_it_passes_its_execution_role_to_cloudformation_and_reads_the_template(title: str) -> None:
    """A change set is created under that role, from a template that CloudFormation reads as the caller."""
    role, execution = ROLES[title], f"{IAM}:role/{EXECUTION[title.partition('/')[0]]}"
    through_s3 = {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}

    assert role.may("iam:PassRole", execution, {"iam:PassedToService": "cloudformation.amazonaws.com"})
    assert role.may("s3:GetObject", f"{GIVEN['ArtifactBucketArn']}/templates/root-0.template.json")
    assert role.may("kms:Decrypt", f"arn:aws:kms:{REGION}:{TOOLING}:key/artifacts", through_s3)


def test_smoke_reads_the_api_key_by_its_generated_id() -> None:
    assert ROLES["target/SmokeRole"].may("apigateway:GET", f"arn:aws:apigateway:{REGION}::/apikeys/0")


def modules() -> Iterator[Path]:
    """Yield the modules of the commands, and the one that reads change sets for them.

    Not those of `recover`, which a person runs with rights of their own: no role of the pipeline deletes a
    stack.
    """
    folder = Path(pipeline.change.__path__[0])
    yield from (path for path in folder.rglob("*.py") if path.parent.name != "recovery")
    yield Path(fetch.__file__)


def called() -> Iterator[str]:
    """Yield the operations that those modules call, by method or by the name of a paginator or waiter."""
    names = operations("cloudformation") | operations("codepipeline")
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                arguments = [each.value for each in node.args if isinstance(each, ast.Constant)]
                named = [node.func.attr, *(each for each in arguments if isinstance(each, str))]
                yield from (names[each] for each in named if each in names)


def test_every_call_of_the_commands_is_one_that_a_role_is_asked_for() -> None:
    listed = {operation for calls in CALLS.values() for operation in calls.split()}

    assert set(called()) == listed


@pytest.mark.parametrize("title", CALLS)
def test_a_call_that_is_granted_no_more_is_missed(title: str) -> None:
    role = ROLES[title]
    nothing = Identity(role.arn, {}, [], role.trust, role.bounded_by, role.boundary)

    assert not [each for each in requests(title) if nothing.may(*each)]
