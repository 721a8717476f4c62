"""Alarms: docs/alarms.md, when each alarm rings, what is wrong then, and what to do first.

python -m tests.alarms     writes it; all of it is read off the generated templates
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.mutations.trial import rendered

DOCUMENT = Path(__file__).parent.parent / "docs/alarms.md"
HEAD = """\
# Alarms

When each alarm rings, what is wrong then, and what to do first. Made by `python -m tests.alarms` from the
templates. Each name ends with the environment's suffix; a name in the place of a figure is a parameter.
They tell the topic `payment-critical-alerts` when they are raised and when it is over. A canary's alarm is
about one version while it takes over, and tells when it is raised.

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


def main() -> int:
    """Write the document."""
    DOCUMENT.write_text(document(rendered()))
    return 0


def document(templates: Mapping[str, Mapping[str, Any]]) -> str:
    """docs/alarms.md, of the alarms in `templates`."""
    rows = [
        f"| `{named(each)}` | {rings(each)} | {data(each)} | {said(each['AlarmDescription'])} |\n"
        for each in sorted(alarms(templates), key=named)
    ]
    return HEAD + "".join(rows)


def alarms(templates: Mapping[str, Mapping[str, Any]]) -> Iterator[Alarm]:
    """The properties of every alarm."""
    for template in templates.values():
        for resource in template["Resources"].values():
            if resource["Type"] in {"AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"}:
                yield resource["Properties"]


def named(alarm: Alarm) -> str:
    """What its name begins with."""
    return said(alarm["AlarmName"]).partition("-${")[0]


def rings(alarm: Alarm) -> str:
    """When it is raised, in words."""
    if "AlarmRule" in alarm:
        (joint, names) = alarm["AlarmRule"]["Fn::Join"]
        listed = [str(each["Fn::Sub"][1]["Name"]["Ref"]).removesuffix("Alarm") for each in names]
        return f"any of {', '.join(listed)}" if joint == " OR " else f"{joint.join(listed)}"
    statistic = alarm.get("Statistic") or alarm.get("ExtendedStatistic")
    figure = threshold(alarm["Threshold"])
    of, most = alarm["EvaluationPeriods"], alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"])
    times = f"{alarm['Period']} s" if of == 1 else f"{most} of {of} times {alarm['Period']} s"
    metric = f"{alarm['Namespace']} {alarm['MetricName']}"
    return f"{metric}, {statistic}, {SIGNS[alarm['ComparisonOperator']]} {figure} in {times}"


def threshold(value: object) -> str:
    """A figure, or the parameter that holds it."""
    if isinstance(value, Mapping):
        return f"`{value['Ref']}`"
    number = float(str(value))
    return f"{number / GIBI:g} GiB" if number >= GIBI / 4 else f"{number:,.0f}"


def data(alarm: Alarm) -> str:
    """What it takes missing data for; a composite alarm has none of its own."""
    return MISSING[alarm["TreatMissingData"]] if "TreatMissingData" in alarm else "-"


def said(text: object) -> str:
    """A text with its variables as they are written, on one line of a table."""
    while isinstance(text, Mapping):
        text = text["Fn::Sub"]
    if isinstance(text, list):
        text = text[0]
    return re.sub(r"\s+", " ", str(text)).replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
