"""Keys of the audit trail."""

from __future__ import annotations

from handlers.payments.audit import in_key


def test_only_dots_would_be_another_folder() -> None:
    assert [in_key(each) for each in ("..", ".", "a.b", "..a")] == ["%2E%2E", "%2E", "a.b", "..a"]
