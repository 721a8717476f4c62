"""Preflight: what a plan reads of an account before it creates a change set, besides what drift reads."""

from __future__ import annotations

from awacs import access_analyzer, apigateway, awslambda, cloudformation, ec2, rds, servicequotas
from awacs.aws import Condition, Statement, StringEquals
from troposphere import Region, Sub

from pipeline.delivery import access
from templates import grants

# Elastic IPs and VPCs of a region, by the code of their service and their own.
QUOTAS = ("ec2/L-0263D0A3", "vpc/L-F678F1CE")


def read_account() -> list[Statement]:
    """Read quotas, zones and offers of the region, and what the functions reserve; read no content."""
    # AWS knows no resource for these: the region is what there is to hold them to.
    limits = grants.allow(
        "ReadAccountLimits",
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
    functions = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:*-"
    quotas = "arn:${AWS::Partition}:servicequotas:${AWS::Region}:${AWS::AccountId}:"
    return [
        limits,
        grants.allow(
            "ReadQuotas", [servicequotas.GetServiceQuota], *(Sub(f"{quotas}{quota}") for quota in QUOTAS)
        ),
        grants.allow(
            "ReadReservedConcurrency", [awslambda.GetFunctionConcurrency], Sub(f"{functions}{access.SUFFIX}")
        ),
        grants.allow(
            "ReadApiLogRole",
            [apigateway.GET],
            Sub("arn:${AWS::Partition}:apigateway:${AWS::Region}::/account"),
        ),
        grants.allow("FindAccountStack", [cloudformation.DescribeStacks], Sub(f"{access.STACKS}account/*")),
    ]
