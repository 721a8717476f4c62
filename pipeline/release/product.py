"""Product: a set of templates that is synthesized, checked, packaged and published as one release."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.release.configuration import Configuration
from pipeline.release.templates import ROOT, canonical

if TYPE_CHECKING:
    import troposphere

    from templates.artifacts import Code


@dataclass(frozen=True, kw_only=True)
class Product:
    """What a build has to know of the templates that it makes."""

    name: str
    """In keys of the cache: `stack`."""
    layers: Callable[[Code | None], Iterable[tuple[str, troposphere.Template]]]
    """Yields each template after its name, and imports what makes it only then."""
    source_files: Callable[[Path, str], Sequence[Path]]
    """Files of a project that may declare a resource of the template of that name; its own module first."""
    sources: tuple[str, ...] = ()
    """Files and folders that its templates are made from, besides those of every product."""
    parameters: str = "parameters"
    """The folder of its parameters files."""
    region: Callable[[Path, Configuration], str]
    """Returns the region that a configuration of a project is for; empty where it names none."""
    declared_in: str
    """The file that declares the parameters of its root."""
    root: str = ROOT
    """Name of the template that its parameters are for, which nests others or stands first."""
    inline: tuple[str, ...] = ()
    """Names of the templates that have to fit in a call of CloudFormation, without a bucket."""
    archives: bool
    """Whether its templates refer to archives of functions and libraries."""
    render: Callable[[Mapping[str, object]], bytes] = canonical
    """Writes a template."""
    reports: str
    """Stem of the lint reports in dist/: `lint` for lint.sarif and lint.junit.xml."""
