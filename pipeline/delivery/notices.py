"""Notices: who is asked for approvals and told of failures, and how."""

from __future__ import annotations

from awacs import sns as publishing
from awacs.aws import Allow, Condition, Principal, Statement, StringEquals
from troposphere import AccountId, Ref, Sub, Template, codepipeline, codestarnotifications, sns

from pipeline.delivery import names
from pipeline.delivery.settings import ReleaseEmail
from templates import grants
from templates.monitoring import alerts
from templates.wires import KeyArn

EVENTS = (
    "manual-approval-needed",
    "manual-approval-failed",
    "pipeline-execution-failed",
    "pipeline-execution-superseded",
    "pipeline-execution-succeeded",
    "stage-execution-failed",
)


def add(template: Template, key: KeyArn, email: ReleaseEmail) -> sns.Topic:
    """Add the topic, and the people who hear it."""
    topic = template.add_resource(
        sns.Topic(
            "ReleaseTopic",
            TopicName=names.PIPELINE_STACK,
            DisplayName="Payment releases",
            KmsMasterKeyId=key,
        )
    )
    template.add_resource(
        sns.TopicPolicy(
            "ReleaseTopicPolicy",
            Topics=[Ref(topic)],
            PolicyDocument=grants.policy(
                allow_notifications_to_publish(topic), alerts.encrypted_transport_only(topic)
            ),
        )
    )
    template.add_resource(
        sns.SubscriptionResource("ReleaseSubscription", TopicArn=Ref(topic), Protocol="email", Endpoint=email)
    )
    return topic


def allow_notifications_to_publish(topic: sns.Topic) -> Statement:
    """Let notifications of this account publish."""
    return Statement(
        Sid="AllowNotificationsToPublish",
        Effect=Allow,
        Principal=Principal("Service", "codestar-notifications.amazonaws.com"),
        Action=[publishing.Publish],
        Resource=[Ref(topic)],
        Condition=Condition(StringEquals("aws:SourceAccount", AccountId)),
    )


def rule(pipeline: codepipeline.Pipeline, topic: sns.Topic) -> codestarnotifications.NotificationRule:
    """Tell of every approval that is wanted, and of every run that ends."""
    return codestarnotifications.NotificationRule(
        "ReleaseNotices",
        Name=names.PIPELINE_STACK,
        # With the summary of the change: who approves should not have to look for it.
        DetailType="FULL",
        EventTypeIds=[f"codepipeline-pipeline-{each}" for each in EVENTS],
        Resource=Sub(
            "arn:${AWS::Partition}:codepipeline:${AWS::Region}:${AWS::AccountId}:${Pipeline}",
            Pipeline=Ref(pipeline),
        ),
        Targets=[codestarnotifications.Target(TargetType="SNS", TargetAddress=Ref(topic))],
    )
