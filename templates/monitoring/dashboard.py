"""Dashboard: every figure that an alarm watches, under the three widgets that were there first."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from troposphere import AWSHelperFn, Region, Sub, encode_to_dict
from troposphere.cloudwatch import Alarm, CompositeAlarm, Dashboard

from templates import names
from templates.monitoring.watches import Function, Metric, Watch
from templates.wires import ApiName, DatabaseId, Wire

# CloudWatch's grid has 24 columns.
COLUMNS = 24
WIDTH = 12
HEIGHT = 6

# Outcomes in the functions' logs that no error was raised for.
FAILURES = ["failed", "message_unreadable", "not_attempted", "retrying", "unavailable"]

Widget = dict[str, Any]


def dashboard(first: Sequence[Widget], watches: Sequence[Watch]) -> Dashboard:
    """The widgets `first`, then a panel for each kind of thing that is watched."""
    panels: dict[str, list[Watch]] = {}
    for watch in watches:
        panels.setdefault(watch.panel, []).append(watch)
    widgets = [*first, *(panel(title, shown) for title, shown in panels.items())]
    placed = [{**where, **widget} for where, widget in zip(places(), widgets, strict=False)]
    return Dashboard(
        "Dashboard",
        DashboardName=names.named("payment-dashboard"),
        DashboardBody=rendered({"widgets": placed}),
    )


def original_widgets(api: ApiName, functions: Sequence[Function], database: DatabaseId) -> list[Widget]:
    """The three that were there first, in their places and with their words."""
    errors = [
        ["AWS/Lambda", "Errors", "FunctionName", each.name, {"label": f"{label} Errors", "stat": "Sum"}]
        for label, each in zip(["Validator", "Processor", "Logger"], functions, strict=True)
    ]
    return [
        graph("API Gateway Latency", [["AWS/ApiGateway", "Latency", "ApiName", api]]),
        graph("Lambda Function Errors", errors),
        graph(
            "RDS CPU Utilization",
            [
                [
                    "AWS/RDS",
                    "CPUUtilization",
                    "DBInstanceIdentifier",
                    database,
                    {"stat": "Average", "period": 300},
                ]
            ],
        ),
    ]


def states(alarms: Sequence[Alarm | CompositeAlarm]) -> Widget:
    """Which alarms are raised."""
    return {
        "type": "alarm",
        "properties": {"title": "Alarms", "alarms": [each.get_att("Arn") for each in alarms]},
    }


def latest_failures(functions: Sequence[Function]) -> Widget:
    """What went wrong last, in the words of the functions' logs."""
    logs = [f"SOURCE '/aws/lambda/{stand_in(each.name)}'" for each in functions]
    query = [
        *logs,
        "fields @timestamp, service, outcome, reason, errorMessage, transaction_id",
        f"filter level = 'ERROR' or outcome in {FAILURES}",
        "sort @timestamp desc",
        "limit 20",
    ]
    return {
        "type": "log",
        "properties": {
            "view": "table",
            "title": "Latest Failures",
            "region": Region,
            "query": " | ".join(query),
        },
    }


def panel(title: str, shown: Sequence[Watch]) -> Widget:
    """The metrics of `shown`, with a line at each threshold."""
    widget = graph(title, [series(watch.metric) for watch in shown])
    lines = {repr(watch.threshold): threshold(watch) for watch in shown}
    widget["properties"]["annotations"] = {"horizontal": list(lines.values())}
    return widget


def series(metric: Metric) -> list[Any]:
    """A metric as a graph takes it."""
    dimensions = [part for dimension in metric.dimensions.items() for part in dimension]
    return [metric.namespace, metric.name, *dimensions, {"stat": metric.statistic, "period": metric.period}]


def threshold(watch: Watch) -> dict[str, Any]:
    """Where `watch` turns bad."""
    return {"label": "alarm", "value": watch.threshold, "fill": "above" if watch.above else "below"}


def graph(title: str, metrics: list[list[Any]]) -> Widget:
    """Metrics over time."""
    return {
        "type": "metric",
        "properties": {"view": "timeSeries", "title": title, "region": Region, "metrics": metrics},
    }


def places() -> Iterator[dict[str, int]]:
    """Places for widgets, row by row."""
    row = 0
    while True:
        for column in range(0, COLUMNS, WIDTH):
            yield {"x": column, "y": row * HEIGHT, "width": WIDTH, "height": HEIGHT}
        row += 1


def rendered(body: object) -> Sub:
    """`body` as JSON, in which CloudFormation puts the values that only it knows."""
    numbers: set[str] = set()

    def in_its_place(value: AWSHelperFn) -> str:
        place = stand_in(value)
        if isinstance(value, Wire) and value.admits["Type"] == "Number":
            numbers.add(place)
        return place

    text = json.dumps(body, default=in_its_place)
    for place in numbers:
        text = text.replace(f'"{place}"', place)
    return Sub(text)


def stand_in(value: AWSHelperFn) -> str:
    """What stands for the reference `value` in the text of a Sub."""
    match encode_to_dict(value):
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
        case other:
            raise TypeError(f"found {other} in the dashboard, expected a reference")
