"""The values that a template's expressions resolve to; a value known only after deployment is a symbol."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

StackPath: TypeAlias = tuple[str, ...]
"""Where a stack is nested: logical ids from the root down, () for the root itself."""

KNOWN_AFTER_APPLY = "{{changeSet:KNOWN_AFTER_APPLY}}"


@dataclass(frozen=True)
class Reference:
    """What a resource returns: for Ref where `attribute` is empty, for Fn::GetAtt otherwise."""

    stack: StackPath
    resource: str
    attribute: str = ""

    @property
    def target(self) -> Target:
        """The resource referred to, whatever is asked of it."""
        return (self.stack, self.resource)


@dataclass(frozen=True)
class Atom:
    """A value that a review may assume: of a parameter, or of a condition that nothing else decides.

    `allowed` are the values that a template allows, where it lists them.
    """

    key: Hashable
    label: str = field(compare=False)
    allowed: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Option:
    """One value of an atom on which an expression hangs; `tested` where it is compared and not looked up."""

    atom: Atom
    value: str | bool
    tested: bool = True


@dataclass(frozen=True)
class Unknown:
    """A value that nobody knows before deployment. It equals another by `key`, and never a string.

    `label` is for people and takes no part in equality. `about` are the references in it, `atom` is what a
    review may assume it to be, `options` are the values of atoms on which it hangs, `choices` its possible
    values, each under its mapping row or branch, and `excluded` the strings that it is known not to be.
    """

    label: str = field(compare=False)
    key: Hashable
    about: frozenset[Reference] = field(default=frozenset(), compare=False)
    atom: Atom | None = field(default=None, compare=False)
    options: frozenset[Option] = field(default=frozenset(), compare=False)
    choices: tuple[tuple[str, Value | NoValue], ...] = field(default=(), compare=False)
    excluded: frozenset[str] = field(default=frozenset(), compare=False)


@dataclass(frozen=True)
class Concealed:
    """What tells one secret from another: its value, which is compared and never shown."""

    value: str = field(repr=False)


@dataclass(frozen=True)
class Text:
    """A string of which only parts are known."""

    parts: tuple[str | Reference | Unknown, ...]


Value: TypeAlias = (
    "str | int | float | bool | Reference | Unknown | Text | list[Value] | dict[str, Value] | None"
)
Target: TypeAlias = tuple[StackPath, str]


class NoValue:
    """The type of `ABSENT`."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = NoValue()
"""What AWS::NoValue resolves to, and what a property that is not there compares as."""


# As tuples: a union would be made anew wherever it is asked for.
SYMBOLS = (Reference, Unknown, Text, NoValue)
COMPOUND = (dict, list)
NOT_SCALAR = (*SYMBOLS, *COMPOUND)


def text(parts: Sequence[str | Reference | Unknown | Text]) -> str | Reference | Unknown | Text:
    """Join parts into the simplest value: a plain string if all of it is known."""
    flat: list[str | Reference | Unknown] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Text) else (part,):
            if isinstance(piece, str) and flat and isinstance(flat[-1], str):
                flat[-1] += piece
            elif piece != "":
                flat.append(piece)
    if not flat:
        return ""
    return flat[0] if len(flat) == 1 else Text(tuple(flat))


def scalar(value: str | float | bool | None) -> str:
    """The string that CloudFormation compares: 300 is "300" and true is "true", but 16.1 is not "16.10"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def canonical(value: Value | NoValue) -> Hashable:
    """The form in which two values are equal where CloudFormation sees no difference."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return ("map", *((name, canonical(value[name])) for name in sorted(value)))
    if isinstance(value, list):
        return ("list", *(canonical(item) for item in value))
    if isinstance(value, SYMBOLS):
        return value
    return scalar(value)


def same(one: Value | NoValue, other: Value | NoValue) -> bool:
    """Return whether CloudFormation would see no difference."""
    if one is other:
        return True
    if isinstance(one, str) and isinstance(other, str):
        return one == other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(member, other[name]) for name, member in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, COMPOUND) or isinstance(other, COMPOUND):
        return False
    return canonical(one) == canonical(other)


def references(value: Value | NoValue) -> list[Reference]:
    """Every reference in a value, in the order of the text."""
    found: list[Reference] = []
    _gather(value, found)
    return found


def _gather(value: Value | NoValue, found: list[Reference]) -> None:
    # Most of a template is plain strings: they go first, and nothing is made for them.
    if isinstance(value, str):
        return
    if isinstance(value, dict):
        for member in value.values():
            _gather(member, found)
    elif isinstance(value, list):
        for item in value:
            _gather(item, found)
    elif isinstance(value, Reference):
        found.append(value)
    elif isinstance(value, Unknown):
        found += sorted(value.about, key=lambda each: (each.stack, each.resource, each.attribute))
    elif isinstance(value, Text):
        for part in value.parts:
            _gather(part, found)


def known(value: Value | NoValue) -> bool:
    """Return whether nothing in a value waits for deployment."""
    if isinstance(value, Reference | Unknown | Text):
        return False
    if isinstance(value, dict):
        return all(known(member) for member in value.values())
    if isinstance(value, list):
        return all(known(member) for member in value)
    return True


def unknown(label: str, *arguments: Value | NoValue, kind: str = "") -> Unknown:
    """Return an unknown of a kind made of other values, which stays the same as long as they do."""
    key = (kind or label, *(canonical(argument) for argument in arguments))
    return Unknown(label, key, about_of(arguments), options=options_of(arguments))


def about_of(values: Iterable[Value | NoValue]) -> frozenset[Reference]:
    """Return the references in some values."""
    return frozenset(found for value in values for found in references(value))


def options_of(values: Iterable[Value | NoValue]) -> frozenset[Option]:
    """Return the values of atoms on which some values hang."""
    return frozenset(option for value in values for symbol in symbols(value) for option in symbol.options)


def symbols(value: Value | NoValue) -> list[Unknown]:
    """Return every unknown in a value, in the order of the text."""
    found: list[Unknown] = []
    _gather_symbols(value, found)
    return found


def _gather_symbols(value: Value | NoValue, found: list[Unknown]) -> None:
    if isinstance(value, str):
        return
    if isinstance(value, dict):
        for member in value.values():
            if not isinstance(member, str):
                _gather_symbols(member, found)
    elif isinstance(value, list):
        for item in value:
            if not isinstance(item, str):
                _gather_symbols(item, found)
    elif isinstance(value, Unknown):
        found.append(value)
    elif isinstance(value, Text):
        found += [part for part in value.parts if isinstance(part, Unknown)]


def shown(value: Value | NoValue) -> str | int | float | bool | list[object] | dict[str, object] | None:
    """A value as plain JSON, symbols spelt as they would be in a template."""
    if isinstance(value, Reference):
        return f"${{{name_of(value)}}}"
    if isinstance(value, Unknown):
        return KNOWN_AFTER_APPLY if value.label == KNOWN_AFTER_APPLY else f"${{{value.label}}}"
    if isinstance(value, Text):
        return "".join(str(shown(part)) for part in value.parts)
    if isinstance(value, dict):
        return {name: shown(member) for name, member in value.items()}
    if isinstance(value, list):
        return [shown(member) for member in value]
    return None if isinstance(value, NoValue) else value


def name_of(reference: Reference) -> str:
    """A reference by name: `Data/Table.Arn`."""
    attribute = f".{reference.attribute}" if reference.attribute else ""
    return "/".join((*reference.stack, reference.resource)) + attribute


def spelt(value: Value | NoValue) -> str:
    """A value on one line, for people; a string without quotes, JSON otherwise."""
    if isinstance(value, NoValue):
        return "(none)"
    plain = shown(value)
    if isinstance(plain, str):
        return plain
    if isinstance(plain, bool | int | float):
        return scalar(plain)
    return json.dumps(plain, ensure_ascii=False)


def spelt_out(value: Value | NoValue, names: Mapping[Reference, str]) -> Value | NoValue:
    """A value to compare by: some of its references replaced by what they return, and its secrets told."""
    if isinstance(value, Reference | Unknown):
        return _told(value, names)
    if isinstance(value, Text):
        return text([part if isinstance(part, str) else _told(part, names) for part in value.parts])
    if isinstance(value, list):
        found = (spelt_out(item, names) for item in value)
        return [item for item in found if not isinstance(item, NoValue)]
    if isinstance(value, dict):
        members = ((name, spelt_out(member, names)) for name, member in value.items())
        return {name: member for name, member in members if not isinstance(member, NoValue)}
    return value


def _told(symbol: Reference | Unknown, names: Mapping[Reference, str]) -> str | Reference | Unknown:
    if isinstance(symbol, Reference):
        return names.get(symbol, symbol)
    return symbol.key.value if isinstance(symbol.key, Concealed) else symbol


def secret(name: str, value: str) -> Unknown:
    """Return the symbol of a NoEcho parameter whose value is known and must not be shown."""
    return Unknown(f"parameter {name} (NoEcho; its value is not known)", Concealed(value))


def mapping(value: object) -> dict[str, Value]:
    """A value as the mapping that it should be; empty where it is none."""
    return value if isinstance(value, dict) else {}


def listed(value: Value | NoValue) -> list[Value]:
    """A value as a list: itself, its only item, or nothing."""
    if isinstance(value, list):
        return value
    return [] if isinstance(value, NoValue) or value is None else [value]


def at(value: Value | NoValue, path: str) -> Value | NoValue:
    """What stands at a slash-separated path within a value, ABSENT where nothing does."""
    for name in path.split("/"):
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            return ABSENT
    return value


def plain(value: Value | NoValue) -> str | None:
    """A scalar's string where it is known, nothing otherwise."""
    if isinstance(value, str):
        return value
    if isinstance(value, NOT_SCALAR):
        return None
    return scalar(value)


def is_true(value: Value | NoValue) -> bool:
    """Return whether a value is certainly true, as CloudFormation spells it."""
    return (plain(value) or "").lower() == "true"
