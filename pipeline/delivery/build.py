"""Build: the pipeline's own templates as a product, built into dist/pipeline/."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.console import Progress
from pipeline.release import assemble, configuration
from pipeline.release.assemble import Order, Release
from pipeline.release.configuration import Configuration
from pipeline.release.product import Product
from pipeline.release.templates import compact

if TYPE_CHECKING:
    import troposphere

    from templates.artifacts import Code

NAME = "pipeline"
# The module of each template, the pipeline's first: it is the one that changes itself.
MODULES = {
    NAME: "pipeline/template.py",
    "store": "pipeline/delivery/artifact_store_stack.py",
    "target": "pipeline/delivery/target_account_stack.py",
}


def layers(code: Code | None) -> Iterator[tuple[str, troposphere.Template]]:
    """Yield the templates, each a stack of its own."""
    del code
    # Loaded only now: troposphere takes its time.
    stack = import_module("templates.stack")
    for name, path in MODULES.items():
        module = import_module(path.removesuffix(".py").replace("/", "."))
        template, _ = stack.synthesize(module.build, module.Inputs)
        yield name, template


def source_files(project: Path, name: str) -> Sequence[Path]:
    """Return the module of the template `name`, then those that it may have its resources from."""
    folders = [project / folder for folder in ("pipeline/delivery", "templates")]
    return [project / MODULES[name], *(path for folder in folders for path in sorted(folder.rglob("*.py")))]


PIPELINE = Product(
    name=NAME,
    layers=layers,
    source_files=source_files,
    sources=("pipeline/delivery", MODULES[NAME]),
    # Beside the environments, for it is none.
    parameters="parameters/tooling",
    declared_in=MODULES[NAME],
    root=NAME,
    # Deployed by hand with `aws cloudformation deploy`, before there is a bucket: they have to be short.
    inline=("store", "target"),
    archives=False,
    render=compact,
    reports="lint-pipeline",
)


def read(project: Path) -> Configuration:
    """Return the pipeline's parameters and tags."""
    return configuration.read(project, NAME, PIPELINE.parameters)


def build(project: Path, folder: Path, bucket: str, progress: Progress) -> Release:
    """Build dist/pipeline/ in `folder`; `bucket` replaces the artifact bucket of the parameters."""
    return assemble.build(Order(project, NAME, folder, bucket), progress, PIPELINE)
