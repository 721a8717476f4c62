"""Rules on updates that interrupt the service, and on updates that AWS refuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.evaluation.values import Value, at, listed, mapping, plain, references, same, spelt
from pipeline.review.model import Change, Risk
from pipeline.review.prediction.deletion_policy import is_cluster_member
from pipeline.review.prediction.schema_overrides import RULINGS
from pipeline.review.rules.comparisons import number
from pipeline.review.rules.context import Context, risk
from pipeline.review.rules.stateful import is_stateful, outcome, updated_in_place

# Properties whose update the guide calls "Some interruptions", of the types that serve requests.
INTERRUPTING = {
    "AWS::AmazonMQ::Broker": ("EngineVersion", "HostInstanceType"),
    "AWS::DocDB::DBInstance": ("DBInstanceClass",),
    "AWS::EC2::Instance": ("EbsOptimized", "InstanceType", "UserData"),
    "AWS::ElastiCache::CacheCluster": ("CacheNodeType", "EngineVersion"),
    "AWS::ElastiCache::ReplicationGroup": ("CacheNodeType", "EngineVersion"),
    "AWS::Neptune::DBInstance": ("DBInstanceClass",),
    "AWS::OpenSearchService::Domain": ("EngineVersion",),
    "AWS::RDS::DBCluster": ("DBClusterParameterGroupName", "EngineVersion", "Port"),
    "AWS::RDS::DBInstance": (
        "CACertificateIdentifier",
        "DBInstanceClass",
        "DBParameterGroupName",
        "EngineVersion",
        "StorageType",
    ),
    "AWS::RDS::DBParameterGroup": ("Parameters",),
    "AWS::Redshift::Cluster": ("ClusterVersion", "NodeType", "NumberOfNodes"),
}
DATABASES = ("AWS::RDS::DBInstance", "AWS::RDS::DBCluster")
TABLES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
PARTS_OF_AN_INDEX = ("KeySchema", "Projection")


def interruption(change: Change, context: Context) -> Iterator[Risk]:
    """A running service pauses or restarts while it is updated."""
    names = {difference.name for difference in context.differences(change)} & set(
        INTERRUPTING.get(change.type, ())
    )
    if is_stateful(change.type) and not is_cluster_member(change.before or {}):
        names |= {
            place.name
            for place in updated_in_place(change)
            if not change.uncertain and outcome(change, place) == "interrupts"
        }
    if names and change.replacement != "True":
        yield Risk("INTERRUPTION", f"{', '.join(sorted(names))}: the update may interrupt the service")


def refused_property(change: Change, _context: Context) -> Iterator[Risk]:
    """A property cannot be changed once the resource exists."""
    for each in change.properties:
        ruling = RULINGS.get((change.type, each.name))
        by_default = spelt(each.before) == DEFAULTS.get(each.name)
        if (
            ruling
            and ruling.fails
            and not (each.kind == "Add" and spelt(each.after) == DEFAULTS.get(each.name))
        ):
            if each.kind == "Remove" and by_default:
                continue
            yield risk("UPDATE_FAILS", f"{each.path}: {ruling.fails}", each.before, each.after)


DEFAULTS = {
    "Encrypted": "false",
    "KeySpec": "SYMMETRIC_DEFAULT",
    "KeyUsage": "ENCRYPT_DECRYPT",
    "MultiRegion": "false",
    "Origin": "AWS_KMS",
}


def type_changed(change: Change, _context: Context) -> Iterator[Risk]:
    """A logical id cannot become a resource of another type."""
    for each in change.properties:
        if each.scope == "Type" and each.requires == "Always":
            yield risk(
                "UPDATE_FAILS",
                "a logical id cannot change its type; use another logical id",
                each.before,
                each.after,
            )


def service_token_changed(change: Change, _context: Context) -> Iterator[Risk]:
    """A custom resource cannot change its provider."""
    if any(each.name == "ServiceToken" for each in change.properties) and change.action == "Modify":
        yield Risk("UPDATE_FAILS", "ServiceToken: a custom resource cannot change its provider")


def indexes_refused(change: Change, context: Context) -> Iterator[Risk]:
    """A table's indexes change in a way that DynamoDB does not know."""
    if change.type not in TABLES or change.replacement == "True" or not context.existed(change):
        return
    old, new = context.sides(change)
    if change.type == "AWS::DynamoDB::Table" and not same(
        old.get("LocalSecondaryIndexes"), new.get("LocalSecondaryIndexes")
    ):
        yield Risk("UPDATE_FAILS", "LocalSecondaryIndexes: local indexes are fixed when the table is created")
    before, after = indexes(old), indexes(new)
    for name in before.keys() & after.keys():
        for part in PARTS_OF_AN_INDEX:
            if not same(before[name].get(part), after[name].get(part)):
                yield Risk("UPDATE_FAILS", f"index {name}: its {part} cannot be changed; make another index")
    if len(before.keys() ^ after.keys()) > 1:
        yield Risk("UPDATE_FAILS", "more than one index is made or dropped; DynamoDB does one in an update")


def indexes(table: Mapping[str, Value]) -> dict[str, dict[str, Value]]:
    """The global indexes of a table, by name."""
    return {
        spelt(at(each, "IndexName")): mapping(each) for each in listed(table.get("GlobalSecondaryIndexes"))
    }


def storage_refused(change: Change, context: Context) -> Iterator[Risk]:
    """A database cannot shrink."""
    if change.type not in DATABASES or change.replacement == "True" or not context.existed(change):
        return
    old, new = context.sides(change)
    before, after = number(old.get("AllocatedStorage")), number(new.get("AllocatedStorage"))
    if before and after and after < before:
        yield risk(
            "UPDATE_FAILS",
            "AllocatedStorage: a database cannot shrink",
            old["AllocatedStorage"],
            new["AllocatedStorage"],
        )


def version_refused(change: Change, context: Context) -> Iterator[Risk]:
    """A database cannot go back to an older version, nor to another major one unless that is allowed."""
    if change.type not in DATABASES or change.replacement == "True" or not context.existed(change):
        return
    old, new = context.sides(change)
    before, after = version(old.get("EngineVersion")), version(new.get("EngineVersion"))
    if not before or not after or before == after:
        return
    if after < before[: len(after)]:
        yield risk(
            "UPDATE_FAILS",
            "EngineVersion: a database cannot go back",
            old["EngineVersion"],
            new["EngineVersion"],
        )
    elif major(old, before) != major(new, after) and plain(new.get("AllowMajorVersionUpgrade")) != "true":
        reason = "EngineVersion: another major version needs AllowMajorVersionUpgrade"
        yield risk("UPDATE_FAILS", reason, old["EngineVersion"], new["EngineVersion"])


def version(value: Value) -> tuple[int, ...]:
    """A version as numbers: 16.10 comes after 16.9."""
    parts = (plain(value) or "").split(".")
    return tuple(int(part) for part in parts if part.isdigit())


def major(properties: Mapping[str, Value], numbers: tuple[int, ...]) -> tuple[int, ...]:
    """The major version: one number for PostgreSQL, two for MySQL and MariaDB."""
    return numbers[: 1 if "postgres" in (plain(properties.get("Engine")) or "") else 2]


def route_to_internet(change: Change, context: Context) -> Iterator[Risk]:
    """A route of subnets that were there leads to the internet, and did not."""
    if change.type != "AWS::EC2::Route" or change.action == "Remove":
        return
    old, new = context.sides(change)
    gateway = new.get("GatewayId")
    table = next((each.target for each in references(new.get("RouteTableId"))), None)
    if gateway is None or old.get("GatewayId") is not None or (table and table not in context.before):
        return
    yield risk(
        "PUBLIC_EXPOSURE",
        "GatewayId: subnets behind this route may be reached from the internet",
        after=gateway,
    )
