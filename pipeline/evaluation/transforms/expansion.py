"""A template with its transforms applied, as far as that can be done here, and those that are left to AWS."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, TypeAlias

from pipeline.evaluation import foreach
from pipeline.evaluation.documents import Document
from pipeline.evaluation.transforms import includes, sam
from pipeline.evaluation.transforms.calls import (
    EMBEDDED,
    EVALUATED,
    INCLUDE,
    SAM,
    TOP_LEVEL,
    Call,
    Place,
    called,
    embedded,
    has_embedded,
    identity,
    top_level,
)
from pipeline.evaluation.transforms.includes import Includes, Read
from pipeline.evaluation.values import NoValue, Value, canonical, plain, spelt

Raw: TypeAlias = dict[str, object]

SECTIONS = ("Conditions", "Hooks", "Mappings", "Metadata", "Outputs", "Resources", "Rules")


class Scope(Protocol):
    """The template as it is written, under its parameters."""

    @property
    def parameters(self) -> Mapping[str, Mapping[str, object]]:
        """The declarations of the parameters."""

    def parameter(self, name: str) -> Value:
        """Return the value of a parameter."""

    def resolve(self, node: object) -> Value | NoValue:
        """Return the value of an expression."""

    def section(self, name: str) -> Raw:
        """Return a section, its loops unrolled."""


@dataclass(frozen=True)
class Unapplied:
    """A transform that AWS applies, and nobody here; `beside` is what it may change, if not all."""

    call: Call
    given: Hashable = ()
    """Its input, parameters of the stack included, in a form to compare."""
    place: Place = ()
    beside: str = ""
    why: str = ""
    whole: bool = False
    """True for a transform of the whole template."""


@dataclass(frozen=True)
class Expansion:
    """A template after the transforms that were applied; `written` is what it was, which macros see."""

    template: Raw
    written: Raw
    unapplied: tuple[Unapplied, ...] = ()
    local: tuple[str, ...] = ()
    """Local files whose content is not compared."""
    values: tuple[tuple[str, Hashable], ...] = ()
    """The values of the parameters, which macros see too, in a form to compare."""


@dataclass(frozen=True)
class Transforms:
    """The means to apply transforms: files of what is included, and SAM's translator if installed."""

    includes: Includes = field(default_factory=Includes)
    read: Read | None = None
    has_sam: Callable[[], bool] = sam.is_installed

    def applied(self, template: Raw, scope: Callable[[], Scope], pseudo: Mapping[str, str]) -> Expansion:
        """Return a template with its transforms applied; `scope` evaluates it as it is written."""
        within = has_embedded({name: template.get(name) for name in SECTIONS})
        if not within and EMBEDDED not in template and TOP_LEVEL not in template:
            return Expansion(template, template)
        written = scope()
        found = Expansion(template, template)
        if self.read is not None:
            found = self._included(found, written, self.read)
        values = tuple((name, canonical(written.parameter(name))) for name in sorted(written.parameters))
        found = replace(found, unapplied=tuple(left(found.template, written, values)), values=values)
        return without_calls(self._translated(found, written, pseudo))

    def _included(self, found: Expansion, written: Scope, read: Read) -> Expansion:
        """Put what is included from files in its place, in the sections and at the top."""
        file = found.written.file if isinstance(found.written, Document) else None

        def locate(call: Call) -> Path | None:
            value = written.resolve(call.location)
            spellings = [spelt(value), *([call.location] if isinstance(call.location, str) else [])]
            return self.includes.file(spellings, file)

        parts = {
            name: includes.expanded(section, locate, read) if name in SECTIONS else section
            for name, section in found.template.items()
            if name != TOP_LEVEL
        }
        calls: list[object] = []
        transforms = found.template.get(TOP_LEVEL)
        for item in transforms if isinstance(transforms, list) else [transforms]:
            snippet = includes.snippet_of(item, locate, read)
            if isinstance(snippet, dict):
                parts = joined(parts, snippet)
            elif item is not None:
                calls.append(item)
        return replace(found, template={**parts, **({TOP_LEVEL: calls} if calls else {})})

    def _translated(self, found: Expansion, written: Scope, pseudo: Mapping[str, str]) -> Expansion:
        """Apply SAM, or say of it why it is not applied."""
        if not any(each.call.name == SAM for each in found.unapplied):
            return found
        values = {name: written.parameter(name) for name in written.parameters}
        known = {name: text for name, value in values.items() if (text := plain(value)) is not None}
        others = tuple(each for each in found.unapplied if each.call.name != SAM)
        why = f"aws-sam-translator is not installed: {sam.HOW_TO_HAVE_IT}"
        if self.has_sam():
            try:
                done = sam.translated(unrolled(found.template, written), known, pseudo)
            except sam.TranslatorError as fault:
                why = f"aws-sam-translator rejects the template: {fault}"
            else:
                return replace(found, template=done.template, unapplied=others, local=done.local)
        return replace(found, unapplied=(Unapplied(Call(SAM), why=why, whole=True), *others))


def unrolled(template: Raw, written: Scope) -> Raw:
    """A template without loops among its resources, in which the translator would see resources."""
    resources = template.get("Resources")
    if not isinstance(resources, dict):
        return template
    return {**template, "Resources": foreach.unrolled(resources, written.resolve)}


def joined(parts: Raw, snippet: Mapping[str, object]) -> Raw:
    """A template with what a snippet at its top adds, section by section."""
    found = dict(parts)
    for name, section in snippet.items():
        mine = found.get(name)
        both = isinstance(mine, dict) and isinstance(section, dict)
        found[str(name)] = {**section, **mine} if both else found.get(name, section)  # type: ignore[dict-item] # both are
    return found


def left(template: Raw, written: Scope, values: Hashable) -> Iterator[Unapplied]:
    """The transforms that are still to be applied; a macro sees the parameters of the stack as well."""
    for call in (*top_level(template), *called(template.get(EMBEDDED))):
        if call.name != EVALUATED:
            yield Unapplied(call, canonical(written.resolve(dict(call.parameters))), whole=True)
    for name in SECTIONS:
        for place, call, beside in embedded(template.get(name), (name,)):
            given = canonical(written.resolve(dict(call.parameters)))
            if call.name == INCLUDE:
                yield Unapplied(call, given, place)
            else:
                yield Unapplied(call, (given, values), place, identity(beside))


def without_calls(found: Expansion) -> Expansion:
    """Take the calls out of sections and of resources, where they would look like members."""
    template = {name: section for name, section in found.template.items() if name != EMBEDDED}
    for each in found.unapplied:
        if each.place and len(each.place) <= 2:  # noqa: PLR2004 # a section, or a member of one
            name = each.place[0]
            section = template.get(name)
            if isinstance(section, dict):
                template[name] = pruned(section, each.place[1:])
    return replace(found, template=template)


def pruned(section: Mapping[str, object], place: Place) -> Raw:
    """A section without the calls at a place of it."""
    if not place:
        return {name: member for name, member in section.items() if name != EMBEDDED}
    member = section.get(place[0])
    return {**section, place[0]: pruned(member, ())} if isinstance(member, dict) else dict(section)
