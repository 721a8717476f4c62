"""Runbooks that State Manager runs: a run that fails reaches the alerts topic."""

from __future__ import annotations

from awacs import sns as publishing
from awacs.aws import Allow, Principal, Statement
from troposphere import Ref, events, sns

from templates import grants, names

SOURCE = "aws.ssm"
# What Systems Manager says of an association that could not start its runbook, and of a run that failed.
ASSOCIATION = "EC2 State Manager Association State Change"
EXECUTION = "EC2 Automation Execution Status-change Notification"


def failure_rule(runbook: str, alerts: sns.Topic) -> events.Rule:
    """Publish to `alerts` whenever State Manager did not bring `runbook` to success."""
    return events.Rule(
        "RunbookFailures",
        Name=names.named("payment-runbook-failures"),
        Description="A runbook failed. First: open the association's execution history in Systems Manager.",
        EventPattern={
            "source": [SOURCE],
            "detail-type": [ASSOCIATION, EXECUTION],
            "detail": {
                "$or": [
                    {"document-name": [runbook], "status": ["Failed", "TimedOut"]},
                    {"Definition": [runbook], "Status": ["Failed", "TimedOut", "Cancelled"]},
                ]
            },
        },
        State="ENABLED",
        Targets=[events.Target(Id="AlertsTopic", Arn=Ref(alerts))],
    )


def published_by_rule(alerts: sns.Topic, rule: events.Rule) -> Statement:
    """Let that rule publish to `alerts`."""
    return Statement(
        Sid="AllowRunbookFailures",
        Effect=Allow,
        Principal=Principal("Service", "events.amazonaws.com"),
        Action=[publishing.Publish],
        Resource=[Ref(alerts)],
        Condition=grants.on_behalf_of(rule.get_att("Arn")),
    )
