"""Rules on access: what is newly allowed by all policies of each principal and resource together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.evaluation.values import ABSENT, Reference, Target, Text, Unknown, Value, mapping, spelt
from pipeline.review.model import Change, Risk, World
from pipeline.review.rules.collisions import physical_name
from pipeline.review.rules.context import Context
from pipeline.review.rules.patterns import EVERYTHING, Patterns
from pipeline.review.rules.policy_statements import IDENTITIES, Subject, is_everyone, named, subjects
from pipeline.review.rules.statements import Statement, gathered, newly_allowed

SHOWN = 3
# What most names are: letters, digits, underscores and hyphens.
WORD = re.compile(r"[\w-]+")
ANYONE = Patterns(("anyone",))
UNASKED = "encryption is no longer asked for"
# The condition keys by which a policy asks for encryption, in transit and at rest.
ASKING = (
    "aws:securetransport",
    "elasticfilesystem:encrypted",
    "rds:storageencrypted",
    "s3:tlsversion",
    "s3:x-amz-server-side-encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
)


@dataclass(frozen=True)
class Widening:
    """Something newly allowed, or no longer denied, to or about a subject."""

    subject: str
    kind: str
    statement: Statement
    before: tuple[Statement, ...] = ()


def widening(change: Change, context: Context) -> Iterator[Risk]:
    """A principal may do what it could not, or a resource allows what it did not."""
    for found in context.keep(widenings).get(change.target, ()):
        statement = found.statement
        if statement.allows:
            reason = f"{about(found)}: newly allowed {short(statement)}"
            yield Risk("IAM_WIDENING", reason, "(not allowed)", told(found))
        else:
            reason = f"{about(found)}: no longer denied {short(statement)}"
            yield Risk("IAM_WIDENING", reason, told(found), "(gone)")


def told(found: Widening) -> str:
    """A statement in words; one about a resource or a trust says that it is about anyone, where it is."""
    anyone = found.kind in ("resource", "trust") and found.statement.principals == EVERYTHING
    return str(found.statement._replace(principals=ANYONE) if anyone else found.statement)


def short(statement: Statement) -> str:
    """The actions of a statement, the first few of them."""
    first, more = statement.actions.patterns[:SHOWN], statement.actions.patterns[SHOWN:]
    rest = f" and {len(more)} more" if more else ""
    return f"{'all but ' if statement.actions.negated else ''}{', '.join(first)}{rest}"


def about(found: Widening) -> str:
    """Whom or what a widening is about, in words."""
    if found.kind == "trust":
        return f"who may assume {found.subject}"
    return {"policy": "whoever has ", "resource": "access to ", "endpoint": "way through ", "identity": ""}[
        found.kind
    ] + found.subject


def public(change: Change, context: Context) -> Iterator[Risk]:
    """A resource is newly open to anyone at all."""
    for found in context.keep(widenings).get(change.target, ()):
        statement = found.statement
        if statement.allows and found.kind in ("resource", "trust") and is_everyone(statement):
            yield Risk("PUBLIC_EXPOSURE", f"{found.subject} is open to anyone", "(not open)", told(found))


def encryption_not_asked_for(change: Change, context: Context) -> Iterator[Risk]:
    """A policy no longer turns away what comes in the clear, or what is to be stored so."""
    for found in context.keep(widenings).get(change.target, ()):
        statement = found.statement
        if statement.allows:
            asked = [each for each in found.before if each.allows and asks_for_encryption(each)]
            if any(each.covers(statement._replace(conditions=each.conditions)) for each in asked):
                yield Risk("ENCRYPTION_LOSS", UNASKED, str(asked[0]), told(found))
        elif asks_for_encryption(statement):
            yield Risk("ENCRYPTION_LOSS", UNASKED, told(found), "(gone)")


def asks_for_encryption(statement: Statement) -> bool:
    """Return whether a statement hangs on how a request, or what it stores, is encrypted."""
    return any(each.key in ASKING for each in statement.conditions)


def boundary(change: Change, context: Context) -> Iterator[Risk]:
    """A principal's boundary is taken away, or is another."""
    if change.type not in IDENTITIES or not context.existed(change):
        return
    old, new = context.sides(change)
    was, becomes = old.get("PermissionsBoundary"), new.get("PermissionsBoundary")
    if was is not None and (becomes is None or spelt(was) != spelt(becomes)):
        taken = "is taken away" if becomes is None else "is another"
        after = ABSENT if becomes is None else becomes
        yield Risk("IAM_WIDENING", f"the permissions boundary {taken}", spelt(was), spelt(after))


def widenings(context: Context) -> dict[Target, list[Widening]]:
    """What is newly allowed, by the resource that allows it, or that stops denying it."""
    old, new = context.keep(old_subjects), context.keep(new_subjects)
    changed = {change.target for change in context.review.changes}
    found: dict[Target, list[Widening]] = {}
    for key, subject in new.items():
        if key in old and old[key].statements == subject.statements:
            continue
        for statement in new_to(subject, old.get(key), context):
            sources = [statement.source, *(each.source for each in subject.statements)]
            source = next((each for each in sources if each in changed), statement.source)
            listed = found.setdefault(source, [])
            was = tuple(old[key].statements) if key in old else ()
            each = Widening(subject.name, subject.kind, statement, was)
            if not any(other.statement == statement for other in listed):
                listed.append(each)
    for key, subject in old.items():
        if key not in new and subject.kind == "resource" and still_there(subject, context):
            for statement in (each for each in subject.statements if not each.allows):
                found.setdefault(statement.source, []).append(Widening(subject.name, subject.kind, statement))
    return found


def old_subjects(context: Context) -> dict[str, Subject]:
    """Everything that the policies of the old side are about; nothing where the stack is created."""
    return {} if context.review.fresh else subjects(under_new_names(context))


def new_subjects(context: Context) -> dict[str, Subject]:
    """Everything that the policies of the new side are about; what a new stack may do itself is no risk."""
    found = subjects(context.after)
    if context.review.fresh:
        return {key: subject for key, subject in found.items() if subject.kind != "identity"}
    return found


def under_new_names(context: Context) -> World:
    """The old side, in which what is renamed goes by the name that it will have.

    A policy that names a table, and follows it to its new name, allows nothing new.
    """
    names = {}
    for target, resource in context.before.items():
        kind = str(resource.get("Type"))
        old, new = (
            physical_name(kind, mapping(side.get("Properties")))
            for side in (resource, context.after.get(target, {}))
        )
        if old and new and old != new and isinstance(old[-1], str) and isinstance(new[-1], str):
            names[old[-1]] = new[-1]
    if not names:
        return context.before
    # Nearly every name is one word, which is looked up; only others have to be tried one by one.
    others = sorted((name for name in names if not WORD.fullmatch(name)), key=len, reverse=True)
    pattern = re.compile(rf"(?<![\w-])({'|'.join([*map(re.escape, others), WORD.pattern])})(?![\w-])")

    def respelt(value: Value) -> Value:
        if isinstance(value, str):
            return pattern.sub(lambda found: names.get(found[1], found[1]), value)
        if isinstance(value, Text):
            parts = (respelt(part) if isinstance(part, str) else part for part in value.parts)
            return Text(tuple(part for part in parts if isinstance(part, str | Reference | Unknown)))
        if isinstance(value, list):
            return [respelt(item) for item in value]
        if isinstance(value, dict):
            return {name: respelt(member) for name, member in value.items()}
        return value

    return {target: mapping(respelt(dict(resource))) for target, resource in context.before.items()}


def new_to(subject: Subject, before: Subject | None, context: Context) -> list[Statement]:
    """What is new about a subject; about one that is new itself, what concerns others."""
    was = before.statements if before else []
    units = list(newly_allowed(was, subject.statements, guards_others=subject.kind == "resource"))
    if subject.kind in ("resource", "trust") and before is None and is_new(subject.name, context):
        units = [each for each in units if is_everyone(each) or is_foreign(each)]
    if subject.kind in ("policy", "endpoint") and is_new(subject.name, context):
        units = []
    return gathered(units)


def is_new(name: str, context: Context) -> bool:
    """Return whether a resource of the templates comes into being with this change."""
    return name in context.keep(names_of_new)


def names_of_new(context: Context) -> set[str]:
    """Return the names of the resources that come into being."""
    return {named(Reference(*target)) for target in context.after if target not in context.before}


def names_before(context: Context) -> set[str]:
    """Return the names of the resources of the old side."""
    return {named(Reference(*target)) for target in context.before}


def names_after(context: Context) -> set[str]:
    """Return the names of the resources of the new side."""
    return {named(Reference(*target)) for target in context.after}


def is_foreign(statement: Statement) -> bool:
    """Return whether a statement is about another account, by its number."""
    return any(
        each.startswith("AWS:arn:") and "${AWS::AccountId}" not in each and "${" not in each
        for each in statement.principals.patterns
    )


def still_there(subject: Subject, context: Context) -> bool:
    """Return whether the resource that a policy was about outlives it."""
    return subject.name in context.keep(names_after) or subject.name not in context.keep(names_before)
