"""Conditions of CloudFormation: true, false, or what they hang on."""

from __future__ import annotations

from dataclasses import replace

from pipeline.evaluation.intrinsics import Scope, called
from pipeline.evaluation.values import (
    Atom,
    NoValue,
    Option,
    Reference,
    Text,
    Unknown,
    Value,
    about_of,
    canonical,
    known,
    options_of,
    plain,
    same,
    spelt,
    spelt_out,
    unknown,
)


def holds(scope: Scope, node: object) -> Value | NoValue:
    """A condition: true, false, or what it hangs on."""
    if not isinstance(node, dict) or len(node) != 1:
        return unknown("condition", scope.resolve(node))
    ((name, argument),) = node.items()
    arguments = argument if isinstance(argument, list) else [argument]
    if name == "Condition":
        return scope.condition(str(argument))
    if name == "Fn::Equals" and len(arguments) == 2:  # noqa: PLR2004, two sides
        return assumed(scope, equals(scope.resolve(arguments[0]), scope.resolve(arguments[1])))
    if name in ("Fn::And", "Fn::Or"):
        return _combined([scope.holds(each) for each in arguments], decisive=name == "Fn::Or")
    if name == "Fn::Not":
        decided = scope.holds(arguments[0])
        return not decided if isinstance(decided, bool) else unknown("not", decided)
    return assumed(scope, unknown("condition", called(name, scope.resolve(argument))))


def assumed(scope: Scope, decided: bool | Unknown) -> bool | Unknown:
    """Return a truth, or what this review assumes of it; one that hangs on no atom is an atom itself."""
    if isinstance(decided, bool) or decided.options:
        return decided
    assumption = scope.assumption(decided.key)
    if isinstance(assumption, bool):
        return assumption
    atom = Atom(decided.key, decided.label)
    return replace(
        decided, atom=atom, options=frozenset((Option(atom, value=True), Option(atom, value=False)))
    )


def equals(one: Value | NoValue, other: Value | NoValue) -> bool | Unknown:
    """Fn::Equals: certain where both are known, or the same whatever they turn out to be."""
    one, other = spelt_out(one, {}), spelt_out(other, {})
    if same(one, other):
        return True
    if (known(one) and known(other)) or never(one, other) or never(other, one):
        return False
    options = {
        Option(symbol.atom, value)
        for symbol, value in ((one, plain(other)), (other, plain(one)))
        if isinstance(symbol, Unknown) and symbol.atom and value is not None
    }
    # The sides of a comparison may be exchanged.
    sides = frozenset((canonical(one), canonical(other)))
    label = f"{spelt(one)} = {spelt(other)}"
    return Unknown(label, ("equals", sides), about_of((one, other)), options=frozenset(options))


def never(symbol: Value | NoValue, other: Value | NoValue) -> bool:
    """Return whether what deployment decides cannot be a string: no resource is called by the empty one."""
    if not isinstance(other, str):
        return False
    if isinstance(symbol, Unknown):
        return other in symbol.excluded
    if isinstance(symbol, Text):
        return any(isinstance(part, str) and part not in other for part in symbol.parts)
    return isinstance(symbol, Reference) and other == ""


def _combined(decided: list[bool | Unknown], *, decisive: bool) -> bool | Unknown:
    if any(each is decisive for each in decided):
        return decisive
    open_ones = {each.key: each for each in decided if isinstance(each, Unknown)}
    if not open_ones:
        return not decisive
    kind = "or" if decisive else "and"
    found = tuple(open_ones.values())
    return Unknown(
        f" {kind} ".join(each.label for each in found),
        (kind, frozenset(open_ones)),
        about_of(found),
        options=options_of(found),
    )
