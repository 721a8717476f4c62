"""The whole suite: the logs of a run are searched, whatever it tests."""

from tests.canaries import pytest_configure

__all__ = ["pytest_configure"]
