"""Target: what an account needs to be deployed into, for one environment: roles that the pipeline assumes.

The pipeline's builds plan, execute and smoke-test under a role each; CloudFormation makes the stack under the
execution role. All of them live under one boundary, and trust nobody who does not know the external id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from troposphere import Ref, Template, iam

from pipeline.delivery import access, boundary, execution, names, preflight, stack_boundary
from pipeline.delivery.settings import ArtifactBucketArn, ExternalId, RoleArn, ToolingAccount
from templates.settings import EnvironmentSuffix
from templates.wires import KeyArn


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What an account is told: its environment, and whose pipeline it is."""

    environment_suffix: EnvironmentSuffix
    tooling_account: ToolingAccount
    external_id: ExternalId
    artifact_bucket_arn: ArtifactBucketArn
    artifact_key_arn: KeyArn


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What an account offers: the role that CloudFormation works under, for those who deploy by hand."""

    execution_role_arn: RoleArn


def build(template: Template, given: Inputs) -> Outputs:
    """Add the boundary of the stack's roles, then that of the pipeline's, then the roles under it."""
    template.add_rule("NamesStayApart", names_stay_apart(given.environment_suffix))
    template.add_resource(stack_boundary.of_stack())
    bounds = template.add_resource(boundary.of_environment())
    reading = [template.add_resource(policy) for policy in execution.read_policies()]
    releases = template.add_resource(
        access.policy("Releases", *access.read_releases(given.artifact_bucket_arn, given.artifact_key_arn))
    )
    executing = execution.of_environment(template, bounds, [*reading, releases])
    stacks = access.own_stacks()
    change_sets = template.add_resource(
        access.policy(
            "ChangeSets", *access.manage_change_sets(*stacks), access.pass_execution_role(executing)
        )
    )
    own = {
        names.PLAN: [access.detect_drift(*stacks), execution.decrypt_function_settings()],
        names.EXECUTE: [access.execute_change_sets(*stacks)],
        names.SMOKE: access.call_the_api(),
    }
    account = template.add_resource(access.policy("Preflight", *preflight.read_account()))
    shared = {
        names.PLAN: [change_sets, releases, *reading, account],
        names.EXECUTE: [change_sets, releases],
    }
    for task, statements in own.items():
        policy = template.add_resource(access.policy(task.capitalize(), *statements))
        template.add_resource(role(task, given, bounds, [policy, *shared.get(task, ())]))
    return Outputs(execution_role_arn=RoleArn(executing.get_att("Arn")))


def names_stay_apart(environment: EnvironmentSuffix) -> dict[str, object]:
    """No stack is called as the pipeline's roles and policies begin: it could manage them as its own."""
    return {
        "Assertions": [
            {
                "Assert": {"Fn::Not": [{"Fn::Contains": [list(names.TAKEN), environment]}]},
                "AssertDescription": f"EnvironmentSuffix: expected none of {', '.join(names.TAKEN)}",
            }
        ]
    }


def role(
    task: str, given: Inputs, bounds: iam.ManagedPolicy, policies: Sequence[iam.ManagedPolicy]
) -> iam.Role:
    """The role of `task`, which one project of the tooling account assumes."""
    return iam.Role(
        f"{task.capitalize()}Role",
        RoleName=access.suffixed(f"payments-{task}"),
        AssumeRolePolicyDocument=access.trust_project(task, given.tooling_account, given.external_id),
        ManagedPolicyArns=[Ref(policy) for policy in policies],
        PermissionsBoundary=Ref(bounds),
        # A build, and the wait for a stack with it.
        MaxSessionDuration=access.SESSION_SECONDS,
    )
