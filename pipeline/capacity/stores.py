"""Stores: what table, database, bucket, keys and logs take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.capacity.functions import role, works
from pipeline.capacity.limit import Limit, executions
from pipeline.capacity.load import Load
from pipeline.evaluation.resolved import Deployed, Resource
from pipeline.release.postgres import (
    RESERVED_CONNECTIONS,
    connected,
    most_connections,
    vcpus,
)
from pipeline.release.source_constants import constant

TABLE_WRITES = 40_000
PARTITION_WRITES = 1_000
NEW_TABLE_WRITES = 4_000
PREFIX_PUTS = 3_500
# The least of all regions; the larger ones have ten times as much.
KEY_REQUESTS = 10_000
# With a bucket key, S3 asks KMS for a hundredth of the objects.
BUCKET_KEY_SHARE = 0.01
SECRET_REQUESTS = 10_000
LOG_REQUESTS = 5_000
# Of gp3 storage of RDS for PostgreSQL, below and from 400 GiB.
BASE_IOPS, STRIPED_IOPS, STRIPED_GIB = 3_000, 12_000, 400


def limits(deployed: Deployed, load: Load, project: Path) -> Iterator[Limit]:
    """Of everything that payments are written to."""
    for table in deployed.all("AWS::DynamoDB::Table"):
        yield from of_table(table, load, project)
    for database in deployed.all("AWS::RDS::DBInstance"):
        yield from of_database(deployed, database, load)
    yield from of_bucket(deployed, load)
    yield Limit(
        what="reads of secrets a second",
        place="account",
        limit=SECRET_REQUESTS,
        need=lambda rate: rate * load.attempts * load["cold_share"],
        turn="none: cannot be raised",
        source="AWS Secrets Manager quotas",
    )
    yield Limit(
        what="deliveries of logs a second",
        place="account",
        limit=LOG_REQUESTS,
        # Functions that run after one another share a delivery; at worst each has its own.
        need=lambda rate: rate * (load.requests + load["retried"]),
        turn="the account's quota",
        source="CloudWatch Logs quotas: PutLogEvents",
    )


def of_table(table: Resource, load: Load, project: Path) -> Iterator[Limit]:
    """Writes to the table, to a new one, and to its index when every payment waits in it."""
    if table.text("BillingMode") == "PAY_PER_REQUEST":
        most = table.number("OnDemandThroughput/MaxWriteRequestUnits") or TABLE_WRITES
        turn = "the account's quota of a table"
    else:
        most = table.number("ProvisionedThroughput/WriteCapacityUnits") or 0
        turn = f"WriteCapacityUnits of {table.place}"
    yield Limit(
        what="writes to the table a second",
        place=table.place,
        limit=most,
        need=lambda rate: rate * load["writes"],
        turn=turn,
        source="Quotas in Amazon DynamoDB",
    )
    if table.text("BillingMode") == "PAY_PER_REQUEST":
        yield Limit(
            what="writes to a table that never saw more",
            place=table.place,
            limit=table.number("WarmThroughput/WriteUnitsPerSecond") or NEW_TABLE_WRITES,
            need=lambda rate: rate * load["writes"],
            turn="a slow start (it doubles within 30 minutes), or WarmThroughput of PaymentsTable",
            source="DynamoDB on-demand capacity mode: initial throughput",
        )
    yield Limit(
        what="writes to one payment's partition a second",
        place=table.place,
        limit=PARTITION_WRITES,
        need=lambda rate: load["writes"],  # noqa: ARG005 # each payment is a key of its own
        turn="none needed: payments share no key",
        source="DynamoDB: Designing partition keys",
    )
    shards = constant(project, "handlers/payments/adapters/dynamodb.py", "SHARDS")
    if shards is not None and table.size("GlobalSecondaryIndexes"):
        yield Limit(
            what="writes to the due index in an outage",
            place=table.place,
            limit=shards * PARTITION_WRITES,
            # Every payment enters it and leaves it again.
            need=lambda rate: 2 * rate,
            turn="SHARDS of handlers/payments/adapters/dynamodb.py",
            source="DynamoDB: Designing partition keys",
        )


def of_database(deployed: Deployed, database: Resource, load: Load) -> Iterator[Limit]:
    """Connections, I/O and CPU."""
    connections, named = most_connections(deployed, database), database.text("DBInstanceClass") or ""
    if connections is not None:
        yield Limit(
            what="connections to the database",
            place=database.place,
            limit=connections - RESERVED_CONNECTIONS,
            need=lambda rate: sum(opened(deployed, each, load, rate) for each in connected(deployed)),
            turn="DatabaseClass, or a proxy",
            source="Quotas and constraints for Amazon RDS: max_connections",
        )
    size = database.number("AllocatedStorage") or 0
    yield Limit(
        what="I/O operations of the database a second",
        place=database.place,
        limit=database.number("Iops") or (STRIPED_IOPS if size >= STRIPED_GIB else BASE_IOPS),
        need=lambda rate: rate * load["commit_ios"],
        turn=f"DatabaseStorageGib: from {STRIPED_GIB} on there are {STRIPED_IOPS:,}",
        source="Amazon RDS DB instance storage: gp3",
    )
    cores, alarm = vcpus(named), float(deployed.parameters.get("DatabaseCpuThreshold", "100")) / 100
    if cores is not None:
        yield Limit(
            what="CPUs of the database below its alarm",
            place=database.place,
            limit=cores * alarm,
            need=lambda rate: rate * load["commit_cpu_seconds"],
            turn="DatabaseClass (a burstable one pays for what is above its baseline)",
            source="DB instance classes",
        )


def opened(deployed: Deployed, function: Resource, load: Load, rate: float) -> float:
    """Connections of `function`: one for each execution that there may be, or would have to be."""
    work = works(load).get(role(deployed, function))
    needed = executions(rate * work.calls, work.seconds) if work else 0.0
    return max(function.number("ReservedConcurrentExecutions") or 0, needed)


def of_bucket(deployed: Deployed, load: Load) -> Iterator[Limit]:
    """Audit objects, and the key they are encrypted under."""
    locked = [each for each in deployed.all("AWS::S3::Bucket") if each.text("ObjectLockEnabled") == "true"]
    for bucket in locked:
        yield Limit(
            what="audit objects a second",
            place=bucket.place,
            limit=PREFIX_PUTS,
            # The keys of a day begin alike.
            need=lambda rate: rate * load["transitions"],
            turn="none at once: S3 splits a prefix that stays busy",
            source="Amazon S3: Best practices design patterns, optimizing performance",
        )
        encrypted = "BucketEncryption/ServerSideEncryptionConfiguration/0/BucketKeyEnabled"
        share = BUCKET_KEY_SHARE if bucket.text(encrypted) == "true" else 1.0
        yield Limit(
            what="requests of KMS a second",
            place="account",
            limit=KEY_REQUESTS,
            # Table, queues and secrets keep their data keys for minutes; only cold starts ask again.
            need=lambda rate, share=share: (  # type: ignore[misc] # bound, not called with it
                rate * (load["transitions"] * share + load.requests * load["cold_share"])
            ),
            turn="the account's quota",
            source="AWS KMS: Request quotas; Amazon S3: Bucket Keys",
        )
