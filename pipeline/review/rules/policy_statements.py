"""All statements of a template's policies, by the principal or resource that they apply to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.evaluation.values import (
    ABSENT,
    Reference,
    Target,
    Text,
    Value,
    listed,
    mapping,
    plain,
    references,
    spelt,
)
from pipeline.review.model import World
from pipeline.review.rules.conditions import clauses
from pipeline.review.rules.grants import granted
from pipeline.review.rules.patterns import EVERYTHING, Patterns
from pipeline.review.rules.statements import Statement, account, read, statements, word

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
    "AWS::Events::EventBusPolicy": "EventBusName",
}
# The types that are a statement themselves, and the property that says what it is about.
PERMISSIONS = {
    "AWS::Events::EventBusPolicy": "EventBusName",
    "AWS::Lambda::LayerVersionPermission": "LayerVersionArn",
    "AWS::Lambda::Permission": "FunctionName",
}
# The properties that list with whom something is shared.
SHARED = {
    "AWS::EC2::VPCEndpointServicePermissions": "AllowedPrincipals",
    "AWS::RAM::ResourceShare": "Principals",
}
# The properties of policies that name a resource, the type that it is of, and what gives that its name.
HELD_BY = {
    "Bucket": "AWS::S3::Bucket",
    "FunctionName": "AWS::Lambda::Function",
    "GroupName": "AWS::IAM::Group",
    "Groups": "AWS::IAM::Group",
    "RoleName": "AWS::IAM::Role",
    "Roles": "AWS::IAM::Role",
    "UserName": "AWS::IAM::User",
    "Users": "AWS::IAM::User",
}
NAMED_BY = {
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::S3::Bucket": "BucketName",
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
    holders = Holders(world)
    policies = {
        target: list(statements(document(resource), target, names_principals=False))
        for target, resource in world.items()
        if resource.get("Type") in ATTACHED
    }
    for target, resource in world.items():
        for name, kind, about in statements_of(target, resource, policies, holders):
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
    target: Target,
    resource: Mapping[str, Value],
    policies: Mapping[Target, list[Statement]],
    holders: Holders,
) -> Iterator[tuple[str, str, list[Statement]]]:
    """What one resource says, with the name and kind of what it says it about."""
    kind, properties = str(resource.get("Type")), mapping(resource.get("Properties"))
    if kind in IDENTITIES:
        me = named(Reference(*target))
        yield me, "identity", list(inline(target, properties, policies))
        trust = statements(properties.get("AssumeRolePolicyDocument"), target, names_principals=True)
        yield me, "trust", list(trust)
    elif kind in ATTACHED:
        for member in attached_to(properties, holders):
            yield member, "identity", policies[target]
        if kind == "AWS::IAM::ManagedPolicy":
            yield named(Reference(*target)), "policy", policies[target]
    elif kind in SINGLE:
        own = list(statements(properties.get("PolicyDocument"), target, names_principals=False))
        yield holders.named(SINGLE[kind], properties.get(SINGLE[kind])), "identity", own
    elif kind == "AWS::IAM::UserToGroupAddition":
        membership = member_of(properties.get("GroupName"), target)
        for user in listed(properties.get("Users")):
            yield holders.named("Users", user), "identity", [membership]
    elif kind in HAVE_POLICIES:
        yield named(Reference(*target)), "identity", list(HAVE_POLICIES[kind](target, properties))
    elif kind in PERMISSIONS and "Principal" in properties:
        about = PERMISSIONS[kind]
        yield holders.named(about, properties.get(about)), "resource", [permission(target, properties)]
    else:
        yield from about_resources(target, kind, properties, holders)


class Holders:
    """Whom policies are about: by logical id, even where a policy spells the name that a template gives."""

    def __init__(self, world: World) -> None:
        self._known: dict[tuple[str, str], str] = {}
        for target, resource in world.items():
            kind = str(resource.get("Type"))
            name = plain(mapping(resource.get("Properties")).get(NAMED_BY.get(kind, ""), ABSENT))
            if name:
                self._known[kind, name] = named(Reference(*target))

    def named(self, property_name: str, value: Value) -> str:
        """What a property of a policy names."""
        return self._known.get((HELD_BY.get(property_name, ""), plain(value) or ""), named(value))


def member_of(group: Value, source: Target) -> Statement:
    """Membership in a group, as the statement that allows what the group does."""
    return by_name(f"membership in {named(group)}", source)


def inline(
    target: Target, properties: Mapping[str, Value], policies: Mapping[Target, list[Statement]]
) -> Iterator[Statement]:
    """What a role, user or group may do by its own policies and by the managed ones that it names."""
    for policy in listed(properties.get("Policies")):
        yield from statements(mapping(policy).get("PolicyDocument"), target, names_principals=False)
    for group in listed(properties.get("Groups")):
        yield member_of(group, target)
    for managed in listed(properties.get("ManagedPolicyArns")):
        declared = next((each.target for each in references(managed) if each.target in policies), None)
        if declared:
            yield from policies[declared]
        else:
            yield by_name(word(managed), target)


def of_permission_set(target: Target, properties: Mapping[str, Value]) -> Iterator[Statement]:
    """Return the permissions of a permission set of Identity Center."""
    yield from statements(properties.get("InlinePolicy"), target, names_principals=False)
    managed = listed(properties.get("ManagedPolicies"))
    managed += listed(properties.get("CustomerManagedPolicyReferences"))
    yield from (by_name(word(each), target) for each in managed)


def of_sam(target: Target, properties: Mapping[str, Value]) -> Iterator[Statement]:
    """Return the permissions of the role of a SAM resource, where the transform was not applied."""
    for policy in listed(properties.get("Policies")):
        written = mapping(policy)
        if "Statement" in written:
            yield from statements(written, target, names_principals=False)
        elif isinstance(policy, str) and not policy.startswith("arn:"):
            yield by_name(f"arn:aws:iam::aws:policy/{policy}", target)
        else:
            yield by_name(word(policy), target)


def by_name(managed: str, source: Target) -> Statement:
    """A managed policy that the templates do not hold, as one statement."""
    known = MANAGED.get(managed.rpartition("/")[2]) if ":aws:policy/" in managed else None
    actions = known or Patterns((f"whatever {managed} allows",))
    return Statement(True, actions, EVERYTHING, EVERYTHING, frozenset(), source)


# What principals of other types than IAM's may do. SAM makes a role of each of its types here.
HAVE_POLICIES = {
    "AWS::SSO::PermissionSet": of_permission_set,
    "AWS::Serverless::Function": of_sam,
    "AWS::Serverless::StateMachine": of_sam,
    "AWS::Serverless::WebFunction": of_sam,
}


def attached_to(properties: Mapping[str, Value], holders: Holders) -> Iterator[str]:
    """The names of the roles, users and groups that a policy is attached to."""
    for key in IDENTITIES.values():
        for member in listed(properties.get(key)):
            yield holders.named(key, member)


def permission(target: Target, properties: Mapping[str, Value]) -> Statement:
    """A permission of its own, as the statement that it adds to the policy of a function, layer or bus."""
    principal = word(properties.get("Principal", "*"))
    service = principal.endswith((".amazonaws.com", ".amazonaws.com.cn"))
    who = "*" if principal == "*" else f"Service:{principal}" if service else f"AWS:{account(principal)}"
    limits = {
        "ArnLike": {"aws:SourceArn": properties.get("SourceArn")},
        "StringEquals": {
            "aws:SourceAccount": properties.get("SourceAccount"),
            "aws:PrincipalOrgID": properties.get("PrincipalOrgID", properties.get("OrganizationId")),
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
    target: Target, kind: str, properties: Mapping[str, Value], holders: Holders
) -> Iterator[tuple[str, str, list[Statement]]]:
    """What a resource's own policy says, or the policy that it is about other resources."""
    found: list[Statement] = []
    for name, own in granted(kind, target, properties):
        yield name, "identity", own
    for policy in documents(dict(properties)):
        if names_nobody(policy):
            sort = "identity" if kind.startswith("AWS::Serverless::") else "policy"
            own = list(statements(policy, target, names_principals=False))
            yield named(Reference(*target)), sort, own
        else:
            found += statements(policy, target, names_principals=True)
    shared = listed(properties.get(SHARED.get(kind, "")))
    if shared:
        who = Patterns(tuple("*" if word(each) == "*" else f"AWS:{account(word(each))}" for each in shared))
        found.append(Statement(True, EVERYTHING, EVERYTHING, who, frozenset(), target))
    if kind == "AWS::EC2::VPCEndpoint" and "PolicyDocument" not in properties:
        found.append(Statement(True, EVERYTHING, EVERYTHING, EVERYTHING, frozenset(), target))
    sort = "endpoint" if kind == "AWS::EC2::VPCEndpoint" else "resource"
    others = ABOUT_OTHERS.get(kind)
    # A policy that names nothing is about the service's own default, such as the account's default event bus.
    about = (listed(properties.get(others)) if others else []) or [Reference(*target)]
    if found or others:
        for each in about:
            yield holders.named(others or "", each), sort, found


def names_nobody(policy: Value) -> bool:
    """Return whether a policy is about whoever has it, as those of IoT and of SAM's functions are."""
    about = [mapping(each) for each in listed(mapping(policy).get("Statement"))]
    return not any("Principal" in each or "NotPrincipal" in each for each in about)


def documents(value: Value) -> Iterator[Value]:
    """The policy documents within a property; the properties themselves where they have a Statement."""
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
    elif isinstance(value, str | Text) and '"Statement"' in spelt(value):
        yield read(spelt(value))


def named(value: Value) -> str:
    """A role, bucket or key by the one name that it has, whether by Ref, by GetAtt or in an ARN."""
    if isinstance(value, Reference):
        return "/".join((*value.stack, value.resource))
    return spelt(value)


def is_everyone(statement: Statement) -> bool:
    """Return whether a statement is about anyone at all, without a condition that narrows it."""
    return statement.principals == EVERYTHING and not any(narrows(each.key) for each in statement.conditions)


def narrows(key: str) -> bool:
    """Return whether a condition key distinguishes callers; TLS, or a URL of a function, does not."""
    return key not in (
        "aws:multifactorauthpresent",
        "aws:securetransport",
        "lambda:functionurlauthtype",
        "s3:x-amz-server-side-encryption",
    )
