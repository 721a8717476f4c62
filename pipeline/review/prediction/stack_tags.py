"""Changes of stack tags, which a stack hands down to every resource that takes tags.

AWS lists each such resource as changed in its tags alone, and changes it in place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.evaluation.values import ABSENT, Value, mapping
from pipeline.review.model import STACK_TAGS, Change, PropertyChange, Review
from pipeline.review.prediction.schemas import schema

Tags = Mapping[str, str]


def hand_down(review: Review, old: Tags, new: Tags) -> None:
    """Add to the review what becomes of resources as the tags of their stack change."""
    edits = {
        key: (old.get(key), new.get(key)) for key in sorted({*old, *new}) if old.get(key) != new.get(key)
    }
    listed = {change.target: change for change in review.changes}
    for target, after in review.after.items():
        before = review.before.get(target)
        if not edits or before is None or before.get("Type") != after.get("Type"):
            continue
        kind = str(after.get("Type"))
        places = list(changed(after, edits)) if takes_tags(kind) else []
        if not places:
            continue
        known = listed.get(target)
        if known is None:
            stack, resource = target
            known = Change(stack, resource, kind, "Modify", before, after, "False")
            known.cause, known.chain = STACK_TAGS, (STACK_TAGS,)
            review.changes.append(known)
            review.unchanged -= 1
        known.properties += places
    certain = {change.target for change in review.changes}
    possible = [each for each in review.possible if (each.stack, each.resource) not in certain]
    review.unchanged += len(review.possible) - len(possible)
    review.possible = possible
    order = {target: place for place, target in enumerate(review.after)}
    review.changes.sort(key=lambda change: (change.stack, order.get(change.target, len(order))))


def takes_tags(kind: str) -> bool:
    """Tell whether CloudFormation hands the tags of a stack down to resources of a type."""
    known = schema(kind)
    return known is not None and known.tagged


def changed(
    resource: Mapping[str, Value], edits: Mapping[str, tuple[str | None, str | None]]
) -> Iterator[PropertyChange]:
    """The tags of a resource that change; those that it sets itself do not follow the stack."""
    own = own_tags(mapping(resource.get("Properties")).get("Tags"))
    for key, (before, after) in edits.items():
        if key not in own:
            yield PropertyChange(
                "Tags",
                f"Tags/{key}",
                ABSENT if before is None else before,
                ABSENT if after is None else after,
                cause=STACK_TAGS,
                chain=(STACK_TAGS,),
            )


def own_tags(told: Value) -> set[str]:
    """The keys of the tags that a template gives a resource, as a list or by name."""
    if isinstance(told, dict):
        return set(told)
    return (
        {str(each.get("Key")) for each in told if isinstance(each, dict)} if isinstance(told, list) else set()
    )
