"""Fixtures of the tests of one layer: its template, as it is rendered."""

from __future__ import annotations

import pytest

from tests.templates.layers import Rendered, rendered


@pytest.fixture(scope="module")
def layer(request: pytest.FixtureRequest) -> Rendered:
    """The template whose title the test module states as `LAYER`."""
    return rendered(request.module.LAYER)


@pytest.fixture(scope="module")
def resources(layer: Rendered) -> dict[str, Rendered]:
    """The resources of that template, by logical id."""
    found: dict[str, Rendered] = layer["Resources"]
    return found
