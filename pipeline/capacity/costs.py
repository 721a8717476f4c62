"""Costs: what the built stack costs a month at list prices, a rough estimate and no offer.

Prices are those of us-east-1 as their pages listed them in 2026, without free tiers, discounts, taxes, data
transfer to callers, support, and what the payment gateway takes, which is far more than all of this.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.capacity.api import SECONDS_A_MONTH
from pipeline.capacity.functions import works
from pipeline.capacity.load import Load
from pipeline.capacity.stores import BASE_IOPS, STRIPED_GIB
from pipeline.evaluation.resolved import Deployed, Resource
from pipeline.release.postgres import vcpus

PRICED_REGION = "us-east-1"
HOURS = 730
MILLION = 1_000_000
GB = 1e9
MB_A_GB = 1024
# What a payment leaves behind: its item, and three audit objects.
ITEM_BYTES, OBJECT_BYTES = 1_000, 1_000

# USD. By the hour, by the month, by the million, by the GB or by the GB-month, as the name says.
NAT_HOUR, NAT_GB = 0.045, 0.045
ENDPOINT_HOUR, ENDPOINT_GB = 0.01, 0.01
KEY_MONTH, SECRET_MONTH, ALARM_MONTH, DASHBOARD_MONTH, METRIC_MONTH = 1.0, 0.4, 0.1, 3.0, 0.3
ACL_MONTH, RULE_MONTH, ACL_MILLION = 5.0, 1.0, 0.6
API_MILLION = 3.5
CALL_MILLION, ARM_GB_SECOND = 0.2, 0.0000133334
WRITE_MILLION, TABLE_GB_MONTH = 0.625, 0.25
PUT_MILLION, OBJECT_GB_MONTH = 5.0, 0.023
LOG_GB = 0.5
# One zone; two cost twice as much. A vCPU of db.m7g, and of the burstable classes by size.
VCPU_HOUR = 0.084
BURSTABLE_HOUR = {
    "micro": 0.018,
    "small": 0.036,
    "medium": 0.072,
    "large": 0.145,
    "xlarge": 0.29,
    "2xlarge": 0.579,
}
GP3_GB_MONTH = 0.115


@dataclass(frozen=True)
class Cost:
    """What one part costs a month."""

    part: str
    dollars: float


def costs(deployed: Deployed, load: Load, rate: float) -> list[Cost]:
    """What a stack for `rate` payments a second costs a month, its database as large as that takes."""
    payments = rate * load["average_share"] * SECONDS_A_MONTH
    return [
        *standing(deployed),
        Cost("database", database(deployed, load, rate)),
        *moving(deployed, load, payments),
    ]


def standing(deployed: Deployed) -> Iterator[Cost]:
    """What is paid whether or not anybody pays."""
    gateways = len(deployed.all("AWS::EC2::NatGateway"))
    yield Cost("NAT gateways", gateways * NAT_HOUR * HOURS)
    zones = sum(
        each.size("SubnetIds")
        for each in deployed.all("AWS::EC2::VPCEndpoint")
        if each.text("VpcEndpointType") == "Interface"
    )
    yield Cost("interface endpoints", zones * ENDPOINT_HOUR * HOURS)
    yield Cost("keys", len(deployed.all("AWS::KMS::Key")) * KEY_MONTH)
    yield Cost("secrets", len(deployed.all("AWS::SecretsManager::Secret")) * SECRET_MONTH)
    alarms = deployed.all("AWS::CloudWatch::Alarm")
    own = {
        (each.text("MetricName"), each.text("Dimensions/0/Value"))
        for each in alarms
        if not (each.text("Namespace") or "AWS/").startswith("AWS/")
    }
    watched = len(alarms) * ALARM_MONTH + len(own) * METRIC_MONTH
    yield Cost(
        "alarms, dashboard, metrics",
        watched + len(deployed.all("AWS::CloudWatch::Dashboard")) * DASHBOARD_MONTH,
    )
    yield Cost(
        "firewall, standing",
        sum(ACL_MONTH + each.size("Rules") * RULE_MONTH for each in deployed.all("AWS::WAFv2::WebACL")),
    )


def database(deployed: Deployed, load: Load, rate: float) -> float:
    """What a database for `rate` costs: the built one, or one with as many CPUs and as much I/O."""
    built = deployed.only("AWS::RDS::DBInstance")
    if built is None:
        return 0.0
    alarm = float(deployed.parameters.get("DatabaseCpuThreshold", "100")) / 100
    zones = 2 if built.text("MultiAZ") == "true" else 1
    cores = rate * load["commit_cpu_seconds"] / alarm
    size = built.number("AllocatedStorage") or 0
    if rate * load["commit_ios"] > BASE_IOPS:
        size = max(size, STRIPED_GIB)
    return zones * (hourly(built, cores) * HOURS + size * GP3_GB_MONTH)


def hourly(built: Resource, cores: float) -> float:
    """What an instance with `cores` costs an hour, in one zone: the built one where it has as many."""
    named = built.text("DBInstanceClass") or ""
    size = named.rpartition(".")[2]
    has = vcpus(named) or 2
    if named.startswith("db.t") and cores <= has:
        return BURSTABLE_HOUR.get(size, VCPU_HOUR * has)
    while has < cores:
        has *= 2
    return has * VCPU_HOUR


def moving(deployed: Deployed, load: Load, payments: float) -> Iterator[Cost]:
    """What each payment costs, for so many in a month."""
    requests, millions = payments * load.requests, payments / MILLION
    yield Cost("API", requests / MILLION * API_MILLION)
    yield Cost("firewall, requests", requests / MILLION * ACL_MILLION)
    memory = max(
        (each.number("MemorySize") or 128 for each in deployed.all("AWS::Lambda::Function")), default=128
    )
    seconds = sum(work.calls * work.seconds for work in works(load).values())
    seconds += load["transitions"] * load["object_seconds"] + load["retried"] * load["retrier_seconds"]
    calls = load.requests + load["retried"] + 1
    yield Cost(
        "functions", millions * calls * CALL_MILLION + payments * seconds * memory / MB_A_GB * ARM_GB_SECOND
    )
    yield Cost(
        "table", millions * load["writes"] * WRITE_MILLION + payments * ITEM_BYTES / GB * TABLE_GB_MONTH
    )
    yield Cost(
        "audit objects",
        millions * load["transitions"] * PUT_MILLION
        + payments * load["transitions"] * OBJECT_BYTES / GB * OBJECT_GB_MONTH,
    )
    yield Cost("logs", payments * load["log_bytes"] / GB * LOG_GB)
    yield Cost("bytes through NAT gateways", payments * load.attempts * load["gateway_bytes"] / GB * NAT_GB)
    if any(each.text("VpcEndpointType") == "Interface" for each in deployed.all("AWS::EC2::VPCEndpoint")):
        yield Cost("bytes through endpoints", payments * load["endpoint_bytes"] / GB * ENDPOINT_GB)
