"""Payments on moto's AWS, a real PostgreSQL and an imitation of Stripe, by a clock that tests set."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
import urllib3
from botocore.exceptions import ConnectionClosedError
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from pg8000.exceptions import InterfaceError
from urllib3.exceptions import ProtocolError

from handlers.payments.adapters.dynamodb import DynamoDBStore
from handlers.payments.adapters.dynamodb_items import payment_of
from handlers.payments.adapters.dynamodb_stream import changes
from handlers.payments.adapters.ledger import PostgresLedger
from handlers.payments.adapters.postgres import Address, Connection, Database, connection
from handlers.payments.adapters.s3_audit import S3Trail
from handlers.payments.adapters.secrets import Secret
from handlers.payments.adapters.sqs import SqsQueue
from handlers.payments.adapters.stripe import Stripe
from handlers.payments.clock import Deadline
from handlers.payments.money import Money
from handlers.payments.payment import Payment, Status, Transition
from handlers.payments.processing import Processing, Result
from handlers.payments.requeue_due import Sweep, sweep
from handlers.payments.retry import MOST_SECONDS, Message
from handlers.payments.store import StoreError
from handlers.payments.stream_to_audit import record
from sandbox.gateway import Account

TABLE = "payments"
BUCKET = "audit"
OWNER = "owner"
START = 1_790_000_000_000
# Faults of a call: before or after its effect, an error or the end of the process.
FAULTS = ["before error", "after error", "before kill", "after kill"]
KEY_ARN = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"


@cache
def client(service: str) -> Any:
    """A client that every test uses: it takes longer to make than most tests to run."""
    return boto3.client(service, region_name="us-east-1")  # type: ignore[call-overload]


class Killed(BaseException):
    """The function's process was ended, at that very point."""


class TurnedClock:
    """A clock that stands still until it is turned."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> int:
        """Milliseconds since the epoch."""
        return self.moment

    def elapsed(self) -> float:
        """Seconds."""
        return self.moment / 1000

    def turn(self, seconds: float) -> None:
        """Let `seconds` go by."""
        self.moment += round(seconds * 1000)


@dataclass
class Seam:
    """What every call to something remote goes through: one of them can be made to fail.

    `fault` is before or after the call's effect, and either an error or the end of the process.
    """

    at: int | None = None
    fault: str = ""
    calls: list[str] = field(default_factory=list)
    further: dict[int, str] = field(default_factory=dict)
    """Faults besides that one."""

    fired: int = 0
    """How many faults there were."""

    def arm(self, at: int, fault: str) -> None:
        """Count calls from here; the one that is number `at` then has `fault`."""
        self.disarm()
        self.at, self.fault = at, fault

    def also(self, at: int, fault: str) -> None:
        """Have call number `at` fail as well."""
        self.further[at] = fault

    def disarm(self) -> None:
        """Count calls from here, of which none fails."""
        self.at, self.fault = None, ""
        self.calls.clear()
        self.further.clear()
        self.fired = 0

    def call(self, name: str, error: Exception, made: Callable[[], Any]) -> Any:
        """Make the call, unless it is the one that fails."""
        self.calls.append(name)
        number = len(self.calls) - 1
        fault = self.fault if number == self.at else self.further.get(number)
        if fault is None:
            return made()
        self.fired += 1
        when, how = fault.split()
        if when == "after":
            made()
        raise Killed(name) if how == "kill" else error


class Through:
    """`target`, with the calls of its methods going through `seam`."""

    def __init__(self, target: Any, seam: Seam, name: str, error: Exception) -> None:
        self.target = target
        self.seam = seam
        self.name = name
        self.error = error

    def __getattr__(self, method: str) -> Any:
        """The method, through the seam."""
        real = getattr(self.target, method)
        if not callable(real) or method == "close":
            return real
        return lambda *given, **named: self.seam.call(
            f"{self.name}.{method}", self.error, lambda: real(*given, **named)
        )


@dataclass
class World:
    """Everything that a payment touches."""

    account: Account
    gateway_url: str
    database: Address
    clock: TurnedClock
    seam: Seam = field(default_factory=Seam)

    def __post_init__(self) -> None:
        """Make the clients, and what of AWS they find."""
        self.dynamodb = client("dynamodb")
        self.sqs = client("sqs")
        self.s3 = client("s3")
        self.secretsmanager = client("secretsmanager")
        create_table(self.dynamodb)
        self.s3.create_bucket(Bucket=BUCKET)
        self.retries_url = self.sqs.create_queue(QueueName="retries")["QueueUrl"]
        self.letters_url = self.sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
        secret = self.secretsmanager.create_secret(Name="gateway", SecretString=self.account.key)
        self.secret_arn = secret["ARN"]
        self.records: list[Mapping[str, Any]] = []
        self.images: dict[str, Mapping[str, Any]] = {}
        self.delayed: list[tuple[int, str]] = []
        self.http = urllib3.PoolManager()
        self.opened: list[Connection] = []
        self.begin_process()

    def begin_process(self) -> None:
        """A new process, as after the old one ended: new clients, nothing kept."""
        self.close()
        gone = ConnectionClosedError(endpoint_url="https://aws")
        secrets = Through(self.secretsmanager, self.seam, "secretsmanager", gone)
        transport = Through(self.http, self.seam, "gateway", ProtocolError("closed"))
        self.store = DynamoDBStore(Through(Recorded(self), self.seam, "dynamodb", gone), TABLE)  # type: ignore[arg-type]
        self.plain_store = DynamoDBStore(Recorded(self), TABLE)  # type: ignore[arg-type]
        self.trail = S3Trail(self.s3, BUCKET, KEY_ARN)
        self.processing = Processing(
            store=self.store,
            gateway=Stripe(transport, self.gateway_url, Secret(secrets, self.secret_arn)),  # type: ignore[arg-type]
            ledger=PostgresLedger(Database(self.connect)),
            retries=SqsQueue(Through(Delaying(self), self.seam, "retries", gone), self.retries_url),  # type: ignore[arg-type]
            dead_letters=SqsQueue(Through(self.sqs, self.seam, "dead_letters", gone), self.letters_url),  # type: ignore[arg-type]
            clock=self.clock,
            randomly=lambda _, most: most,
        )

    def close(self) -> None:
        """Close what is open."""
        self.http.clear()
        for each in self.opened:
            with suppress(InterfaceError):
                each.close()
        self.opened.clear()

    def connect(self, seconds: float) -> Connection:
        """A connection to the ledger, as the function's own user."""
        made = connection(self.database, None, None, seconds)
        self.opened.append(made)
        through: Connection = Through(made, self.seam, "ledger", InterfaceError("closed"))
        return through

    def validate(self, transaction_id: str = "t-1", customer: str = "cus_1", owner: str = OWNER) -> Payment:
        """A payment of $10.50, written down."""
        return self.plain_store.add(self.new(transaction_id, customer, owner))

    def new(self, transaction_id: str, customer: str, owner: str) -> Payment:
        """A payment of $10.50 that is not written down yet."""
        return Payment(
            transaction_id=transaction_id,
            owner=owner,
            customer_id=customer,
            money=Money(1050, "USD"),
            status=Status.VALIDATED,
            version=1,
            attempts=0,
            history=(Transition(Status.VALIDATED, self.clock.now()),),
        )

    def validate_through(self, transaction_id: str) -> Payment:
        """The same, with its call going through the seam."""
        return self.store.add(self.new(transaction_id, "cus_1", OWNER))

    def process(self, transaction_id: str = "t-1", owner: str = OWNER, seconds: float = 27) -> Result:
        """What a client's call comes to."""
        return self.processing.begin(transaction_id, owner, Deadline.after(seconds, self.clock))

    def payment(self, transaction_id: str = "t-1") -> Payment:
        """The payment as the table has it."""
        found = self.plain_store.find(transaction_id)
        assert found is not None
        return found

    def deliver(self) -> list[Result]:
        """Hand the messages that are due to the retrier; one that it cannot deal with comes again."""
        due = [each for each in self.delayed if each[0] <= self.clock.now()]
        results = []
        for each in due:
            self.delayed.remove(each)
            try:
                message = Message.read(each[1])
                results.append(self.processing.resume(message, Deadline.after(27, self.clock)))
            except StoreError:
                self.delayed.append((self.clock.now() + 300_000, each[1]))
            except Killed:
                self.delayed.append((self.clock.now() + 300_000, each[1]))
                self.begin_process()
        return results

    def stream(self) -> None:
        """Hand what changed in the table to the audit logger."""
        batch = record(changes(self.records), self.trail, self.plain_store, lambda: 100.0)
        assert not batch.stopped_at, batch.faults
        self.records = [] if not batch.watched else self.records[len(self.records) - batch.watched :]

    def stream_through(self) -> None:
        """The same, with its calls going through the seam; what is not kept comes again."""
        objects = Through(self.s3, self.seam, "s3", ConnectionClosedError(endpoint_url="https://aws"))
        record(changes(self.records), S3Trail(objects, BUCKET, KEY_ARN), self.store, lambda: 100.0)  # type: ignore[arg-type]

    def sweep_through(self) -> Sweep:
        """Run the sweeper, with its calls going through the seam."""
        return sweep(self.store, self.processing.retries, self.clock, Deadline.after(27, self.clock))

    def sweep(self) -> Sweep:
        """Run the sweeper."""
        queue = SqsQueue(Delaying(self), self.retries_url)  # type: ignore[arg-type]
        return sweep(self.plain_store, queue, self.clock, Deadline.after(27, self.clock))

    def heal(self, transaction_id: str = "t-1", rounds: int = 40) -> Payment:
        """Let stream, queue and sweeper do what they do until the payment is settled."""
        for _ in range(rounds):
            for step in (self.stream, self.deliver, self.sweep):
                step()
                if self.settled(transaction_id):
                    self.stream()
                    return self.payment(transaction_id)
            self.clock.turn(MOST_SECONDS / 3)
        self.stream()
        return self.payment(transaction_id)

    def settled(self, transaction_id: str) -> bool:
        """Whether the payment's last write left nothing to do; the table itself is asked once, at the end."""
        last = self.images.get(transaction_id)
        return last is not None and payment_of(last).status in {
            Status.PROCESSED,
            Status.DECLINED,
            Status.FAILED,
        }

    def letters(self) -> list[Message]:
        """The dead letters."""
        answer = self.sqs.receive_message(QueueUrl=self.letters_url, MaxNumberOfMessages=10)
        return [Message.read(each["Body"]) for each in answer.get("Messages", [])]

    def audited(self, transaction_id: str = "t-1") -> list[str]:
        """The transitions that the audit trail tells of, in order."""
        # Where moto keeps it: to list and read it through S3 would take a fifth of a test's time.
        held = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[BUCKET].keys
        keys = sorted(key for key in held if key.startswith("audit-logs/") and f"/{transaction_id}/" in key)
        return [json.loads(held[key].value)["details"]["to"] for key in keys]

    def posted(self, transaction_id: str = "t-1") -> list[tuple[str, int]]:
        """The ledger's entries of `transaction_id`."""
        owner = connection(
            Address(self.database.host, self.database.port, self.database.name, "postgres"), None, None
        )
        rows = owner.run(
            "SELECT account, amount FROM ledger.entries WHERE transaction_id = :id ORDER BY account",
            id=transaction_id,
        )
        owner.close()
        return [(account, amount) for account, amount in rows]


class Recorded:
    """DynamoDB's client, whose writes the world's stream tells of."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.images = world.images

    def __getattr__(self, method: str) -> Any:
        """The method; a write is recorded with what was there before and after."""
        real = getattr(self.world.dynamodb, method)
        if method not in {"put_item", "update_item"}:
            return real

        def write(**named: Any) -> Any:
            item = named.get("Item") or named["Key"]
            key = {name: item[name] for name in ("transaction_id", "timestamp")}
            name = item["transaction_id"]["S"]
            # As the last write left it: reading it from moto would take three times as long as the write.
            before = self.images.get(name)
            answer = real(**named)
            after = named.get("Item") or answer.get("Attributes")
            if after is None:
                after = self.world.dynamodb.get_item(TableName=TABLE, Key=key)["Item"]
            self.images[name] = after
            change: dict[str, Any] = {"Keys": key, "NewImage": after}
            change["SequenceNumber"] = str(len(self.world.records))
            if before:
                change["OldImage"] = before
            kind = "MODIFY" if before else "INSERT"
            self.world.records.append({"eventName": kind, "dynamodb": change})
            return answer

        return write


class Delaying:
    """SQS's client for the retry queue, which delivers by the world's clock."""

    def __init__(self, world: World) -> None:
        self.world = world

    def send_message(self, *, QueueUrl: str, MessageBody: str, DelaySeconds: int) -> None:  # noqa: N803 - SQS's
        """Keep the message until it is due."""
        assert QueueUrl == self.world.retries_url
        assert 0 <= DelaySeconds <= 900
        self.world.delayed.append((self.world.clock.now() + DelaySeconds * 1000, MessageBody))


def create_table(dynamodb: Any) -> None:
    """The payments table, in the shape that the data layer gives it."""
    dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[
            {"AttributeName": "transaction_id", "KeyType": "HASH"},
            {"AttributeName": "timestamp", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "transaction_id", "AttributeType": "S"},
            {"AttributeName": "timestamp", "AttributeType": "N"},
            {"AttributeName": "due_shard", "AttributeType": "N"},
            {"AttributeName": "due_at", "AttributeType": "N"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "due",
                "KeySchema": [
                    {"AttributeName": "due_shard", "KeyType": "HASH"},
                    {"AttributeName": "due_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
