"""The dashboard, as CloudWatch gets it."""

from __future__ import annotations

import json
import re
from itertools import combinations
from typing import Any

import pytest
from troposphere import Sub

from handlers.payments.processing import Outcome
from templates.monitoring import dashboard

Resource = dict[str, Any]
Widget = dict[str, Any]

LAYER = "Monitoring"

ORIGINAL = ["API Gateway Latency", "Lambda Function Errors", "RDS CPU Utilization"]


def filled_in(body: str, parameters: dict[str, Resource]) -> str:
    """`body` as CloudFormation makes it, with a sample for each reference."""

    def sample(reference: re.Match[str]) -> str:
        name = reference[1]
        if parameters.get(name, {}).get("Type") == "Number":
            return "42"
        return name if name in parameters else f"arn:{name}"

    return re.sub(r"\$\{([^}]+)\}", sample, body)


@pytest.fixture(scope="module")
def widgets(layer: Resource) -> list[Widget]:
    dashboard = layer["Resources"]["Dashboard"]["Properties"]
    body = filled_in(dashboard["DashboardBody"]["Fn::Sub"], layer["Parameters"])
    found: list[Widget] = json.loads(body)["widgets"]
    return found


def titled(widgets: list[Widget], title: str) -> Widget:
    (found,) = [widget for widget in widgets if widget["properties"]["title"] == title]
    return found


def shown(widgets: list[Widget]) -> set[tuple[str, ...]]:
    """Each metric in a graph: namespace, name and dimensions."""
    return {
        tuple(part for part in metric if isinstance(part, str))
        for widget in widgets
        if widget["type"] == "metric"
        for metric in widget["properties"]["metrics"]
    }


def test_it_keeps_its_name(resources: dict[str, Resource]) -> None:
    """F169."""
    name = resources["Dashboard"]["Properties"]["DashboardName"]

    assert name == {"Fn::Sub": "payment-dashboard-${EnvironmentSuffix}"}


@pytest.mark.parametrize(
    ("title", "place", "count"),
    [
        pytest.param("API Gateway Latency", (12, 6, 0, 0), 1, id="F171"),
        pytest.param("Lambda Function Errors", (12, 6, 12, 0), 3, id="F172"),
        pytest.param("RDS CPU Utilization", (12, 6, 0, 6), 1, id="F173"),
    ],
)
def test_the_original_widgets_are_in_their_places(
    widgets: list[Widget], title: str, place: tuple[int, ...], count: int
) -> None:
    """F171, F172, F173."""
    widget = titled(widgets, title)

    assert (widget["width"], widget["height"], widget["x"], widget["y"]) == place
    assert widget["properties"]["view"] == "timeSeries"
    assert len(widget["properties"]["metrics"]) == count


def test_the_latency_widget_shows_the_average(widgets: list[Widget]) -> None:
    """F174, F175: statistic and period are left to CloudWatch, which takes Average and 300 s."""
    (metric,) = titled(widgets, "API Gateway Latency")["properties"]["metrics"]

    assert metric == ["AWS/ApiGateway", "Latency", "ApiName", "ApiName"]


def test_the_errors_widget_names_its_functions(widgets: list[Widget]) -> None:
    """F176, F177."""
    metrics = titled(widgets, "Lambda Function Errors")["properties"]["metrics"]

    assert metrics == [
        ["AWS/Lambda", "Errors", "FunctionName", name, {"label": label, "stat": "Sum"}]
        for name, label in [
            ("ValidatorName", "Validator Errors"),
            ("ProcessorName", "Processor Errors"),
            ("AuditLoggerName", "Logger Errors"),
        ]
    ]


def test_the_database_widget_shows_five_minute_averages(widgets: list[Widget]) -> None:
    """F178."""
    (metric,) = titled(widgets, "RDS CPU Utilization")["properties"]["metrics"]

    assert metric == [
        "AWS/RDS",
        "CPUUtilization",
        "DBInstanceIdentifier",
        "DatabaseId",
        {"stat": "Average", "period": 300},
    ]


def test_everything_that_an_alarm_watches_is_shown(
    resources: dict[str, Resource], widgets: list[Widget]
) -> None:
    """F170: three widgets were there."""
    sample = {
        json.dumps({"Fn::GetAtt": ["UndeliveredAlerts", "QueueName"]}): "arn:UndeliveredAlerts.QueueName",
        json.dumps({"Ref": "AWS::Region"}): "arn:AWS::Region",
    }
    watched = set()
    for resource in resources.values():
        if resource["Type"] != "AWS::CloudWatch::Alarm":
            continue
        alarm = resource["Properties"]
        parts = [alarm["Namespace"], alarm["MetricName"]]
        for each in alarm["Dimensions"]:
            value = each["Value"]
            if not isinstance(value, str):
                value = sample.get(json.dumps(value)) or value["Ref"]
            parts += [each["Name"], value]
        watched.add(tuple(parts))

    assert len(watched) > 30
    assert watched <= shown(widgets)


def test_the_state_of_every_alarm_is_shown(resources: dict[str, Resource], widgets: list[Widget]) -> None:
    alarms = {
        f"arn:{name}.Arn"
        for name, each in resources.items()
        if each["Type"] in {"AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"}
    }

    assert set(titled(widgets, "Alarms")["properties"]["alarms"]) == alarms
    # The most that such a widget takes.
    assert len(alarms) <= 100


def test_thresholds_are_drawn_as_numbers(widgets: list[Widget]) -> None:
    lines = [
        line
        for widget in widgets
        for line in widget["properties"].get("annotations", {}).get("horizontal", [])
    ]

    assert len(lines) > 10
    assert all(isinstance(line["value"], int) for line in lines)
    assert {line["fill"] for line in lines} == {"above", "below"}


def test_a_threshold_that_several_alarms_have_is_drawn_once(widgets: list[Widget]) -> None:
    lines = titled(widgets, "Function Errors")["properties"]["annotations"]["horizontal"]

    assert lines == [{"label": "alarm", "value": 42, "fill": "above"}]


def test_the_latest_failures_of_every_function_are_listed(widgets: list[Widget]) -> None:
    query = titled(widgets, "Latest Failures")["properties"]["query"]
    names = ["ValidatorName", "ProcessorName", "AuditLoggerName", "RetrierName", "SweeperName"]

    assert re.findall(r"SOURCE '/aws/lambda/(\w+)'", query) == names
    assert {Outcome.FAILED, Outcome.RETRYING} < set(dashboard.FAILURES)
    assert all(f"'{outcome}'" in query for outcome in dashboard.FAILURES)


def test_no_widget_lies_upon_another(widgets: list[Widget]) -> None:
    def overlap(one: Widget, other: Widget) -> bool:
        beside = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
        beneath = one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
        return not (beside or beneath)

    assert not [pair for pair in combinations(widgets, 2) if overlap(*pair)]
    assert all(widget["x"] + widget["width"] <= 24 for widget in widgets)


def test_titles_are_told_apart(widgets: list[Widget]) -> None:
    """F170."""
    titles = [widget["properties"]["title"] for widget in widgets]

    assert len(set(titles)) == len(titles)
    assert titles[:3] == ORIGINAL


def test_what_is_no_reference_has_no_place_in_the_text() -> None:
    with pytest.raises(TypeError, match=r"found .*Fn::Sub.* in the dashboard, expected a reference"):
        dashboard.stand_in(Sub("a-${AWS::Region}"))
