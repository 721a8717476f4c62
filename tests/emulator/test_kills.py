"""A real process, killed around each effect of a payment; then client, queue and sweeper do what they do."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from handlers.payments.payment import Status
from sandbox.emulator import ACCOUNT, REGION, UNCHECKED
from sandbox.processes import plain_environment
from tests.emulator.paying import SUFFIX, Stack, wait_for

CHILD = Path(__file__).parent / "killed.py"
POSTED = [("gateway.receivable", 1050), ("merchant.payable", -1050)]
SECONDS = 60
PAST = {"N": "1"}


@dataclass(frozen=True)
class Kill:
    """Where the process ends, where the payment stands then, and how many charges there are."""

    call: str
    number: int
    when: str
    left: Status
    charged: int
    busy: bool = False
    """Whether the gateway is too busy for the first attempt."""


# The lease, the charge, the posting and the settling; then the settling and the message of a retry.
KILLS = {
    "before the lease": Kill("UpdateItem", 1, "before", Status.VALIDATED, 0),
    "after the lease": Kill("UpdateItem", 1, "after", Status.PROCESSING, 0),
    "before the charge": Kill("POST", 1, "before", Status.PROCESSING, 0),
    "after the charge": Kill("POST", 1, "after", Status.PROCESSING, 1),
    "before the posting": Kill("ledger", 1, "before", Status.PROCESSING, 1),
    "after the posting": Kill("ledger", 1, "after", Status.PROCESSING, 1),
    "before settling": Kill("UpdateItem", 2, "before", Status.PROCESSING, 1),
    "after settling": Kill("UpdateItem", 2, "after", Status.PROCESSED, 1),
    "before the state of a retry": Kill("UpdateItem", 2, "before", Status.PROCESSING, 0, busy=True),
    "before the message of a retry": Kill("SendMessage", 1, "before", Status.RETRYING, 0, busy=True),
    "after the message of a retry": Kill("SendMessage", 1, "after", Status.RETRYING, 0, busy=True),
}
POSTED_BY_THEN = {"after the posting", "before settling", "after settling"}


@pytest.fixture(scope="module")
def archive(deployed: object, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Stack], Path]:
    """Unpacks the archive of the deployed processor, once."""
    assert deployed
    folder = tmp_path_factory.mktemp("processor")

    def unpack(stack: Stack) -> Path:
        if not any(folder.iterdir()):
            code = stack.client("lambda").get_function(FunctionName=f"payment-processor-{SUFFIX}")["Code"]
            with urllib.request.urlopen(code["Location"]) as answer:  # noqa: S310 - of the emulator
                zipfile.ZipFile(io.BytesIO(answer.read())).extractall(folder)
        return folder

    return unpack


def environment(stack: Stack) -> Mapping[str, str]:
    """What the deployed processor has, on this machine."""
    functions = stack.client("lambda")
    config = functions.get_function_configuration(FunctionName=f"payment-processor-{SUFFIX}")
    return {
        **plain_environment(),
        **config["Environment"]["Variables"],
        "AWS_ENDPOINT_URL": stack.emulator.url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": UNCHECKED,
        "DATABASE_TLS": "off",
    }


def process(stack: Stack, archive: Path, name: str, kill: Kill) -> subprocess.CompletedProcess[str]:
    """Have the payment `name` processed by a process that is killed on the way."""
    event = {
        "httpMethod": "POST",
        # As the emulator's API has it, which names no key.
        "requestContext": {"requestId": name, "identity": {}},
        "body": json.dumps({"transaction_id": name}),
    }
    return subprocess.run(
        [sys.executable, str(CHILD), str(archive), kill.call, str(kill.number), kill.when],
        input=json.dumps(event),
        env=environment(stack),
        cwd=archive,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def by_client(stack: Stack, name: str) -> None:
    """The lease ends, and the client asks again until it is told that the payment is processed."""
    if stack.payment(name).status is Status.PROCESSING:
        stack.change(name, lease_until=PAST)
    wait_for(f"answer about {name}", lambda: stack.process(name)[0] == 200)


def by_sweeper(stack: Stack, name: str) -> None:
    """The stream puts the payment into the index, its time comes, and the sweeper sends its message."""
    wait_for(f"entry of {name} in the index", lambda: stack.payment(name).due_at is not None)
    if stack.payment(name).status is Status.PROCESSING:
        stack.change(name, lease_until=PAST)
    stack.change(name, due_at=PAST)
    assert stack.invoke("payment-sweeper", {})["requeued"] >= 1
    wait_for(f"end of {name}", lambda: stack.payment(name).status is Status.PROCESSED)


@pytest.mark.parametrize("where", KILLS)
def test_a_killed_process_charges_once(
    stack: Stack,
    archive: Callable[[Stack], Path],
    where: str,
    record_property: Callable[[str, object], None],
) -> None:
    """One charge, one posting, a final state, and every transition in the audit trail."""
    kill = KILLS[where]
    name = f"k-{where.replace(' ', '-')}"
    stack.validate(name)
    stack.gateway.troubles += ["busy"] if kill.busy else []

    ran = process(stack, archive(stack), name, kill)

    assert ran.returncode == -signal.SIGKILL, ran.stderr
    assert ran.stdout == "" or "statusCode" not in ran.stdout
    assert stack.payment(name).status is kill.left
    assert len(stack.gateway.taken(name)) == kill.charged
    assert (name in stack.posted(name)) == (where in POSTED_BY_THEN)
    # Both heal what both can: one what ended before an effect, the other what ended after it.
    client = kill.left in {Status.VALIDATED, Status.PROCESSED} or (kill.when == "before" and not kill.busy)
    (by_client if client else by_sweeper)(stack, name)
    payment = stack.payment(name)
    assert payment.status is Status.PROCESSED
    assert [each["id"] for each in stack.gateway.taken(name)] == [payment.gateway_reference]
    assert stack.posted(name) == {name: POSTED}
    whole = [each.status for each in payment.history]
    wait_for(f"whole audit trail of {name}", lambda: stack.audited(name) == whole)
    record_property(f"kills of a process {where}", 1)


def test_the_same_process_that_is_not_killed_answers(stack: Stack, archive: Callable[[Stack], Path]) -> None:
    """Or else the kills would say nothing of this process."""
    stack.validate("k-alive")

    ran = process(stack, archive(stack), "k-alive", Kill("UpdateItem", 3, "before", Status.PROCESSED, 1))

    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout.splitlines()[-1])["statusCode"] == 200
