"""What is watched, who is told, and what is taken back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from handlers.payments import metrics
from templates import names
from tests.paths import CHECKOUT
from tests.templates.layers import rendered

Resource = dict[str, Any]

PARAMETERS = CHECKOUT / "parameters"

FUNCTIONS = ["payment-validator", "payment-processor", "audit-logger", "payment-retrier", "payment-sweeper"]


LAYER = rendered("Monitoring")
RESOURCES: dict[str, Resource] = {name: each["Properties"] for name, each in LAYER["Resources"].items()}
ALARMS: dict[str, Resource] = {
    each["AlarmName"]["Fn::Sub"].removesuffix("-${EnvironmentSuffix}"): each
    for each in RESOURCES.values()
    if "AlarmName" in each
}
METRIC_ALARMS = {name: alarm for name, alarm in ALARMS.items() if "MetricName" in alarm}
TOPIC = {"Ref": "AlertsTopic"}


def dimensions(alarm: Resource) -> dict[str, Any]:
    return {each["Name"]: each["Value"] for each in alarm["Dimensions"]}


def ref(name: str) -> Resource:
    return {"Ref": name}


# The three that were there first


ORIGINAL = [
    pytest.param(
        "payment-api-4xx-errors",
        ("AWS/ApiGateway", "4XXError", "Sum", 2),
        {"ApiName": ref("ApiName")},
        ref("ClientErrorsThreshold"),
        id="F180",
    ),
    pytest.param(
        "payment-lambda-errors",
        ("AWS/Lambda", "Errors", "Sum", 2),
        {"FunctionName": ref("ProcessorName")},
        ref("FunctionErrorsThreshold"),
        id="F182",
    ),
    pytest.param(
        "payment-rds-cpu",
        ("AWS/RDS", "CPUUtilization", "Average", 3),
        {"DBInstanceIdentifier": ref("DatabaseId")},
        ref("DatabaseCpuThreshold"),
        id="F184",
    ),
]


@pytest.mark.parametrize(("name", "figures", "dimension", "threshold"), ORIGINAL)
def test_the_original_alarms_keep_their_numbers(
    name: str, figures: tuple[str, str, str, int], dimension: Resource, threshold: Resource
) -> None:
    """F180, F182, F184, F186: the thresholds are parameters, and theirs are 50, 10 and 80."""
    alarm = ALARMS[name]

    assert (
        alarm["Namespace"],
        alarm["MetricName"],
        alarm["Statistic"],
        alarm["EvaluationPeriods"],
    ) == figures
    assert alarm["DatapointsToAlarm"] == alarm["EvaluationPeriods"]
    assert dimensions(alarm) == dimension
    assert alarm["Period"] == 300
    assert alarm["Threshold"] == threshold
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert len(alarm["AlarmActions"]) == 1


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_the_original_thresholds_are_those_of_the_parameters(environment: str) -> None:
    """F180, F182, F184, F168."""
    given = json.loads((PARAMETERS / f"{environment}.json").read_text())["Parameters"]

    assert (given["ClientErrorsThreshold"], given["FunctionErrorsThreshold"]) == ("50", "10")
    assert given["DatabaseCpuThreshold"] == "80"
    assert given["AlertEmail"] == "ops@company.com"


# All of them


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_every_alarm_tells_when_it_is_raised_and_when_it_is_over(name: str) -> None:
    """F181, F183, F185: the original told neither what to do nor that it was over."""
    alarm = ALARMS[name]

    assert alarm["AlarmActions"] == alarm["OKActions"] == [TOPIC]


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_every_alarm_says_what_is_wrong_and_what_to_do_first(name: str) -> None:
    wrong, _, first = ALARMS[name]["AlarmDescription"].partition(" First: ")

    assert wrong.endswith(".")
    assert first.endswith(".")
    # The most that CloudWatch takes.
    assert len(ALARMS[name]["AlarmDescription"]) <= 1024


@pytest.mark.parametrize("name", sorted(METRIC_ALARMS))
def test_every_alarm_knows_what_no_data_means(name: str) -> None:
    """F181, F183, F185: the original left it open."""
    assert METRIC_ALARMS[name]["TreatMissingData"] in {"breaching", "ignore", "notBreaching"}


def test_only_what_always_reports_is_alarming_when_silent() -> None:
    silent = {name for name, alarm in METRIC_ALARMS.items() if alarm["TreatMissingData"] == "breaching"}

    assert silent == {"payment-rds-cpu", "payment-sweeper-silent"}


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("payment-api-5xx-errors", "5XXError"),
        ("payment-api-latency", "Latency"),
        ("payment-api-blocked-requests", "BlockedRequests"),
        ("payment-retry-age", "ApproximateAgeOfOldestMessage"),
        ("payment-retry-backlog", "ApproximateNumberOfMessagesVisible"),
        ("payment-audit-stream-age", "IteratorAge"),
        ("payment-retrier-stuck-payments", metrics.STUCK),
        ("payment-sweeper-stuck-payments", metrics.STUCK),
        ("payment-processor-failed-payments", metrics.FAILED),
        ("payment-retrier-failed-payments", metrics.FAILED),
        ("payment-table-read-throttles", "ReadThrottleEvents"),
        ("payment-table-write-throttles", "WriteThrottleEvents"),
        ("payment-rds-storage", "FreeStorageSpace"),
        ("payment-rds-connections", "DatabaseConnections"),
        ("payment-rds-memory", "FreeableMemory"),
    ],
)
def test_what_the_original_did_not_watch_is_watched(name: str, metric: str) -> None:
    """F179: three alarms were there."""
    assert METRIC_ALARMS[name]["MetricName"] == metric


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_has_its_errors_throttles_and_handled_failures_watched(function: str) -> None:
    """F186: the original watched the errors of one."""
    errors = "payment-lambda-errors" if function == "payment-processor" else f"{function}-errors"
    watched = [METRIC_ALARMS[name] for name in (errors, f"{function}-throttles", f"{function}-failures")]
    name = dimensions(watched[0])["FunctionName"]

    assert [each["MetricName"] for each in watched] == ["Errors", "Throttles", metrics.HANDLED_FAILURE]
    assert dimensions(watched[1]) == {"FunctionName": name}
    # What Powertools calls the function: POWERTOOLS_SERVICE_NAME.
    assert dimensions(watched[2]) == {"service": name}
    assert watched[2]["Namespace"] == names.METRICS


def test_the_functions_count_what_is_watched() -> None:
    """What they call it, alarms must call it too: a metric that nobody reports raises none."""
    watched = {alarm["MetricName"] for alarm in METRIC_ALARMS.values() if alarm["Namespace"] == names.METRICS}

    assert watched == {metrics.HANDLED_FAILURE, metrics.FAILED, metrics.STUCK}


def test_no_queue_of_dead_letters_fills_unseen() -> None:
    queues = {
        name: dimensions(alarm)["QueueName"] for name, alarm in METRIC_ALARMS.items() if name.endswith("-dlq")
    }

    assert queues == {
        "payment-retry-dlq": ref("DeadLetterQueueName"),
        "payment-audit-dlq": ref("AuditDeadLetterQueueName"),
        "payment-events-dlq": ref("UndeliveredEventsQueueName"),
        "payment-alerts-dlq": {"Fn::GetAtt": ["UndeliveredAlerts", "QueueName"]},
    }
    assert {METRIC_ALARMS[name]["Threshold"] for name in queues} == {0}


def test_slowness_is_that_of_the_slowest_hundredth() -> None:
    alarm = METRIC_ALARMS["payment-api-latency"]

    assert alarm["ExtendedStatistic"] == "p99"
    assert "Statistic" not in alarm
    assert alarm["Threshold"] == ref("LatencyThresholdMs")


@pytest.mark.parametrize("name", ["payment-rds-storage", "payment-rds-memory", "payment-sweeper-silent"])
def test_what_runs_out_is_watched_from_below(name: str) -> None:
    assert METRIC_ALARMS[name]["ComparisonOperator"] == "LessThanThreshold"


# Rollback


def test_a_deployment_is_taken_back_for_what_callers_feel_and_functions_fail_at() -> None:
    rule = RESOURCES["RollbackAlarm"]["AlarmRule"]["Fn::Join"]
    watched = set()
    for term in rule[1]:
        text, values = term["Fn::Sub"]
        assert text == 'ALARM("${Name}")'
        watched.add(values["Name"]["Ref"])

    titles = ["Validator", "Processor", "AuditLogger", "Retrier", "Sweeper"]
    expected = {"ServerErrorsAlarm", "LatencyAlarm"}
    expected |= {f"{title}{what}Alarm" for title in titles for what in ("Errors", "Failures")}

    assert rule[0] == " OR "
    assert watched == expected
    assert "payment-rollback" in ALARMS


def test_whoever_deploys_is_told_which_alarm_to_heed() -> None:
    assert LAYER["Outputs"]["RollbackAlarmArn"]["Value"] == {"Fn::GetAtt": ["RollbackAlarm", "Arn"]}


# Who is told


def test_alerts_go_to_the_topic_and_from_there_by_email() -> None:
    """F165, F166, F168: the address is ops@company.com in the parameters."""
    topic, subscription = RESOURCES["AlertsTopic"], RESOURCES["AlertsSubscription"]

    assert topic["TopicName"] == {"Fn::Sub": "payment-critical-alerts-${EnvironmentSuffix}"}
    assert topic["DisplayName"] == "Payment Processing Critical Alerts"
    assert subscription["TopicArn"] == TOPIC
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", ref("AlertEmail"))


def test_the_topic_is_where_earlier_layers_expect_it() -> None:
    """Alarms of the functions' rollout come before the topic, and know it by its name."""
    assert (
        names.alerts_topic_arn()
        .to_dict()["Fn::Sub"]
        .endswith(":" + RESOURCES["AlertsTopic"]["TopicName"]["Fn::Sub"])
    )


def test_alerts_are_encrypted() -> None:
    """F167."""
    assert RESOURCES["AlertsTopic"]["KmsMasterKeyId"] == ref("DataKeyArn")
    assert RESOURCES["UndeliveredAlerts"]["KmsMasterKeyId"] == ref("DataKeyArn")


def test_alerts_that_nobody_got_are_kept_as_long_as_a_queue_can() -> None:
    assert RESOURCES["UndeliveredAlerts"]["MessageRetentionPeriod"] == 14 * 86_400


def test_only_alarms_of_this_account_may_speak() -> None:
    allowed = [
        statement
        for statement in RESOURCES["AlertsTopicPolicy"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]

    assert allowed == [
        {
            "Sid": "SpokenToByAlarms",
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": ["sns:Publish"],
            "Resource": [TOPIC],
            "Condition": {
                "StringEquals": {"aws:SourceAccount": ref("AWS::AccountId")},
                "ArnLike": {
                    "aws:SourceArn": {
                        "Fn::Sub": "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:*"
                    }
                },
            },
        }
    ]


def test_alerts_that_reach_nobody_are_kept() -> None:
    policy = RESOURCES["UndeliveredAlertsPolicy"]["PolicyDocument"]["Statement"]
    (filled,) = [statement for statement in policy if statement["Effect"] == "Allow"]

    assert RESOURCES["AlertsSubscription"]["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": ["UndeliveredAlerts", "Arn"]}
    }
    assert filled["Principal"] == {"Service": "sns.amazonaws.com"}
    assert filled["Action"] == ["sqs:SendMessage"]
    assert filled["Condition"]["ArnLike"] == {"aws:SourceArn": TOPIC}
