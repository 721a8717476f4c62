"""Each check: an account that has what is needed, one that does not, and one that cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pytest

from pipeline.preflight import leftovers, places, quotas, rds, services
from pipeline.preflight.account import Account
from pipeline.preflight.check import CHECKS, checked
from pipeline.preflight.finding import MISSING, OK, UNKNOWN, WARNING, Finding
from pipeline.preflight.needs import Named, Needs, Subject, of
from pipeline.release.configuration import read
from pipeline.release.templates import documents
from tests.paths import CHECKOUT
from tests.pipeline.preflight.stubs import ACCOUNT, DENIED, REGION, Call, StubbedSession
from tests.pipeline.release.deployments import encoded

STACK = "payments-dev"
S3_LIST, DYNAMODB_LIST = "pl-63a5400a", "pl-02cd2c6b"
OWN = {"Tags": [{"Key": "aws:cloudformation:stack-name", "Value": f"{STACK}-Network-1ABC"}]}
NOT_FOUND = "ResourceNotFoundException"
CONNECTION = f"arn:aws:codeconnections:{REGION}:{ACCOUNT}:connection/00000000-0000-4000-8000-000000000000"
NO_STACK: Call = ("cloudformation", "describe_stacks", "ValidationError")
NAMED = [
    Named(path=("Data", "PaymentsTable"), type="AWS::DynamoDB::Table", name="payment-transactions-dev"),
    Named(path=("Data", "GatewayKey"), type="AWS::SecretsManager::Secret", name="payment-gateway-key-dev"),
    Named(path=("Data", "BackupVault"), type="AWS::Backup::BackupVault", name="payment-backups-dev"),
    Named(path=("Api", "AccessLog"), type="AWS::Logs::LogGroup", name="/aws/apigateway/payment-api-dev"),
    Named(path=("Data", "Database"), type="AWS::RDS::DBInstance", name="payment-database-dev"),
    Named(path=("Data", "AuditBucket"), type="AWS::S3::Bucket", name="payment-audit-logs-dev-1-us-east-1"),
    Named(path=("Data", "RetryQueue"), type="AWS::SQS::Queue", name="payment-retry-queue-dev"),
]


@cache
def needs() -> Needs:
    """What the stack of dev needs, with names of a few of its resources."""
    templates = documents(encoded())
    given = read(CHECKOUT, "dev")
    subject = Subject(stack=STACK, root=templates["root"], documents=templates, given=given)
    return replace(of(subject, ACCOUNT), named=NAMED, connection=CONNECTION)


def finding(what: str, calls: list[Call], needed: Needs | None = None, region: str = REGION) -> Finding:
    session = StubbedSession(calls, region)
    found = checked(what, Account(ACCOUNT, REGION, session), needed or needs())
    assert session.all_asked()
    assert found.status != UNKNOWN or not found.advice
    return found


def settings(unreserved: int) -> Call:
    limits = {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": unreserved}
    return ("lambda", "get_account_settings", {"AccountLimit": limits})


def reserving(number: int) -> list[Call]:
    """What each of the stack's functions reserves now."""
    answer = {"ReservedConcurrentExecutions": number}
    return [("lambda", "get_function_concurrency", answer) for _ in needs().reserved]


NO_FUNCTIONS: list[Call] = [("lambda", "get_function_concurrency", NOT_FOUND) for _ in range(6)]


STACK_EXISTS: Call = ("cloudformation", "describe_stacks", {"Stacks": []})


def live_keys(*hours: list[tuple[int, float, float]]) -> list[Call]:
    """Return the answers about each function that reads the gateway's key: hour, least and most."""
    points = [
        [
            {"Timestamp": datetime(2026, 1, 2, hour, tzinfo=UTC), "Minimum": least, "Maximum": most}
            for hour, least, most in of_function
        ]
        for of_function in hours
    ]
    return [("cloudwatch", "get_metric_statistics", {"Datapoints": found}) for found in points]


def quota(value: float) -> Call:
    return ("service-quotas", "get_service_quota", {"Quota": {"Value": value}})


def addresses(*tagged: Mapping[str, object]) -> Call:
    return ("ec2", "describe_addresses", {"Addresses": list(tagged)})


def vpcs(*tagged: Mapping[str, object]) -> Call:
    return ("ec2", "describe_vpcs", {"Vpcs": list(tagged)})


def zones(*states: tuple[str, str]) -> Call:
    found = [{"ZoneName": f"us-east-1{letter}", "State": state} for letter, state in states]
    return ("ec2", "describe_availability_zones", {"AvailabilityZones": found})


def prefix_lists(**ids: str) -> Call:
    found = [
        {"PrefixListName": f"com.amazonaws.us-east-1.{service}", "PrefixListId": prefix_list}
        for service, prefix_list in ids.items()
    ]
    return ("ec2", "describe_managed_prefix_lists", {"PrefixLists": found})


def orderable(*letters: str, multi_az: bool = True) -> Call:
    named = [{"Name": f"us-east-1{letter}"} for letter in letters]
    option = {"MultiAZCapable": multi_az, "AvailabilityZones": named}
    return ("rds", "describe_orderable_db_instance_options", {"OrderableDBInstanceOptions": [option]})


def analyzers(*names: str) -> Call:
    found = [
        {
            "arn": f"arn:aws:access-analyzer:{REGION}:{ACCOUNT}:analyzer/{name}",
            "name": name,
            "type": "ACCOUNT",
            "createdAt": 0,
            "status": "ACTIVE",
        }
        for name in names
    ]
    return ("accessanalyzer", "list_analyzers", {"analyzers": found})


def connection(status: str) -> Call:
    return ("codeconnections", "get_connection", {"Connection": {"ConnectionStatus": status}})


def head(answer: str | None = None, region: str = REGION) -> Call:
    return ("s3", "head_bucket", answer or {"BucketRegion": region})


def encryption(algorithm: str) -> Call:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
    return ("s3", "get_bucket_encryption", {"ServerSideEncryptionConfiguration": {"Rules": [rule]}})


def names(**answers: Call) -> list[Call]:
    """Nothing of the stack's names, but for `answers` by service."""
    free: dict[str, Call] = {
        "dynamodb": ("dynamodb", "describe_table", NOT_FOUND),
        "secretsmanager": ("secretsmanager", "describe_secret", NOT_FOUND),
        "backup": ("backup", "describe_backup_vault", "AccessDeniedException"),
        "logs": ("logs", "describe_log_groups", {"logGroups": [{"logGroupName": "/aws/apigateway/x"}]}),
        "rds": ("rds", "describe_db_instances", "DBInstanceNotFound"),
        "s3": ("s3", "head_bucket", "404"),
        "sqs": ("sqs", "get_queue_url", "AWS.SimpleQueueService.NonExistentQueue"),
    }
    return list({**free, **answers}.values())


LOG_GROUP: Call = (
    "logs",
    "describe_log_groups",
    {"logGroups": [{"logGroupName": "/aws/apigateway/payment-api-dev"}]},
)
TABLE: Call = ("dynamodb", "describe_table", {"Table": {"TableName": "payment-transactions-dev"}})
CASES: list[tuple[str, list[Call], str, str]] = [
    (places.ZONES, [zones(("a", "available"), ("b", "available"), ("c", "available"))], OK, "us-east-1a, "),
    (places.ZONES, [zones(("a", "available"), ("b", "available"), ("c", "impaired"))], MISSING, "us-east-1b"),
    (places.ZONES, [zones()], MISSING, "none"),
    (places.ZONES, [("ec2", "describe_availability_zones", DENIED)], UNKNOWN, DENIED),
    (places.PREFIX_LISTS, [prefix_lists(s3=S3_LIST, dynamodb=DYNAMODB_LIST)], OK, f"s3 {S3_LIST}"),
    (places.PREFIX_LISTS, [prefix_lists(s3="pl-6da54004", dynamodb=DYNAMODB_LIST)], MISSING, "pl-6da54004"),
    (places.PREFIX_LISTS, [prefix_lists()], MISSING, "none"),
    (places.PREFIX_LISTS, [("ec2", "describe_managed_prefix_lists", DENIED)], UNKNOWN, DENIED),
    (quotas.CONCURRENCY, [settings(1000), *NO_FUNCTIONS], OK, "900 to reserve of 1000"),
    (quotas.CONCURRENCY, [settings(121), *NO_FUNCTIONS], MISSING, "21 to reserve of 1000"),
    (quotas.CONCURRENCY, [settings(100), *reserving(4)], OK, "24 to reserve of 1000"),
    (quotas.CONCURRENCY, [("lambda", "get_account_settings", DENIED)], UNKNOWN, DENIED),
    (quotas.CONCURRENCY, [settings(900), ("lambda", "get_function_concurrency", DENIED)], UNKNOWN, DENIED),
    (quotas.ELASTIC_IPS, [addresses({}, {}), quota(5)], OK, "3 of 5"),
    (quotas.ELASTIC_IPS, [addresses({}, {}, {}, {}, {}), quota(5)], MISSING, "0 of 5"),
    (quotas.ELASTIC_IPS, [addresses({}, {}, {}, {}, OWN), quota(5)], OK, "1 of 5"),
    (
        quotas.ELASTIC_IPS,
        [
            addresses(),
            ("service-quotas", "get_service_quota", DENIED),
            (
                "ec2",
                "describe_account_attributes",
                {
                    "AccountAttributes": [
                        {"AttributeName": "vpc-max-elastic-ips", "AttributeValues": [{"AttributeValue": "7"}]}
                    ]
                },
            ),
        ],
        OK,
        "7 of 7",
    ),
    (quotas.ELASTIC_IPS, [("ec2", "describe_addresses", "UnauthorizedOperation")], UNKNOWN, "Unauthorized"),
    (quotas.VPCS, [vpcs({}, {}), quota(5)], OK, "3 of 5"),
    (quotas.VPCS, [vpcs({}, {}, {}, {}, {}), quota(5)], MISSING, "0 of 5"),
    (quotas.VPCS, [vpcs({}, {}, {}, {}, OWN), quota(5)], OK, "1 of 5"),
    (quotas.VPCS, [vpcs(), ("service-quotas", "get_service_quota", DENIED)], UNKNOWN, DENIED),
    (rds.DATABASE, [orderable("a", "c", "f")], OK, "in us-east-1a, us-east-1c"),
    (rds.DATABASE, [orderable("a", "f")], MISSING, "in us-east-1a"),
    (rds.DATABASE, [orderable("a", "b", "c", multi_az=False)], MISSING, "in no zone of the stack"),
    (rds.DATABASE, [("rds", "describe_orderable_db_instance_options", DENIED)], UNKNOWN, DENIED),
    (
        rds.AUTHORITY,
        [
            (
                "rds",
                "describe_certificates",
                {"Certificates": [{"CertificateIdentifier": "rds-ca-rsa2048-g1"}]},
            )
        ],
        OK,
        "rds-ca-rsa2048-g1",
    ),
    (rds.AUTHORITY, [("rds", "describe_certificates", "CertificateNotFound")], MISSING, "none"),
    (rds.AUTHORITY, [("rds", "describe_certificates", DENIED)], UNKNOWN, DENIED),
    (
        services.ANALYZER,
        [analyzers("baseline"), ("cloudformation", "describe_stacks", {"Stacks": []})],
        OK,
        "baseline",
    ),
    (services.ANALYZER, [analyzers()], OK, "none"),
    (services.ANALYZER, [("accessanalyzer", "list_analyzers", DENIED)], UNKNOWN, DENIED),
    (
        services.API_ROLE,
        [("apigateway", "get_account", {"cloudwatchRoleArn": f"arn:aws:iam::{ACCOUNT}:role/logs"})],
        OK,
        "logs",
    ),
    (services.API_ROLE, [("apigateway", "get_account", {})], MISSING, "none"),
    (services.API_ROLE, [("apigateway", "get_account", DENIED)], UNKNOWN, DENIED),
    (services.CONNECTION, [connection("AVAILABLE")], OK, "AVAILABLE"),
    (services.CONNECTION, [connection("PENDING")], MISSING, "PENDING"),
    (services.CONNECTION, [("codeconnections", "get_connection", NOT_FOUND)], MISSING, "no such connection"),
    (services.CONNECTION, [("codeconnections", "get_connection", DENIED)], UNKNOWN, DENIED),
    (services.BUCKET, [head(), head(), encryption("aws:kms")], OK, "in us-east-1, aws:kms"),
    (services.BUCKET, [head("404")], MISSING, "no such bucket"),
    (services.BUCKET, [head(region="eu-west-1")], MISSING, "in eu-west-1"),
    (services.BUCKET, [head(), head("403")], MISSING, "of another account"),
    (
        services.BUCKET,
        [
            head(),
            head(),
            ("s3", "get_bucket_encryption", "ServerSideEncryptionConfigurationNotFoundError"),
        ],
        MISSING,
        "not encrypted",
    ),
    (services.BUCKET, [head("403")], UNKNOWN, "403"),
    (services.BUCKET, [head(), head(), ("s3", "get_bucket_encryption", DENIED)], UNKNOWN, DENIED),
    (services.GATEWAY_KEY, [NO_STACK], UNKNOWN, "no stack yet"),
    (services.GATEWAY_KEY, [STACK_EXISTS, *live_keys([], [])], UNKNOWN, "not read for 14 days"),
    (services.GATEWAY_KEY, [STACK_EXISTS, *live_keys([(1, 0, 0)], [])], OK, "test, read on 2026-01-02"),
    # What was read last counts, whichever function read it.
    (services.GATEWAY_KEY, [STACK_EXISTS, *live_keys([(1, 1, 1)], [(2, 0, 0)])], OK, "at 02:00 UTC"),
    (services.GATEWAY_KEY, [STACK_EXISTS, *live_keys([(1, 0, 0)], [(2, 1, 1)])], WARNING, "live, read on"),
    (services.GATEWAY_KEY, [STACK_EXISTS, *live_keys([(1, 0, 1)], [])], WARNING, "test and live, read on"),
    (services.GATEWAY_KEY, [STACK_EXISTS, ("cloudwatch", "get_metric_statistics", DENIED)], UNKNOWN, DENIED),
    (leftovers.LEFTOVERS, [NO_STACK, *names()], OK, "none taken"),
    (
        leftovers.LEFTOVERS,
        [NO_STACK, *names(dynamodb=TABLE, logs=LOG_GROUP)],
        MISSING,
        "AWS::DynamoDB::Table payment-transactions-dev, AWS::Logs::LogGroup /aws/apigateway/payment-api-dev",
    ),
    (leftovers.LEFTOVERS, [NO_STACK, ("dynamodb", "describe_table", DENIED)], UNKNOWN, DENIED),
    (leftovers.LEFTOVERS, [("cloudformation", "describe_stacks", DENIED)], UNKNOWN, DENIED),
]


@pytest.mark.parametrize(("what", "calls", "status", "found"), CASES)
def test_a_check_says_what_the_account_has(what: str, calls: list[Call], status: str, found: str) -> None:
    result = finding(what, calls)

    assert (result.what, result.status) == (what, status)
    assert found in result.found
    # What is missing comes with what to do.
    assert bool(result.advice) == (status in (MISSING, WARNING)) or what == services.ANALYZER


@pytest.mark.parametrize("what", sorted(set(CHECKS) - {places.REGION}))
def test_every_check_has_each_of_its_ends(what: str) -> None:
    """A payment stack works without an access analyzer, and what is known of a key may be out of date."""
    others = {services.ANALYZER: {OK, UNKNOWN}, services.GATEWAY_KEY: {OK, WARNING, UNKNOWN}}
    ends = others.get(what, {OK, MISSING, UNKNOWN})

    assert {status for named, _, status, _ in CASES if named == what} == ends


def test_a_new_account_is_told_all_that_it_lacks() -> None:
    """It has 10 executions; 100 have to stay unreserved, and dev reserves 22."""
    result = finding(quotas.CONCURRENCY, [settings(10), *NO_FUNCTIONS])

    assert (result.status, result.found) == (MISSING, "0 to reserve of 1000")
    assert "for 112 more of lambda" in result.advice


def test_the_region_is_that_of_the_parameters() -> None:
    assert finding(places.REGION, []).status == OK
    other = finding(places.REGION, [], region="eu-west-1")
    assert (other.status, other.found) == (MISSING, "eu-west-1")
    assert other.advice.startswith("export AWS_DEFAULT_REGION=us-east-1")


def test_the_right_prefix_list_is_named_with_its_parameter() -> None:
    advice = finding(places.PREFIX_LISTS, [prefix_lists(s3="pl-6da54004", dynamodb="pl-6fa54006")]).advice

    assert advice == (
        "in parameters/dev.json, set S3PrefixListId to pl-6da54004 and DynamodbPrefixListId to pl-6fa54006"
    )


def test_an_analyzer_of_somebody_else_is_to_be_left_alone() -> None:
    advice = finding(services.ANALYZER, [analyzers("baseline"), NO_STACK]).advice

    assert advice == "create payments-account with ExistingAnalyzer=true"


def test_a_connection_is_seen_from_its_own_account_only() -> None:
    tooling = replace(needs(), connection=CONNECTION.replace(ACCOUNT, "123456789012"))

    assert finding(services.CONNECTION, [], tooling).status == UNKNOWN
    assert finding(services.CONNECTION, [], replace(needs(), connection="")).status == UNKNOWN


def test_names_of_the_stack_s_own_resources_are_not_leftovers() -> None:
    def listed(*resources: tuple[str, str, str, str]) -> Call:
        return (
            "cloudformation",
            "list_stack_resources",
            {
                "StackResourceSummaries": [
                    {
                        "LogicalResourceId": title,
                        "PhysicalResourceId": physical_id,
                        "ResourceType": kind,
                        "ResourceStatus": status,
                        "LastUpdatedTimestamp": 0,
                    }
                    for title, physical_id, kind, status in resources
                ]
            },
        )

    nested = ("Data", "payments-dev-Data-1", "AWS::CloudFormation::Stack", "CREATE_COMPLETE")
    table = ("PaymentsTable", "payment-transactions-dev", "AWS::DynamoDB::Table", "CREATE_COMPLETE")
    # It failed for its name is taken, so it is not the stack's.
    queue = ("RetryQueue", "payment-retry-queue-dev", "AWS::SQS::Queue", "CREATE_FAILED")
    url: Call = ("sqs", "get_queue_url", {"QueueUrl": "https://sqs/payment-retry-queue-dev"})
    few = replace(needs(), named=[NAMED[0], NAMED[6]])
    calls: list[Call] = [
        ("cloudformation", "describe_stacks", {"Stacks": []}),
        listed(nested),
        listed(table, queue),
        url,
    ]

    assert finding(leftovers.LEFTOVERS, calls, few).found == "AWS::SQS::Queue payment-retry-queue-dev"


def test_the_functions_that_charge_are_asked_for_the_mode_of_the_gateways_key() -> None:
    assert sorted(needs().key_readers) == ["payment-processor-dev", "payment-retrier-dev"]


def test_only_prod_is_to_have_a_live_key() -> None:
    live = replace(needs(), live=True)

    assert not needs().live
    assert finding(services.GATEWAY_KEY, [STACK_EXISTS, *live_keys([(1, 1, 1)], [])], live).status == OK
    assert finding(services.GATEWAY_KEY, [STACK_EXISTS, *live_keys([(1, 0, 0)], [])], live).status == WARNING
