"""Resources: how CloudFormation makes each type of them, in the emulator."""
# ruff: noqa: SLF001 -- the faults lie within the emulator, and so must what steps round them

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]
# What CloudFormation records of a resource: its physical id and its attributes.
Created = tuple[str, Properties]

HANDLERS = provisioners._RESOURCE_HANDLERS


def complete(kind: str, mend: Callable[[str, Properties, str], Properties]) -> None:
    """Have `mend` see each resource of the type `kind` that is made or updated, and add to its attributes.

    It takes the physical id, the properties and the name of the stack.
    """
    create, update = HANDLERS[kind]["create"], HANDLERS[kind]["update"]

    def create_whole(title: str, properties: Properties, stack: str) -> Created:
        physical_id, attributes = create(title, properties, stack)
        return physical_id, attributes | mend(physical_id, properties, stack)

    def update_whole(
        physical_id: str, before: Properties, properties: Properties, stack: str, *title: str
    ) -> Created:
        physical_id, attributes = update(physical_id, before, properties, stack, *title)
        return physical_id, attributes | mend(physical_id, properties, stack)

    HANDLERS[kind].update(create=create_whole, update=update_whole)
