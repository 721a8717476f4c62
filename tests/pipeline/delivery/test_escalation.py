"""The known ways up: none of the pipeline's roles can come by more than it has."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import pytest

from tests.pipeline.delivery import identities
from tests.pipeline.delivery.identities import IAM, REGIONAL, Identity

ROLES = {
    f"{name}/{title}": role
    for name in ("pipeline", "target")
    for title, role in identities.of_template(name).items()
}
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
STRANGER, PERSON, GROUP = f"{IAM}:role/administrator", f"{IAM}:user/somebody", f"{IAM}:group/administrators"
# One of those that CloudFormation makes for the stack.
OWN_ROLE = f"{IAM}:role/payments-dev-Compute-ValidatorRole-1A2B3C"
OWN_POLICY = f"{IAM}:policy/payments-dev-Compute-ValidatorPolicy-1A2B3C"
PIPELINE_ROLES = [role.arn for role in ROLES.values()]
TARGET_ROLES = [role.arn for title, role in ROLES.items() if title.startswith("target/")]
BUILD_ROLE = ROLES["pipeline/BuildRole"].arn
EXECUTION_ROLE = ROLES["target/ExecutionRole"].arn
BOUNDARIES = [f"{IAM}:policy/payments-{each}-dev" for each in ("boundary", "stack-boundary")]
TARGET_POLICIES = [*BOUNDARIES, *ROLES["target/ExecutionRole"].policies]
OTHER_FUNCTIONS = [
    f"arn:aws:lambda:{REGIONAL}:function:{each}"
    for each in ("somebody-elses", "somebody-elses-dev", "payment-processor-prod")
]
OTHER_STACKS = [
    f"arn:aws:cloudformation:{REGIONAL}:stack/{each}/0" for each in ("payments-prod", "landing-zone")
]
SERVICES = ("cloudformation", "codebuild", "ec2", "ecs-tasks", "glue", "lambda", "sagemaker", "states")


class Way(NamedTuple):
    """A request that would lead to more than one has."""

    action: str
    on: str
    context: dict[str, str]


def ways(actions: str, *targets: str, **context: str) -> list[Way]:
    """Each of the actions on each of the targets; `PolicyARN` is the context key `iam:PolicyARN`."""
    keys = {f"iam:{name}": value for name, value in context.items()}
    return [Way(action, on, keys) for action in actions.split() for on in targets]


def passing(role: str, *but: str) -> list[Way]:
    """The role handed to each service but those."""
    return [
        way
        for each in SERVICES
        if each not in but
        for way in ways("iam:PassRole", role, PassedToService=f"{each}.amazonaws.com")
    ]


# The boundaries refuse these, whatever is attached to a role.
WHATEVER_IS_ATTACHED = [
    *ways("iam:CreatePolicyVersion iam:DeletePolicyVersion iam:DeletePolicy", *BOUNDARIES, f"{IAM}:policy/x"),
    *ways("iam:SetDefaultPolicyVersion", *BOUNDARIES, f"{IAM}:policy/x", OWN_POLICY),
    *ways("iam:CreateAccessKey iam:UpdateAccessKey iam:CreateLoginProfile iam:UpdateLoginProfile", PERSON),
    *ways("iam:CreateUser iam:AttachUserPolicy iam:PutUserPolicy iam:PutUserPermissionsBoundary", PERSON),
    *ways("iam:DeleteUserPermissionsBoundary iam:DeactivateMFADevice iam:ResyncMFADevice", PERSON),
    *ways("iam:CreateServiceSpecificCredential iam:ResetServiceSpecificCredential", PERSON),
    *ways("iam:UploadSSHPublicKey iam:UploadSigningCertificate", PERSON),
    *ways("iam:AddUserToGroup iam:AttachGroupPolicy iam:PutGroupPolicy iam:CreateGroup", GROUP),
    *ways("iam:CreateSAMLProvider iam:UpdateSAMLProvider", f"{IAM}:saml-provider/x"),
    *ways("iam:CreateOpenIDConnectProvider iam:AddClientIDToOpenIDConnectProvider", f"{IAM}:oidc-provider/x"),
    *ways("iam:UpdateAssumeRolePolicy iam:UpdateRole iam:DeleteRole", STRANGER),
    *ways("iam:AttachRolePolicy", STRANGER, OWN_ROLE, PolicyARN=ADMINISTRATOR),
    *ways("iam:PutRolePolicy", STRANGER, OWN_ROLE, *PIPELINE_ROLES),
    *ways("iam:CreateRole iam:PutRolePermissionsBoundary", STRANGER, OWN_ROLE, *PIPELINE_ROLES),
    *ways("iam:CreateRole iam:PutRolePermissionsBoundary", OWN_ROLE, PermissionsBoundary=ADMINISTRATOR),
    *ways("iam:DeleteRolePermissionsBoundary", STRANGER, OWN_ROLE, *PIPELINE_ROLES),
    *passing(STRANGER),
    *ways("sts:AssumeRole", STRANGER, f"{IAM}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0"),
    *ways("sts:AssumeRoleWithSAML sts:GetFederationToken", STRANGER),
    *ways("glue:CreateDevEndpoint sagemaker:CreateNotebookInstance datapipeline:CreatePipeline", "*"),
    *ways("ecs:RunTask states:CreateStateMachine ec2-instance-connect:SendSSHPublicKey", "*"),
    *ways("organizations:LeaveOrganization account:PutAlternateContact sso:CreateAccountAssignment", "*"),
    *ways("cloudtrail:StopLogging config:StopConfigurationRecorder guardduty:DeleteDetector", "*"),
]
# The roles' own policies refuse these: of a service that it has to do with, a boundary names all.
AS_GRANTED = [
    *ways("ec2:RunInstances ec2:ModifyInstanceAttribute", f"arn:aws:ec2:{REGIONAL}:instance/*"),
    *ways("lambda:UpdateFunctionCode lambda:UpdateFunctionConfiguration", *OTHER_FUNCTIONS),
    *ways("lambda:InvokeFunction lambda:AddPermission lambda:CreateFunction", *OTHER_FUNCTIONS),
    *ways("cloudformation:CreateStack cloudformation:UpdateStack cloudformation:DeleteStack", *OTHER_STACKS),
    *ways("cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet", *OTHER_STACKS),
    *ways("cloudformation:SetStackPolicy", *OTHER_STACKS),
    # A change set is executed on its stack: none is by its own ARN alone, whose stack nobody can tell.
    *ways("cloudformation:ExecuteChangeSet", f"arn:aws:cloudformation:{REGIONAL}:changeSet/x/0"),
    *ways("codebuild:UpdateProject codebuild:StartBuild", f"arn:aws:codebuild:{REGIONAL}:project/of-others"),
    *ways("codebuild:ImportSourceCredentials", "*"),
    *ways("ssm:SendCommand ssm:StartSession", f"arn:aws:ec2:{REGIONAL}:instance/i-0"),
    *ways("ssm:GetParameter", f"arn:aws:ssm:{REGIONAL}:parameter/password"),
    *ways("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{REGIONAL}:secret:of-others-AbCdEf"),
    *ways("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{REGIONAL}:secret:rds!db-0-AbCdEf"),
    *ways("kms:CreateGrant kms:Decrypt kms:Encrypt", f"arn:aws:kms:{REGIONAL}:key/of-others"),
    *ways("s3:PutBucketPolicy", "arn:aws:s3:::of-others"),
    *ways("s3:GetObject s3:PutObject", "arn:aws:s3:::of-others/key"),
    *ways("dynamodb:GetItem dynamodb:PutItem", f"arn:aws:dynamodb:{REGIONAL}:table/payment-transactions-dev"),
    *ways("iam:AttachRolePolicy", *PIPELINE_ROLES, PolicyARN=ADMINISTRATOR),
    *ways("iam:AttachRolePolicy", OWN_ROLE, PolicyARN=ADMINISTRATOR, PermissionsBoundary=BOUNDARIES[1]),
    *ways("iam:UpdateAssumeRolePolicy iam:UpdateRole iam:DeleteRole", *TARGET_ROLES),
    *ways("iam:CreatePolicyVersion iam:DeletePolicy iam:SetDefaultPolicyVersion", *TARGET_POLICIES),
    *passing(OWN_ROLE, "lambda"),
    *passing(BUILD_ROLE, "codebuild"),
    *passing(EXECUTION_ROLE, "cloudformation"),
    *ways(
        "iam:CreateServiceLinkedRole",
        f"{IAM}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
        AWSServiceName="ecs.amazonaws.com",
    ),
]


def taken(role: Identity, *each: Way) -> list[Way]:
    """Those ways that are open to a role."""
    return [way for way in each if role.may(*way)]


@pytest.mark.parametrize("title", ROLES)
def test_no_known_way_up_is_open(title: str) -> None:
    assert not taken(ROLES[title], *WHATEVER_IS_ATTACHED, *AS_GRANTED)


@pytest.mark.parametrize("title", ROLES)
def test_none_opens_by_what_is_attached_to_a_role(title: str) -> None:
    """The boundary holds an administrator's policy as well."""
    role = replace(ROLES[title], aws=[ADMINISTRATOR])

    assert not taken(role, *WHATEVER_IS_ATTACHED)


def test_every_way_is_one_that_an_administrator_can_go() -> None:
    """Or the refusals above would say nothing."""
    administrator = Identity(STRANGER, {}, [ADMINISTRATOR], {}, "", None)

    assert taken(administrator, *WHATEVER_IS_ATTACHED, *AS_GRANTED) == WHATEVER_IS_ATTACHED + AS_GRANTED


def test_the_way_of_cloudformation_itself_is_open() -> None:
    """What keeps the ways up closed leaves it what it is there for."""
    role = ROLES["target/ExecutionRole"]
    bounded = {"PermissionsBoundary": BOUNDARIES[1]}

    needed = [
        *ways("iam:CreateRole iam:PutRolePermissionsBoundary", OWN_ROLE, **bounded),
        *ways("iam:AttachRolePolicy", OWN_ROLE, PolicyARN=OWN_POLICY, **bounded),
        *ways("iam:CreatePolicy iam:CreatePolicyVersion iam:DeletePolicy", OWN_POLICY),
        *ways("iam:UpdateAssumeRolePolicy iam:DeleteRole", OWN_ROLE),
        *ways("iam:PassRole", OWN_ROLE, PassedToService="lambda.amazonaws.com"),
        *ways("lambda:UpdateFunctionCode", f"arn:aws:lambda:{REGIONAL}:function:payment-processor-dev"),
    ]
    assert taken(role, *needed) == needed
