"""Assemble: the stages of a build in their order, each left out where nothing that it reads has changed."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline import BuildError
from pipeline.console import Progress
from pipeline.release import (
    configuration,
    contradictions,
    dist,
    findings,
    lint,
    package,
    quotas,
    sbom,
    wiring,
)
from pipeline.release.archives import Archives, functions, schema_version
from pipeline.release.bytecode import Compiler
from pipeline.release.cache import Cache, of_user
from pipeline.release.cache import replace as replace_file
from pipeline.release.findings import Finding, FindingsError
from pipeline.release.import_closure import Handlers
from pipeline.release.libraries import archive, modules
from pipeline.release.lint import Linter
from pipeline.release.source_lines import origin
from pipeline.release.sources import Sources, digest, read
from pipeline.release.synthesize import ROOT, canonical, synthesize


class SourcesChangedError(BuildError):
    """Sources that were edited while they were being built."""


@dataclass(frozen=True)
class Order:
    """What somebody asked to be built, and where to put it."""

    project: Path
    environment: str
    dist: Path
    bucket: str = ""
    """Artifact bucket to use instead of the one in the parameters."""
    anew: bool = False
    """Whether to ignore what earlier builds left."""
    boundary: str = ""
    """ARN of the roles' boundary to use instead of the one in the parameters."""

    @property
    def target(self) -> Path:
        """The folder of the release."""
        return self.dist / self.environment

    @property
    def instead(self) -> dict[str, str]:
        """The parameters that it gives in place of those of the file."""
        given = {"ArtifactBucket": self.bucket, "PermissionsBoundaryArn": self.boundary}
        return {name: value for name, value in given.items() if value}

    def cache(self) -> Cache:
        """What earlier builds left."""
        own = self.dist / ".cache"
        return Cache(own, of_user(own), read=not self.anew)


@dataclass(frozen=True)
class Release:
    """What lies in a release's folder, as its manifest tells it."""

    folder: Path
    manifest: dict[str, Any]
    unchanged: bool
    """Whether it lay there before."""

    @property
    def bucket(self) -> str:
        """The artifact bucket that the templates refer to."""
        given = json.loads((self.folder / package.CONFIGURATION).read_bytes())
        return str(given["Parameters"]["ArtifactBucket"])

    @property
    def artifacts(self) -> list[package.Artifact]:
        """What goes to S3."""
        return [package.Artifact(**each) for each in self.manifest["Artifacts"]]


def build(order: Order, progress: Progress) -> Release:
    """Make the release that is asked for, or find that it lies there already, to the last byte."""
    sources, cache = read(order.project, order.environment), order.cache()
    key = digest(sources.key(""), order.environment, order.bucket, order.boundary)
    kept = cache.get("releases", key)
    unchanged = kept is not None and dist.digests(order.target) == json.loads(kept)
    if not unchanged:
        with ExitStack() as resources:
            stages = Stages(order, sources, cache, progress, resources)
            cache.put("releases", key, json.dumps(stages.run()).encode())
    return Release(order.target, json.loads((order.target / package.MANIFEST).read_bytes()), unchanged)


def templates(order: Order, progress: Progress) -> dict[str, bytes]:
    """The templates of `order`, as they nest each other by local path, neither judged nor written."""
    with ExitStack() as resources:
        stages = Stages(order, read(order.project, order.environment), order.cache(), progress, resources)
        return stages.templates(stages.archives())


@dataclass
class Stages:
    """The stages of one build, and what they share."""

    order: Order
    sources: Sources
    cache: Cache
    progress: Progress
    resources: ExitStack
    linter: Linter | None = None

    def run(self) -> dict[str, str]:
        """Build, and put the release in its place; return the digests of its files."""
        given = configuration.read(self.order.project, self.order.environment)
        given = replace(given, parameters={**given.parameters, **self.order.instead})
        # What cannot be written is not worth making.
        staged = self.resources.enter_context(dist.staging(self.order.dist, self.order.environment))
        if self.cache.get("templates", self.templates_key()) is None:
            # There will be something to judge; loading the rules takes longest, and can begin now.
            self.linter = self.resources.enter_context(Linter(self.order.project))
        archives = self.archives()
        made = self.templates(archives)
        configuration.check(given, json.loads(made[ROOT]))
        contradictions.check(given.name, self.order.project, made, given.parameters)
        self.judge(made, staged / "local")
        with self.progress.stage("package") as stage:
            packaged = package.packaged(made)
            uses = quotas.check(packaged, given.parameters, archives)
            files, artifacts = package.package(packaged, archives)
            files[sbom.NAME] = sbom.bill(self.order.project, self.sources, self.cache, archives.libraries)
            files[package.CONFIGURATION] = canonical(given.document())
            files[package.MANIFEST] = package.manifest(self.order.environment, artifacts, uses)
            dist.write(staged / "release", files)
            self.unless_changed()
            dist.install(staged / "release", self.order.target)
            stage.note = f"{len(artifacts)} artifacts"
        return dist.digests(self.order.target)

    def archives(self) -> Archives:
        """What the functions run."""
        project, compiler = self.order.project, self.resources.enter_context(Compiler(self.cache))
        with self.progress.stage("libraries") as stage:
            libraries = archive(project, self.sources, self.cache, compiler)
            stage.note = f"{len(libraries.data):,} bytes"
        with self.progress.stage("functions") as stage:
            handlers = Handlers(project, modules(libraries))
            packed = functions(handlers, self.sources, self.cache, compiler)
            made = Archives(packed, libraries, schema_version(project))
            stage.note = f"{len(made.functions)} archives"
        return made

    def templates_key(self) -> str:
        """Under what the templates are kept; layers read definitions from the handlers."""
        return self.sources.key("templates/", "handlers/", "pipeline/release/", "requirements/")

    def templates(self, archives: Archives) -> dict[str, bytes]:
        """The templates; taken from the cache where layers, handlers and archives are those of before."""
        code = archives.code()
        key, made_for = self.templates_key(), digest(repr(code))
        kept = self.cache.get("templates", key)
        with self.progress.stage("synthesize") as stage:
            if kept is not None and json.loads(kept)["code"] == made_for:
                made = {name: text.encode() for name, text in json.loads(kept)["templates"].items()}
            else:
                made = synthesize(self.order.project, code)
                self.unless_changed()
                texts = {name: data.decode() for name, data in made.items()}
                self.cache.put("templates", key, json.dumps({"code": made_for, "templates": texts}).encode())
            stage.note = f"{len(made)} templates"
        return made

    def judge(self, made: dict[str, bytes], folder: Path) -> None:
        """Raise FindingsError where something is wrong with the templates; report on them either way."""
        known = lint.keys(made, self.sources)
        found = lint.remembered(known, self.cache)
        pending = {name: key for name, key in known.items() if name not in found}
        with self.progress.stage("lint", len(pending)) as stage:
            if pending:
                dist.write(folder, {f"{name}{wiring.SUFFIX}": data for name, data in made.items()})
                linter = self.linter or self.resources.enter_context(Linter(self.order.project))
                for name, judged in lint.judged(linter, folder, pending, self.cache):
                    found[name] = judged
                    stage.step()
            everything = [each for name in sorted(found) for each in found[name]] + self.unread(made)
            traced = [replace(each, origin=self.origin(each)) for each in everything]
            stage.note = f"{len(pending)} of {len(made)} templates judged, {len(traced)} findings"
        self.order.dist.mkdir(parents=True, exist_ok=True)
        replace_file(self.order.dist / "lint.junit.xml", findings.junit(traced, made))
        replace_file(self.order.dist / "lint.sarif", findings.sarif(traced, self.sources.tools["cfn-lint"]))
        if traced:
            raise FindingsError(traced)

    @staticmethod
    def unread(made: dict[str, bytes]) -> list[Finding]:
        """A finding for each Output of a layer that nobody reads."""
        root = json.loads(made[ROOT])
        layers = {title: json.loads(made[title.lower()]) for title in wiring.nested(root)}
        message = "the output has no reader; expected a GetAtt in the root, or no output"
        return [
            Finding(title.lower(), f"Outputs/{output}", "unread-output", "warning", message)
            for title, output in wiring.unread(root, layers)
        ]

    def origin(self, finding: Finding) -> str:
        """The source line that `finding` is about."""
        return origin(self.order.project, finding.template, finding.title)

    def unless_changed(self) -> None:
        """Raise SourcesChangedError where sources are not what they were when the build began."""
        changed = self.sources.changed(read(self.order.project, self.order.environment))
        if changed:
            raise SourcesChangedError(
                f"{changed[0]}: changed while it was being built; expected to be left alone"
            )
