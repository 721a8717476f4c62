"""Preflight: what a plan reads of an account before it creates a change set, besides what drift reads."""

from __future__ import annotations

from awacs import access_analyzer, apigateway, awslambda, cloudformation, ec2, rds, servicequotas
from awacs.aws import Condition, Statement, StringEquals
from troposphere import Region, Sub

from pipeline.delivery import access
from templates import grants


def read_account() -> list[Statement]:
    """Read quotas, zones and offers of the region, and what the functions reserve; read no content."""
    # AWS knows no resource for these: the region is what there is to hold them to.
    limits = grants.allow(
        "ReadLimits",
        [
            access_analyzer.ListAnalyzers,
            awslambda.GetAccountSettings,
            ec2.DescribeAccountAttributes,
            ec2.DescribeAddresses,
            ec2.DescribeAvailabilityZones,
            ec2.DescribeManagedPrefixLists,
            ec2.DescribeVpcs,
            rds.DescribeCertificates,
            rds.DescribeOrderableDBInstanceOptions,
        ],
        "*",
    )
    limits.Condition = Condition(StringEquals("aws:RequestedRegion", Region))
    # Short, because people pass the template inline: the boundary holds the role to its region and partition.
    quotas = "arn:*:servicequotas:*:*:*"
    return [
        limits,
        grants.together(
            "ReadAccount",
            grants.allow("ReadQuotas", [servicequotas.GetServiceQuota], quotas),
            grants.allow(
                "ReadReservedConcurrency",
                [awslambda.GetFunctionConcurrency],
                Sub(f"arn:*:lambda:*:*:function:*-{access.SUFFIX}"),
            ),
            grants.allow("ReadApiLogRole", [apigateway.GET], "arn:*:apigateway:*::/account"),
            grants.allow(
                "FindAccountStack", [cloudformation.DescribeStacks], Sub(f"{access.STACKS}account/*")
            ),
        ),
    ]
