"""PostgreSQL: how many connections an RDS instance takes, and what its class has."""

from __future__ import annotations

import re

from pipeline.evaluation.resolved import Deployed, Resource

# RDS for PostgreSQL's default of max_connections, LEAST({DBInstanceClassMemory/9531392}, 5000), as in
# "Quotas and constraints for Amazon RDS". RDS keeps some of the memory for itself before it divides, how
# much it does not say: what comes out here is up to a tenth too many.
BYTES_A_CONNECTION = 9_531_392
MOST_CONNECTIONS = 5_000
GIB = 2**30

# For administrators: superuser_reserved_connections and rds.rds_reserved_connections.
RESERVED_CONNECTIONS = 5

CLASS = re.compile(r"^db\.(?P<family>[a-z]+)[a-z0-9]*\.(?P<size>[a-z0-9]+)$")
# vCPUs of each size, and GiB of memory for each of them, by the family's first letters: "DB instance classes"
# of the RDS user guide. Burstable classes have a memory of their own for each size.
VCPUS = {"medium": 1, "large": 2, "xlarge": 4}
GIB_A_VCPU = {"m": 4, "r": 8, "x": 16}
BURSTABLE_GIB = {"micro": 1, "small": 2, "medium": 4, "large": 8, "xlarge": 16, "2xlarge": 32}


def vcpus(instance_class: str) -> int | None:
    """How many vCPUs `instance_class` has; None for a class that nothing is known of."""
    parts = CLASS.match(instance_class)
    if not parts:
        return None
    size = parts["size"]
    if parts["family"] == "t":
        return {"xlarge": 4, "2xlarge": 8}.get(size, 2) if size in BURSTABLE_GIB else None
    times = size.removesuffix("xlarge")
    return int(times) * 4 if times.isdigit() else VCPUS.get(size)


def memory_gib(instance_class: str) -> int | None:
    """How much memory `instance_class` has, in GiB; None for a class that nothing is known of."""
    parts, cores = CLASS.match(instance_class), vcpus(instance_class)
    if not parts or cores is None:
        return None
    if parts["family"] == "t":
        return BURSTABLE_GIB[parts["size"]]
    each = GIB_A_VCPU.get(parts["family"])
    return None if each is None else cores * each


def most_connections(deployed: Deployed, database: Resource) -> int | None:
    """How many connections `database` takes: its parameter group's number, or RDS's for its class."""
    for target in database.refers_to("DBParameterGroupName"):
        group = deployed.at(target)
        said = group.number("Parameters/max_connections") if group else None
        if said is not None:
            return int(said)
    memory = memory_gib(database.text("DBInstanceClass") or "")
    return None if memory is None else min(memory * GIB // BYTES_A_CONNECTION, MOST_CONNECTIONS)


def connected(deployed: Deployed) -> list[Resource]:
    """The functions that speak to the database: those that are told its host."""
    functions = deployed.all("AWS::Lambda::Function")
    return [each for each in functions if "DATABASE_HOST" in each.holds("Environment/Variables")]
