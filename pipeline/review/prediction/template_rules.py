"""The Rules section of a template: the assertions that the parameters do not fulfil."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from pipeline.evaluation.conditions import equals
from pipeline.evaluation.stack import Stack
from pipeline.evaluation.values import NoValue, Value

Answer: TypeAlias = "bool | None"
"""True where an expression holds; None where only deployment decides."""
Arguments: TypeAlias = "list[object]"


def broken(stack: Stack) -> Iterator[str]:
    """Yield each assertion that does not hold, with its description."""
    for name, rule in stack.section("Rules").items():
        written = rule if isinstance(rule, dict) else {}
        if "RuleCondition" in written and holds(stack, written["RuleCondition"]) is not True:
            continue
        assertions = written.get("Assertions")
        for assertion in assertions if isinstance(assertions, list) else []:
            if isinstance(assertion, dict) and holds(stack, assertion.get("Assert")) is False:
                where = "/".join((*stack.path, f"Rules/{name}"))
                described = assertion.get("AssertDescription") or "an assertion"
                yield f"{where}: found parameters that break it, expected: {described}"


def holds(stack: Stack, node: object) -> Answer:
    """Return whether an expression of a rule holds."""
    if not isinstance(node, dict) or len(node) != 1:
        return None
    ((name, argument),) = node.items()
    arguments = argument if isinstance(argument, list) else [argument]
    function = FUNCTIONS.get(name)
    return None if function is None else function(stack, arguments)


def all_of(stack: Stack, arguments: Arguments) -> Answer:
    """Fn::And."""
    return every(holds(stack, argument) for argument in arguments)


def any_of(stack: Stack, arguments: Arguments) -> Answer:
    """Fn::Or."""
    return some(holds(stack, argument) for argument in arguments)


def negation(stack: Stack, arguments: Arguments) -> Answer:
    """Fn::Not."""
    answer = holds(stack, arguments[0]) if arguments else None
    return None if answer is None else not answer


def equal(stack: Stack, arguments: Arguments) -> Answer:
    """Fn::Equals."""
    one, other = pair(stack, arguments)
    return same(one, other)


def contains(stack: Stack, arguments: Arguments) -> Answer:
    """Fn::Contains: a list has a value."""
    members, value = pair(stack, arguments)
    return some(same(member, value) for member in members) if isinstance(members, list) else None


def each_equals(stack: Stack, arguments: Arguments) -> Answer:
    """Fn::EachMemberEquals: every item of a list is a value."""
    members, value = pair(stack, arguments)
    return every(same(member, value) for member in members) if isinstance(members, list) else None


def each_in(stack: Stack, arguments: Arguments) -> Answer:
    """Fn::EachMemberIn: every item of a list is in another list."""
    members, allowed = pair(stack, arguments)
    if not isinstance(members, list) or not isinstance(allowed, list):
        return None
    return every(some(same(member, value) for value in allowed) for member in members)


def pair(stack: Stack, arguments: Arguments) -> tuple[Value | NoValue, Value | NoValue]:
    """Return the two arguments of a function, resolved; Fn::ValueOf and Fn::RefAll stay unknown."""
    one, other = [*arguments, None, None][:2]
    return stack.resolve(one), stack.resolve(other)


def same(one: Value | NoValue, other: Value | NoValue) -> Answer:
    """Return whether two values are the same."""
    answer = equals(one, other)
    return answer if isinstance(answer, bool) else None


def every(answers: Iterator[Answer]) -> Answer:
    """Return False if any answer is, True if all are."""
    found = list(answers)
    return False if False in found else None if None in found else True


def some(answers: Iterator[Answer]) -> Answer:
    """Return True if any answer is, False if none can be."""
    found = list(answers)
    return True if True in found else None if None in found else False


FUNCTIONS: Mapping[str, Callable[[Stack, Arguments], Answer]] = {
    "Fn::And": all_of,
    "Fn::Contains": contains,
    "Fn::EachMemberEquals": each_equals,
    "Fn::EachMemberIn": each_in,
    "Fn::Equals": equal,
    "Fn::Not": negation,
    "Fn::Or": any_of,
}
