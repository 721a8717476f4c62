"""Fixtures of the tests of one layer: its template, as it is rendered."""

from __future__ import annotations

import copy

import pytest

from tests.templates.rendered import TEMPLATES, Rendered


@pytest.fixture(scope="module")
def layer(request: pytest.FixtureRequest) -> Rendered:
    """The template whose title the test module states as `LAYER`."""
    return copy.deepcopy(TEMPLATES[request.module.LAYER])


@pytest.fixture(scope="module")
def resources(layer: Rendered) -> dict[str, Rendered]:
    """The resources of that template, by logical id."""
    found: dict[str, Rendered] = layer["Resources"]
    return found
