"""No adapter goes without a test that says when it may go."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from tests.emulator import adapting


def test_every_adapter_has_a_test_that_shows_its_fault() -> None:
    for module in Path(__file__).parent.glob("test_adapters*.py"):
        import_module(f"tests.emulator.{module.stem}")

    assert adapting.SHOWN == adapting.installed()
