from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.release.contradictions import ContradictionError, check
from pipeline.release.sources import read
from pipeline.release.templates import Templates, template
from tests.paths import CHECKOUT
from tests.pipeline.release.deployments import disturbed, encoded, parameters


def faults(
    templates: Templates,
    given: dict[str, str],
    project: Path = CHECKOUT,
    name: str = "parameters/prod.json",
) -> list[str]:
    try:
        check(name, project, templates, given)
    except ContradictionError as error:
        return list(error.faults)
    return []


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_the_numbers_of_every_environment_agree(environment: str) -> None:
    assert [] == faults(encoded(), parameters(environment))


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        (
            {"AuditReplicaBucketArn": "arn:aws:s3:::elsewhere"},
            "AuditReplicaBucketArn and AuditReplicaKeyArn: give both, or neither",
        ),
        (
            {"FunctionConcurrency": 250, "DatabaseConnectionsThreshold": 449},
            (
                "FunctionConcurrency: found 506 connections of 4 functions, expected at most 445, "
                "what a db.t3.medium takes (DatabaseClass)"
            ),
        ),
        (
            {"DatabaseConnectionsThreshold": 25},
            (
                "DatabaseConnectionsThreshold: found 25, expected at least the 26 connections that the "
                "functions "
                "open when all of them run (FunctionConcurrency)"
            ),
        ),
        (
            {"DatabaseConnectionsThreshold": 450},
            (
                "DatabaseConnectionsThreshold: found 450, expected less than the 450 connections that a "
                "db.t3.medium takes (DatabaseClass): the alarm would never ring"
            ),
        ),
        (
            {"DatabaseStorageGib": 400, "DatabaseMaxStorageGib": 439},
            "DatabaseMaxStorageGib: found 439, expected at least a tenth more than DatabaseStorageGib, 400",
        ),
        (
            {"ServerErrorsThreshold": 300000},
            (
                "ServerErrorsThreshold: found 300,000, expected less than the 300,000 requests that "
                "ApiRateLimit "
                "lets in in five minutes"
            ),
        ),
        (
            {"LatencyThresholdMs": 28000},
            (
                "LatencyThresholdMs: found 28000, expected less than the 28000 ms after which the functions "
                "behind the API are ended: the alarm would never ring"
            ),
        ),
    ],
)
def test_parameters_that_contradict_each_other_are_told(changed: dict[str, object], fault: str) -> None:
    told = faults(encoded(), parameters("prod", **changed))

    assert f"parameters/prod.json: {fault}" in told


@pytest.mark.parametrize(
    "changed",
    [
        {
            "AuditReplicaBucketArn": "arn:aws:s3:::elsewhere",
            "AuditReplicaKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/1",
        },
        {"FunctionConcurrency": 200, "DatabaseConnectionsThreshold": 449},
        {"DatabaseConnectionsThreshold": 26},
        {"DatabaseStorageGib": 400, "DatabaseMaxStorageGib": 440},
        {"ServerErrorsThreshold": 299999},
        {"LatencyThresholdMs": 27999},
    ],
)
def test_parameters_at_the_very_edge_are_taken(changed: dict[str, object]) -> None:
    assert [] == faults(encoded(), parameters("prod", **changed))


@pytest.mark.parametrize(
    ("place", "path", "value", "fault"),
    [
        (
            "Api.UsagePlan",
            "Throttle/RateLimit",
            1001,
            "Api.UsagePlan: found a RateLimit of 1,001, expected at most the 1,000 of Api.Stage",
        ),
        (
            "Compute.ValidatorFunction",
            "Timeout",
            29,
            (
                "Compute.ValidatorFunction: found a Timeout of 29 s, expected less than the 29 s "
                "that API Gateway waits (Api.ValidateMethod)"
            ),
        ),
        (
            "Data.RetryQueue",
            "VisibilityTimeout",
            299,
            (
                "Data.RetryQueue: found a VisibilityTimeout of 299 s, expected at least 300 s, 6 times the "
                "50 s "
                "of Compute.RetrierFunction"
            ),
        ),
        (
            "Compute.RetryMessages",
            "BatchSize",
            3,
            (
                "Compute.RetryMessages: found a BatchSize of 3, which takes 70 s "
                "(27 s an attempt, no less than 15 s for the last), expected at most the 50 s of "
                "Compute.RetrierFunction"
            ),
        ),
        (
            "Compute.RetryMessages",
            "ScalingConfig/MaximumConcurrency",
            6,
            (
                "Compute.RetryMessages: found a MaximumConcurrency of 6, expected at most the 5 executions "
                "that "
                "Compute.RetrierFunction reserves"
            ),
        ),
        (
            "Compute.RetryMessages",
            "ScalingConfig/MaximumConcurrency",
            1,
            (
                "Compute.RetryMessages: found a MaximumConcurrency of 1, expected at least 2, "
                "the least that SQS takes"
            ),
        ),
        (
            "Compute.RetrierFunction",
            "Timeout",
            90,
            (
                "Compute.RetrierFunction: found a Timeout of 90 s, expected less than the 90 s of a lease "
                "(LEASE_MS of handlers/payments/processing.py)"
            ),
        ),
        (
            "Data.AuditBucket",
            "LifecycleConfiguration/Rules/1/NoncurrentVersionExpiration/NoncurrentDays",
            2556,
            (
                "Data.AuditBucket: found 2556 days in ExpireReplacedVersions, expected at least the 2557 "
                "of its "
                "lock (AuditLockDays)"
            ),
        ),
        (
            "Data.BackupPlan",
            "BackupPlan/BackupPlanRule/0/Lifecycle/DeleteAfterDays",
            34,
            (
                "Data.BackupPlan: found copies kept for 34 days, expected at least the 35 that "
                "Data.BackupVault is locked for"
            ),
        ),
        (
            "Data.DatabaseParameters",
            "Parameters/max_connections",
            "30",
            (
                "FunctionConcurrency: found 26 connections of 4 functions, expected at most 25, what a "
                "db.t3.medium takes (DatabaseClass)"
            ),
        ),
    ],
)
def test_templates_that_contradict_themselves_are_told(
    place: str, path: str, value: object, fault: str
) -> None:
    told = faults(disturbed(place, path, value), parameters("prod"))

    assert f"parameters/prod.json: {fault}" in told


def test_a_throttle_above_what_functions_can_serve_is_no_contradiction() -> None:
    """A throttle is a ceiling, and what it takes to reach it depends on the load: capacity tells of it."""
    assert [] == faults(encoded(), parameters("prod", ApiRateLimit=10000, FunctionConcurrency=1))


def test_a_product_of_other_parts_has_nothing_to_contradict(tmp_path: Path) -> None:
    templates = {"root": template("root", b'{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}')}

    assert [] == faults(templates, {}, tmp_path)


def test_what_judges_a_release_is_among_its_sources() -> None:
    """A check that is edited judges again what it has judged already."""
    listing = (
        "import sys, pipeline.release.contradictions\n"
        "print(*(found for each in sys.modules.values() if (found := getattr(each, '__file__', ''))), "
        "sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", listing], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    loaded = done.stdout.splitlines()
    own = {
        Path(each).relative_to(CHECKOUT).as_posix() for each in loaded if Path(each).is_relative_to(CHECKOUT)
    }
    modules = {each for each in own if not each.endswith("__init__.py")}

    assert modules
    assert set() == modules - set(read(CHECKOUT).files)


def test_a_lease_is_read_from_the_handlers_of_the_project(tmp_path: Path) -> None:
    """Another project's handlers hold other leases."""
    shutil.copytree(CHECKOUT / "handlers", tmp_path / "handlers")
    source = tmp_path / "handlers/payments/processing.py"
    source.write_text(source.read_text().replace("LEASE_MS = 90_000", "LEASE_MS = 28_000"))

    told = faults(encoded(), parameters("prod"), tmp_path)

    assert any("expected less than the 28 s of a lease" in fault for fault in told)
