"""Places: the region, its zones, and the prefix lists of its gateway endpoints."""

from __future__ import annotations

from pipeline.preflight.account import Account
from pipeline.preflight.finding import Finding, judged
from pipeline.preflight.needs import Needs

REGION, ZONES, PREFIX_LISTS = "Region", "Zones", "Prefix lists"
# The parameters that the ids belong into.
PARAMETERS = {"s3": "S3PrefixListId", "dynamodb": "DynamodbPrefixListId"}


def region(account: Account, needs: Needs) -> Finding:
    """Compare the region that commands would work in with that of the stack."""
    found = account.session.region_name or "none"
    return judged(
        REGION,
        found,
        f"{needs.region}, of AvailabilityZones",
        # Not AWS_REGION, which boto3 does not read.
        f"export AWS_DEFAULT_REGION={needs.region}, or change AvailabilityZones in {needs.file}",
        ok=found == needs.region,
    )


def zones(account: Account, needs: Needs) -> Finding:
    """Compare the zones of the account with those that the parameters name."""
    answer = account.client("ec2").describe_availability_zones()
    available = {
        zone["ZoneName"]
        for zone in answer["AvailabilityZones"]
        if zone["State"] == "available" and zone.get("ZoneType", "availability-zone") == "availability-zone"
    }
    return judged(
        ZONES,
        ", ".join(sorted(available)) or "none",
        ", ".join(needs.zones),
        f"put three of the zones found into AvailabilityZones in {needs.file}",
        ok=available >= set(needs.zones),
    )


def prefix_lists(account: Account, needs: Needs) -> Finding:
    """Compare the region's prefix lists of S3 and DynamoDB with those in the parameters."""
    names = {f"com.amazonaws.{needs.region}.{service}": service for service in needs.prefix_lists}
    answer = account.client("ec2").describe_managed_prefix_lists(
        Filters=[{"Name": "prefix-list-name", "Values": list(names)}]
    )
    found = {names[one["PrefixListName"]]: one["PrefixListId"] for one in answer["PrefixLists"]}
    wrong = {
        service: found.get(service, "")
        for service, prefix_list in needs.prefix_lists.items()
        if found.get(service) != prefix_list
    }
    right = [f"{PARAMETERS[service]} to {found_id}" for service, found_id in wrong.items() if found_id]
    return judged(
        PREFIX_LISTS,
        ", ".join(f"{service} {found_id}" for service, found_id in found.items()) or "none",
        ", ".join(f"{service} {prefix_list}" for service, prefix_list in needs.prefix_lists.items()),
        f"in {needs.file}, set {' and '.join(right)}"
        if right
        else f"use a region that has them, or ask AWS why {needs.region} does not",
        ok=not wrong,
    )
