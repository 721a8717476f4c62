"""Names: the resources of a release that have a fixed physical name, which a leftover would keep taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pipeline.evaluation.stack import Raw, Stack
from pipeline.evaluation.values import StackPath, mapping, plain


@dataclass(frozen=True)
class Named:
    """A resource of the templates that has a fixed name."""

    type: str
    place: str
    """Its logical id with those of the stacks around it: `Data/PaymentsTable`."""
    name: str


def named(
    root: Raw,
    layers: Mapping[str, Raw],
    parameters: Mapping[str, str],
    pseudo: Mapping[str, str],
    name_properties: Mapping[str, str],
) -> Iterator[Named]:
    """Yield the resources of some types whose names are known before they exist.

    `name_properties` has the property of the name by type; `pseudo` the pseudo parameters.
    """

    def load(path: StackPath, _url: str | None) -> Raw | None:
        return layers.get(path[-1])

    for stack in Stack(root, dict(parameters), load, told=pseudo).tree():
        for logical_id in stack.resources:
            resource = stack.resource(logical_id)
            kind = str(resource["Type"])
            if kind not in name_properties:
                continue
            name = plain(mapping(resource.get("Properties")).get(name_properties[kind]))
            if name:
                yield Named(kind, "/".join((*stack.path, logical_id)), name)


def kept_types(templates: Iterable[Mapping[str, Raw]]) -> set[str]:
    """Return the types of resources that outlive their stack by a DeletionPolicy."""
    return {
        str(resource["Type"])
        for template in templates
        for resource in template["Resources"].values()
        if isinstance(resource, dict) and resource.get("DeletionPolicy", "Delete") != "Delete"
    }
