"""Intrinsic functions of CloudFormation, evaluated as far as is possible before deployment."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Protocol, TypeAlias

from pipeline.evaluation import foreach
from pipeline.evaluation.values import (
    ABSENT,
    NoValue,
    Option,
    Reference,
    Text,
    Unknown,
    Value,
    about_of,
    canonical,
    listed,
    options_of,
    plain,
    same,
    shown,
    spelt,
    spelt_out,
    text,
    unknown,
)


class Scope(Protocol):
    """The stack that an expression is written in, as far as its functions depend on it."""

    def resolve(self, node: object) -> Value | NoValue:
        """Return the value of an expression; ABSENT for AWS::NoValue."""

    def ref(self, name: str) -> Value | NoValue:
        """Return the value of Ref for a pseudo parameter, a parameter or a resource."""

    def attribute(self, resource: str, attribute: str) -> Value | NoValue:
        """Return the value of Fn::GetAtt."""

    def condition(self, name: str) -> bool | Unknown:
        """Return the value of a condition of the template."""

    def holds(self, node: object) -> bool | Unknown:
        """Return the value of an expression of the Conditions section."""

    def mapped(self, name: str) -> dict[str, object]:
        """Return a mapping of the template as it is written."""

    def keys_that_stay(self, name: str) -> list[str]:
        """Return the keys of a mapping that an update may still look up."""

    def assumption(self, key: Hashable) -> str | bool | Unknown | None:
        """Return what this review assumes of an atom, if anything."""


Intrinsic: TypeAlias = "Callable[[Scope, object], Value | NoValue]"

PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
LONGEST_LABEL = 60


def named(name: str) -> Intrinsic | None:
    """The function behind a key such as "Fn::Sub"; nothing where the key is plain data."""
    if name in FUNCTIONS:
        return FUNCTIONS[name]
    if name.startswith("Fn::") and not name.startswith(foreach.PREFIX):
        return lambda scope, argument: called(name, scope.resolve(argument))
    return None


def called(name: str, *arguments: Value | NoValue) -> Unknown:
    """A call that only deployment can answer, labelled as it would be written."""
    label = f"{name}({', '.join(spelt(in_order(argument)) for argument in arguments)})"
    label = label.replace("${", "").replace("}", "")
    shortened = label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1] + "…"
    return unknown(shortened, *arguments, kind=name)


def in_order(value: Value | NoValue) -> Value | NoValue:
    """A value whose keys are in alphabetical order, for their order never matters."""
    if isinstance(value, dict):
        return {name: in_order(value[name]) for name in sorted(value)}  # type: ignore[misc] # a member is a value
    return [in_order(item) for item in value] if isinstance(value, list) else value  # type: ignore[misc] # so is an item


def ref(scope: Scope, argument: object) -> Value | NoValue:
    """Ref."""
    name = scope.resolve(argument)
    return scope.ref(name) if isinstance(name, str) else called("Ref", name)


def get_att(scope: Scope, argument: object) -> Value | NoValue:
    """Fn::GetAtt, whose argument may be a list or "Resource.Attribute"."""
    if isinstance(argument, str):
        resource, _, attribute = argument.partition(".")
        return scope.attribute(resource, attribute)
    resolved = listed(scope.resolve(argument))
    names = [plain(item) for item in resolved]
    if len(names) > 1 and all(isinstance(name, str) for name in names):
        return scope.attribute(str(names[0]), ".".join(str(name) for name in names[1:]))
    return called("Fn::GetAtt", resolved)


def sub(scope: Scope, argument: object) -> Value | NoValue:
    """Fn::Sub, with or without variables of its own."""
    template, variables = argument, {}
    if isinstance(argument, list) and argument:
        template = argument[0]
        given = argument[1] if len(argument) > 1 else {}
        variables = given if isinstance(given, dict) else {}
    if not isinstance(template, str):
        return called("Fn::Sub", scope.resolve(argument))
    parts: list[str | Reference | Unknown | Text] = []
    after = 0
    for found in PLACEHOLDER.finditer(template):
        parts.append(template[after : found.start()])
        parts.append(_substitute(scope, found[1].strip(), variables))
        after = found.end()
    return text([*parts, template[after:]])


def _substitute(scope: Scope, name: str, variables: dict[str, object]) -> str | Reference | Unknown | Text:
    if name.startswith("!"):
        return f"${{{name[1:]}}}"
    if name in variables:
        return as_text(scope.resolve(variables[name]))
    resource, _, attribute = name.partition(".")
    return as_text(scope.attribute(resource, attribute) if attribute else scope.ref(name))


def as_text(value: Value | NoValue) -> str | Reference | Unknown | Text:
    """A value as part of a string."""
    if isinstance(value, Reference | Unknown | Text):
        return value
    if isinstance(value, list):
        return joined(",", value)
    return plain(value) if isinstance(value, str | int | float) else spelt(value)  # type: ignore[return-value] # a scalar has a string


def joined(delimiter: str, items: list[Value]) -> str | Reference | Unknown | Text:
    """The items of a list with a delimiter between them."""
    parts: list[str | Reference | Unknown | Text] = []
    for item in items:
        parts += [delimiter, as_text(item)]
    return text(parts[1:])


def join(scope: Scope, argument: object) -> Value | NoValue:
    """Fn::Join."""
    resolved = scope.resolve(argument)
    if isinstance(resolved, list) and len(resolved) > 1:
        delimiter, items = resolved[0], resolved[1]
        if isinstance(delimiter, str) and isinstance(items, list):
            return joined(delimiter, items)
    return called("Fn::Join", resolved)


def split(delimiter: str, source: Value | NoValue) -> list[Value] | Unknown:
    """The pieces of a string; a symbol between delimiters counts as one piece."""
    if isinstance(source, str):
        return [piece.strip() for piece in source.split(delimiter)] if source else []
    if isinstance(source, int | float):
        return [source]
    if isinstance(source, Text) and any(isinstance(part, str) and delimiter in part for part in source.parts):
        pieces: list[list[str | Reference | Unknown | Text]] = [[]]
        for part in source.parts:
            if isinstance(part, str):
                first, *others = part.split(delimiter)
                pieces[-1].append(first)
                pieces += [[other] for other in others]
            else:
                pieces[-1].append(part)
        return [text(piece) for piece in pieces]
    return called("Fn::Split", delimiter, source)


def split_call(scope: Scope, argument: object) -> Value | NoValue:
    """Fn::Split."""
    resolved = scope.resolve(argument)
    if isinstance(resolved, list) and len(resolved) > 1 and isinstance(resolved[0], str):
        return split(resolved[0], resolved[1])
    return called("Fn::Split", resolved)


def select(scope: Scope, argument: object) -> Value | NoValue:
    """Fn::Select."""
    resolved = scope.resolve(argument)
    if isinstance(resolved, list) and len(resolved) > 1:
        index, items = plain(resolved[0]), resolved[1]
        if index and index.isdigit() and isinstance(items, list) and int(index) < len(items):
            return items[int(index)]
    return called("Fn::Select", *listed(resolved))


def find_in_map(scope: Scope, argument: object) -> Value | NoValue:
    """Fn::FindInMap; where a key is unknown, one value if all it could be are the same."""
    arguments = argument if isinstance(argument, list) else []
    keys = [scope.resolve(key) for key in arguments[:3]]
    if len(keys) < 3:  # noqa: PLR2004, a map and two keys
        return called("Fn::FindInMap", *keys)
    mapped = scope.mapped(plain(keys[0]) or "")
    if plain(keys[1]) is None:
        mapped = {key: mapped[key] for key in scope.keys_that_stay(plain(keys[0]) or "")}
    rows = sorted(looked_up(mapped, [spelt_out(key, {}) for key in keys[1:]]), key=lambda row: row[0])
    found = [(path, scope.resolve(candidate)) for path, candidate in rows]
    settings = arguments[3] if len(arguments) > 3 and isinstance(arguments[3], dict) else {}  # noqa: PLR2004
    default = [scope.resolve(settings["DefaultValue"])] if "DefaultValue" in settings else []
    certain = [] if all(plain(key) is not None for key in keys[1:]) and found else default
    values = [value for _, value in found] + certain
    if values and len({canonical(value) for value in values}) == 1:
        return values[0]
    choices = [(f"row {'.'.join(path)}", value) for path, value in found]
    choices += [("any other row", value) for value in certain]
    open_keys = [key for key in keys[1:] if plain(key) is None]
    return Unknown(
        called("Fn::FindInMap", *keys).label,
        (
            "Fn::FindInMap",
            *(canonical(key) for key in (open_keys if found else keys)),
            *((path, canonical(value)) for path, value in found),
            *(canonical(value) for value in certain),
        ),
        about_of([*keys, *values]),
        options=options_of([*keys, *values])
        | {
            Option(key.atom, path[place], tested=bool(default))
            for place, key in enumerate(open_keys)
            if isinstance(key, Unknown) and key.atom
            for path, _ in found
        },
        choices=tuple(choices),
    )


def looked_up(
    mapped: object, keys: Sequence[Value | NoValue], path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], object]]:
    """Yield each member that a lookup by these keys may find, with the names that stand for unknown keys."""
    if not keys:
        yield path, mapped
    elif isinstance(mapped, dict):
        wanted = plain(keys[0])
        excluded = keys[0].excluded if isinstance(keys[0], Unknown) else ()
        for name, member in mapped.items():
            if wanted is None and str(name) not in excluded:
                yield from looked_up(member, keys[1:], (*path, str(name)))
            elif wanted == str(name):
                yield from looked_up(member, keys[1:], path)


def if_(scope: Scope, argument: object) -> Value | NoValue:
    """Fn::If; both branches where its condition is unknown."""
    arguments = argument if isinstance(argument, list) else []
    if len(arguments) != 3 or not isinstance(arguments[0], str):  # noqa: PLR2004, a condition and two branches
        return called("Fn::If", scope.resolve(argument))
    decided = scope.condition(arguments[0])
    if isinstance(decided, bool):
        return scope.resolve(arguments[1] if decided else arguments[2])
    yes, no = scope.resolve(arguments[1]), scope.resolve(arguments[2])
    if same(yes, no):
        return yes
    return Unknown(
        f"Fn::If({arguments[0]})",
        ("Fn::If", decided, canonical(yes), canonical(no)),
        about_of((decided, yes, no)),
        options=options_of((decided, yes, no)),
        choices=((f"if {arguments[0]}", yes), (f"if not {arguments[0]}", no)),
    )


def cidr(scope: Scope, argument: object) -> Value | NoValue:
    """Fn::Cidr: so many subnets of so many bits each."""
    resolved = [scope.resolve(item) for item in argument] if isinstance(argument, list) else []
    block, count, bits = ([plain(item) for item in resolved] + [None, None, None])[:3]
    if block is None or count is None or not count.isdigit():
        return called("Fn::Cidr", *resolved)
    try:
        network = ipaddress.ip_network(block, strict=False)
        prefix = network.max_prefixlen - int(bits or 8)
        subnets = network.subnets(new_prefix=prefix)
        return [str(subnet) for subnet, _ in zip(subnets, range(int(count)), strict=False)]
    except ValueError:
        return called("Fn::Cidr", *resolved)


def base64(scope: Scope, argument: object) -> Value | NoValue:
    """Fn::Base64, left readable: what it encodes is what people review."""
    resolved = scope.resolve(argument)
    return ABSENT if isinstance(resolved, NoValue) else {"Fn::Base64": resolved}


def get_azs(scope: Scope, argument: object) -> Value | NoValue:
    """Fn::GetAZs, of the stack's own Region where it names none."""
    resolved = scope.resolve(argument)
    return called("Fn::GetAZs", scope.ref("AWS::Region") if resolved == "" else resolved)


def import_value(scope: Scope, argument: object) -> Value | NoValue:
    """Fn::ImportValue, known by the name of the export."""
    return called("Fn::ImportValue", scope.resolve(argument))


def length(scope: Scope, argument: object) -> Value | NoValue:
    """Fn::Length."""
    resolved = scope.resolve(argument)
    return len(resolved) if isinstance(resolved, list) else called("Fn::Length", resolved)


def to_json_string(scope: Scope, argument: object) -> Value | NoValue:
    """Fn::ToJsonString; what only deployment can tell counts as a string in it."""
    return text(list(json_parts(scope.resolve(argument))))


def json_parts(value: Value | NoValue) -> Iterator[str | Reference | Unknown | Text]:
    """The pieces of a value's JSON, symbols between quotes."""
    if isinstance(value, Reference | Unknown | Text):
        yield from ('"', value, '"')
    elif isinstance(value, dict):
        for index, (name, member) in enumerate(value.items()):
            yield f"{',' if index else '{'}{json.dumps(name)}:"
            yield from json_parts(member)
        yield "}" if value else "{}"
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield "," if index else "["
            yield from json_parts(item)
        yield "]" if value else "[]"
    else:
        yield json.dumps(shown(value))


FUNCTIONS: dict[str, Intrinsic] = {
    "Ref": ref,
    "Fn::Base64": base64,
    "Fn::Cidr": cidr,
    "Fn::FindInMap": find_in_map,
    "Fn::GetAZs": get_azs,
    "Fn::GetAtt": get_att,
    "Fn::If": if_,
    "Fn::ImportValue": import_value,
    "Fn::Join": join,
    "Fn::Length": length,
    "Fn::Select": select,
    "Fn::Split": split_call,
    "Fn::Sub": sub,
    "Fn::ToJsonString": to_json_string,
}
