"""Summary: the tables that a command prints of a finished release."""

from __future__ import annotations

from pipeline.console import table
from pipeline.release.assemble import Release
from pipeline.release.quotas import Use
from pipeline.release.wiring import SUFFIX

# With the longest quota and the largest numbers, a row then has 80 columns.
PLACE_CHARACTERS = 17


def summary(release: Release) -> str:
    """Return the artifacts of `release`, its use of AWS's quotas, and the folder that it lies in."""
    artifacts = [
        (artifact.kind, artifact.name, artifact.resources or "", artifact.bytes, artifact.sha256[:16])
        for artifact in release.artifacts
    ]
    return "\n\n".join(
        (
            table(("kind", "name", "resources", "bytes", "sha256"), artifacts),
            quotas([Use(**use) for use in release.manifest["Quotas"]]),
            f"{release.folder}: {'unchanged' if release.unchanged else 'built'}",
        )
    )


def quotas(uses: list[Use]) -> str:
    """Return the table of `uses`, in 80 columns; the manifest has the full names."""
    rows = [
        (use.quota.replace(" of a template", ""), short(use.place), use.used, use.limit, use.percent)
        for use in uses
    ]
    return table(("quota", "fullest", "used", "limit", "%"), rows)


def short(place: str) -> str:
    """Return `place` as the table has room for it: a template by its name, a long name cut."""
    name = place.removesuffix(SUFFIX)
    return name if len(name) <= PLACE_CHARACTERS else f"{name[: PLACE_CHARACTERS - 1]}…"
