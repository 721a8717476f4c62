"""docs/alarms.md describes every alarm as the templates define it."""

from __future__ import annotations

from tests.documents import alarms


def test_the_document_describes_the_alarms_of_the_templates() -> None:
    """It stands here, among the tests of the templates, for mutations of the templates to run it."""
    assert "" == alarms.DOCUMENT.check()


def test_no_alarm_waits_for_more_data_than_it_looks_at() -> None:
    """One that asks for four of three periods never rings."""
    for alarm in alarms.alarms():
        assert alarm.get("DatapointsToAlarm", 0) <= alarm.get("EvaluationPeriods", 0)
