"""Bench of the handlers: cold start, warm cost, calls and capacity, archives, payments per second.

A fresh process runs a function out of its archive, unpacked as Lambda would, against servers on this machine
over TLS; only the database is without. This environment's boto3 stands in for the runtime's.
"""

from __future__ import annotations

import json
import platform
import shutil
import ssl
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from pipeline.console import table
from tests.bench import capacity, domain
from tests.bench.stage import API_KEY, CUSTOMER, Stage, standing
from tests.bench.unpacked import EVERY, unpack
from tests.paths import CHECKOUT

INVOKE = Path(__file__).parent / "invoke.py"
COLUMNS = 80
PROCESSES = 5
WARM_CALLS = 20
PAYMENTS = 100
VALGRIND = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")

Step = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Subject:
    """A function, doing one thing."""

    name: str
    entry: str
    event: Callable[[Stage], dict[str, Any]]
    original: tuple[int, int, int] | None = None
    """Of the original's, where it had such a thing, measured in this way elsewhere: CPU ms and million
    instructions of a cold start, CPU µs of a warm call."""
    forgetful: bool = False
    """Whether what it knows of other services is forgotten before each call."""
    starts: bool = True
    """Whether a cold start of it is anything else than that of the subject before."""


@dataclass(frozen=True)
class Cost:
    """What a function takes."""

    cold_ms: float
    warm_us: float
    instructions: float | None = None
    """In millions; None where nothing here counts them."""


def tables() -> None:
    """Print what the handlers cost."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        # The database runs as another user where this runs as root.
        folder.chmod(0o755)
        release = built()
        unpacked = unpack(release, folder / "unpacked")
        print(machine())
        print(f"{unpacked.how()}.\n")
        with standing(release, folder, unpacked) as stage:
            print(costs(stage), "\n")
            print(capacity.calls(stage, validate, process, invoke), "\n")
            print(throughput(stage), "\n")
        print(sizes(release), "\n")


def built() -> Path:
    """The release of this checkout for prod."""
    command = [sys.executable, "build.py", "--env", "prod"]
    subprocess.run(command, cwd=CHECKOUT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return CHECKOUT / "dist/prod"


def machine() -> str:
    """What the figures were measured on and with."""
    packages = ("boto3", "botocore", "urllib3", "msgspec", "pg8000")
    versions = ", ".join(f"{each} {metadata.version(each)}" for each in packages)
    python = f"CPython {platform.python_version()}, {ssl.OPENSSL_VERSION}"
    return textwrap.fill(f"{platform.system()} {platform.machine()}, {python}, {versions}.", COLUMNS)


def request(body: object = None, method: str = "POST") -> dict[str, Any]:
    """An event of API Gateway."""
    return {
        "httpMethod": method,
        "headers": {"Content-Type": "application/json"},
        "body": None if body is None else json.dumps(body),
        "requestContext": {
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "identity": {"apiKeyId": API_KEY, "sourceIp": "192.0.2.1", "userAgent": "curl/8.5.0"},
        },
    }


def validate(stage: Stage) -> dict[str, Any]:
    """POST /validate, of a new payment."""
    transaction_id = f"txn_{time.time_ns()}_{len(stage.servers.calls)}"
    return request(
        {"transaction_id": transaction_id, "amount": "10.50", "currency": "USD", "customer_id": CUSTOMER}
    )


def process(stage: Stage, transaction_id: str | None = None) -> dict[str, Any]:
    """POST /process, of a payment that was validated."""
    return request({"transaction_id": transaction_id or stage.validated()})


def audit(_: Stage) -> dict[str, Any]:
    """POST /audit."""
    return request({"event_type": "refund.requested", "transaction_id": "txn_1", "details": {"by": "desk"}})


def status(_: Stage) -> dict[str, Any]:
    """GET /status."""
    return request(method="GET")


def message(stage: Stage) -> dict[str, Any]:
    """One message of the retry queue."""
    return {"Records": [{"messageId": "19dd0b57-b21e-4ac1-bd88-01bbb068cb78", "body": stage.retrying()}]}


# What moves with the machine: the figures of the original are from another one, or from a quieter hour.
REFERENCE = Subject("boto3.resource, one PutItem", "reference", lambda stage: {"id": stage.validated()})
# What the SDK's usual way took there: its CPU ms, million instructions, and warm CPU µs.
USUAL_THERE = (343, 1231, 1822)
SUBJECTS = (
    REFERENCE,
    Subject("validate", "payment_validator", validate, (415, 1236, 2424)),
    Subject("process", "payment_processor", process, (386, 1299, 5327)),
    Subject("POST /audit", "audit_logger", audit, (419, 1627, 5288)),
    Subject("GET /status, probing", "audit_logger", status, (360, 1397, 3027), forgetful=True),
    Subject("GET /status, within 5 s", "audit_logger", status, (360, 1397, 3027), starts=False),
    Subject("retrier, one message", "payment_retrier", message),
    Subject("sweeper, nothing due", "payment_sweeper", lambda _: {}),
)


def costs(stage: Stage) -> str:
    """Cold start and warm calls of each function, beside the original's and the SDK's usual way."""
    counted = {}
    if shutil.which("valgrind"):
        with ThreadPoolExecutor(2) as pool:
            futures = {
                each.name: pool.submit(instructions, stage, each.entry, [(each.entry, each.event(stage))])
                for each in SUBJECTS
                if each.starts
            }
        counted = {name: future.result() for name, future in futures.items()}
    found = {each.name: measured(stage, each) for each in SUBJECTS}
    parts = [
        beside(
            "cold start, CPU ms", {each.name: found[each.name].cold_ms for each in SUBJECTS if each.starts}, 0
        ),
        beside("cold start, million instructions", counted, 1)
        if counted
        else "cold start, instructions: not counted, for valgrind is not installed here",
        beside("warm call, CPU µs", {name: cost.warm_us for name, cost in found.items()}, 2),
    ]
    return "\n\n".join(parts)


def beside(title: str, found: dict[str, float], which: int) -> str:
    """A table of figures beside the original's; `scaled` by what the first row takes here and took there."""
    slower = found[REFERENCE.name] / USUAL_THERE[which]
    rows = [
        (REFERENCE.name, f"{found[REFERENCE.name]:,.0f}", f"{USUAL_THERE[which]:,}", f"{slower:.2f}", "1.00")
    ]
    for each in SUBJECTS[1:]:
        if each.name not in found:
            continue
        figure = found[each.name]
        if each.original:
            ratio = figure / each.original[which]
            published = (f"{each.original[which]:,}", f"{ratio:.2f}", f"{ratio / slower:.2f}")
        else:
            published = ("-", "-", "-")
        rows.append((each.name, f"{figure:,.0f}", *published))
    return table((title, "here", "original", "ratio", "scaled"), rows)


def measured(stage: Stage, subject: Subject) -> Cost:
    """The median of several fresh processes."""
    runs = []
    for _ in range(PROCESSES):
        steps = [(subject.entry, subject.event(stage)) for _ in range(1 + WARM_CALLS)]
        runs.append(invoke(stage, subject.entry, steps, forgetful=subject.forgetful))
    return Cost(
        statistics.median(run["cold"] for run in runs) * 1e3,
        statistics.median(run["warm"] for run in runs) * 1e6,
    )


def invoke(
    stage: Stage,
    entry: str,
    steps: Sequence[Step],
    under: Sequence[str] = (),
    path: str | None = None,
    *,
    forgetful: bool = False,
) -> dict[str, Any]:
    """What a fresh process tells that was invoked with `steps`; each must have succeeded."""
    environment = stage.environment(entry)
    if entry == REFERENCE.entry:
        path = str(INVOKE.parent)
        environment["AWS_CA_BUNDLE"] = environment["SSL_CERT_FILE"]
    if path is not None:
        environment["PYTHONPATH"] = path
    done = subprocess.run(
        [*under, sys.executable, "-P", INVOKE],
        input=json.dumps({"steps": steps, "forgetful": forgetful}),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{entry}: {done.stderr}")
    told: dict[str, Any] = json.loads(done.stdout)
    for answer in told["answers"]:
        good = answer.get("statusCode", 200) == 200 and not answer.get("batchItemFailures")
        if not good and not under:
            raise RuntimeError(f"{entry}: found {answer}, expected success")
    return told | {"said": done.stderr}


def instructions(stage: Stage, entry: str, steps: Sequence[Step]) -> float:
    """Million instructions of a fresh process up to its first answer."""
    said = invoke(stage, entry, steps, VALGRIND)["said"]
    line = next(each for each in said.splitlines() if "I refs:" in each or "I   refs:" in each)
    return int(line.rsplit(":", 1)[1].replace(",", "").strip()) / 1e6


def throughput(stage: Stage) -> str:
    """Payments that a process validates and charges in a second of one core's time."""
    steps: list[Step] = []
    for _ in range(PAYMENTS):
        asked = validate(stage)
        transaction_id = json.loads(asked["body"])["transaction_id"]
        steps += [("payment_validator", asked), ("payment_processor", process(stage, transaction_id))]
    both = stage.unpacked.path(EVERY)
    each = invoke(stage, "payment_processor", steps, path=both)["warm"] * 2
    alone = domain.seconds(PAYMENTS * 10)
    rows = [
        ("validate and process, over the servers", f"{each * 1e6:,.0f}", f"{1 / each:,.0f}"),
        ("the domain alone", f"{alone * 1e6:,.0f}", f"{1 / alone:,.0f}"),
    ]
    return table(("one payment", "CPU µs", "payments per second and core"), rows)


def sizes(release: Path) -> str:
    """Bytes of each archive."""
    paths = [*sorted((release / "functions").glob("*.zip")), release / "libraries.zip"]
    return table(("archive", "bytes, zipped"), [(each.stem, each.stat().st_size) for each in paths])
