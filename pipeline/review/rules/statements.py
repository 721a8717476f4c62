"""What policy statements allow and deny, and what of it is new."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from pipeline.evaluation.values import KNOWN_AFTER_APPLY, Target, Text, Value, listed, mapping, plain, spelt
from pipeline.review.rules.conditions import Clause, at_least_as_strict, clauses
from pipeline.review.rules.patterns import EVERYTHING, Patterns

ACCOUNT_DIGITS = 12


class Statement(NamedTuple):
    """One statement of a policy; `principals` is everyone where the policy hangs on who has it."""

    allows: bool
    actions: Patterns
    resources: Patterns
    principals: Patterns
    conditions: frozenset[Clause]
    source: Target

    def units(self) -> Iterator[Statement]:
        """The statement, action by action, resource by resource, principal by principal."""
        for actions, resources, principals in product(
            self.actions.units(), self.resources.units(), self.principals.units()
        ):
            yield Statement(self.allows, actions, resources, principals, self.conditions, self.source)

    def covers(self, other: Statement) -> bool:
        """Tell whether whatever the other statement is about, this one is about too."""
        return (
            self.actions.covers(other.actions)
            and (self.resources.covers(other.resources) or is_known_later(other.resources))
            and (self.principals.covers(other.principals) or is_known_later(other.principals))
            and at_least_as_strict(other.conditions, self.conditions)
        )

    def meets(self, other: Statement) -> bool:
        """Tell whether both statements may be about the same request."""
        return (
            self.actions.meets(other.actions)
            and self.resources.meets(other.resources)
            and self.principals.meets(other.principals)
        )

    def __str__(self) -> str:
        parts = ["Allow" if self.allows else "Deny", str(self.actions)]
        if self.resources != EVERYTHING or self.principals == EVERYTHING:
            parts.append(f"on {self.resources}")
        if self.principals != EVERYTHING:
            parts.append(f"for {self.principals}")
        if self.conditions:
            lines = sorted(f"{each.key} {each.operator} {', '.join(each.values)}" for each in self.conditions)
            parts.append(f"if {' and '.join(lines)}")
        return " ".join(parts)


def is_known_later(patterns: Patterns) -> bool:
    """Tell whether AWS will know the name only when the change set is executed: a replaced resource's."""
    return not patterns.negated and any(KNOWN_AFTER_APPLY in pattern for pattern in patterns.patterns)


def statements(document: Value, source: Target, *, names_principals: bool) -> Iterator[Statement]:
    """The statements of a policy document."""
    if isinstance(document, str | Text):
        document = read(spelt(document))
    for each in listed(mapping(document).get("Statement")):
        written = mapping(each)
        if written:
            yield Statement(
                allows=plain(written.get("Effect")) != "Deny",
                actions=patterns(written, "Action", caseless=True),
                resources=patterns(written, "Resource"),
                principals=principals(written) if names_principals else EVERYTHING,
                conditions=clauses(written.get("Condition")),
                source=source,
            )


def read(document: str) -> Value:
    """A policy that is written as a string; nothing where it is no JSON."""
    try:
        found: Value = json.loads(document)
    except json.JSONDecodeError:
        return None
    return found


def patterns(written: Mapping[str, Value], name: str, *, caseless: bool = False) -> Patterns:
    """The actions or resources of a statement; everything where it names none."""
    for key, negated in ((name, False), (f"Not{name}", True)):
        if key in written:
            return Patterns(tuple(word(each) for each in listed(written[key])), negated, caseless)
    return EVERYTHING


def word(value: Value) -> str:
    """A name or pattern; the partition is that of the commercial Regions, unless it is spelt."""
    return spelt(value).replace("${AWS::Partition}", "aws")


def principals(written: Mapping[str, Value]) -> Patterns:
    """Whom a statement is about: everyone, or names with their kind before them."""
    for key, negated in (("Principal", False), ("NotPrincipal", True)):
        if key in written:
            return Patterns(tuple(names(written[key])), negated)
    return EVERYTHING


def names(value: Value) -> Iterator[str]:
    """The principals of one Principal element, spelt in one way."""
    if not isinstance(value, dict):
        yield "*" if value == "*" else f"AWS:{word(value)}"
        return
    for kind, members in value.items():
        for each in listed(members):
            name = word(each)
            if kind == "AWS" and name == "*":
                yield "*"
            elif kind == "AWS":
                yield f"AWS:{account(name)}"
            else:
                yield f"{kind}:{name}"


def account(name: str) -> str:
    """A principal by ARN; an account, by a pattern that takes in everyone in it."""
    if len(name) == ACCOUNT_DIGITS and name.isdigit():
        return f"arn:aws:iam::{name}:*"
    if name == "${AWS::AccountId}":
        return f"arn:aws:iam::{name}:*"
    if name.startswith("arn:aws:iam::") and name.endswith(":root"):
        return name.removesuffix("root") + "*"
    return name


def newly_allowed(
    old: Sequence[Statement], new: Sequence[Statement], *, guards_others: bool
) -> Iterator[Statement]:
    """What is allowed and was not, and what was denied and no longer is (as the Deny that is gone).

    A Deny that `guards_others` holds against every policy there is, so that to lose it always counts.
    """
    allowed = [each for each in old if each.allows]
    still_denied = [each for each in new if not each.allows]
    for statement in new:
        if statement.allows:
            for unit in statement.units():
                known = any(each.covers(unit) and not delegates(each, unit, new) for each in allowed)
                if not known and not any(each.covers(unit) for each in still_denied):
                    yield unit
    for statement in old:
        if statement.allows or not (guards_others or matters_still(statement, old, new)):
            continue
        for unit in statement.units():
            if not any(each.covers(unit) for each in still_denied):
                yield unit


def delegates(wide: Statement, narrow: Statement, new: Sequence[Statement]) -> bool:
    """Tell whether a statement about a whole account stays beside one about somebody in it.

    The account only passes on what its own policies allow; to be named is to be allowed without them.
    """
    about_account = any(is_account(each) for each in wide.principals.patterns)
    return about_account and wide.principals != narrow.principals and any(each.covers(wide) for each in new)


def is_account(principal: str) -> bool:
    """Tell whether a principal is an account as a whole."""
    return principal.startswith("AWS:arn:aws:iam::") and principal.endswith(":*")


def matters_still(denial: Statement, old: Sequence[Statement], new: Sequence[Statement]) -> bool:
    """Tell whether what a Deny held back may happen without it; not where the Allow goes along with it."""
    return any(each.allows and each.meets(denial) for each in new) or not any(
        each.allows and each.meets(denial) for each in old
    )


def gathered(units: Sequence[Statement]) -> list[Statement]:
    """Units put together again where they differ in their actions only."""
    found: dict[tuple[object, ...], Statement] = {}
    for unit in units:
        key = (
            unit.allows,
            unit.resources,
            unit.principals,
            unit.conditions,
            unit.source,
            unit.actions.negated,
        )
        if key in found and not unit.actions.negated:
            actions = dict.fromkeys((*found[key].actions.patterns, *unit.actions.patterns))
            found[key] = found[key]._replace(actions=unit.actions._replace(patterns=tuple(actions)))
        else:
            found[key] = unit
    return list(found.values())
