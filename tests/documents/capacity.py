"""docs/capacity.md: what limits the stack of `parameters/prod.json`, as `build.py capacity` prints it."""

from __future__ import annotations

import sys

from pipeline.capacity import report
from pipeline.capacity.limits import limits
from pipeline.capacity.load import load
from tests.documents import Document, main
from tests.paths import CHECKOUT
from tests.pipeline.release.deployments import deployed


def document() -> str:
    """Return the text of docs/capacity.md."""
    stack, assumed = deployed("prod"), load([])
    return report.document(stack, assumed, limits(stack, assumed, CHECKOUT))


DOCUMENT = Document("capacity", "docs/capacity.md", document)

if __name__ == "__main__":
    sys.exit(main(DOCUMENT))
