"""Retry queues: payments to try again, and those that nothing could be done for."""

from __future__ import annotations

from troposphere import Ref, Sub, Template, sqs

from templates import grants, names
from templates.dead_letters import RETENTION_SECONDS
from templates.wires import KeyArn

# At least six times the timeout of the function that consumes the queue, as Lambda advises.
VISIBILITY_SECONDS = 300

# The retrier sends the next attempt itself, as a new message with a longer delay: a message that
# comes back was met by a crash, and five crashes are no accident.
MOST_RECEIVES = 5


def add(template: Template, key: KeyArn) -> tuple[sqs.Queue, sqs.Queue]:
    """Add both queues, under `key`: the one for dead letters, and the one for retries that feeds it."""
    dead_letters = template.add_resource(dead_letter_queue(key))
    retries = template.add_resource(retry_queue(key, dead_letters))
    for queue in (dead_letters, retries):
        template.add_resource(queue_policy(queue))
    return dead_letters, retries


def dead_letter_queue(key: KeyArn) -> sqs.Queue:
    """Payments that every attempt was made for in vain, or that the retrier crashed on: for people."""
    # Its ARN made from its name: the retry queue refers to this one.
    retry_queue_arn = Sub(
        "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:"
        + names.RETRY_QUEUE
        + "-${EnvironmentSuffix}"
    )
    return sqs.Queue(
        "DeadLetterQueue",
        QueueName=names.named(names.RETRY_DEAD_LETTERS),
        MessageRetentionPeriod=RETENTION_SECONDS,
        KmsMasterKeyId=key,
        RedriveAllowPolicy={"redrivePermission": "byQueue", "sourceQueueArns": [retry_queue_arn]},
        DeletionPolicy="Retain",
        UpdateReplacePolicy="Retain",
    )


def retry_queue(key: KeyArn, dead_letters: sqs.Queue) -> sqs.Queue:
    """Payments whose next attempt is due when their message shows."""
    return sqs.Queue(
        "RetryQueue",
        QueueName=names.named(names.RETRY_QUEUE),
        MessageRetentionPeriod=RETENTION_SECONDS,
        VisibilityTimeout=VISIBILITY_SECONDS,
        KmsMasterKeyId=key,
        RedrivePolicy=sqs.RedrivePolicy(
            deadLetterTargetArn=dead_letters.get_att("Arn"),
            maxReceiveCount=MOST_RECEIVES,
        ),
        DeletionPolicy="Retain",
        UpdateReplacePolicy="Retain",
    )


def queue_policy(queue: sqs.Queue) -> sqs.QueuePolicy:
    """TLS for everyone; who may do what is for their roles to say."""
    return sqs.QueuePolicy(
        f"{queue.title}Policy",
        Queues=[Ref(queue)],
        PolicyDocument=grants.policy(grants.encrypted_transport_only("sqs", queue.get_att("Arn"))),
    )
