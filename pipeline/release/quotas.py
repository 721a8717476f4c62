"""Quotas: how much of CloudFormation's and Lambda's limits a release uses, and what is over one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from pipeline import BuildError
from pipeline.release.archives import Archives
from pipeline.release.templates import Template, Templates
from pipeline.release.wiring import SUFFIX

# Limits of CloudFormation.
TEMPLATE_BYTES = 1_000_000
INLINE_BYTES = 51_200
RESOURCES = 500
PARAMETERS = 200
OUTPUTS = 200
MAPPINGS = 200
DYNAMIC_REFERENCES = 60
DESCRIPTION_BYTES = 1_024
VALUE_BYTES = 4_096
RESOURCES_IN_ALL = 2_500
# Limits of Lambda: what one upload may hold, and what a function and its layers may be when unzipped.
ZIPPED_BYTES = 50_000_000
UNZIPPED_BYTES = 250_000_000


class QuotaError(BuildError):
    """A release that AWS would refuse for its size."""


@dataclass(frozen=True)
class Use:
    """How much of one quota is used, by what uses most of it."""

    quota: str
    place: str
    used: int
    limit: int

    @property
    def percent(self) -> float:
        """The part of the quota that is used."""
        return 100 * self.used / self.limit


def check(
    templates: Templates,
    parameters: Mapping[str, str],
    archives: Archives | None = None,
    *,
    inline: Collection[str] = (),
) -> list[Use]:
    """Return the fullest place of each quota, the `inline` ones of templates that need no bucket too.

    Raises QuotaError, a line for each place where a quota is exceeded.
    """
    uses = [*of_templates(templates, inline), *of_values(parameters)]
    uses += of_archives(archives) if archives else ()
    over = [use for use in uses if use.used > use.limit]
    if over:
        raise QuotaError(
            *(f"{use.place}: found {use.used:,} {use.quota}, expected at most {use.limit:,}" for use in over)
        )
    fullest: dict[str, Use] = {}
    for use in uses:
        if use.quota not in fullest or use.used > fullest[use.quota].used:
            fullest[use.quota] = use
    return sorted(fullest.values(), key=lambda use: use.percent, reverse=True)


def of_templates(templates: Templates, inline: Collection[str]) -> Iterator[Use]:
    """Yield what each template uses, and all together."""
    resources_in_all = 0
    for name, template in templates.items():
        place, size = f"{name}{SUFFIX}", len(template.data)
        resources_in_all += len(template.document["Resources"])
        yield Use("bytes of a template", place, size, TEMPLATE_BYTES)
        if name in inline:
            yield Use("bytes of a template passed inline", place, size, INLINE_BYTES)
        yield from of_sections(template, place)
    yield Use("resources of one operation", "all templates", resources_in_all, RESOURCES_IN_ALL)


def of_sections(template: Template, place: str) -> Iterator[Use]:
    """Yield what the content of a template uses."""
    document = template.document
    yield Use("resources of a template", place, len(document["Resources"]), RESOURCES)
    yield Use("parameters of a template", place, len(document.get("Parameters", {})), PARAMETERS)
    yield Use("outputs of a template", place, len(document.get("Outputs", {})), OUTPUTS)
    yield Use("mappings of a template", place, len(document.get("Mappings", {})), MAPPINGS)
    yield Use(
        "dynamic references of a template", place, template.data.count(b"{{resolve:"), DYNAMIC_REFERENCES
    )
    description = len(document.get("Description", "").encode())
    yield Use("bytes of a description", place, description, DESCRIPTION_BYTES)


def of_values(parameters: Mapping[str, str]) -> Iterator[Use]:
    """Yield what each value of the configuration uses."""
    for name, value in parameters.items():
        yield Use("bytes of a parameter's value", name, len(value.encode()), VALUE_BYTES)


def of_archives(archives: Archives) -> Iterator[Use]:
    """Yield what each archive uses, with the layer beside it."""
    beside = archives.libraries.unzipped()
    yield Use("zipped bytes of an archive", "libraries", len(archives.libraries.data), ZIPPED_BYTES)
    for name, archive in archives.functions.items():
        yield Use("zipped bytes of an archive", name, len(archive.data), ZIPPED_BYTES)
        yield Use("unzipped bytes of a function", name, archive.unzipped() + beside, UNZIPPED_BYTES)
