"""Build: the pipeline's own templates as a product, built into dist/pipeline/."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.console import Progress
from pipeline.release import assemble, configuration, region
from pipeline.release.assemble import Order, Release
from pipeline.release.configuration import Configuration
from pipeline.release.product import Product
from pipeline.release.region import RegionError
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
# Parameters that hold the ARN of something in the pipeline's region.
REGIONAL = ("ConnectionArn", "ArtifactKeyArn")


def layers(code: Code | None) -> Iterator[tuple[str, troposphere.Template]]:
    """Yield the templates, each a stack of its own."""
    del code
    # Loaded only now: troposphere takes its time.
    stack = import_module("templates.stack")
    for name, path in MODULES.items():
        module = import_module(path.removesuffix(".py").replace("/", "."))
        template, _ = stack.standalone(module.build, module.Inputs)
        yield name, template


def source_files(project: Path, name: str) -> Sequence[Path]:
    """Return the module of the template `name`, then those that it may have its resources from."""
    folders = [project / folder for folder in ("pipeline/delivery", "templates")]
    return [project / MODULES[name], *(path for folder in folders for path in sorted(folder.rglob("*.py")))]


def region_of(project: Path, given: Configuration) -> str:
    """Return the region of the pipeline, which is that of the environments; RegionError where they differ.

    Its builds change the stacks of each environment in their own region.
    """
    from pipeline.delivery import names  # noqa: PLC0415 # troposphere takes its time

    found: dict[str, str] = {}
    for environment in names.ENVIRONMENTS:
        deployed = configuration.read(project, environment)
        found[deployed.name] = region.supported(project, deployed)
    first, expected = next(iter(found.items()))
    for name, other in found.items():
        if other != expected:
            raise RegionError(
                f"{name}: {region.SETTING}: found {other}, expected {expected} as in {first}: "
                "one pipeline deploys to one region"
            )
    region.check_arns(given, REGIONAL, expected)
    return expected


PIPELINE = Product(
    name=NAME,
    layers=layers,
    source_files=source_files,
    # The environments' parameters say which region it is of.
    sources=("pipeline/delivery", MODULES[NAME], "parameters"),
    region=region_of,
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
