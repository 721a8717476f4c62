"""Rule on destinations: money, keys or data that are sent somewhere else than before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from pipeline.evaluation.stack import STACK_TYPE
from pipeline.evaluation.values import (
    ABSENT,
    KNOWN_AFTER_APPLY,
    Concealed,
    NoValue,
    Reference,
    Target,
    Unknown,
    Value,
    plain,
    references,
    same,
    spelt,
    spelt_out,
)
from pipeline.review.masks import LABELS, concealed
from pipeline.review.model import Change, Risk
from pipeline.review.prediction.physical_names import given_names
from pipeline.review.rules.context import Context
from pipeline.review.rules.destination_table import DESTINATIONS, Destination

# Names of settings that say where something is sent, and of those that say who is paid.
NAME = re.compile(
    r"(^|[\W_])(ur[il]s?|endpoints?|hosts?|hostnames?|gateway|webhooks?|callbacks?|servers?|brokers?"
    r"|destinations?)(_?(name|address|base|v?\d+))?$"
)
PAYEE = re.compile(
    r"(^|[\W_])(iban|beneficiary|(payout|settlement|merchant)\w*_(account|address|id))($|[\W_])"
)
CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
URL = re.compile(r"[a-z][a-z0-9+.-]*://.+", re.IGNORECASE)
HOST = re.compile(
    r"(([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}|\d{1,3}(\.\d{1,3}){3})(:\d+)?(/.*)?", re.IGNORECASE
)
LOOKED_UP = re.compile(r".*\{\{resolve:[^}]*\}\}.*")
SYMBOL = re.compile(r"\$\{[^}]*\}")
# It says who may do what, and sends nothing.
NO_SENDER = "AWS::IAM::"
# Where code comes from, which is no destination.
CODE = ("CodeUri", "ContentUri", "DefinitionUri", "ImageUri", "TemplateURL")


def destination(change: Change, context: Context) -> Iterator[Risk]:
    """Money, keys or data are sent somewhere else, or to somewhere outside of the stack as well."""
    if change.action == "Remove" or context.review.fresh or change.type.startswith(NO_SENDER):
        return
    if change.type == STACK_TYPE and not change.unread:
        return
    old, new = (named_values(side) for side in context.sides(change))
    listed_rows = rows(change.type)
    for path, values in new.items():
        was = old.get(path, [])
        if values == was:
            continue
        row = next((row for pattern, row in listed_rows if pattern.fullmatch(path)), None)
        if row is None and not (context.existed(change) and names_one(path, change)):
            continue
        if not context.existed(change) and not (row and sends_from_before(row, change, context)):
            continue
        fresh = [value for value in values if not any(same_place(value, each, context) for each in was)]
        gone = [each for each in was if not any(same_place(value, each, context) for value in values)]
        for number, value in enumerate(fresh):
            before = gone[number] if number < len(gone) else ABSENT
            if goes_elsewhere(before, value, context) and (row or is_address(path, before, value)):
                what = row.what if row else "money, keys or data"
                shown = (spelt(concealed(change, path, each)) for each in (before, value))
                yield Risk("DESTINATION_CHANGE", f"{path}: {where(before)} for {what}", *shown)


def where(before: Value | NoValue) -> str:
    """Return in words where something is sent now."""
    return "a new destination" if isinstance(before, NoValue) else "another destination"


@cache
def rows(resource_type: str) -> list[tuple[re.Pattern[str], Destination]]:
    """The rows about a type, their paths ready to match."""
    return [(re.compile(row.path), row) for row in DESTINATIONS if re.fullmatch(row.types, resource_type)]


def named_values(properties: Mapping[str, Value]) -> dict[str, list[Value]]:
    """Return the values within properties by path, items of a list together, a Value by its Name."""
    found: dict[str, list[Value]] = {}

    def add(path: str, value: Value) -> None:
        if isinstance(value, list):
            for item in value:
                add(path, item)
        elif isinstance(value, dict):
            label = next((plain(value[name]) for name in LABELS if name in value), None)
            if label and "Value" in value:
                add(f"{path}/{label}", value["Value"])
            else:
                for name, member in value.items():
                    add(f"{path}/{name}" if path else name, member)
        else:
            found.setdefault(path, []).append(value)

    add("", dict(properties))
    return found


def names_one(path: str, change: Change) -> bool:
    """Return whether a setting, or a parameter that changes it, is named as one that says where to send."""
    last = path.rpartition("/")[2]
    if last in CODE:
        return False
    top = path.partition("/")[0]
    links = [link for place in change.properties if place.name == top for link in place.chain]
    parameters = [link.rpartition(":")[2] for link in links if "parameter:" in link]
    return any(NAME.search(words(name)) or PAYEE.search(words(name)) for name in (last, *parameters))


def words(name: str) -> str:
    """A name in small letters, with an underscore between its words."""
    return CAPITAL.sub("_", name).lower()


def is_address(path: str, before: Value | NoValue, after: Value) -> bool:
    """Return whether one of two values is a URL or a host, or the setting says who is paid."""
    if PAYEE.search(words(path.rpartition("/")[2])):
        return plain(after) is not None
    return any(reads_as_address(each) for each in (before, after))


def reads_as_address(value: Value | NoValue) -> bool:
    """Return whether a value is a URL or a host, or may be one once it is known."""
    if isinstance(value, Unknown) and isinstance(value.key, Concealed):
        return reads_as_address(value.key.value)
    if isinstance(value, Reference | Unknown):
        return True
    text = SYMBOL.sub("x", "" if isinstance(value, NoValue) else spelt(value))
    return any(pattern.fullmatch(text) for pattern in (URL, HOST, LOOKED_UP))


def sends_from_before(row: Destination, change: Change, context: Context) -> bool:
    """Return whether a new resource sends on what comes from a resource that was there before."""
    if not row.source:
        return False
    return all(each.target in context.before for each in references(change.new().get(row.source)))


def same_place(one: Value, other: Value, context: Context) -> bool:
    """Return whether two values come to the same, or are about the same resource of the stack."""
    if same(one, other) or same(
        spelt_out(one, context.keep(names_after)), spelt_out(other, context.keep(names_before))
    ):
        return True
    mine, theirs = targets(one), targets(other)
    return bool(mine) and mine == theirs


def goes_elsewhere(before: Value | NoValue, after: Value, context: Context) -> bool:
    """Return whether a destination is another one; a new one counts only where it is outside of the stack.

    Where what was there before goes, and what is there now is new, the stack only makes it anew; so it does
    where AWS knows the new one after the update only.
    """
    mine = targets(after)
    if plain(after) == "" or KNOWN_AFTER_APPLY in spelt(after):
        return False
    if isinstance(before, NoValue):
        return not mine
    theirs = targets(before)
    made_anew = not theirs & set(context.after) and not mine & set(context.before)
    return not (mine and theirs and made_anew)


def targets(value: Value | NoValue) -> set[Target]:
    """The resources that a value refers to."""
    return {reference.target for reference in references(value)}


def names_before(context: Context) -> dict[Reference, str]:
    """Return the result of Ref before the update, where a template has it."""
    return given_names(context.before)


def names_after(context: Context) -> dict[Reference, str]:
    """Return the result of Ref after the update, where a template has it."""
    return given_names(context.after)
