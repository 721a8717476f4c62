"""Limits: all that there is only so much of, on the way of a payment."""

from __future__ import annotations

from pathlib import Path

from pipeline.capacity import api, egress, functions, stores
from pipeline.capacity.limit import Limit
from pipeline.capacity.load import Load
from pipeline.evaluation.resolved import Deployed


def limits(deployed: Deployed, load: Load, project: Path) -> list[Limit]:
    """Every limit, the one that gives way first at the head."""
    found = [
        *api.limits(deployed, load),
        *functions.limits(deployed, load),
        *stores.limits(deployed, load, project),
        *egress.limits(deployed, load),
    ]
    return sorted(found, key=lambda each: (each.serves(), each.what))
