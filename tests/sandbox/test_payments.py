"""Payments through the API of the running stack, down to the last record of each."""

from __future__ import annotations

import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from handlers.payments.payment import Status
from pipeline.change.sessions import ChangeError
from pipeline.release.package import CONFIGURATION
from sandbox import chaos, smoke
from sandbox.records import Records
from sandbox.system import System
from tests.pipeline.release.projects import Project
from tests.sandbox.paying import found, process, settled, validate, wait_until


def test_a_payment_is_seen_from_the_first_call_to_the_last_record(running: System) -> None:
    """As README's smoke payment: API, gateway, ledger and audit trail agree."""
    seen = [step.name for step in smoke.steps(running)]

    assert seen == ["API"] * 4 + ["table", "gateway"] + ["ledger"] * 2 + ["audit object"] * 3


def test_a_smoke_payment_that_fails_says_where(running: System) -> None:
    stranger = dataclasses.replace(running, api=dataclasses.replace(running.api, key="nobody's"))

    with pytest.raises(ChangeError, match=r"^POST /validate: answered 403 .*; expected 200$"):
        list(smoke.steps(stranger))


def test_a_body_that_the_api_refuses_itself_is_answered_whole(running: System) -> None:
    """The emulator leaves a variable of the API's own answers as it stands; an adapter fills it in."""
    answer = running.api.call("POST", "/validate", {"amount": 1})

    assert answer.status == 400
    assert "$context" not in answer.body["detail"]


def test_only_the_gateway_is_another_than_the_environments(running: System, checkout: Project) -> None:
    """What is deployed is what parameters/dev.json says, but for the one that points at this machine."""
    given = json.loads((checkout.folder / "dist" / "dev" / CONFIGURATION).read_bytes())["Parameters"]

    deployed = running.published.root.parameters

    assert {name for name in given if given[name] != deployed[name]} == {"PaymentGatewayUrl"}
    assert deployed.keys() == given.keys()


def test_a_declined_payment_is_posted_nowhere(running: System, records: Records, transaction_id: str) -> None:
    assert validate(running, transaction_id, "cus_declined") == 200

    assert process(running, transaction_id) == 402

    assert found(records, transaction_id).status is Status.DECLINED
    assert transaction_id not in {each.transaction_id for each in records.entries()}


def test_a_payment_that_the_gateway_has_no_time_for_is_retried(
    running: System, records: Records, transaction_id: str
) -> None:
    validate(running, transaction_id)
    running.gateway.order({"troubles": ["busy"]})

    assert process(running, transaction_id) == 202

    payment = settled(records, transaction_id)
    assert [step.status for step in payment.history] == [
        Status.VALIDATED,
        Status.PROCESSING,
        Status.RETRYING,
        Status.PROCESSING,
        Status.PROCESSED,
    ]


def test_a_payment_whose_function_was_killed_is_swept_up(
    running: System, records: Records, transaction_id: str
) -> None:
    """The charge was made, and its answer lost with the process: it is found, not made again."""
    validate(running, transaction_id)
    running.gateway.order({"drops": ["late"]})
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(process, running, transaction_id)
        wait_until(lambda: bool(charges(running, transaction_id)))
        for worker in chaos.functions(running)["payment-processor-dev"]:
            worker.kill()
        assert answer.result() >= 500

    payment = settled(records, transaction_id)

    assert payment.status is Status.PROCESSED
    assert [payment.gateway_reference] == charges(running, transaction_id)


def charges(on: System, transaction_id: str) -> list[str]:
    """What the gateway calls the charges that took the payment's money."""
    return [
        each["id"]
        for each in on.gateway.intents()
        if (each["metadata"]["transaction_id"], each["status"]) == (transaction_id, "succeeded")
    ]
