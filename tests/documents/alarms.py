"""docs/alarms.md: when an alarm of the templates is raised, what is wrong then, and what to do first."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from tests.documents import Document, main
from tests.templates.rendered import TEMPLATES

HEAD = """\
# Alarms

When each alarm is raised, what is wrong then, and what to do first. Written by
`python -m tests.documents.alarms` from the templates. Each name ends with the environment's suffix; a name
in the place of a figure is a parameter. Alarms notify the topic `payment-critical-alerts` when they are
raised and when they return to OK. A canary's alarm watches one new version while traffic shifts to it, and
notifies when it is raised only.

| alarm | rings at | no data is | what is wrong, and what to do first |
| --- | --- | --- | --- |
"""
SIGNS = {
    "GreaterThanThreshold": "above",
    "GreaterThanOrEqualToThreshold": "from",
    "LessThanThreshold": "below",
    "LessThanOrEqualToThreshold": "down to",
}
MISSING = {
    "notBreaching": "well",
    "breaching": "bad",
    "ignore": "as before",
    "missing": "unknown",
}
GIBI = 1024**3

Alarm = Mapping[str, Any]


def document() -> str:
    """Return the text of docs/alarms.md."""
    rows = [
        f"| `{name(alarm)}` | {raised(alarm)} | {data(alarm)} | {text(alarm['AlarmDescription'])} |\n"
        for alarm in sorted(alarms(), key=name)
    ]
    return HEAD + "".join(rows)


def alarms() -> Iterator[Alarm]:
    """Yield the properties of every alarm."""
    for template in TEMPLATES.values():
        for resource in template["Resources"].values():
            if resource["Type"] in {"AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"}:
                yield resource["Properties"]


def name(alarm: Alarm) -> str:
    """Return the alarm's name without the environment's suffix."""
    return text(alarm["AlarmName"]).partition("-${")[0]


def raised(alarm: Alarm) -> str:
    """Return in words when the alarm is raised."""
    if "AlarmRule" in alarm:
        (joint, names) = alarm["AlarmRule"]["Fn::Join"]
        listed = [str(part["Fn::Sub"][1]["Name"]["Ref"]).removesuffix("Alarm") for part in names]
        return f"any of {', '.join(listed)}" if joint == " OR " else f"{joint.join(listed)}"
    statistic = alarm.get("Statistic") or alarm.get("ExtendedStatistic")
    figure = threshold(alarm["Threshold"])
    of, most = alarm["EvaluationPeriods"], alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"])
    times = f"{alarm['Period']} s" if of == 1 else f"{most} of {of} times {alarm['Period']} s"
    metric = f"{alarm['Namespace']} {alarm['MetricName']}"
    return f"{metric}, {statistic}, {SIGNS[alarm['ComparisonOperator']]} {figure} in {times}"


def threshold(value: object) -> str:
    """Return a threshold as a figure, or as the parameter that sets it."""
    if isinstance(value, Mapping):
        return f"`{value['Ref']}`"
    number = float(str(value))
    return f"{number / GIBI:g} GiB" if number >= GIBI / 4 else f"{number:,.0f}"


def data(alarm: Alarm) -> str:
    """Return how missing data is treated; a composite alarm has none of its own."""
    return MISSING[alarm["TreatMissingData"]] if "TreatMissingData" in alarm else "-"


def text(value: object) -> str:
    """Return a text for one line of a table, with its variables as they are written."""
    while isinstance(value, Mapping):
        value = value["Fn::Sub"]
    if isinstance(value, list):
        value = value[0]
    return re.sub(r"\s+", " ", str(value)).replace("|", "\\|")


DOCUMENT = Document("alarms", "docs/alarms.md", document)


if __name__ == "__main__":
    sys.exit(main(DOCUMENT))
