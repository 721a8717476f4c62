"""Quotas: concurrent executions, Elastic IPs and VPCs that an account has left."""

from __future__ import annotations

from botocore.exceptions import ClientError

from pipeline.preflight.account import Account, belongs
from pipeline.preflight.finding import Finding, judged
from pipeline.preflight.needs import Needs

# Lambda keeps as many for the functions that reserve none.
UNRESERVED = 100
CONCURRENCY, ELASTIC_IPS, VPCS = "Lambda concurrency", "Elastic IPs", "VPCs"
# Service Quotas' codes: "Concurrent executions", "EC2-VPC Elastic IPs", "VPCs per Region".
CONCURRENCY_CODE, ELASTIC_IPS_CODE, VPCS_CODE = "L-B99A9384", "L-0263D0A3", "L-F678F1CE"


def concurrency(account: Account, needs: Needs) -> Finding:
    """Compare what functions may still reserve with what the stack reserves, less what it has already."""
    limits = account.client("lambda").get_account_settings()["AccountLimit"]
    own = sum(reserved(account, name) for name in needs.reserved)
    # Below zero where the quota is smaller than what has to stay unreserved: a new account has 10.
    free = limits["UnreservedConcurrentExecutions"] + own - UNRESERVED
    wanted = sum(needs.reserved.values())
    return judged(
        CONCURRENCY,
        f"{max(0, free)} to reserve of {limits['ConcurrentExecutions']}",
        f"{wanted}, and {UNRESERVED} unreserved",
        f"ask Service Quotas for {wanted - free} more of lambda {CONCURRENCY_CODE}, or lower "
        "FunctionConcurrency",
        ok=free >= wanted,
    )


def reserved(account: Account, function: str) -> int:
    """Return the executions that a function reserves now; none where there is no such function."""
    try:
        answer = account.client("lambda").get_function_concurrency(FunctionName=function)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return 0
        raise
    return int(answer.get("ReservedConcurrentExecutions", 0))


def elastic_ips(account: Account, needs: Needs) -> Finding:
    """Compare the addresses that can still be allocated with those of the NAT gateways."""
    addresses = account.client("ec2").describe_addresses()["Addresses"]
    others = sum(not belongs(needs.stack, address) for address in addresses)
    limit = elastic_ip_limit(account)
    free = max(0, limit - others)
    return judged(
        ELASTIC_IPS,
        f"{free} of {limit} free or the stack's own",
        str(needs.elastic_ips),
        f"release some, ask Service Quotas for {needs.elastic_ips - free} more of ec2 {ELASTIC_IPS_CODE}, "
        "or set NatGateways to 1",
        ok=free >= needs.elastic_ips,
    )


def elastic_ip_limit(account: Account) -> int:
    """Return how many addresses the account may have, from Service Quotas or else from EC2."""
    try:
        return quota(account, "ec2", ELASTIC_IPS_CODE)
    except ClientError:
        # Unfiltered: botocore's model does not list the name of this attribute among those to ask for.
        answer = account.client("ec2").describe_account_attributes()
        (attribute,) = [
            attribute
            for attribute in answer["AccountAttributes"]
            if attribute["AttributeName"] == "vpc-max-elastic-ips"
        ]
        return int(attribute["AttributeValues"][0]["AttributeValue"])


def vpcs(account: Account, needs: Needs) -> Finding:
    """Compare the VPCs that can still be created with those of the stack."""
    pages = account.client("ec2").get_paginator("describe_vpcs").paginate()
    others = sum(not belongs(needs.stack, vpc) for page in pages for vpc in page["Vpcs"])
    limit = quota(account, "vpc", VPCS_CODE)
    free = max(0, limit - others)
    return judged(
        VPCS,
        f"{free} of {limit} free or the stack's own",
        str(needs.vpcs),
        f"delete one, or ask Service Quotas for more of vpc {VPCS_CODE}",
        ok=free >= needs.vpcs,
    )


def quota(account: Account, service: str, code: str) -> int:
    """Return the value of a quota."""
    answer = account.client("service-quotas").get_service_quota(ServiceCode=service, QuotaCode=code)
    return int(answer["Quota"]["Value"])
