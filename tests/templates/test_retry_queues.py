"""The retry queue and the one for its dead letters."""

from __future__ import annotations

import pytest

from tests.templates.data_layer import RESOURCES, arn, named, properties, ref, statements

QUEUES = ["RetryQueue", "DeadLetterQueue"]


def test_there_is_a_queue_for_retries_and_one_for_dead_letters() -> None:
    """F104, F105: the original's queue, and one more."""
    found = {name for name, each in RESOURCES.items() if each["Type"] == "AWS::SQS::Queue"}

    assert set(QUEUES) == found
    assert named("payment-retry-queue") == properties("RetryQueue")["QueueName"]
    assert named("payment-retry-dlq") == properties("DeadLetterQueue")["QueueName"]


@pytest.mark.parametrize("queue", QUEUES)
def test_messages_are_kept_for_two_weeks(queue: str) -> None:
    """F106: the most that SQS offers."""
    assert 1_209_600 == properties(queue)["MessageRetentionPeriod"]


def test_a_retry_is_hidden_from_others_for_five_minutes() -> None:
    """F107."""
    assert 300 == properties("RetryQueue")["VisibilityTimeout"]


@pytest.mark.parametrize("queue", QUEUES)
def test_messages_are_encrypted_under_a_customer_key(queue: str) -> None:
    """F108: neither queue is FIFO, as before."""
    assert ref("DataKeyArn") == properties(queue)["KmsMasterKeyId"]
    assert "FifoQueue" not in properties(queue)


def test_a_message_that_five_attempts_crash_on_is_a_dead_letter() -> None:
    """F108: a redrive policy."""
    assert {"deadLetterTargetArn": arn("DeadLetterQueue"), "maxReceiveCount": 5} == properties("RetryQueue")[
        "RedrivePolicy"
    ]


def test_dead_letters_come_from_the_retry_queue_alone() -> None:
    sources = {
        "Fn::Sub": "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:"
        "payment-retry-queue-${EnvironmentSuffix}"
    }

    assert {"redrivePermission": "byQueue", "sourceQueueArns": [sources]} == properties("DeadLetterQueue")[
        "RedriveAllowPolicy"
    ]


@pytest.mark.parametrize("queue", QUEUES)
def test_queues_take_tls_only(queue: str) -> None:
    policy = properties(f"{queue}Policy")
    refused = statements(f"{queue}Policy")["EncryptedTransportOnly"]

    assert [ref(queue)] == policy["Queues"]
    assert ("Deny", "*", ["sqs:*"]) == (refused["Effect"], refused["Principal"], refused["Action"])
    assert [arn(queue)] == refused["Resource"]
    assert {"Bool": {"aws:SecureTransport": "false"}} == refused["Condition"]
