"""What docs/security.md says of the templates and of their tests is so."""

from __future__ import annotations

from tests import security


def test_the_document_is_what_the_templates_say() -> None:
    """Mended by: python -m tests.security (docs/security.md)."""
    assert security.DOCUMENT.read_text() == security.document()


def test_every_control_is_held_by_a_test_that_there_is() -> None:
    assert [] == [each.test for each in security.CONTROLS if not security.names(each.test)]


def test_every_suppression_has_a_reason() -> None:
    found = list(security.suppressions())

    assert found
    assert [] == [check for check, _, reason in found if len(reason) < len("a true reason")]
