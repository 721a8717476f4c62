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
    unread,
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
from pipeline.release.product import Product
from pipeline.release.source_lines import origin
from pipeline.release.sources import Sources, digest, read
from pipeline.release.stack import STACK
from pipeline.release.synthesize import synthesize
from pipeline.release.templates import Templates, canonical, template

# Of every product: what its templates are made from.
SYNTHESIZED_FROM = ("templates/", "handlers/", "pipeline/release/", "requirements/")


class SourcesChangedError(BuildError):
    """Sources that were edited during the build."""


@dataclass(frozen=True)
class Order:
    """What to build of a project, and where to put it."""

    project: Path
    environment: str
    """Name of the parameters file, and of the release's folder in `dist`."""
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


def build(order: Order, progress: Progress, product: Product = STACK) -> Release:
    """Build the release of `order`, unless it lies in its folder already, to the last byte."""
    sources, cache = read_sources(order, product), order.cache()
    key = digest(sources.key(""), product.name, order.environment, order.bucket, order.boundary)
    kept = cache.get("releases", key)
    unchanged = kept is not None and dist.digests(order.target) == json.loads(kept)
    if not unchanged:
        with ExitStack() as resources:
            stages = Stages(order, product, sources, cache, progress, resources)
            cache.put("releases", key, json.dumps(stages.run()).encode())
    return Release(order.target, json.loads((order.target / package.MANIFEST).read_bytes()), unchanged)


def templates(order: Order, progress: Progress) -> Templates:
    """Return the payment stack's templates, nested by local path; nothing is linted or written."""
    with ExitStack() as resources:
        stages = Stages(order, STACK, read_sources(order, STACK), order.cache(), progress, resources)
        return stages.templates(stages.archives())


def read_sources(order: Order, product: Product) -> Sources:
    """Return everything that the build of `product` reads."""
    return read(order.project, f"{product.parameters}/{order.environment}.json", *product.sources)


@dataclass
class Stages:
    """The stages of one build, and what they share."""

    order: Order
    product: Product
    sources: Sources
    cache: Cache
    progress: Progress
    resources: ExitStack
    linter: Linter | None = None

    def run(self) -> dict[str, str]:
        """Build, and put the release in its place; return the digests of its files."""
        order, product = self.order, self.product
        given = configuration.read(order.project, order.environment, product.parameters)
        given = replace(given, parameters={**given.parameters, **order.instead})
        region = product.region(order.project, given)
        # What cannot be written is not worth making.
        staged = self.resources.enter_context(dist.staging(order.dist, order.environment))
        if self.cache.get("templates", self.templates_key()) is None:
            # There will be something to judge; loading the rules takes longest, and can begin now.
            self.linter = self.resources.enter_context(Linter(order.project, region))
        archives = self.archives() if product.archives else None
        made = self.templates(archives)
        configuration.check(given, made[product.root].document, product.declared_in)
        contradictions.check(given.name, order.project, made, given.parameters, product.root)
        self.lint(made, staged / "local", region)
        with self.progress.stage("package") as stage:
            packaged = package.packaged(product, made)
            uses = quotas.check(packaged, given.parameters, archives, inline=product.inline)
            files, artifacts = package.package(product, packaged, archives)
            if archives:
                files |= self.bill(archives)
            files[package.CONFIGURATION] = canonical(given.document())
            files[package.MANIFEST] = package.manifest(order.environment, artifacts, uses)
            dist.write(staged / "release", files)
            self.unless_changed()
            dist.install(staged / "release", order.target)
            stage.note = f"{len(artifacts)} artifacts"
        return dist.digests(order.target)

    def archives(self) -> Archives:
        """Return what the functions run."""
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

    def bill(self, archives: Archives) -> dict[str, bytes]:
        """Return the bill of materials of the libraries layer, by its path in the release."""
        # Loaded only now: a build with nothing changed writes none, and `packaging` takes its time.
        from pipeline.release import sbom  # noqa: PLC0415

        return {sbom.NAME: sbom.bill(self.order.project, self.sources, self.cache, archives.libraries)}

    def templates_key(self) -> str:
        """Return the cache key of the templates; layers read definitions from the handlers."""
        return digest(self.sources.key(*SYNTHESIZED_FROM, *self.product.sources), self.product.name)

    def templates(self, archives: Archives | None) -> Templates:
        """Return the templates; from the cache where layers, handlers and archives are those of before."""
        code = archives.code() if archives else None
        key, made_for = self.templates_key(), digest(repr(code))
        kept = self.cache.get("templates", key)
        with self.progress.stage("synthesize") as stage:
            if kept is not None and json.loads(kept)["code"] == made_for:
                texts = json.loads(kept)["templates"]
                made = {name: template(name, text.encode()) for name, text in texts.items()}
            else:
                made = synthesize(self.product, self.order.project, code)
                self.unless_changed()
                texts = {name: each.data.decode() for name, each in made.items()}
                self.cache.put("templates", key, json.dumps({"code": made_for, "templates": texts}).encode())
            stage.note = f"{len(made)} templates"
        return made

    def lint(self, made: Templates, folder: Path, region: str) -> None:
        """Raise FindingsError where a template breaks a rule in `region`; write the reports either way."""
        known = lint.keys(made, self.sources, region)
        found = lint.remembered(known, self.cache)
        pending = {name: key for name, key in known.items() if name not in found}
        with self.progress.stage("lint", len(pending)) as stage:
            if pending:
                dist.write(folder, {f"{name}{wiring.SUFFIX}": each.data for name, each in made.items()})
                linter = self.linter or self.resources.enter_context(Linter(self.order.project, region))
                for name, judged in lint.judged(linter, folder, pending, self.cache):
                    found[name] = judged
                    stage.step()
            everything = [finding for name in sorted(found) for finding in found[name]]
            everything += unread.findings(made, self.product.root)
            traced = [replace(finding, origin=self.origin(finding)) for finding in everything]
            stage.note = f"{len(pending)} of {len(made)} templates judged, {len(traced)} findings"
        self.report(traced, made)
        if traced:
            raise FindingsError(traced)

    def report(self, found: list[Finding], made: Templates) -> None:
        """Write the reports of the product's lint, which CI systems read, to dist/."""
        folder, version = self.order.dist, self.sources.tools["cfn-lint"]
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(folder / f"{self.product.reports}.junit.xml", findings.junit(found, made))
        replace_file(
            folder / f"{self.product.reports}.sarif", findings.sarif(found, self.product.name, version)
        )

    def origin(self, finding: Finding) -> str:
        """Return the source line that `finding` is about."""
        project = self.order.project
        return origin(project, self.product.source_files(project, finding.template), finding.title)

    def unless_changed(self) -> None:
        """Raise SourcesChangedError where sources are not what they were when the build began."""
        changed = self.sources.changed(read_sources(self.order, self.product))
        if changed:
            raise SourcesChangedError(
                f"{changed[0]}: changed while it was being built; expected to be left alone"
            )
