"""Pipeline: builds the payment stack, reviews its changes and deploys them to AWS accounts."""

from __future__ import annotations


class BuildError(Exception):
    """A reason why a command cannot be carried out; each fault is one line for the person who ran it."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults

    def document(self) -> dict[str, object]:
        """Return the error as `--json` prints it; an error that knows more than its lines adds to it."""
        return {"Errors": list(self.faults), "Findings": []}
