"""Stage: everything that the functions touch, filled with payments, and what each function is told of it."""

from __future__ import annotations

import json
from _thread import interrupt_main
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import certifi
from botocore.config import Config

from handlers.payments.adapters.database_users import PROBE, WRITER
from handlers.payments.adapters.dynamodb import DynamoDBStore
from handlers.payments.adapters.migrate import migrate, migrations
from handlers.payments.adapters.postgres import Address, connection
from handlers.payments.clock import SystemClock
from handlers.payments.identifiers import owner_of
from handlers.payments.money import Money
from handlers.payments.payment import Payment, Status, Transition
from handlers.payments.retry import Message
from handlers.payments.store import Lease
from handlers.runtime.clients import AUTHORITIES
from sandbox import database
from sandbox.emulator import ACCOUNT, REGION, UNCHECKED
from sandbox.processes import LOOPBACK
from tests.bench.servers import Servers, serving
from tests.bench.unpacked import Unpacked
from tests.handlers.world import create_table

TABLE, BUCKET, DATABASE = "payments", "audit", "paymentdb"
KEY_ARN = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
CUSTOMER = "cus_NffrFeUfNV2Hib"
API_KEY = "k9x2p7q4"
NUMBERS = count(1)
ACCESS = {"region_name": REGION, "aws_access_key_id": ACCOUNT, "aws_secret_access_key": UNCHECKED}


@dataclass(frozen=True)
class Stage:
    """Everything that the functions touch."""

    servers: Servers
    unpacked: Unpacked
    store: DynamoDBStore
    declared: Mapping[str, Mapping[str, str]]
    """By entry point, what the templates tell it in so many words."""

    told: Mapping[str, str]
    """What the templates tell it by reference: here, of these servers."""

    def environment(self, entry: str) -> dict[str, str]:
        """The environment of the function `entry`, and nothing of this process's own."""
        folder = self.unpacked.folder
        declared = {
            name: value.replace("/var/task", str(folder / entry)).replace("/opt", str(folder / "opt"))
            for name, value in self.declared.get(entry, {}).items()
        }
        return {
            # What the functions trust, and these servers.
            "AWS_CA_BUNDLE": self.trusting(AUTHORITIES),
            "SSL_CERT_FILE": self.trusting(Path(certifi.where())),
            **self.told,
            "DATABASE_USER": PROBE if entry == "audit_logger" else WRITER,
            **declared,
            "PYTHONPATH": self.unpacked.path(entry),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def trusting(self, bundle: Path) -> str:
        """The certificates of `bundle`, and the one of these servers, as a file."""
        made = self.unpacked.folder / f"trusted-{bundle.name}"
        made.write_bytes(bundle.read_bytes() + self.servers.certificate.read_bytes())
        return str(made)

    def validated(self) -> str:
        """A payment that waits to be processed; the value is its id."""
        transaction_id = f"txn_3MtwBwLkdIwHu7ix28a3tqPa{next(NUMBERS)}"
        history = (Transition(Status.VALIDATED, SystemClock().now()),)
        money = Money.of(Decimal("10.50"), "USD")
        self.store.add(
            Payment(
                transaction_id=transaction_id,
                owner=owner_of(f"key:{API_KEY}"),
                customer_id=CUSTOMER,
                money=money,
                status=Status.VALIDATED,
                version=1,
                attempts=0,
                history=history,
            )
        )
        return transaction_id

    def retrying(self) -> str:
        """A payment that failed for the moment; the value is the message that announces its retry."""
        transaction_id, now = self.validated(), SystemClock().now()
        owner = owner_of(f"key:{API_KEY}")
        held = self.store.lease_for_owner(transaction_id, owner, Lease(now, now + 90_000, "bench"))
        if held is None:
            raise LookupError(f"{transaction_id}: found no payment, expected the one that was just added")
        to = Transition(Status.RETRYING, now, "unreachable")
        moved = self.store.move(held, to, due_at=now + 3_600_000)
        return Message.about(moved, now, "unreachable").write()


@contextmanager
def standing(release: Path, folder: Path, unpacked: Unpacked) -> Iterator[Stage]:
    """Have everything stand for the functions of `release`, until the block ends."""
    clock = SystemClock()
    with (
        serving(folder, clock.now) as servers,
        database.running(folder / "database", interrupt_main) as postgres,
    ):
        postgres.provide(DATABASE, "ledger_owner")
        address = Address(LOOPBACK, postgres.port, DATABASE, "ledger_owner")
        with closing(connection(address, None, None)) as owner:
            migrate(owner, migrations())
        servers.account.add_customer(CUSTOMER)

        def client(service: str) -> Any:
            config = Config(proxies={})
            given = {**ACCESS, "endpoint_url": servers.url, "verify": str(servers.certificate)}
            return boto3.client(service, config=config, **given)  # type: ignore[call-overload]

        dynamodb, sqs = client("dynamodb"), client("sqs")
        create_table(dynamodb)
        client("s3").create_bucket(Bucket=BUCKET)
        secret = client("secretsmanager").create_secret(Name="gateway", SecretString=servers.account.key)
        told = {
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": UNCHECKED,
            "AWS_ENDPOINT_URL": servers.url,
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "DYNAMODB_TABLE": TABLE,
            "ACCEPTED_CURRENCIES": "USD,EUR,GBP",
            "RETRY_QUEUE_URL": sqs.create_queue(QueueName="retries")["QueueUrl"],
            "DEAD_LETTER_QUEUE_URL": sqs.create_queue(QueueName="dead-letters")["QueueUrl"],
            "GATEWAY_SECRET_ARN": secret["ARN"],
            "PAYMENT_GATEWAY_URL": servers.url,
            "AUDIT_BUCKET": BUCKET,
            "AUDIT_KEY_ARN": KEY_ARN,
            "DATABASE_HOST": LOOPBACK,
            "DATABASE_PORT": str(postgres.port),
            "DATABASE_NAME": DATABASE,
            "DATABASE_TLS": "off",
            "POWERTOOLS_SERVICE_NAME": "bench",
        }
        yield Stage(servers, unpacked, DynamoDBStore(dynamodb, TABLE), declared(release), told)


def declared(release: Path) -> dict[str, dict[str, str]]:
    """By entry point, the variables whose values stand in the template itself."""
    resources = json.loads((release / "compute.template.json").read_bytes())["Resources"]
    functions = [each["Properties"] for each in resources.values() if each["Type"] == "AWS::Lambda::Function"]
    return {
        each["Handler"].split(".")[1]: {
            name: value
            for name, value in each["Environment"]["Variables"].items()
            if isinstance(value, str) and not name.startswith("DATABASE_")
        }
        for each in functions
    }
