"""Tables of edits: what changes from one template to another, and the verdict that the review reaches.

A table is a file `edits/NAME.toml`, with a row for each test. The keys of a row and of a table are the
fields of the classes below. A key that they do not have, a row without a verdict or an edit, and a table
without rows are errors.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from pipeline.review.model import Review
from tests.pipeline.review.templates import Template, at, base, edited, nested_templates
from tests.pipeline.review.verdicts import expected, reviewed

FOLDER = Path(__file__).with_name("edits")


class TableError(Exception):
    """A table of edits that cannot be used."""


class Edits(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Edits of one template, which are made in the order of these fields."""

    copy: dict[str, str] = {}
    """Paths that become copies of what the old template has at other paths."""
    set: dict[str, Any] = {}
    """Paths and their new values."""
    remove: list[str] = []
    """Paths that are removed."""

    def of(self, template: Template) -> Template:
        """Return a template with these edits."""
        copies = {target: at(template, source) for target, source in self.copy.items()}
        return edited(template, copies | self.set, self.remove)


class Row(Edits, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """Edits that lead from an old template to a new one, and the verdict of the review."""

    verdict: str
    """The lines of the verdict; `{name}` stands for a phrase of the table."""
    backward: str | None = None
    """The lines of the verdict from the new template to the old one."""
    case: str | None = None
    """The number of the case whose old template is edited, in place of the table's."""
    type: str | None = None
    """The type of a single resource R that is edited, in place of the table's template."""
    before: Any = msgspec.UNSET
    """What the old template has at the table's `place`; with `type`, the properties of R."""
    after: Any = msgspec.UNSET
    """What the new template has there."""
    old_set: dict[str, Any] = {}
    """Paths and their values in both templates."""
    old_remove: list[str] = []
    """Paths that neither template has."""
    rename: dict[str, str] = {}
    """Logical ids and what the new template calls them, references included."""
    old_parameters: dict[str, Any] = {}
    """Parameters of the old stack."""
    parameters: dict[str, Any] = {}
    """Parameters of the new stack."""
    nested: dict[str, Edits] = {}
    """Edits of nested templates, by the paths of their stacks."""


class Table(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """What the rows of a table share: all of its keys but `rows`, which has the rows by their names."""

    case: str | None = None
    """The number of the case whose old template, with its nested ones, is edited."""
    template: Template | None = None
    """The template that is edited."""
    old_set: dict[str, Any] = {}
    """Paths and their values in both templates of every row."""
    nested: dict[str, Template] = {}
    """Nested templates, by the paths of their stacks."""
    place: str | None = None
    """The path of `before` and `after`."""
    defaults: dict[str, Any] = {}
    """What items of `before` and `after` have, unless they have the key or its opposite, as in NotAction."""
    phrases: dict[str, str] = {}
    """Words and lines that verdicts share."""


@dataclass(frozen=True)
class Edit:
    """A row of a table, and the templates that it leads to."""

    name: str
    row: Row = field(repr=False)
    table: Table = field(repr=False)

    def __str__(self) -> str:
        return self.name

    @cached_property
    def old(self) -> Template:
        """The old template."""
        row, table = self.row, self.table
        if row.type is not None:
            return {"Resources": {"R": {"Type": row.type, "Properties": row.before}}}
        case = row.case or table.case
        template = table.template if case is None else base(case)
        assert template is not None
        template = edited(template, table.old_set | row.old_set, row.old_remove)
        return edited(template, self.placed(row.before))

    @cached_property
    def new(self) -> Template:
        """The new template."""
        template = self.row.of(renamed(self.old, self.row.rename))
        return edited(template, self.placed(self.row.after))

    def placed(self, value: Any) -> dict[str, Any]:
        """Return the path and the value of `before` or `after`, or nothing where the row has none."""
        if value is msgspec.UNSET:
            return {}
        place = "Resources/R/Properties" if self.row.type is not None else str(self.table.place)
        return {place: self.items(value)}

    def items(self, value: Any) -> Any:
        """Return a value whose items have the table's defaults."""
        if isinstance(value, list):
            return [self.items(item) for item in value]
        if not self.table.defaults:
            return value
        defaults = self.table.defaults
        return {name: defaults[name] for name in defaults if f"Not{name}" not in value} | value

    def nested(self) -> tuple[Mapping[str, Template], Mapping[str, Template]]:
        """Return the nested templates of the old side and of the new one."""
        case = self.row.case or self.table.case
        old = (nested_templates(case) if case else {}) | self.table.nested
        return old, old | {path: edits.of(old[path]) for path, edits in self.row.nested.items()}

    def reviews(self) -> Iterator[tuple[set[str], Review]]:
        """Yield the expected verdict and the review, then both backward if the row has a verdict for that."""
        parameters, templates = (self.row.old_parameters, self.row.parameters), self.nested()
        sides = zip((self.old, self.new), parameters, templates, strict=True)
        if len({json.dumps(side) for side in sides}) == 1:
            raise TableError(f"{self}: found no difference between old and new, expected one")
        yield self.expected(self.row.verdict), reviewed(self.old, self.new, parameters, templates)
        if self.row.backward is not None:
            yield (
                self.expected(self.row.backward),
                reviewed(self.new, self.old, parameters[::-1], templates[::-1]),
            )

    def expected(self, text: str) -> set[str]:
        """Return the lines of a verdict."""
        return expected(text.format_map(self.table.phrases))


def edits(*names: str) -> list[Edit]:
    """Return the edits of some tables, in their order."""
    return [edit for name in names for edit in rows(FOLDER / f"{name}.toml")]


def rows(file: Path) -> list[Edit]:
    """Read the edits of a table, and check that each row has an edit of one template."""
    place = file.name
    try:
        document = msgspec.toml.decode(file.read_bytes())
        named = msgspec.convert(document.pop("rows", {}), dict[str, dict[str, Any]])
        table = msgspec.convert(document, Table)
        found = []
        for name, keys in named.items():
            place = f"{file.name}: {name}"
            found.append(Edit(f"{file.stem}: {name}", msgspec.convert(keys, Row), table))
            for fault in faults(table, found[-1].row):
                raise TableError(f"{place}: {fault}")
    except (OSError, msgspec.DecodeError) as error:
        raise TableError(f"{place}: {error}") from error
    if not found:
        raise TableError(f"{place}: found no rows, expected at least one")
    return found


def faults(table: Table, row: Row) -> Iterator[str]:
    """Yield what is wrong with a row."""
    own, shared = (
        [base for base in bases if base is not None]
        for bases in ((row.type, row.case), (table.case, table.template))
    )
    if len(own or shared) != 1:
        yield "found no single template to edit, expected one of case, type and the table's template"
    if row.before is msgspec.UNSET and (row.type is not None or row.after is not msgspec.UNSET):
        yield "found no before, expected one with a type or an after"
    if row.before is not msgspec.UNSET and row.type is None and table.place is None:
        yield "found before, expected a type, or the table's place for it"
    edits = (row.copy, row.set, row.remove, row.rename, row.nested, row.old_parameters, row.parameters)
    if not any(edits) and row.after is msgspec.UNSET:
        yield "found no edit, expected one"
    for text in (row.verdict, row.backward or ""):
        try:
            text.format_map(table.phrases)
        except (LookupError, ValueError) as error:
            yield f"found the phrase {error}, expected one of {', '.join(table.phrases) or 'none'}"


def renamed(template: Template, names: Mapping[str, str]) -> Template:
    """Return a template in which resources go by other logical ids."""
    text = json.dumps(template)
    for old, new in names.items():
        for before, after in (('"', '"'), ("${", "}"), ("${", "."), ('"', ".")):
            text = text.replace(f"{before}{old}{after}", f"{before}{new}{after}")
    result: Template = json.loads(text)
    return result
