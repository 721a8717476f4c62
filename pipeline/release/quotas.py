"""Quotas: how much of CloudFormation's and Lambda's limits a release uses, and what is over one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline import BuildError
from pipeline.release.archives import Archives

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


def check(templates: Mapping[str, bytes], parameters: Mapping[str, str], archives: Archives) -> list[Use]:
    """The fullest place of each quota; QuotaError names every place where one is exceeded."""
    uses = [*of_templates(templates), *of_values(parameters), *of_archives(archives)]
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


def of_templates(templates: Mapping[str, bytes]) -> Iterator[Use]:
    """What each template uses, and all together."""
    resources_in_all = 0
    for name, data in templates.items():
        place = f"{name}.template.json"
        template: dict[str, Any] = json.loads(data)
        resources_in_all += len(template["Resources"])
        yield Use("bytes of a template", place, len(data), TEMPLATE_BYTES)
        yield Use("resources of a template", place, len(template["Resources"]), RESOURCES)
        yield Use("parameters of a template", place, len(template.get("Parameters", {})), PARAMETERS)
        yield Use("outputs of a template", place, len(template.get("Outputs", {})), OUTPUTS)
        yield Use("mappings of a template", place, len(template.get("Mappings", {})), MAPPINGS)
        yield Use("dynamic references of a template", place, data.count(b"{{resolve:"), DYNAMIC_REFERENCES)
        description = len(template.get("Description", "").encode())
        yield Use("bytes of a description", place, description, DESCRIPTION_BYTES)
    # What people hand to `create-stack --template-body` without a bucket.
    yield Use("bytes of a template passed inline", "root.template.json", len(templates["root"]), INLINE_BYTES)
    yield Use("resources of one operation", "all templates", resources_in_all, RESOURCES_IN_ALL)


def of_values(parameters: Mapping[str, str]) -> Iterator[Use]:
    """What each value of the configuration uses."""
    for name, value in parameters.items():
        yield Use("bytes of a parameter's value", name, len(value.encode()), VALUE_BYTES)


def of_archives(archives: Archives) -> Iterator[Use]:
    """What each archive uses, with the layer beside it."""
    beside = archives.libraries.unzipped()
    yield Use("zipped bytes of an archive", "libraries", len(archives.libraries.data), ZIPPED_BYTES)
    for name, archive in archives.functions.items():
        yield Use("zipped bytes of an archive", name, len(archive.data), ZIPPED_BYTES)
        yield Use("unzipped bytes of a function", name, archive.unzipped() + beside, UNZIPPED_BYTES)
