"""Whether the change of a property requires a replacement, by registry schemas and their overrides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline.evaluation.values import ABSENT, NoValue, Value, same
from pipeline.review.prediction.compare import Difference
from pipeline.review.prediction.schema_overrides import RULINGS, Requires
from pipeline.review.prediction.schemas import Schema, schema

CUSTOM = ("Custom::", "AWS::CloudFormation::CustomResource")


def required(
    resource_type: str, before: Value | NoValue, after: Value | NoValue, differences: Sequence[Difference]
) -> Requires:
    """What the changed property, whose differences these are, requires of its resource."""
    ruling = RULINGS.get((resource_type, differences[0].name))
    if ruling:
        return ruling.decide(before, after)
    if resource_type.startswith(CUSTOM):
        return "Conditionally"  # its provider decides, by the physical id that it returns
    known = schema(resource_type)
    if known is None:
        return "Conditionally"  # a private type, or a transform not yet expanded
    if any(touches(each, path) for each in differences for path in known.create_only):
        return "Always"
    if any(touches(each, path) for each in differences for path in known.conditional):
        return "Conditionally"
    return "Never"


def deletes_first(resource_type: str) -> bool:
    """Tell whether CloudFormation deletes the old resource before it makes the new one."""
    known: Schema | None = schema(resource_type)
    return known is not None and known.deletes_first


def touches(difference: Difference, path: str) -> bool:
    """Tell whether a difference changes what stands at a path of the schema."""
    steps, wanted = difference.path.split("/"), path.split("/")
    shared = min(len(steps), len(wanted))
    if any(want not in ("*", step) for step, want in zip(steps[:shared], wanted[:shared], strict=True)):
        return False
    if len(steps) >= len(wanted):
        return True
    deeper = wanted[len(steps) :]
    old, new = list(reached(difference.before, deeper)), list(reached(difference.after, deeper))
    if not old and not new:
        return not isinstance(difference.before, dict | list | NoValue) or not isinstance(
            difference.after, dict | list | NoValue
        )
    return len(old) != len(new) or any(not same(one, other) for one, other in zip(old, new, strict=True))


def reached(value: Value | NoValue, steps: Sequence[str]) -> Iterator[Value]:
    """The values at a path below, one for each item where a step is "*"."""
    if not steps:
        if not isinstance(value, NoValue):
            yield value
        return
    first, rest = steps[0], steps[1:]
    if isinstance(value, list):
        for item in value:
            yield from reached(item, rest if first == "*" else steps)
    elif isinstance(value, dict):
        members = value.values() if first == "*" else (value.get(first, ABSENT),)
        for member in members:
            yield from reached(member, rest)
