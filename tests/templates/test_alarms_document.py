"""What docs/alarms.md tells those who are woken is what the templates say."""

from __future__ import annotations

from tests import alarms
from tests.templates.test_sweeps import TEMPLATES


def test_the_document_is_what_the_templates_say() -> None:
    """Mended by: python -m tests.alarms (docs/alarms.md)."""
    assert alarms.DOCUMENT.read_text() == alarms.document(TEMPLATES)


def test_no_alarm_waits_for_more_data_than_it_looks_at() -> None:
    """One that asks for four of three periods never rings."""
    for each in alarms.alarms(TEMPLATES):
        assert each.get("DatapointsToAlarm", 0) <= each.get("EvaluationPeriods", 0)
