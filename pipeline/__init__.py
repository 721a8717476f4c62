"""Pipeline: what takes the payment stack from its sources to accounts of AWS, and judges it on the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


class BuildError(Exception):
    """What keeps a command from doing its work; each fault is one line for the person who asked for it."""

    findings: Sequence[DataclassInstance] = ()
    """What the checks of a build found, where that is what keeps it."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults
