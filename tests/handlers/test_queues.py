"""Retrier and sweeper: what comes back, and what is sent."""

from __future__ import annotations

import pytest

from handlers import payment_retrier, payment_sweeper
from handlers.payments.payment import Status
from tests.handlers.entering import Invocation, pay
from tests.handlers.world import World


def test_the_retrier_names_the_messages_that_come_back(deployed: World) -> None:
    deployed.account.troubles = ["busy"]
    pay()
    sent = deployed.sqs.receive_message(QueueUrl=deployed.retries_url).get("Messages", [])
    good = '{"transaction_id":"t-1","retry_count":0,"failed_at":"","error":""}'
    bodies = ["{", '{"transaction_id":5}', good, good]
    records = [{"messageId": f"m-{number}", "body": body} for number, body in enumerate(bodies)]

    answer = payment_retrier.handler({"Records": records}, Invocation())

    assert sent == []
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-0"}, {"itemIdentifier": "m-1"}]}
    assert deployed.payment().status is Status.PROCESSED


def test_the_retrier_begins_nothing_that_it_has_no_time_for(deployed: World) -> None:
    deployed.account.troubles = ["busy"]
    pay()
    body = '{"transaction_id":"t-1","retry_count":0,"failed_at":"","error":""}'

    answer = payment_retrier.handler({"Records": [{"messageId": "m", "body": body}]}, Invocation(10))

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m"}]}
    assert deployed.payment().attempts == 1


def test_the_sweeper_sends_what_is_due(deployed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed.account.troubles = ["busy"]
    pay()
    monkeypatch.setattr(payment_sweeper, "SystemClock", lambda: deployed.clock)
    deployed.clock.moment = deployed.payment().history[-1].at

    assert payment_sweeper.handler({}, Invocation())["requeued"] == 0
    deployed.clock.turn(3600)
    assert payment_sweeper.handler({}, Invocation()) == {
        "requeued": 1,
        "stuck": 1,
        "left": 0,
        "faults": 0,
    }
    assert payment_sweeper.handler({}, Invocation())["requeued"] == 0
