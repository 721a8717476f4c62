"""Making: builds the pipeline's own templates into dist/pipeline/, linted and held against quotas."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from pipeline.console import Progress
from pipeline.release import configuration, dist, lint, quotas, sources
from pipeline.release.archives import addressed
from pipeline.release.assemble import Release
from pipeline.release.cache import Cache
from pipeline.release.configuration import Configuration, ConfigurationError
from pipeline.release.findings import FindingsError
from pipeline.release.lint import Linter
from pipeline.release.package import CONFIGURATION, MANIFEST, Artifact, manifest
from pipeline.release.quotas import QuotaError, Use
from pipeline.release.sources import content
from pipeline.release.synthesize import ROOT, canonical
from pipeline.release.wiring import SUFFIX

NAME = "pipeline"
# Beside the environments, for it is none.
PARAMETERS = "parameters/tooling/pipeline.json"
# The module of each template, the pipeline's first: it is the one that changes itself.
TEMPLATES = {
    NAME: "pipeline.template",
    "store": "pipeline.delivery.artifact_store_stack",
    "target": "pipeline.delivery.target_account_stack",
}
# Where the pipeline's parameters are: the fields of its Inputs.
DECLARED_IN = "pipeline/template.py"
# What `aws cloudformation deploy` takes without a bucket, which there is none of before `store`.
INLINE = ("store", "target")


def build(project: Path, folder: Path, bucket: str, progress: Progress) -> Release:
    """Make dist/pipeline/ in `folder`; `bucket` stands in for the artifact bucket of the parameters."""
    given = read(project)
    if bucket:
        given = replace(given, parameters={**given.parameters, "ArtifactBucket": bucket})
    made = synthesized(progress)
    check(given, made)
    uses = sizes(made)
    with ExitStack() as resources:
        staged = resources.enter_context(dist.staging(folder, NAME))
        judge(project, made, staged / "local", Cache(folder / ".cache"), progress)
        artifacts = [artifact(name, data) for name, data in made.items()]
        files = {f"{name}{SUFFIX}": data for name, data in made.items()}
        files[CONFIGURATION] = canonical(given.document())
        files[MANIFEST] = manifest(NAME, artifacts, uses)
        dist.write(staged / "release", files)
        unchanged = (folder / NAME).exists() and dist.digests(folder / NAME) == dist.digests(
            staged / "release"
        )
        dist.install(staged / "release", folder / NAME)
    return Release(folder / NAME, json.loads((folder / NAME / MANIFEST).read_bytes()), unchanged)


def read(project: Path) -> Configuration:
    """What the pipeline is told; every fault of the file is a line of the ConfigurationError."""
    document = configuration.parse(content(project / PARAMETERS, PARAMETERS), PARAMETERS)
    faults = [f"{PARAMETERS}: {fault}" for fault in configuration.misshapen(document)]
    if faults:
        raise ConfigurationError(*faults)
    return Configuration(PARAMETERS, *(document[section] for section in configuration.SECTIONS))


def check(given: Configuration, made: dict[str, bytes]) -> None:
    """Raise ConfigurationError unless the pipeline that was made can be deployed as it is told."""
    configuration.check(given, json.loads(made[NAME]), DECLARED_IN)


def synthesized(progress: Progress) -> dict[str, bytes]:
    """Every template by name, in one line: those made by hand have to fit without a bucket."""
    # Loaded only now: troposphere takes its time.
    stack = import_module("templates.stack")
    made: dict[str, bytes] = {}
    with progress.stage("synthesize") as stage:
        for name, module in TEMPLATES.items():
            layer = import_module(module)
            template, _ = stack.standalone(layer.build, layer.Inputs)
            made[name] = (
                json.dumps(template.to_dict(), separators=(",", ":"), sort_keys=True) + "\n"
            ).encode()
        stage.note = f"{len(made)} templates"
    return made


def sizes(made: dict[str, bytes]) -> list[Use]:
    """How much of CloudFormation's limits the templates use; QuotaError where it is too much."""
    uses = [
        Use("bytes of a template passed inline", f"{name}{SUFFIX}", len(data), quotas.INLINE_BYTES)
        if name in INLINE
        else Use("bytes of a template", f"{name}{SUFFIX}", len(data), quotas.TEMPLATE_BYTES)
        for name, data in made.items()
    ]
    over = [use for use in uses if use.used > use.limit]
    if over:
        raise QuotaError(
            *(f"{use.place}: found {use.used:,} {use.quota}, expected at most {use.limit:,}" for use in over)
        )
    return uses


def judge(project: Path, made: dict[str, bytes], staged: Path, cache: Cache, progress: Progress) -> None:
    """Raise FindingsError where cfn-lint has anything to say; it is asked about what is new to it."""
    known = lint.keys(made, sources.read(project, NAME))
    found = lint.remembered(known, cache)
    pending = {name: key for name, key in known.items() if name not in found}
    with progress.stage("lint", len(pending)) as stage:
        if pending:
            dist.write(staged, {f"{name}{SUFFIX}": made[name] for name in pending})
            with Linter(project) as linter:
                for name, judged in lint.judged(linter, staged, pending, cache):
                    found[name] = judged
                    stage.step()
        traced = [
            replace(each, origin=f"{TEMPLATES[name].replace('.', '/')}.py:1")
            for name in sorted(found)
            for each in found[name]
        ]
        stage.note = f"{len(pending)} of {len(made)} templates judged, {len(traced)} findings"
    if traced:
        raise FindingsError(traced)


def artifact(name: str, data: bytes) -> Artifact:
    """What the manifest says of a template; the pipeline's own is the root of this release."""
    at = addressed("templates", name, data, SUFFIX.lstrip("."))
    title = ROOT if name == NAME else name
    resources = len(json.loads(data)["Resources"])
    return Artifact(title, "template", f"{name}{SUFFIX}", at.key, len(data), at.digest, resources)
