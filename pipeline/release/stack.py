"""Stack: the payment stack as a product, the layers of `templates/` nested in their root."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.release import region
from pipeline.release.configuration import SETTINGS
from pipeline.release.product import Product
from pipeline.release.templates import ROOT

if TYPE_CHECKING:
    import troposphere

    from templates.artifacts import Code

# What an account needs once for all stacks in it; deployed beside the root, never nested.
ACCOUNT = "account"


def layers(code: Code | None) -> Iterator[tuple[str, troposphere.Template]]:
    """Yield the root, each layer nested in it, and `account`."""
    # Loaded only now: most builds have nothing to synthesize, and troposphere takes its time.
    stack = importlib.import_module("templates.stack")
    outermost, apart = (importlib.import_module(f"templates.{name}") for name in (ROOT, ACCOUNT))
    root = stack.empty(str(outermost.__doc__).split("\n", 1)[0])
    nest = outermost.build(root, code)
    account, _ = stack.standalone(apart.build, apart.Inputs)
    yield ROOT, root
    for title, layer in nest.layers.items():
        yield title.lower(), layer
    yield ACCOUNT, account


def source_files(project: Path, layer: str) -> Sequence[Path]:
    """Return the files of `layer`, then those that layers share."""
    folder = project / "templates"
    own = folder / layer / "__init__.py"
    if not own.exists():
        own = folder / f"{layer}.py"
    return [own, *sorted((folder / layer).glob("*.py")), *sorted(folder.glob("*.py"))]


STACK = Product(
    name="stack",
    layers=layers,
    source_files=source_files,
    region=region.supported,
    declared_in=SETTINGS,
    # What people pass to `create-stack --template-body`.
    inline=(ROOT,),
    archives=True,
    reports="lint",
)
