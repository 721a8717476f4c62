from __future__ import annotations

import pytest

from pipeline.capacity.limit import Limit
from pipeline.capacity.limits import limits
from pipeline.capacity.load import LoadError, load
from pipeline.evaluation.resolved import Deployed
from tests.paths import CHECKOUT
from tests.pipeline.release.deployments import deployed, disturbed, parameters, resolved


def by_name(given: Deployed, *assumed: str) -> dict[str, Limit]:
    return {each.what: each for each in limits(given, load(assumed), CHECKOUT)}


PROD = by_name(deployed("prod"))


@pytest.mark.parametrize(
    ("parameter", "value", "what", "times"),
    [
        ("ApiMonthlyQuota", 10_000_000, "requests a month, each key", 10),
        ("ApiRateLimit", 2000, "requests a second, all callers", 2),
        ("ApiRateLimit", 2000, "requests a second, each key", 2),
        ("WafRateLimit", 60000, "requests in 300 s, each address", 2),
        ("FunctionConcurrency", 20, "calls of payment-processor a second", 2),
        ("FunctionConcurrency", 20, "calls of payment-validator a second", 2),
        ("DatabaseStorageGib", 400, "I/O operations of the database a second", 4),
        ("DatabaseClass", "db.m7g.xlarge", "CPUs of the database below its alarm", 2),
    ],
)
def test_what_a_limit_says_to_turn_turns_it(parameter: str, value: object, what: str, times: int) -> None:
    turned = by_name(deployed("prod", **{parameter: value}))[what]

    assert parameter in PROD[what].turn
    assert times * PROD[what].serves() == pytest.approx(turned.serves(), rel=1e-4)


@pytest.mark.parametrize(
    "what", ["executions of payment-processor at once", "executions of audit-logger at once"]
)
def test_more_concurrency_serves_more_than_in_proportion(what: str) -> None:
    """Many executions share the peaks of chance better than few."""
    turned = by_name(deployed("prod", FunctionConcurrency=20))[what]

    assert "FunctionConcurrency" == PROD[what].turn
    assert 2 * PROD[what].serves() <= turned.serves() * 1.0001


@pytest.mark.parametrize(
    ("assumed", "what"),
    [
        ("processor_seconds=0.5", "executions of payment-processor at once"),
        ("validator_seconds=0.01", "executions of payment-validator at once"),
        ("clients=2", "requests a month, each key"),
        ("clients=2", "requests in 300 s, each address"),
        ("average_share=0.1", "requests a month, each key"),
        ("object_seconds=0.01", "batches of the table's stream at once"),
        ("table_partitions=8", "batches of the table's stream at once"),
        ("retried=0.01", "messages retried at once"),
        ("retrier_seconds=1", "messages retried at once"),
        ("gateway_rate=200", "calls of the payment gateway a second"),
        ("gateway_calls=0.5", "calls of the payment gateway a second"),
        ("writes=2", "writes to the table a second"),
        ("transitions=2", "audit objects a second"),
        ("commit_ios=2", "I/O operations of the database a second"),
        ("commit_cpu_seconds=0.0005", "CPUs of the database below its alarm"),
        ("lambda_concurrency=3000", "executions at once, all functions"),
        ("cold_share=0.001", "reads of secrets a second"),
        ("gateway_bytes=4000", "bits a second to and from the internet"),
        ("endpoint_bytes=4000", "bits a second through the endpoints of one zone"),
    ],
)
def test_every_assumption_can_be_replaced(assumed: str, what: str) -> None:
    assert PROD[what].serves() < by_name(deployed("prod"), assumed)[what].serves()


def test_a_slow_function_is_no_matter_of_the_rate() -> None:
    """Whoever takes longer than the function may is cut off at any rate."""
    slow = by_name(deployed("prod"), "processor_p99=28.5")["99th percentile of payment-processor, seconds"]

    assert not slow.holds(0)
    assert 0 == slow.serves()


def test_reads_take_executions_of_the_audit_logger() -> None:
    read = by_name(deployed("prod"), "reads=5")

    assert read["executions of audit-logger at once"].need(10) > PROD[
        "executions of audit-logger at once"
    ].need(10)


def test_reserved_connections_count_before_they_are_needed() -> None:
    assert 26 == PROD["connections to the database"].need(0)


@pytest.mark.parametrize(
    ("place", "path", "value", "what", "limit"),
    [
        ("Data.PaymentsTable", "BillingMode", "PROVISIONED", "writes to the table a second", 0),
        ("Compute.TableStream", "ParallelizationFactor", 10, "batches of the table's stream at once", 40),
        (
            "Compute.RetryMessages",
            "ScalingConfig/MaximumConcurrency",
            2,
            "messages retried at once",
            2,
        ),
        ("Data.Database", "Iops", 20000, "I/O operations of the database a second", 20000),
        ("Data.DatabaseParameters", "Parameters/max_connections", "205", "connections to the database", 200),
        (
            "Api.Stage",
            "MethodSettings/0/ThrottlingRateLimit",
            50,
            "requests a second, all callers",
            50,
        ),
    ],
)
def test_numbers_come_from_the_templates(
    place: str, path: str, value: object, what: str, limit: float
) -> None:
    given = resolved(disturbed(place, path, value), parameters("prod"))

    assert limit == by_name(given)[what].limit


def test_without_a_bucket_key_every_object_asks_kms() -> None:
    path = "BucketEncryption/ServerSideEncryptionConfiguration/0/BucketKeyEnabled"
    given = resolved(disturbed("Data.AuditBucket", path, False), parameters("prod"))

    assert (
        by_name(given)["requests of KMS a second"].serves() < PROD["requests of KMS a second"].serves() / 10
    )


def test_every_limit_names_its_source_and_what_to_turn() -> None:
    assert all(each.source and each.turn for each in PROD.values())


@pytest.mark.parametrize(
    ("assumed", "fault"),
    [
        ("read=1", "--assume read: unknown (did you mean reads?); expected one of average_share"),
        ("reads", '--assume reads: found "", expected a number of 0 or more'),
        ("reads=-1", '--assume reads: found "-1", expected a number of 0 or more'),
        ("reads=nan", '--assume reads: found "nan", expected a number of 0 or more'),
        ("reads=inf", '--assume reads: found "inf", expected a number of 0 or more'),
    ],
)
def test_a_wrong_assumption_is_told(assumed: str, fault: str) -> None:
    with pytest.raises(LoadError) as told:
        load([assumed])

    (line,) = told.value.faults
    assert line.startswith(fault)
