"""Many callers at once, on a table whose conditions are atomic and a real PostgreSQL: one charge each."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from threading import Barrier

import boto3
import pytest
import urllib3
from botocore.config import Config

from handlers.payments.adapters.database_users import WRITER
from handlers.payments.adapters.dynamodb import DynamoDBStore
from handlers.payments.adapters.ledger import PostgresLedger
from handlers.payments.adapters.postgres import Database, connection
from handlers.payments.adapters.secrets import Secret
from handlers.payments.adapters.sqs import SqsQueue
from handlers.payments.adapters.stripe import Stripe
from handlers.payments.clock import Deadline, SystemClock
from handlers.payments.payment import Status
from handlers.payments.processing import Outcome, Processing
from tests.emulator.conftest import Deployed
from tests.emulator.paying import Stack, wait_for

CALLERS = 100
WORKERS = 8
PAYMENTS = 24
POSTED = [("gateway.receivable", 1050), ("merchant.payable", -1050)]
ENDS = {Status.PROCESSED, Status.DECLINED, Status.FAILED}


@pytest.fixture
def processings(stack: Stack, deployed: Deployed, gateway: tuple[object, str]) -> Iterator[list[Processing]]:
    """What each of so many functions has: a connection to the ledger of its own, by the clients of one."""
    access = {**deployed.emulator.access, "config": Config(proxies={}, max_pool_connections=CALLERS)}
    queues = stack.client("sqs")
    urls = {
        name: queues.get_queue_url(QueueName=name)["QueueUrl"]
        for name in ("payment-retry-queue-dev", "payment-retry-dlq-dev")
    }
    sqs = boto3.client("sqs", **access)
    secret = Secret(boto3.client("secretsmanager", **access), deployed.outputs["GatewaySecretArn"])
    store = DynamoDBStore(boto3.client("dynamodb", **access), deployed.outputs["DynamoDBTable"])
    address = replace(stack.owners_address(), user=WRITER)
    with ExitStack() as opened:
        transport = opened.enter_context(urllib3.PoolManager(maxsize=CALLERS))
        made = []
        for _ in range(WORKERS):
            database = opened.enter_context(closing(Database(lambda _: connection(address, None, None))))
            made.append(
                Processing(
                    store=store,
                    gateway=Stripe(transport, gateway[1], secret),
                    ledger=PostgresLedger(database),
                    retries=SqsQueue(sqs, urls["payment-retry-queue-dev"]),
                    dead_letters=SqsQueue(sqs, urls["payment-retry-dlq-dev"]),
                    clock=SystemClock(),
                    # The shortest wait there is: nobody looks at how long it was.
                    randomly=lambda least, _: least,
                )
            )
        yield made


def at_once(stack: Stack, processings: list[Processing], names: Iterable[list[str]]) -> Counter[Outcome]:
    """Have each list of `names` begun by a caller of its own, all at once; count what came of it."""
    lists = list(names)
    owner = stack.payment(lists[0][0]).owner
    together = Barrier(len(lists))

    def begin(number: int) -> list[Outcome]:
        on = processings[number % len(processings)]
        together.wait()
        return [on.begin(name, owner, Deadline.after(60, on.clock)).outcome for name in lists[number]]

    with ThreadPoolExecutor(len(lists)) as pool:
        return Counter(outcome for each in pool.map(begin, range(len(lists))) for outcome in each)


def assert_charged_once(stack: Stack, name: str) -> None:
    """One charge, one balanced posting, a final state, and all of it in the audit trail."""
    payment = stack.payment(name)
    assert payment.status is Status.PROCESSED
    assert [each["id"] for each in stack.gateway.taken(name)] == [payment.gateway_reference]
    assert stack.posted(name)[name] == POSTED
    whole = [each.status for each in payment.history]
    wait_for(f"whole audit trail of {name}", lambda: stack.audited(name) == whole)


def test_a_hundred_calls_for_one_payment_charge_it_once(stack: Stack, processings: list[Processing]) -> None:
    stack.validate("c-one")

    came = at_once(stack, processings, [["c-one"]] * CALLERS)

    print(f"\n{CALLERS} calls for one payment:", dict(came))
    assert came[Outcome.PROCESSED] == 1
    assert came.keys() <= {Outcome.PROCESSED, Outcome.HELD, Outcome.ALREADY_PROCESSED}
    assert came.total() == CALLERS
    assert_charged_once(stack, "c-one")


def test_workers_that_meet_at_many_payments_charge_each_once(
    stack: Stack, processings: list[Processing]
) -> None:
    """Each works on all of them, in an order of its own, while the gateway fails now and then."""
    names = [f"c-many-{number:02}" for number in range(PAYMENTS)]
    for name in names:
        stack.validate(name)
    chance = random.Random(20260924)  # noqa: S311 - an order, and no secret
    stack.gateway.troubles += chance.choices(["", "busy", "500 after"], [8, 1, 1], k=PAYMENTS)

    came = at_once(stack, processings, [chance.sample(names, len(names)) for _ in range(WORKERS)])
    wait_for("end of every payment", lambda: all(stack.payment(name).status in ENDS for name in names))

    print(f"\n{WORKERS} workers, {PAYMENTS} payments each:", dict(came))
    assert came.total() == WORKERS * PAYMENTS
    for name in names:
        assert_charged_once(stack, name)


def test_calls_for_one_payment_through_the_api_charge_it_once(stack: Stack) -> None:
    """Functions, aliases and roles as deployed; the API turns away what is beyond their concurrency."""
    stack.validate("c-api")

    with ThreadPoolExecutor(WORKERS) as pool:
        answers = list(pool.map(lambda _: stack.process("c-api")[0], range(3 * WORKERS)))
    wait_for("end of the payment", lambda: stack.payment("c-api").status in ENDS)

    print(f"\n{len(answers)} calls through the API:", dict(Counter(answers)))
    assert 200 in answers
    assert set(answers) <= {200, 202, 429}
    assert_charged_once(stack, "c-api")
