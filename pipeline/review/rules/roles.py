"""Rule on roles that resources run under or hand out: another role may allow more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.evaluation.values import (
    ABSENT,
    KNOWN_AFTER_APPLY,
    Value,
    listed,
    mapping,
    plain,
    references,
    spelt,
)
from pipeline.review.model import Change, Risk, World
from pipeline.review.rules.context import Context, leaves
from pipeline.review.rules.grants import allows
from pipeline.review.rules.permissions import new_subjects, old_subjects, short
from pipeline.review.rules.policy_statements import Subject
from pipeline.review.rules.statements import Statement, gathered, newly_allowed, word


@dataclass(frozen=True)
class Place:
    """A property that names a role; `hands_out` is true where people get it, so that a new one counts."""

    types: str
    path: str
    hands_out: bool = False


PLACES = (
    Place(r"AWS::(Lambda|Serverless)::Function", r"Role"),
    Place(r"AWS::ECS::TaskDefinition", r"(TaskRoleArn|ExecutionRoleArn)"),
    Place(r"AWS::(StepFunctions::StateMachine|CodePipeline::Pipeline|Pipes::Pipe)", r"RoleArn"),
    Place(r"AWS::Serverless::StateMachine", r"Role"),
    Place(r"AWS::CodeBuild::Project", r"ServiceRole"),
    Place(r"AWS::Glue::(Job|Crawler)", r"Role"),
    Place(r"AWS::EC2::Instance", r"IamInstanceProfile"),
    Place(r"AWS::AutoScaling::LaunchConfiguration", r"IamInstanceProfile"),
    Place(r"AWS::EC2::LaunchTemplate", r"LaunchTemplateData/IamInstanceProfile/(Arn|Name)"),
    Place(r"AWS::IAM::InstanceProfile", r"Roles/\d+"),
    Place(r"AWS::Batch::JobDefinition", r"ContainerProperties/(Job|Execution)RoleArn"),
    Place(r"AWS::AppRunner::Service", r"InstanceConfiguration/InstanceRoleArn"),
    Place(r"AWS::Synthetics::Canary", r"ExecutionRoleArn"),
    Place(r"AWS::Events::Rule", r"Targets/\d+/RoleArn"),
    Place(r"AWS::Scheduler::Schedule", r"Target/RoleArn"),
    Place(r"AWS::SageMaker::(NotebookInstance|Domain)", r"(RoleArn|DefaultUserSettings/ExecutionRole)"),
    Place(r"AWS::RolesAnywhere::Profile", r"RoleArns/\d+", hands_out=True),
    Place(
        r"AWS::Cognito::IdentityPoolRoleAttachment",
        r"(Roles/\w+|RoleMappings/.*/RoleARN)",
        hands_out=True,
    ),
)


def another_role(change: Change, context: Context) -> Iterator[Risk]:
    """A resource runs under another role, or hands one out, that allows more than the one before."""
    if change.action == "Remove" or context.review.fresh:
        return
    old, new = context.sides(change)
    for place in (each for each in PLACES if re.fullmatch(each.types, change.type)):
        if not context.existed(change) and not place.hands_out:
            continue
        before, after = named_roles(old, place.path), named_roles(new, place.path)
        for path, roles in after.items():
            was = before.get(path, [])
            if [spelt(role) for role in roles] != [spelt(role) for role in was]:
                yield from wider(path, was, roles, context)


def named_roles(properties: Mapping[str, Value], pattern: str) -> dict[str, list[Value]]:
    """Return the roles that properties name at places of a pattern, by path; items of a list together."""
    found: dict[str, list[Value]] = {}
    for name, value in properties.items():
        for path, _, member in leaves(name, ABSENT, value):
            if re.fullmatch(pattern, path) and not isinstance(member, dict | list):
                found.setdefault(re.sub(r"/\d+(?=/|$)", "", path), []).extend(listed(member))
    return found


def wider(path: str, was: list[Value], becomes: list[Value], context: Context) -> Iterator[Risk]:
    """Yield what the new roles at a place allow and the old ones did not; not for a role that is replaced."""
    before = [
        each for role in was for each in allowed(role, context.keep(old_subjects), context.before) or ()
    ]
    for role in (each for each in becomes if KNOWN_AFTER_APPLY not in spelt(each)):
        after = allowed(role, context.keep(new_subjects), context.after)
        values = (", ".join(map(spelt, was)) or "(none)", spelt(role))
        if after is None:
            if spelt(role) not in map(spelt, was):
                reason = (
                    f"{path}: what the other role allows is not known here; name it, or read its policies"
                )
                yield Risk("UNJUDGED", reason, *values)
            continue
        for statement in gathered(list(newly_allowed(before, after, guards_others=False))):
            if statement.allows:
                yield Risk("IAM_WIDENING", f"{path}: another role, which allows {short(statement)}", *values)


def allowed(role: Value, subjects: Mapping[str, Subject], world: World) -> list[Statement] | None:
    """Return what a role allows: its policies, or its name outside of the templates; None if not known."""
    for reference in references(role):
        resource = world.get(reference.target, {})
        if resource.get("Type") == "AWS::IAM::InstanceProfile":
            roles = listed(mapping(resource.get("Properties")).get("Roles"))
            found = [allowed(each, subjects, world) for each in roles]
            return [each for statements in found for each in statements or ()]
        subject = subjects.get(f"identity {'/'.join((*reference.stack, reference.resource))}")
        if subject is not None:
            return subject.statements
    name = plain(role)
    if name is None and not spelt(role).startswith("arn:"):
        return None
    return [allows(f"whatever {word(role)} allows", ((), ""))]
