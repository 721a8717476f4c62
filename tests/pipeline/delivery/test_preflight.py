"""The role that plans may read what preflight reads of its account, and those who execute may not."""

from __future__ import annotations

import pytest

from pipeline.delivery import names, preflight
from pipeline.preflight import quotas
from tests.pipeline.delivery import identities
from tests.pipeline.delivery.identities import ACCOUNT, ENVIRONMENT, REGION, REGIONAL

ROLES = identities.of_template("target")
OF_REGION = (
    "access-analyzer:ListAnalyzers",
    "ec2:DescribeAccountAttributes",
    "ec2:DescribeAddresses",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeManagedPrefixLists",
    "ec2:DescribeVpcs",
    "lambda:GetAccountSettings",
    "rds:DescribeCertificates",
    "rds:DescribeOrderableDBInstanceOptions",
)
FUNCTIONS = ("payment-processor", "audit-logger", "ledger-migrator")
STACK = names.stack(ENVIRONMENT)
QUOTA = f"arn:aws:servicequotas:{REGIONAL}:{{}}/{{}}"
OF_RESOURCES = [
    ("servicequotas:GetServiceQuota", QUOTA.format("ec2", quotas.ELASTIC_IPS_CODE)),
    ("servicequotas:GetServiceQuota", QUOTA.format("vpc", quotas.VPCS_CODE)),
    *(("lambda:GetFunctionConcurrency", f"arn:aws:lambda:{REGIONAL}:function:{f}-dev") for f in FUNCTIONS),
    ("apigateway:GET", f"arn:aws:apigateway:{REGION}::/account"),
    ("cloudformation:DescribeStacks", f"arn:aws:cloudformation:{REGIONAL}:stack/payments-account/0"),
    # As a plan may, and drift.
    ("cloudformation:DescribeStacks", f"arn:aws:cloudformation:{REGIONAL}:stack/{STACK}/0"),
    ("cloudformation:ListStackResources", f"arn:aws:cloudformation:{REGIONAL}:stack/{STACK}-Data-1A/0"),
    ("backup:DescribeBackupVault", f"arn:aws:backup:{REGIONAL}:backup-vault:payment-backups-dev"),
    ("dynamodb:DescribeTable", f"arn:aws:dynamodb:{REGIONAL}:table/payment-transactions-dev"),
    ("rds:DescribeDBInstances", f"arn:aws:rds:{REGIONAL}:db:payment-database-dev"),
    ("s3:ListBucket", f"arn:aws:s3:::payment-audit-logs-dev-{ACCOUNT}-{REGION}"),
    ("sqs:GetQueueUrl", f"arn:aws:sqs:{REGIONAL}:payment-retry-queue-dev"),
    (
        "secretsmanager:DescribeSecret",
        f"arn:aws:secretsmanager:{REGIONAL}:secret:payment-gateway-key-dev-AbCdEf",
    ),
]


@pytest.mark.parametrize(("action", "resource"), [*((action, "*") for action in OF_REGION), *OF_RESOURCES])
def test_a_plan_may_read_it_in_its_region_alone(action: str, resource: str) -> None:
    role = ROLES["PlanRole"]

    assert role.may(action, resource, {"aws:RequestedRegion": REGION})
    assert not role.may(action, resource, {"aws:RequestedRegion": "ap-south-1"})


def test_nothing_is_granted_that_is_not_read() -> None:
    granted = {action.JSONrepr() for statement in preflight.read_account() for action in statement.Action}

    assert granted <= {*OF_REGION, *(action for action, _ in OF_RESOURCES)}


def test_nobody_who_plans_reads_a_secret() -> None:
    secret = f"arn:aws:secretsmanager:{REGIONAL}:secret:payment-gateway-key-dev-AbCdEf"

    assert not ROLES["PlanRole"].may("secretsmanager:GetSecretValue", secret, {"aws:RequestedRegion": REGION})


@pytest.mark.parametrize("title", ["ExecuteRole", "SmokeRole"])
def test_who_executes_or_tests_reads_no_quotas(title: str) -> None:
    quota = QUOTA.format("vpc", quotas.VPCS_CODE)
    for action, on in (("servicequotas:GetServiceQuota", quota), ("lambda:GetAccountSettings", "*")):
        assert not ROLES[title].may(action, on, {"aws:RequestedRegion": REGION})
