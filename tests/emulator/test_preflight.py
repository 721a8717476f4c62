"""Preflight against the emulator: what it does not know is unknown, and the stack's own names are its own."""

from __future__ import annotations

import boto3
import pytest

from pipeline.change import releases
from pipeline.preflight import leftovers, quotas, rds, services
from pipeline.preflight.check import CHECKS, check
from pipeline.preflight.finding import MISSING, OK, UNKNOWN, Finding
from pipeline.preflight.needs import Subject
from sandbox.deploy import STACK
from tests.emulator.conftest import Deployed
from tests.pipeline.release.projects import Project


def findings(deployed: Deployed, checkout: Project, stack: str) -> dict[str, Finding]:
    """Return the findings of the release of dev as the stack `stack`, by what was checked."""
    access, release = deployed.emulator.access, releases.read(checkout.folder / "dist" / "dev")
    session = boto3.Session(access["aws_access_key_id"], access["aws_secret_access_key"])
    subject = Subject(
        stack=stack,
        root=release.root,
        documents={title.lower(): layer for title, layer in release.layers.items()},
        given=release.configuration,
    )
    return {finding.what: finding for finding in check(session, subject)}


@pytest.fixture(autouse=True)
def _found(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator, where the SDK looks for AWS."""
    for name, value in deployed.emulator.environment().items():
        monkeypatch.setenv(name, value)


def test_what_the_emulator_does_not_know_is_unknown(deployed: Deployed, checkout: Project) -> None:
    found = findings(deployed, checkout, STACK)

    assert list(found) == list(CHECKS)
    for what in (quotas.ELASTIC_IPS, quotas.VPCS, rds.AUTHORITY, services.ANALYZER, services.GATEWAY_KEY):
        assert found[what].status == UNKNOWN, found[what]
    for what in (services.API_ROLE, rds.DATABASE, leftovers.LEFTOVERS):
        assert found[what].status == OK, found[what]


def test_names_of_a_stack_are_taken_for_another(deployed: Deployed, checkout: Project) -> None:
    found = findings(deployed, checkout, "payments-other")[leftovers.LEFTOVERS]

    assert found.status == MISSING
    assert "AWS::DynamoDB::Table payment-transactions-dev" in found.found
