"""All checks together: what a stack needs of its templates, the table, the plan that stops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import NoCredentialsError

from pipeline.aws import AwsError
from pipeline.change.releases import Releasable
from pipeline.commands import preflight
from pipeline.commands.targets import PlanArguments
from pipeline.preflight import report, services
from pipeline.preflight.check import CHECKS, PreflightError, check, require
from pipeline.preflight.finding import MISSING, OK, UNKNOWN, Finding
from pipeline.preflight.needs import Subject, of
from pipeline.release.configuration import read
from pipeline.release.templates import documents
from tests.paths import CHECKOUT
from tests.pipeline.preflight.stubs import ACCOUNT, DENIED, IDENTITY, Call, StubbedSession
from tests.pipeline.release.deployments import encoded

FINDINGS = [
    Finding("Zones", "us-east-1a, us-east-1b, us-east-1c", "us-east-1a, us-east-1b, us-east-1c", OK),
    Finding("Elastic IPs", "0 of 5 free or the stack's own", "3", MISSING, "release some, or " * 9 + "none"),
    Finding("Names", f"AWS::Logs::LogGroup {'/aws/' + 'x' * 60}", "free", MISSING, "delete"),
    Finding("Gateway key", "no stack yet", "live in prod, test elsewhere", UNKNOWN),
]


def subject(environment: str = "prod") -> Subject:
    templates = documents(encoded())
    return Subject(
        stack=f"payments-{environment}",
        root=templates["root"],
        documents=templates,
        given=read(CHECKOUT, environment),
        pipeline=read(CHECKOUT, "pipeline", "parameters/tooling"),
    )


def denied() -> Iterator[Call]:
    """An account that lets nobody read anything; a check asks no further then."""
    yield IDENTITY
    for service, operation in (
        ("ec2", "describe_availability_zones"),
        ("ec2", "describe_managed_prefix_lists"),
        ("lambda", "get_account_settings"),
        ("ec2", "describe_addresses"),
        ("ec2", "describe_vpcs"),
        ("rds", "describe_orderable_db_instance_options"),
        ("rds", "describe_certificates"),
        ("accessanalyzer", "list_analyzers"),
        ("apigateway", "get_account"),
        ("s3", "head_bucket"),
        ("cloudformation", "describe_stacks"),
        ("cloudformation", "describe_stacks"),
    ):
        yield service, operation, DENIED


def test_needs_are_read_from_templates_and_parameters() -> None:
    prod, dev = of(subject("prod"), ACCOUNT), of(subject("dev"), ACCOUNT)

    assert (prod.region, prod.vpcs, prod.database.instance_class) == ("us-east-1", 1, "db.t3.medium")
    assert (prod.elastic_ips, dev.elastic_ips) == (3, 1)
    assert (sum(prod.reserved.values()), sum(dev.reserved.values())) == (37, 22)
    # The bucket of prod is the pipeline's, in its account; that of dev is the caller's own.
    assert (prod.bucket_owner, dev.bucket_owner) == ("123456789012", "")
    names = {named.name for named in dev.named}
    assert {"payment-transactions-dev", f"payment-audit-logs-dev-{ACCOUNT}-us-east-1"} <= names


def test_what_cannot_be_read_for_want_of_rights_is_unknown_and_no_error() -> None:
    findings = check(StubbedSession(denied()), subject())

    assert [finding.what for finding in findings] == list(CHECKS)
    assert {finding.status for finding in findings[1:]} == {UNKNOWN}
    require(findings)


def test_without_credentials_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_credentials(_session: StubbedSession, *_: object, **__: object) -> None:
        raise NoCredentialsError

    monkeypatch.setattr(StubbedSession, "client", no_credentials)
    with pytest.raises(AwsError, match="preflight: no AWS credentials") as error:
        check(StubbedSession([]), subject())

    assert len(error.value.faults) == 1


def test_credentials_that_aws_refuses_are_one_line() -> None:
    refused: Call = ("sts", "get_caller_identity", "ExpiredToken")

    with pytest.raises(AwsError, match="preflight: GetCallerIdentity answered ExpiredToken"):
        check(StubbedSession([refused]), subject())


def test_the_table_fits_eighty_columns_and_loses_nothing() -> None:
    table = report.table(FINDINGS)

    assert [line for line in table.splitlines() if len(line) > 80] == []
    joined = "".join(table.split())
    for finding in FINDINGS:
        assert finding.what.replace(" ", "") in joined
        assert finding.advice.replace(" ", "") in joined
    assert table.endswith("4 checks: 1 ok, 2 missing, 1 unknown")


def test_each_missing_thing_is_a_line_of_the_error() -> None:
    with pytest.raises(PreflightError) as error:
        require(FINDINGS)

    assert list(error.value.faults) == [FINDINGS[1].line(), FINDINGS[2].line()]
    assert FINDINGS[2].line().endswith("needed free; delete")


def release() -> Releasable:
    """Return the release of dev, as a plan reads it."""
    made = subject("dev")
    given = replace(made.given, name="configuration.json")
    layers = {name.capitalize(): layer for name, layer in made.documents.items()}
    return Releasable("dev", made.root, layers, "", "", {}, "", given)


def before_plan(calls: list[Call], *, wanted: bool = True) -> None:
    arguments = PlanArguments(release=Path("dist/dev"), preflight=wanted)
    preflight.before_plan(arguments, release(), "payments-dev", StubbedSession(calls))


def test_a_plan_stops_where_something_is_missing() -> None:
    calls = [call for call in denied() if call[0] != "apigateway"]

    with pytest.raises(PreflightError, match=f"^{services.API_ROLE}: found none, needed one, ") as error:
        before_plan([*calls, ("apigateway", "get_account", {})])

    assert len(error.value.faults) == 1


def test_a_plan_goes_on_where_nothing_is_known_to_be_missing(capsys: pytest.CaptureFixture[str]) -> None:
    before_plan(list(denied()))

    assert capsys.readouterr().err == "preflight    14 checks: 1 ok, 0 missing, 13 unknown\n"


def test_a_plan_asks_nothing_where_nobody_wants_it_to() -> None:
    """Neither with --no-preflight, nor for the pipeline's own stack: without an answer, a call would fail."""
    before_plan([], wanted=False)
    own = replace(release(), configuration=read(CHECKOUT, "pipeline", "parameters/tooling"))

    preflight.before_plan(PlanArguments(), own, "payments-pipeline", StubbedSession([]))
