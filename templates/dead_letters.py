"""Dead letters: queues for what could not be handed to a function, for people to look into."""

from __future__ import annotations

from awacs import sqs as sqs_actions
from awacs.aws import Allow, Principal, Statement
from troposphere import AWSHelperFn, Ref, sqs

from templates import grants, names
from templates.wires import KeyArn

# The longest that SQS keeps a message: 14 days.
RETENTION_SECONDS = 1_209_600


def audit_queue(key: KeyArn) -> sqs.Queue:
    """Where in the table's stream those records are that the audit logger could not store."""
    return queue("AuditDeadLetters", names.AUDIT_DEAD_LETTERS, key)


def events_queue(key: KeyArn) -> sqs.Queue:
    """Events that functions could not be handed, or failed on for good."""
    return queue("UndeliveredEvents", names.UNDELIVERED_EVENTS, key)


def queue(title: str, name: str, key: KeyArn) -> sqs.Queue:
    """A queue that services send to by themselves; none redrives into it."""
    return sqs.Queue(
        title,
        QueueName=names.named(name),
        MessageRetentionPeriod=RETENTION_SECONDS,
        KmsMasterKeyId=key,
        RedriveAllowPolicy={"redrivePermission": "denyAll"},
        DeletionPolicy="RetainExceptOnCreate",
        UpdateReplacePolicy="Retain",
    )


def queue_policy(target: sqs.Queue, *others: Statement) -> sqs.QueuePolicy:
    """TLS for everyone, and what `others` allow services that have no role of ours."""
    arn = target.get_att("Arn")
    return sqs.QueuePolicy(
        f"{target.title}Policy",
        Queues=[Ref(target)],
        PolicyDocument=grants.policy(grants.encrypted_transport_only("sqs", arn), *others),
    )


def filled_by_rule(target: sqs.Queue, rule_arn: AWSHelperFn) -> Statement:
    """Let EventBridge leave in the queue what it could not deliver for the rule."""
    return Statement(
        Sid="FilledByRule",
        Effect=Allow,
        Principal=Principal("Service", "events.amazonaws.com"),
        Action=[sqs_actions.SendMessage],
        Resource=[target.get_att("Arn")],
        Condition=grants.on_behalf_of(rule_arn),
    )
