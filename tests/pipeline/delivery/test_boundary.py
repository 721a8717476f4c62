"""The boundaries: what the roles need lies within, and nobody makes a role that is under none."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pipeline.delivery import execution
from tests.pipeline.delivery import identities, made
from tests.pipeline.delivery.identities import IAM, REGIONAL, STACK_BOUNDARY, Identity, Statement
from tests.templates.rendered import TEMPLATES

OF_STACK = identities.of_stack()
OF_PIPELINE = {
    f"{name}/{title}": role
    for name in ("pipeline", "target")
    for title, role in identities.of_template(name).items()
}
EVERY = {**OF_STACK, **OF_PIPELINE}
EXECUTION = OF_PIPELINE["target/ExecutionRole"]
# What AWS Backup's own policy holds of tables and databases, and does not do for this stack.
NOT_BACKED_UP_SO = {
    "rds:CopyDBClusterSnapshot": "there is no cluster",
    "rds:CreateDBClusterSnapshot": "there is no cluster",
    "rds:DeleteDBClusterAutomatedBackup": "there is no cluster",
    "rds:DeleteDBClusterSnapshot": "there is no cluster",
    "rds:DescribeDBClusterAutomatedBackups": "there is no cluster",
    "rds:DescribeDBClusters": "there is no cluster",
    "rds:DescribeDBClusterSnapshots": "there is no cluster",
    "rds:ModifyDBCluster": "there is no cluster",
    "rds:ModifyDBClusterSnapshotAttribute": "there is no cluster",
    "rds:DeleteDBInstanceAutomatedBackup": "the plan takes copies once a day, not continuously",
    "rds:ModifyDBInstance": "the plan takes copies once a day, not continuously",
    "rds:ModifyDBSnapshotAttribute": "no copy goes to another account",
    "backup:CopyFromBackupVault": "no copy goes to another vault",
    "backup:CopyIntoBackupVault": "no copy goes to another vault",
}
TABLE = f"arn:aws:dynamodb:{REGIONAL}:table/payment-transactions-dev"
COPIED = {
    "dynamodb": [TABLE, f"{TABLE}/backup/0"],
    "rds": [
        f"arn:aws:rds:{REGIONAL}:{each}" for each in ("db:payment-database-dev", "snapshot:awsbackup:job-0")
    ],
    "backup": [f"arn:aws:backup:{REGIONAL}:{each}" for each in ("backup-vault:v", "recovery-point:r")],
    "kms": [f"arn:aws:kms:{REGIONAL}:key/0"],
    "tag": ["*"],
}


def outside(role: Identity, statement: Statement) -> list[tuple[str, str]]:
    """What a statement grants that the role's boundary does not let anybody have."""
    most = role.at_most()
    return [(action, on) for action, on, context in statement.requests() if not most.may(action, on, context)]


@pytest.mark.parametrize("title", EVERY)
def test_what_a_role_is_granted_lies_within_its_boundary(title: str) -> None:
    role = EVERY[title]

    assert not [found for statement in role.statements for found in outside(role, statement)]


def test_a_grant_outside_of_the_boundary_is_found() -> None:
    role = OF_STACK["Compute/ValidatorRole"]
    more = Statement({"Action": ["dynamodb:GetItem"], "Resource": [TABLE, f"{TABLE}-of-others"]})

    assert outside(role, more) == [("dynamodb:GetItem", f"{TABLE}-of-others")]


def test_what_aws_backup_does_for_the_stack_lies_within_the_boundary() -> None:
    role = OF_STACK["Data/BackupRole"]
    (policy,) = role.aws
    most, needed = role.at_most(), set[str]()
    for statement in identities.policy_of_aws(policy)["Statement"]:
        for action in identities.listed(statement["Action"]):
            through = "ec2" if statement["Sid"] == "KMSEC2Permissions" else "dsql"
            elsewhere = "kms:ViaService" in json.dumps(statement) and f"{through}.*" in json.dumps(statement)
            if action.partition(":")[0] in COPIED and not elsewhere:
                needed.add(action)

    context = {"kms:ViaService": "dynamodb.eu-west-1.amazonaws.com", "kms:GrantIsForAWSResource": "true"}
    refused = {
        action
        for action in needed
        if not any(most.may(action, on, context) for on in COPIED[action.partition(":")[0]])
    }
    assert refused == set(NOT_BACKED_UP_SO)


def test_the_boundary_of_the_stack_is_no_wider_than_its_roles_together() -> None:
    """But for AWS Backup, each of its actions is one that some role is granted."""
    granted = {
        action for role in OF_STACK.values() for each in role.statements for action in each.raw["Action"]
    }
    for role in OF_STACK.values():
        for policy in role.aws:
            for each in identities.policy_of_aws(policy)["Statement"]:
                granted.update(identities.listed(each["Action"]))
    boundary = OF_STACK["Compute/ValidatorRole"].boundary
    assert boundary is not None

    assert {action for each in boundary["Statement"] for action in each["Action"]} <= granted


@pytest.mark.parametrize(
    ("action", "on"),
    [
        ("iam:CreateRole", f"{IAM}:role/payments-dev-x"),
        ("iam:PassRole", f"{IAM}:role/payments-execution-dev"),
        ("sts:AssumeRole", f"{IAM}:role/payments-execute-dev"),
        ("cloudformation:CreateStack", f"arn:aws:cloudformation:{REGIONAL}:stack/x/0"),
        ("lambda:UpdateFunctionCode", f"arn:aws:lambda:{REGIONAL}:function:payment-processor-dev"),
        ("dynamodb:PutItem", f"arn:aws:dynamodb:{REGIONAL}:table/payment-transactions-prod"),
        ("dynamodb:DeleteTable", TABLE),
        ("kms:Decrypt", f"arn:aws:kms:{REGIONAL}:key/0"),
        ("kms:PutKeyPolicy", f"arn:aws:kms:{REGIONAL}:key/0"),
        ("rds:ModifyDBSnapshotAttribute", f"arn:aws:rds:{REGIONAL}:snapshot:awsbackup:job-0"),
        ("s3:PutObject", "arn:aws:s3:::somebody-elses/key"),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{REGIONAL}:secret:of-others-AbCdEf"),
    ],
)
def test_no_role_of_the_stack_could_be_given_more(action: str, on: str) -> None:
    """Whatever a template attaches: an administrator's policy on the role comes to no more than this."""
    assert not OF_STACK["Compute/ValidatorRole"].at_most().may(action, on)


def asked(role: Identity) -> Iterator[tuple[str, str, dict[str, str]]]:
    """What CloudFormation asks of IAM in order to make a role as its template has it."""
    under = {"iam:PermissionsBoundary": role.bounded_by} if role.bounded_by else {}
    yield "iam:CreateRole", role.arn, under
    for policy in (*role.policies, *role.aws):
        yield "iam:AttachRolePolicy", role.arn, {**under, "iam:PolicyARN": policy}


@pytest.mark.parametrize("title", OF_STACK)
def test_cloudformation_may_make_each_role_of_the_stack_as_its_template_has_it(title: str) -> None:
    assert all(EXECUTION.may(*each) for each in asked(OF_STACK[title]))


@pytest.mark.parametrize(
    "boundary",
    [None, f"{IAM}:policy/payments-boundary-dev", "arn:aws:iam::aws:policy/AdministratorAccess"],
)
@pytest.mark.parametrize("title", OF_STACK)
def test_a_template_whose_role_has_another_boundary_or_none_is_refused(
    title: str, boundary: str | None
) -> None:
    layer, name = title.split("/")
    template = copy.deepcopy(TEMPLATES[layer])
    template["Resources"][name]["Properties"].pop("PermissionsBoundary")
    if boundary:
        template["Resources"][name]["Properties"]["PermissionsBoundary"] = boundary
    mutated = identities.of_stack(**{layer: template})[title]

    assert mutated.arn == OF_STACK[title].arn
    assert not any(EXECUTION.may(*each) for each in asked(mutated))


@pytest.mark.parametrize("title", [each for each in OF_PIPELINE if each.startswith("pipeline/")])
def test_cloudformation_makes_a_role_of_the_pipeline_under_its_boundary_and_not_without(title: str) -> None:
    maker, role = OF_PIPELINE["pipeline/PipelineExecutionRole"], OF_PIPELINE[title]

    assert all(maker.may(*each) for each in asked(role))
    assert not any(maker.may(*each) for each in asked(replace(role, bounded_by="")))


def test_roles_are_handed_to_the_services_that_they_trust_and_to_no_other() -> None:
    trusted = {
        statement["Principal"]["Service"].removesuffix(".amazonaws.com")
        for layer in TEMPLATES.values()
        for each in layer["Resources"].values()
        if each["Type"] == "AWS::IAM::Role"
        for statement in each["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    }

    assert trusted == set(execution.roles_of_environment().passed_to)
    for role in OF_STACK.values():
        (statement,) = role.trust["Statement"]
        told = {"iam:PassedToService": statement["Principal"]["Service"]}
        assert EXECUTION.may("iam:PassRole", role.arn, told)


def test_a_role_that_was_there_before_can_be_put_under_the_boundary_and_never_taken_out() -> None:
    role = OF_STACK["Compute/ValidatorRole"].arn

    assert EXECUTION.may("iam:PutRolePermissionsBoundary", role, {"iam:PermissionsBoundary": STACK_BOUNDARY})
    assert EXECUTION.may("iam:DetachRolePolicy", role, {"iam:PolicyARN": f"{IAM}:policy/payments-dev-old"})
    assert not EXECUTION.may("iam:DeleteRolePermissionsBoundary", role)
    assert not EXECUTION.at_most().may("iam:DeleteRolePermissionsBoundary", role)


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_the_build_hands_each_environment_its_boundary(environment: str) -> None:
    """The pipeline knows the account and the name: nobody has to put the ARN anywhere."""
    variables = {
        each["Name"]: each["Value"]
        for each in made.resources("pipeline")["BuildProject"]["Properties"]["Environment"][
            "EnvironmentVariables"
        ]
    }
    told, values = variables[f"{environment.upper()}_BOUNDARY"]["Fn::Sub"]
    commands = made.buildspec("Build")["phases"]["build"]["commands"]
    policy = made.resources("target")["StackBoundary"]["Properties"]["ManagedPolicyName"]["Fn::Sub"]

    assert values == {"Account": {"Ref": f"{environment.capitalize()}Account"}}
    assert told.rpartition("/")[2] == policy.replace("${EnvironmentSuffix}", environment)
    (command,) = [each for each in commands if f"--env {environment}" in each]
    assert f'--boundary "${environment.upper()}_BOUNDARY"' in command


def test_no_environment_is_called_what_would_mix_its_roles_up_with_the_pipeline_s() -> None:
    """Names of roles begin with that of the stack: those of `payments-plan` would be the planner's too."""
    rule = made.rendered()["target"]["Rules"]["NamesStayApart"]["Assertions"][0]["Assert"]
    taken, told = rule["Fn::Not"][0]["Fn::Contains"]

    assert told == {"Ref": "EnvironmentSuffix"}
    kept = [role.arn.rpartition("/payments-")[2].partition("-")[0] for role in OF_PIPELINE.values()]
    assert {*kept, "boundary", "stack", "target"} <= set(taken)
