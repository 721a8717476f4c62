"""Queues in SQS for retries and dead letters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from handlers.payments.retry import Message, QueueError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsQueue:
    """The queue at `url`."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self.client = client
        self.url = url

    def send(self, message: Message, delay: int = 0) -> None:
        """Send `message`, visible to consumers after `delay` seconds."""
        with queue_errors():
            self.client.send_message(QueueUrl=self.url, MessageBody=message.write(), DelaySeconds=delay)

    def depth(self) -> dict[str, int]:
        """Return SQS's approximate number of visible, in-flight and delayed messages."""
        with queue_errors():
            answer = self.client.get_queue_attributes(
                QueueUrl=self.url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                    "ApproximateNumberOfMessagesDelayed",
                ],
            )
        attributes = answer["Attributes"]
        return {
            "waiting": int(attributes["ApproximateNumberOfMessages"]),
            "in_flight": int(attributes["ApproximateNumberOfMessagesNotVisible"]),
            "delayed": int(attributes["ApproximateNumberOfMessagesDelayed"]),
        }


@contextmanager
def queue_errors() -> Iterator[None]:
    """Raise QueueError with a short code for every error of the SDK."""
    try:
        yield
    except ClientError as refused:
        raise QueueError(refused.response["Error"]["Code"]) from refused
    except BotoCoreError as broken:
        raise QueueError(type(broken).__name__) from broken
