"""The proof fails where the product is broken, and names each payment on which it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import build
from pipeline.release.assemble import Order
from pipeline.release.report import Silence
from sandbox import proof, system
from sandbox.load import Asked
from sandbox.proof import Evidence
from sandbox.records import Records
from sandbox.system import System
from tests.release.projects import Project
from tests.sandbox.paying import process, validate, wait_for

# What keeps a payment from being settled, charged or posted more or less than once, and the same without it:
# the lease, the gateway's key, what is known of an earlier charge, and the posting.
BROKEN = (
    (
        "handlers/payments/store.py",
        "{MINE} AND ({UNTRIED} OR {ABANDONED})",
        "{MINE} AND ({UNTRIED} OR {ABANDONED} OR {EXISTS})",
    ),
    (
        "handlers/payments/stripe.py",
        "idempotency_key=charge.transaction_id,",
        "idempotency_key=__import__('secrets').token_hex(),",
    ),
    ("handlers/payments/processing.py", "if payment.gateway_reference is not None:", "if False:"),
    (
        "handlers/payments/processing.py",
        "self.on.ledger.post(self.payment.transaction_id, self.payment.money, reference, by)",
        "del by",
    ),
)


@pytest.fixture(scope="module")
def broken(checkout: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The stack, running, of functions in which each of `BROKEN` is."""
    project = checkout.copy(tmp_path_factory.mktemp("broken") / "project")
    for name, right, wrong in BROKEN:
        project.edit(name, right, wrong)
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in project.environment().items():
            patch.setenv(variable, value)
        with system.running(Order(project.folder, "dev", project.folder / "dist"), Silence()) as started:
            yield started


def test_a_payment_that_was_taken_twice_is_named_for_each_reason(broken: System) -> None:
    """By a client that repeats what it was answered already."""
    records = Records(broken)
    validate(broken, "twice")
    assert [process(broken, "twice") for _ in range(2)] == [200, 200]
    wait_for(records, lambda: any("twice/0005" in each for each in records.audit_keys()))

    found = proof.faults({"twice": Asked("twice", 1250, "EUR", "cus_1")}, Evidence.gather(records))

    begun = [each.partition(", expected")[0].partition("[")[0] for each in found]
    assert begun == [
        "twice: settled as processed, processed",
        "twice: processed, found charges ",
        "twice: processed, found entries ",
    ]


def test_chaos_ends_with_1_and_names_what_was_not_posted(
    broken: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def there(*_: object) -> Iterator[System]:
        yield broken

    monkeypatch.setattr(system, "running", there)

    assert build.main(["sandbox", "--chaos", "--seed", "4", "--payments", "3", "--clients", "3"]) == 1

    processed = {each.transaction_id for each in Records(broken).payments() if each.status == "processed"}
    refused = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error:")]
    for name in processed:
        assert any(line.startswith(f"error: chaos with seed 4: {name}: ") for line in refused)
    assert processed >= {"chaos-00000"}
