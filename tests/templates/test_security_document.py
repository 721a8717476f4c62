"""docs/security.md names tests that exist, and a reason for every suppression."""

from __future__ import annotations

from tests.documents import security


def test_every_control_names_a_test_that_exists() -> None:
    assert [] == [control.test for control in security.CONTROLS if not security.exists(control.test)]


def test_every_suppression_has_a_reason() -> None:
    found = list(security.suppressions())

    assert found
    assert [] == [check for check, _, reason in found if len(reason) < len("a true reason")]
