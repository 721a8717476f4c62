"""The functions: what they run on, what they are told, where they log and what invokes them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from handlers.payment_retrier import ATTEMPT_SECONDS, LEAST_SECONDS
from handlers.runtime.context import RESERVE_SECONDS
from pipeline.release.import_closure import Handlers
from templates.data import retry_queues
from tests.paths import CHECKOUT
from tests.templates.functions import FUNCTIONS, LIBRARIES
from tests.templates.layers import of_type, rendered
from tests.templates.samples import CODE

Resource = dict[str, Any]

LAYER = "Compute"

ORIGINAL = ["Validator", "Processor", "AuditLogger"]
CHARGING = ["Processor", "Retrier"]
COMMON = {"ENVIRONMENT_SUFFIX", "LOG_LEVEL", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_SERVICE_NAME"}
LEDGER = {"DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME", "DATABASE_USER"}
CHARGES = {
    "DYNAMODB_TABLE",
    "RETRY_QUEUE_URL",
    "DEAD_LETTER_QUEUE_URL",
    "PAYMENT_GATEWAY_URL",
    "GATEWAY_SECRET_ARN",
    *LEDGER,
}


def function(resources: dict[str, Resource], title: str) -> Resource:
    properties: Resource = resources[f"{title}Function"]["Properties"]
    return properties


def told(resources: dict[str, Resource], title: str) -> Resource:
    variables: Resource = function(resources, title)["Environment"]["Variables"]
    return variables


def test_every_function_is_looked_at_here(resources: dict[str, Resource]) -> None:
    assert {f"{title}Function" for title in FUNCTIONS} == set(of_type(resources, "AWS::Lambda::Function"))


@pytest.mark.parametrize("title", FUNCTIONS)
def test_a_function_runs_its_own_archive_on_a_supported_runtime(
    resources: dict[str, Resource], title: str
) -> None:
    """F121, F125, F126, F130, F131, F135: names stay; runtime, architecture, libraries are new."""
    name, module = FUNCTIONS[title]

    made = function(resources, title)

    assert {"Fn::Sub": f"{name}-${{EnvironmentSuffix}}"} == made["FunctionName"]
    assert ("python3.13", ["arm64"]) == (made["Runtime"], made["Architectures"])
    assert f"handlers.{module}.handler" == made["Handler"]
    assert {"S3Bucket": {"Ref": "ArtifactBucket"}, "S3Key": CODE.functions[module].key} == made["Code"]
    assert [{"Ref": "LibrariesLayer"}] == made["Layers"]


@pytest.mark.parametrize("title", FUNCTIONS)
def test_memory_is_a_setting_of_the_environment(resources: dict[str, Resource], title: str) -> None:
    assert {"Ref": "FunctionMemoryMb"} == function(resources, title)["MemorySize"]


@pytest.mark.parametrize("title", ORIGINAL)
def test_the_original_functions_reserve_what_the_environment_says(
    resources: dict[str, Resource], title: str
) -> None:
    assert {"Ref": "FunctionConcurrency"} == function(resources, title)["ReservedConcurrentExecutions"]


def test_production_has_the_original_figures() -> None:
    """F121, F126, F131: 512 MB, and 10 executions reserved for each of the original functions."""
    file = CHECKOUT / "parameters" / "prod.json"

    parameters = json.loads(file.read_text())["Parameters"]

    assert ("512", "10") == (parameters["FunctionMemoryMb"], parameters["FunctionConcurrency"])


@pytest.mark.parametrize("title", ["Retrier", "Sweeper", "Migrator"])
def test_what_runs_aside_never_crowds_out_payments(resources: dict[str, Resource], title: str) -> None:
    assert function(resources, title)["ReservedConcurrentExecutions"] <= 5


@pytest.mark.parametrize("title", ORIGINAL)
def test_a_function_ends_before_the_api_gives_up(resources: dict[str, Resource], title: str) -> None:
    """F121, F126, F131: 30 s in the original, after which nobody was listening any more."""
    assert function(resources, title)["Timeout"] < 29


def test_a_message_stays_hidden_six_times_as_long_as_the_retrier_runs(
    resources: dict[str, Resource],
) -> None:
    """F107: the visibility timeout is 300 s."""
    assert 6 * function(resources, "Retrier")["Timeout"] <= retry_queues.VISIBILITY_SECONDS


@pytest.mark.parametrize("title", FUNCTIONS)
def test_a_function_lives_in_the_private_subnets(resources: dict[str, Resource], title: str) -> None:
    """F124, F129, F134: private subnets, the functions' security group, a role."""
    made = function(resources, title)

    groups = [{"Ref": "FunctionSecurityGroupId"}]
    if title in CHARGING:
        groups.append({"Ref": "GatewaySecurityGroupId"})
    assert {"SubnetIds": {"Ref": "PrivateSubnetIds"}, "SecurityGroupIds": groups} == made["VpcConfig"]
    assert {"Fn::GetAtt": [f"{title}Role", "Arn"]} == made["Role"]


@pytest.mark.parametrize("title", FUNCTIONS)
def test_a_function_is_traced_and_its_environment_encrypted(
    resources: dict[str, Resource], title: str
) -> None:
    """F125, F130, F135: neither was so in the original."""
    made = function(resources, title)

    assert {"Mode": "Active"} == made["TracingConfig"]
    assert {"Ref": "DataKeyArn"} == made["KmsKeyArn"]


@pytest.mark.parametrize(
    ("title", "variables"),
    [
        ("Validator", {"DYNAMODB_TABLE", "ACCEPTED_CURRENCIES"}),
        ("Processor", CHARGES),
        (
            "AuditLogger",
            {
                "DYNAMODB_TABLE",
                "AUDIT_BUCKET",
                "AUDIT_KEY_ARN",
                "RETRY_QUEUE_URL",
                "DEAD_LETTER_QUEUE_URL",
                *LEDGER,
            },
        ),
        ("Retrier", CHARGES),
        ("Sweeper", {"DYNAMODB_TABLE", "RETRY_QUEUE_URL"}),
        ("Migrator", {"RDS_SECRET_ARN", *LEDGER} - {"DATABASE_USER"}),
    ],
)
def test_a_function_is_told_what_it_needs_and_no_more(
    resources: dict[str, Resource], title: str, variables: set[str]
) -> None:
    """F122, F127, F132: what the originals were told, but for RDS_SECRET_ARN, which only the migrator has."""
    assert variables | COMMON == set(told(resources, title))


@pytest.mark.parametrize("title", FUNCTIONS)
def test_a_function_is_told_what_its_code_asks_for(resources: dict[str, Resource], title: str) -> None:
    files = Handlers(CHECKOUT, LIBRARIES).closure(FUNCTIONS[title][1]).values()
    asked = {name for file in files for name in re.findall(r'setting\("([A-Z_]+)"\)', file.read_text())}

    # Lambda tells the region by itself; the migrator signs in as the owner, whom the secret names.
    needless = {"AWS_DEFAULT_REGION"} | ({"DATABASE_USER"} if title == "Migrator" else set())
    assert asked - needless == set(told(resources, title)) - COMMON


@pytest.mark.parametrize(
    ("variable", "source"),
    [
        ("ENVIRONMENT_SUFFIX", "EnvironmentSuffix"),
        ("DYNAMODB_TABLE", "PaymentsTableName"),
        ("ACCEPTED_CURRENCIES", "AcceptedCurrencies"),
        ("RETRY_QUEUE_URL", "RetryQueueUrl"),
        ("DEAD_LETTER_QUEUE_URL", "DeadLetterQueueUrl"),
        ("PAYMENT_GATEWAY_URL", "PaymentGatewayUrl"),
        ("GATEWAY_SECRET_ARN", "GatewaySecretArn"),
        ("AUDIT_BUCKET", "AuditBucketName"),
        ("AUDIT_KEY_ARN", "AuditKeyArn"),
        ("RDS_SECRET_ARN", "DatabaseSecretArn"),
        ("DATABASE_HOST", "DatabaseHost"),
        ("DATABASE_PORT", "DatabasePort"),
    ],
)
def test_what_a_function_is_told_comes_from_the_resource_itself(
    resources: dict[str, Resource], variable: str, source: str
) -> None:
    """F123, F128, F133: no environment variable is written by hand."""
    values = [told(resources, title)[variable] for title in FUNCTIONS if variable in told(resources, title)]

    assert values
    assert all({"Ref": source} == value for value in values)


def test_functions_sign_in_to_the_ledger_as_the_users_that_migrations_make(
    resources: dict[str, Resource],
) -> None:
    users = {
        title: told(resources, title)["DATABASE_USER"]
        for title in FUNCTIONS
        if "DATABASE_USER" in told(resources, title)
    }

    expected = {
        "Processor": "payments_writer",
        "Retrier": "payments_writer",
        "AuditLogger": "payments_probe",
    }
    assert expected == users


@pytest.mark.parametrize("title", FUNCTIONS)
def test_metrics_tell_one_environment_from_another(resources: dict[str, Resource], title: str) -> None:
    """An account may hold several environments, whose alarms would otherwise count together."""
    variables = told(resources, title)

    assert function(resources, title)["FunctionName"] == variables["POWERTOOLS_SERVICE_NAME"]


@pytest.mark.parametrize("title", FUNCTIONS)
def test_a_function_logs_json_into_a_group_of_its_own(resources: dict[str, Resource], title: str) -> None:
    """F137, F138, F139: the name that Lambda would choose; retention and key are the group's own."""
    logging = function(resources, title)["LoggingConfig"]
    group = resources[f"{title}LogGroup"]

    assert {"LogFormat": "JSON", "LogGroup": {"Ref": f"{title}LogGroup"}} == logging
    name = {"Fn::Sub": f"/aws/lambda/{FUNCTIONS[title][0]}-${{EnvironmentSuffix}}"}
    assert name == group["Properties"]["LogGroupName"]
    assert {"Ref": "LogRetentionDays"} == group["Properties"]["RetentionInDays"]
    assert {"Ref": "LogsKeyArn"} == group["Properties"]["KmsKeyId"]


@pytest.mark.parametrize("title", FUNCTIONS)
def test_the_log_of_a_function_outlives_the_stack(resources: dict[str, Resource], title: str) -> None:
    group = resources[f"{title}LogGroup"]

    assert ("RetainExceptOnCreate", "Retain") == (group["DeletionPolicy"], group["UpdateReplacePolicy"])


def test_libraries_are_for_the_functions_own_platform(resources: dict[str, Resource]) -> None:
    layer = resources["LibrariesLayer"]["Properties"]

    assert (["arm64"], ["python3.13"]) == (layer["CompatibleArchitectures"], layer["CompatibleRuntimes"])
    assert CODE.libraries.key == layer["Content"]["S3Key"]


def test_retries_report_the_messages_that_failed(resources: dict[str, Resource]) -> None:
    """F109: the original's queue had no consumer."""
    mapping = resources["RetryMessages"]["Properties"]

    assert {"Ref": "RetryQueueArn"} == mapping["EventSourceArn"]
    assert ["ReportBatchItemFailures"] == mapping["FunctionResponseTypes"]


def test_the_retrier_has_time_for_every_message_that_it_is_handed(resources: dict[str, Resource]) -> None:
    """A message that goes back untried counts as received, and ends among the dead letters."""
    batch = resources["RetryMessages"]["Properties"]["BatchSize"]
    working = function(resources, "Retrier")["Timeout"] - RESERVE_SECONDS

    assert (batch - 1) * ATTEMPT_SECONDS + LEAST_SECONDS <= working


def test_the_queue_hands_out_no_more_than_the_retrier_can_take(resources: dict[str, Resource]) -> None:
    """Lambda throttles what is above the reservation, and each throttled receive counts as a failure."""
    most = resources["RetryMessages"]["Properties"]["ScalingConfig"]["MaximumConcurrency"]

    assert most <= function(resources, "Retrier")["ReservedConcurrentExecutions"]


def test_retries_may_take_more_rounds_than_lambda_lets_a_loop_run(resources: dict[str, Resource]) -> None:
    """A payment that the gateway took is posted as often as it takes, however long the ledger is away."""
    allowed = [title for title in FUNCTIONS if "Allow" == function(resources, title).get("RecursiveLoop")]

    assert ["Retrier"] == allowed


def test_every_change_of_the_table_reaches_the_audit_logger(resources: dict[str, Resource]) -> None:
    mapping = resources["TableStream"]["Properties"]

    assert {"Ref": "PaymentsStreamArn"} == mapping["EventSourceArn"]
    assert ("TRIM_HORIZON", 100) == (mapping["StartingPosition"], mapping["BatchSize"])
    assert "FilterCriteria" not in mapping


def test_a_change_that_cannot_be_stored_is_set_aside_while_the_stream_still_has_it(
    resources: dict[str, Resource],
) -> None:
    mapping = resources["TableStream"]["Properties"]

    assert mapping["BisectBatchOnFunctionError"] is True
    assert ["ReportBatchItemFailures"] == mapping["FunctionResponseTypes"]
    target = {"OnFailure": {"Destination": {"Fn::GetAtt": ["AuditDeadLetters", "Arn"]}}}
    assert target == mapping["DestinationConfig"]
    assert mapping["MaximumRecordAgeInSeconds"] <= 12 * 3600


def test_the_sweeper_runs_every_minute(resources: dict[str, Resource]) -> None:
    rule = resources["EveryMinute"]["Properties"]

    assert ("rate(1 minute)", "ENABLED") == (rule["ScheduleExpression"], rule["State"])
    assert {"Ref": "SweeperAlias"} == rule["Targets"][0]["Arn"]


def test_only_the_rule_may_invoke_the_sweeper(resources: dict[str, Resource]) -> None:
    permission = resources["EveryMinutePermission"]["Properties"]

    assert {"Fn::GetAtt": ["EveryMinute", "Arn"]} == permission["SourceArn"]
    assert {"Ref": "AWS::AccountId"} == permission["SourceAccount"]
    assert {"Ref": "SweeperAlias"} == permission["FunctionName"]


@pytest.mark.parametrize("title", ["Sweeper", "Migrator"])
def test_what_an_asynchronous_function_could_not_be_handed_is_kept(
    resources: dict[str, Resource], title: str
) -> None:
    target = function(resources, title)["DeadLetterConfig"]["TargetArn"]

    assert {"Fn::GetAtt": ["UndeliveredEvents", "Arn"]} == target


@pytest.mark.parametrize("title", [*ORIGINAL, "Retrier"])
def test_a_function_without_such_a_queue_says_why(resources: dict[str, Resource], title: str) -> None:
    """F125, F130, F135: no dead-letter queue, for nothing invokes it asynchronously."""
    skipped = resources[f"{title}Function"]["Metadata"]["checkov"]["skip"]

    assert "DeadLetterConfig" not in function(resources, title)
    assert ["CKV_AWS_116"] == [each["id"] for each in skipped if each["comment"]]


@pytest.mark.parametrize("title", ["AuditDeadLetters", "UndeliveredEvents"])
def test_dead_letters_are_encrypted_and_kept_for_two_weeks(
    resources: dict[str, Resource], title: str
) -> None:
    queue = resources[title]["Properties"]

    assert {"Ref": "DataKeyArn"} == queue["KmsMasterKeyId"]
    assert 14 * 86400 == queue["MessageRetentionPeriod"]


def test_event_sources_invoke_the_version_that_takes_the_traffic(resources: dict[str, Resource]) -> None:
    mappings = of_type(resources, "AWS::Lambda::EventSourceMapping").values()

    targets = [mapping["FunctionName"]["Ref"] for mapping in mappings]

    assert all(target.endswith("Alias") for target in targets)


def test_the_ledgers_schema_shows_in_the_change_set() -> None:
    schema = rendered("Compute", replace(CODE, schema_version="0003-abc"))["Resources"]["LedgerSchema"]

    assert "Custom::LedgerSchema" == schema["Type"]
    assert "0003-abc" == schema["Properties"]["SchemaVersion"]
    assert {"Fn::GetAtt": ["MigratorFunction", "Arn"]} == schema["Properties"]["ServiceToken"]


def test_cloudformation_waits_until_the_migrator_had_its_time(resources: dict[str, Resource]) -> None:
    timeout = function(resources, "Migrator")["Timeout"]

    assert resources["LedgerSchema"]["Properties"]["ServiceTimeout"] > timeout
    assert resources["MigrationAttempts"]["Properties"]["MaximumEventAgeInSeconds"] <= timeout


def test_a_migration_is_not_attempted_behind_cloudformations_back(resources: dict[str, Resource]) -> None:
    """It has been told of the failure by then, and rolls back."""
    assert 0 == resources["MigrationAttempts"]["Properties"]["MaximumRetryAttempts"]
