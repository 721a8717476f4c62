"""The physical names that a template gives to its resources."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.evaluation.values import ABSENT, Reference, Value, mapping, plain
from pipeline.review.model import World
from pipeline.review.prediction.schemas import schema


def given_name(resource: Mapping[str, Value]) -> str | None:
    """The name that Ref returns, where the template gives it and the registry says which property that is."""
    registered = schema(str(resource.get("Type")))
    if registered is None or len(registered.names) != 1:
        return None
    return plain(mapping(resource.get("Properties")).get(registered.names[0], ABSENT))


def given_names(world: World) -> dict[Reference, str]:
    """What Ref returns for each resource of a side whose name its template gives."""
    found = {}
    for target, resource in world.items():
        name = given_name(resource)
        if name:
            found[Reference(*target)] = name
    return found
