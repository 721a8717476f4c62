"""Retry: how long a payment waits for its next attempt, and the message that waits for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from botocore.exceptions import BotoCoreError, ClientError

from handlers.payments.clock import iso
from handlers.payments.payment import Payment

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MOST_ATTEMPTS = 8

FIRST_SECONDS = 15
# The longest that SQS delays a message.
MOST_SECONDS = 900

# After its message should have been seen, a payment gets this long before the sweeper looks after it.
GRACE_MS = 180_000

Randomly = Callable[[float, float], float]
"""A number between two others, as `random.uniform` gives it."""


class QueueError(Exception):
    """The queue did not answer; whether the message was sent is not known."""


class MessageError(ValueError):
    """A message that is none of ours."""


class Message(msgspec.Struct, frozen=True):
    """That a payment is to be tried again."""

    transaction_id: str
    retry_count: int
    """Retries before this one: the message after the first attempt says 0."""

    failed_at: str
    error: str

    @classmethod
    def about(cls, payment: Payment, now: int, error: str) -> Message:
        """The message for the next attempt at `payment`, after `error` ended the last one."""
        return cls(payment.transaction_id, payment.attempts - 1, iso(now), error)

    @classmethod
    def read(cls, body: str) -> Message:
        """The message that `body` is; raises MessageError where it is none."""
        try:
            return msgspec.json.decode(body, type=cls)
        except msgspec.MsgspecError as wrong:
            raise MessageError("expected transaction_id, retry_count, failed_at and error") from wrong

    @property
    def attempts(self) -> int:
        """How many attempts the payment had when the message was sent."""
        return self.retry_count + 1

    def write(self) -> str:
        """The message's body."""
        return msgspec.json.encode(self).decode()


class Queue:
    """The queue at `url`."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self.client = client
        self.url = url

    def send(self, message: Message, delay: int = 0) -> None:
        """Send `message`, to be seen in `delay` seconds."""
        try:
            self.client.send_message(QueueUrl=self.url, MessageBody=message.write(), DelaySeconds=delay)
        except ClientError as refused:
            raise QueueError(refused.response["Error"]["Code"]) from refused
        except BotoCoreError as broken:
            raise QueueError(type(broken).__name__) from broken

    def depth(self) -> dict[str, int]:
        """About how many messages there are: to be taken, taken, and delayed."""
        try:
            answer = self.client.get_queue_attributes(
                QueueUrl=self.url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                    "ApproximateNumberOfMessagesDelayed",
                ],
            )
        except ClientError as refused:
            raise QueueError(refused.response["Error"]["Code"]) from refused
        except BotoCoreError as broken:
            raise QueueError(type(broken).__name__) from broken
        found = answer["Attributes"]
        return {
            "waiting": int(found["ApproximateNumberOfMessages"]),
            "in_flight": int(found["ApproximateNumberOfMessagesNotVisible"]),
            "delayed": int(found["ApproximateNumberOfMessagesDelayed"]),
        }


def delay(attempts: int, randomly: Randomly) -> int:
    """Seconds to wait after that many attempts: at random, up to a limit that doubles (full jitter)."""
    most = min(MOST_SECONDS, FIRST_SECONDS * 2 ** min(attempts - 1, 10))
    return max(1, round(randomly(0, most)))
