"""Subjects: who or what the policies of a template are about, and every statement about each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.review.model import World
from pipeline.review.rules.conditions import clauses
from pipeline.review.rules.patterns import EVERYTHING, Patterns
from pipeline.review.rules.statements import Statement, account, read, statements, word
from pipeline.review.values import Reference, Target, Value, listed, mapping, references, spelt

IDENTITIES = {"AWS::IAM::Role": "Roles", "AWS::IAM::User": "Users", "AWS::IAM::Group": "Groups"}
ATTACHED = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
SINGLE = {
    "AWS::IAM::RolePolicy": "RoleName",
    "AWS::IAM::UserPolicy": "UserName",
    "AWS::IAM::GroupPolicy": "GroupName",
}
# What the managed policies that matter most come to; of any other, only the name is known.
MANAGED = {
    "AdministratorAccess": Patterns(("*",)),
    "PowerUserAccess": Patterns(("iam:*", "organizations:*", "account:*"), negated=True, caseless=True),
}
# The properties that hold a policy about the resource itself, or about what another property names.
ABOUT_OTHERS = {
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::SQS::QueuePolicy": "Queues",
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::SQS::QueueInlinePolicy": "Queue",
    "AWS::SNS::TopicInlinePolicy": "TopicArn",
    "AWS::SecretsManager::ResourcePolicy": "SecretId",
    "AWS::Lambda::Permission": "FunctionName",
    "AWS::Lambda::LayerVersionPermission": "LayerVersionArn",
    "AWS::Events::EventBusPolicy": "EventBusName",
}


@dataclass
class Subject:
    """A principal with all that it may do, or a resource with all that may be done to it."""

    name: str
    kind: str
    statements: list[Statement] = field(default_factory=list)
    boundary: str | None = None
    declared: bool = False


def subjects(world: World) -> dict[str, Subject]:
    """Everything that the policies of one side are about, by kind and name."""
    found: dict[str, Subject] = {}
    policies = {
        target: list(statements(document(resource), target, names_principals=False))
        for target, resource in world.items()
        if resource.get("Type") in ATTACHED
    }
    for target, resource in world.items():
        for name, kind, about in statements_of(target, resource, policies):
            subject = found.setdefault(f"{kind} {name}", Subject(name, kind))
            subject.statements.extend(about)
        if resource.get("Type") in IDENTITIES:
            own = found.setdefault(
                f"identity {named(Reference(*target))}", Subject(named(Reference(*target)), "identity")
            )
            boundary = mapping(resource.get("Properties")).get("PermissionsBoundary")
            own.boundary = None if boundary is None else word(boundary)
            own.declared = True
    return found


def document(resource: Mapping[str, Value]) -> Value:
    """The policy document of a resource that is a policy."""
    return mapping(resource.get("Properties")).get("PolicyDocument")


def statements_of(
    target: Target, resource: Mapping[str, Value], policies: Mapping[Target, list[Statement]]
) -> Iterator[tuple[str, str, list[Statement]]]:
    """What one resource says, with the name and kind of what it says it about."""
    kind, properties = str(resource.get("Type")), mapping(resource.get("Properties"))
    if kind in IDENTITIES:
        me = named(Reference(*target))
        yield me, "identity", list(inline(target, properties, policies))
        trust = statements(properties.get("AssumeRolePolicyDocument"), target, names_principals=True)
        yield me, "trust", list(trust)
    elif kind in ATTACHED:
        for member in attached_to(properties):
            yield member, "identity", policies[target]
        if kind == "AWS::IAM::ManagedPolicy":
            yield named(Reference(*target)), "policy", policies[target]
    elif kind in SINGLE:
        own = list(statements(properties.get("PolicyDocument"), target, names_principals=False))
        yield named(properties.get(SINGLE[kind])), "identity", own
    elif kind == "AWS::SSO::PermissionSet":
        own = list(statements(properties.get("InlinePolicy"), target, names_principals=False))
        managed = listed(properties.get("ManagedPolicies")) + listed(
            properties.get("CustomerManagedPolicyReferences")
        )
        own += [by_name(word(each), target) for each in managed]
        yield named(Reference(*target)), "identity", own
    elif kind == "AWS::Lambda::Permission":
        yield named(properties.get("FunctionName")), "resource", [permission(target, properties)]
    else:
        yield from about_resources(target, kind, properties)


def inline(
    target: Target, properties: Mapping[str, Value], policies: Mapping[Target, list[Statement]]
) -> Iterator[Statement]:
    """What a role, user or group may do by its own policies and by the managed ones that it names."""
    for policy in listed(properties.get("Policies")):
        yield from statements(mapping(policy).get("PolicyDocument"), target, names_principals=False)
    for managed in listed(properties.get("ManagedPolicyArns")):
        declared = next((each.target for each in references(managed) if each.target in policies), None)
        if declared:
            yield from policies[declared]
        else:
            yield by_name(word(managed), target)


def by_name(managed: str, source: Target) -> Statement:
    """A managed policy that the templates do not hold, as one statement."""
    known = MANAGED.get(managed.rpartition("/")[2]) if ":aws:policy/" in managed else None
    actions = known or Patterns((f"whatever {managed} allows",))
    return Statement(True, actions, EVERYTHING, EVERYTHING, frozenset(), source)


def attached_to(properties: Mapping[str, Value]) -> Iterator[str]:
    """The names of the roles, users and groups that a policy is attached to."""
    for key in IDENTITIES.values():
        for member in listed(properties.get(key)):
            yield named(member)


def permission(target: Target, properties: Mapping[str, Value]) -> Statement:
    """A Lambda permission, as the statement that it adds to the function's policy."""
    principal = word(properties.get("Principal", "*"))
    service = principal.endswith((".amazonaws.com", ".amazonaws.com.cn"))
    who = "*" if principal == "*" else f"Service:{principal}" if service else f"AWS:{account(principal)}"
    limits = {
        "ArnLike": {"aws:SourceArn": properties.get("SourceArn")},
        "StringEquals": {
            "aws:SourceAccount": properties.get("SourceAccount"),
            "aws:PrincipalOrgID": properties.get("PrincipalOrgID"),
            "lambda:EventSourceToken": properties.get("EventSourceToken"),
            "lambda:FunctionUrlAuthType": properties.get("FunctionUrlAuthType"),
        },
    }
    written: dict[str, Value] = {
        operator: {key: value for key, value in block.items() if value is not None}
        for operator, block in limits.items()
    }
    action = Patterns((word(properties.get("Action", "*")),), caseless=True)
    return Statement(True, action, EVERYTHING, Patterns((who,)), clauses(written), target)


def about_resources(
    target: Target, kind: str, properties: Mapping[str, Value]
) -> Iterator[tuple[str, str, list[Statement]]]:
    """What a resource's own policy says, or the policy that it is about other resources."""
    found: list[Statement] = []
    for value in properties.values():
        for policy in documents(value):
            found += statements(policy, target, names_principals=True)
    if kind == "AWS::EC2::VPCEndpoint" and "PolicyDocument" not in properties:
        found.append(Statement(True, EVERYTHING, EVERYTHING, EVERYTHING, frozenset(), target))
    sort = "endpoint" if kind == "AWS::EC2::VPCEndpoint" else "resource"
    others = ABOUT_OTHERS.get(kind)
    about = listed(properties.get(others)) if others else [Reference(*target)]
    if found or others:
        for each in about:
            yield named(each), sort, found


def documents(value: Value) -> Iterator[Value]:
    """The policy documents within a property."""
    if isinstance(value, dict):
        if "Statement" in value and all(
            isinstance(mapping(each).get("Effect"), str) for each in listed(value["Statement"])
        ):
            yield value
        else:
            for member in value.values():
                yield from documents(member)
    elif isinstance(value, list):
        for member in value:
            yield from documents(member)
    elif isinstance(value, str) and '"Statement"' in value:
        yield read(value)


def named(value: Value) -> str:
    """A role, bucket or key by the one name that it has, whether by Ref, by GetAtt or in an ARN."""
    if isinstance(value, Reference):
        return "/".join((*value.stack, value.resource))
    return spelt(value)


def is_everyone(statement: Statement) -> bool:
    """Tell whether a statement is about anyone at all, without a condition that narrows it."""
    return statement.principals == EVERYTHING and not any(narrows(each.key) for each in statement.conditions)


def narrows(key: str) -> bool:
    """Tell whether a condition key tells callers apart; that they use TLS does not."""
    return key not in ("aws:securetransport", "s3:x-amz-server-side-encryption", "aws:multifactorauthpresent")
