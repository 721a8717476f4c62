"""The payment stack in an account that it was never deployed to."""

from __future__ import annotations

import pytest

from tests.aws.cloudformation.cloud import Cloud
from tests.pipeline.change.recovery.whole import Whole


@pytest.fixture
def whole(cloud: Cloud) -> Whole:
    """An account that the payment stack was never deployed to."""
    return Whole(cloud)
