"""Rules on names and places that are still taken when the new resource is created."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.evaluation.stack import STACK_TYPE
from pipeline.evaluation.values import (
    Reference,
    Target,
    Value,
    canonical,
    mapping,
    references,
    spelt,
    spelt_out,
)
from pipeline.review.model import Change, Risk
from pipeline.review.prediction.physical_names import given_names
from pipeline.review.prediction.replacement import deletes_first
from pipeline.review.prediction.schemas import schema
from pipeline.review.rules.context import Context, risk

# Names that an account and Region know once, of types that the registry identifies by an ARN or a number.
NAMES = {
    "AWS::ApiGateway::DomainName": ("DomainName",),
    "AWS::CodeBuild::Project": ("Name",),
    "AWS::EC2::SecurityGroup": ("VpcId", "GroupName"),
    "AWS::ECS::Cluster": ("ClusterName",),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": ("Name",),
    "AWS::ElasticLoadBalancingV2::TargetGroup": ("Name",),
    "AWS::Events::Rule": ("EventBusName", "Name"),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName",),
    "AWS::RDS::DBProxy": ("DBProxyName",),
    "AWS::SNS::Topic": ("TopicName",),
    "AWS::SQS::Queue": ("QueueName",),
    "AWS::SecretsManager::Secret": ("Name",),
    "AWS::StepFunctions::StateMachine": ("StateMachineName",),
    "AWS::WAFv2::IPSet": ("Scope", "Name"),
    "AWS::WAFv2::WebACL": ("Scope", "Name"),
}


# What a service accepts once, whatever its name: a range in a VPC, a route, a reader of a queue.
RULE = ("GroupId", "IpProtocol", "FromPort", "ToPort", "CidrIp", "CidrIpv6")
PLACES = {
    "AWS::EC2::Route": (
        "RouteTableId",
        "DestinationCidrBlock",
        "DestinationIpv6CidrBlock",
        "DestinationPrefixListId",
    ),
    "AWS::EC2::SecurityGroupEgress": (*RULE, "DestinationPrefixListId", "DestinationSecurityGroupId"),
    "AWS::EC2::SecurityGroupIngress": (*RULE, "SourcePrefixListId", "SourceSecurityGroupId"),
    "AWS::EC2::Subnet": ("VpcId", "CidrBlock"),
    "AWS::EC2::VPCGatewayAttachment": ("VpcId", "InternetGatewayId"),
    "AWS::Lambda::EventSourceMapping": ("FunctionName", "EventSourceArn"),
}


def place(resource_type: str, properties: Mapping[str, Value]) -> tuple[object, ...] | None:
    """The place that a resource has and no other of its type can have; nothing where that is not known."""
    parts = PLACES.get(resource_type, ())
    if not parts or any(properties.get(part) in (None, "") for part in parts[:2]):
        return None
    return tuple(canonical(as_group(properties.get(part))) for part in parts)


def as_group(value: Value) -> Value:
    """A value in which a group is the same by Ref as by GetAtt."""
    if isinstance(value, Reference) and value.attribute == "GroupId":
        return Reference(value.stack, value.resource)
    return value


def place_taken(change: Change, context: Context) -> Iterator[Risk]:
    """A new resource, or one that is made anew, needs a place that another has until the update is over."""
    if deletes_first(change.type) or change.type not in PLACES:
        return
    mine = place(change.type, change.new())
    made_anew = change.action == "Modify" and change.replacement == "True"
    if mine is None or not (made_anew or change.action == "Add") or within_something_new(change, context):
        return
    holder = context.keep(places_before).get((change.type, mine))
    if holder:
        yield Risk(
            "UPDATE_FAILS",
            f"needs a place that {'/'.join((*holder[0], holder[1]))} still has by then: the update fails",
            after=" ".join(spelt(change.new().get(part)) for part in PLACES[change.type][:2]),
        )


def within_something_new(change: Change, context: Context) -> bool:
    """Tell whether the place is within something that is new itself, such as a subnet of a new VPC."""
    where = [change.new().get(part) for part in PLACES[change.type]]
    return any(
        reference.target in context.replaced or reference.target not in context.review.before
        for value in where
        for reference in references(value)
    )


def places_before(context: Context) -> dict[tuple[str, tuple[object, ...]], Target]:
    """Who has which place before the update."""
    found = {}
    for target, resource in context.review.before.items():
        kind = str(resource.get("Type"))
        taken = place(kind, mapping(resource.get("Properties")))
        if taken:
            found[kind, taken] = target
    return found


def physical_name(resource_type: str, properties: Mapping[str, Value]) -> tuple[object, ...] | None:
    """What tells a resource from all others of its type; nothing where CloudFormation makes the name up."""
    known = schema(resource_type)
    parts = NAMES.get(resource_type) or (known.names if known else ())
    if not parts or properties.get(parts[-1]) in (None, ""):
        return None
    if resource_type not in NAMES and any(part not in properties for part in parts):
        return None
    return tuple(canonical(properties.get(part)) for part in parts)


def replaced_under_its_name(change: Change, context: Context) -> Iterator[Risk]:
    """A replacement needs the very name that the old resource still has."""
    if change.action != "Modify" or change.replacement != "True" or deletes_first(change.type):
        return
    old, new = physical_name(change.type, change.old()), physical_name(change.type, change.new())
    if old is None or old != new or names_something_new(change, context):
        return
    yield risk(
        "NAME_COLLISION",
        "must be replaced but keeps its name, which the old one still has: the update fails; rename it too",
        *(" ".join(str(part) for part in name) for name in (old, new)),
    )


def names_something_new(change: Change, context: Context) -> bool:
    """Tell whether the name is within something that is new itself, such as a stage of a new API."""
    known = schema(change.type)
    parts = NAMES.get(change.type) or (known.names if known else ())
    named = [change.new().get(part) for part in parts]
    return any(
        reference.target in context.replaced or reference.target not in context.review.before
        for value in named
        for reference in references(value)
    )


def added_under_a_taken_name(change: Change, context: Context) -> Iterator[Risk]:
    """A new resource needs a name that another has until the update is over, or for good."""
    if change.action != "Add":
        return
    taken = context.keep(names_before)
    if change.type == STACK_TYPE:
        path = (*change.stack, change.resource)
        inside = [
            each
            for each in context.review.changes
            if each.stack[: len(path)] == path and each.action == "Add"
        ]
        if any(holder_of(each, taken, context) for each in inside):
            yield Risk("NAME_COLLISION", "holds resources whose names are taken: the update fails")
        return
    holder = holder_of(change, taken, context)
    if holder:
        yield Risk(
            "NAME_COLLISION",
            f"needs a name that {'/'.join((*holder[0], holder[1]))} still has by then: the update fails",
        )


def holder_of(
    change: Change, taken: Mapping[tuple[str, tuple[object, ...]], Target], context: Context
) -> Target | None:
    """The resource that has the name of a new one."""
    properties = mapping(spelt_out(change.new(), context.keep(names_after)))
    name = physical_name(change.type, properties)
    return taken.get((change.type, name)) if name else None


def names_after(context: Context) -> dict[Reference, str]:
    """What Ref returns after the update, where a template says so."""
    return given_names(context.after)


def names_before(context: Context) -> dict[tuple[str, tuple[object, ...]], Target]:
    """Who has which name before the update."""
    found, known = {}, given_names(context.review.before)
    for target, resource in context.review.before.items():
        kind = str(resource.get("Type"))
        name = physical_name(kind, mapping(spelt_out(mapping(resource.get("Properties")), known)))
        if name:
            found[kind, name] = target
    return found
