from __future__ import annotations

import time
from pathlib import Path

import pytest

from sandbox import clock


def test_a_clock_that_is_moved_on_is_seen_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = clock.create(tmp_path)
    monkeypatch.setenv(clock.VARIABLE, str(path))
    monkeypatch.setattr(time, "time", time.time)
    monkeypatch.setattr(time, "time_ns", time.time_ns)
    real = time.time_ns
    clock.install()
    before = time.time_ns() - real()

    clock.move_on(path, 90)
    clock.move_on(path, 30)

    assert clock.ahead(path) == 120
    assert 119e9 < time.time_ns() - real() - before < 121e9
    assert abs(time.time() - time.time_ns() / 1e9) < 1


def test_elapsed_time_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deadlines are kept by it: a payment that is under way is not cut short."""
    path = clock.create(tmp_path)
    monkeypatch.setenv(clock.VARIABLE, str(path))
    monkeypatch.setattr(time, "time", time.time)
    monkeypatch.setattr(time, "time_ns", time.time_ns)
    clock.install()
    before = time.monotonic()

    clock.move_on(path, 10_000)

    assert time.monotonic() - before < 1_000


def test_without_a_clock_the_machines_own_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(clock.VARIABLE, raising=False)
    before = time.time

    clock.install()

    assert time.time is before
