"""Alerts: the topic that alarms speak to, and the people who hear it."""

from __future__ import annotations

from awacs import sns as publishing
from awacs import sqs as queueing
from awacs.aws import Allow, Bool, Condition, Deny, Principal, Statement
from troposphere import Ref, Sub, sns, sqs

from templates import dead_letters, grants, names
from templates.settings import AlertEmail
from templates.wires import KeyArn


def topic(key: KeyArn) -> sns.Topic:
    """Where every alarm of the stack is heard."""
    return sns.Topic(
        "AlertsTopic",
        TopicName=names.named(names.ALERTS),
        DisplayName="Payment Processing Critical Alerts",
        KmsMasterKeyId=key,
    )


def topic_policy(alerts: sns.Topic, *publishers: Statement) -> sns.TopicPolicy:
    """This account's alarms and the `publishers` may publish; nobody may without TLS."""
    return sns.TopicPolicy(
        "AlertsTopicPolicy",
        Topics=[Ref(alerts)],
        PolicyDocument=grants.policy(
            spoken_to_by_alarms(alerts), *publishers, encrypted_transport_only(alerts)
        ),
    )


def spoken_to_by_alarms(alerts: sns.Topic) -> Statement:
    """Let the alarms of this account and region publish."""
    alarms = Sub("arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:*")
    return Statement(
        Sid="SpokenToByAlarms",
        Effect=Allow,
        Principal=Principal("Service", "cloudwatch.amazonaws.com"),
        Action=[publishing.Publish],
        Resource=[Ref(alerts)],
        Condition=grants.on_behalf_of(alarms),
    )


def encrypted_transport_only(alerts: sns.Topic) -> Statement:
    """Refuse everyone whatever can be done to a topic unless TLS carries it."""
    return Statement(
        Sid="EncryptedTransportOnly",
        Effect=Deny,
        Principal=Principal("*"),
        # One by one: SNS refuses a policy that names an action which is not about a topic, and `*` does.
        Action=[
            publishing.AddPermission,
            publishing.DeleteTopic,
            publishing.GetTopicAttributes,
            publishing.ListSubscriptionsByTopic,
            publishing.Publish,
            publishing.RemovePermission,
            publishing.SetTopicAttributes,
            publishing.Subscribe,
        ],
        Resource=[Ref(alerts)],
        Condition=Condition(Bool("aws:SecureTransport", "false")),
    )


def undelivered_queue(key: KeyArn) -> sqs.Queue:
    """Alerts that reached nobody."""
    return dead_letters.queue("UndeliveredAlerts", names.UNDELIVERED_ALERTS, key)


def filled_by_topic(undelivered: sqs.Queue, alerts: sns.Topic) -> Statement:
    """Let SNS leave in the queue what it could not deliver for the topic."""
    return Statement(
        Sid="FilledByTopic",
        Effect=Allow,
        Principal=Principal("Service", "sns.amazonaws.com"),
        Action=[queueing.SendMessage],
        Resource=[undelivered.get_att("Arn")],
        Condition=grants.on_behalf_of(Ref(alerts)),
    )


def subscription(alerts: sns.Topic, email: AlertEmail, undelivered: sqs.Queue) -> sns.SubscriptionResource:
    """The people who are told; they confirm once, by a link in an e-mail."""
    return sns.SubscriptionResource(
        "AlertsSubscription",
        TopicArn=Ref(alerts),
        Protocol="email",
        Endpoint=email,
        RedrivePolicy={"deadLetterTargetArn": undelivered.get_att("Arn")},
    )
