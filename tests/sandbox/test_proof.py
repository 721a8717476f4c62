"""The proof of chaos fails where the product is broken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

import build
from pipeline.console import Silence
from pipeline.release import assemble, lint
from pipeline.release.assemble import Order
from sandbox import system
from sandbox.system import System
from tests.pipeline.release.projects import Project
from tests.sandbox.paying import process, validate

# What keeps a payment from being settled, charged or posted more or less than once, and the same without it:
# the lease, the gateway's key, what is known of an earlier charge, and the posting.
BROKEN = (
    (
        "handlers/payments/adapters/dynamodb.py",
        "{MINE} AND ({UNTRIED} OR {ABANDONED})",
        "{MINE} AND ({UNTRIED} OR {ABANDONED} OR {EXISTS})",
    ),
    (
        "handlers/payments/adapters/stripe.py",
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


@pytest.fixture
def broken(checkout: Project, tmp_path: Path) -> Iterator[System]:
    """The stack, running, of functions in which each of `BROKEN` is."""
    project = checkout.copy(tmp_path / "project")
    for name, right, wrong in BROKEN:
        project.edit(name, right, wrong)
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in project.environment().items():
            patch.setenv(variable, value)
        # What the templates look like is not in question, and takes most of the time of a build.
        patch.setattr(assemble, "Linter", lambda *_: nullcontext())
        patch.setattr(
            lint, "judged", lambda _linter, _folder, pending, _cache: ((name, []) for name in pending)
        )
        with system.running(Order(project.folder, "dev", project.folder / "dist"), Silence()) as started:
            yield started


def test_chaos_ends_with_1_and_names_each_payment_that_broken_functions_get_wrong(
    broken: System, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that a client repeats, though it was answered, and those that only have to be posted."""
    validate(broken, "twice")
    assert [process(broken, "twice") for _ in range(2)] == [200, 200]

    @contextmanager
    def there(*_: object) -> Iterator[System]:
        yield broken

    monkeypatch.setattr(system, "running", there)

    assert build.main(["sandbox", "--chaos", "--seed", "4", "--payments", "3", "--clients", "3"]) == 1

    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    begun = {line.partition(", expected")[0].partition("[")[0].strip() for line in said}
    assert begun == {
        f"error: chaos with seed 4: {fault}"
        for fault in (
            "twice: settled as processed, processed",
            "twice: processed, found charges",
            "twice: processed, found entries",
            *(f"chaos-0000{number}: processed, found entries" for number in range(3)),
        )
    }
