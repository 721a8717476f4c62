"""Flow logs: a record of every connection in the network, let through or not."""

from __future__ import annotations

from troposphere import Ref, Sub, Template, ec2, iam, logs

from templates import grants
from templates.settings import LogRetentionDays
from templates.wires import KeyArn

# The finer of the two intervals that EC2 offers, in seconds.
AGGREGATION_SECONDS = 60


def add(template: Template, network: ec2.VPC, days: LogRetentionDays, key: KeyArn) -> None:
    """Record the traffic of `network` in a log group of its own, kept for `days` under `key`."""
    group = template.add_resource(flow_log_group(days, key))
    policy = template.add_resource(flow_log_policy(group))
    role = template.add_resource(flow_log_role(policy))
    template.add_resource(flow_log(network, group, role))


def flow_log_group(days: LogRetentionDays, key: KeyArn) -> logs.LogGroup:
    """Where the record is kept; it outlives the stack, as evidence, until it expires."""
    return logs.LogGroup(
        "FlowLogGroup",
        RetentionInDays=days,
        KmsKeyId=key,
        DeletionPolicy="RetainExceptOnCreate",
        UpdateReplacePolicy="Retain",
    )


def flow_log_policy(group: logs.LogGroup) -> iam.ManagedPolicy:
    """Write the record, and nothing else."""
    return iam.ManagedPolicy(
        "FlowLogPolicy",
        PolicyDocument=grants.policy(grants.deliver_flow_logs(group.get_att("Arn"))),
    )


def flow_log_role(policy: iam.ManagedPolicy) -> iam.Role:
    """What the flow log writes under."""
    flow_logs = Sub("arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:vpc-flow-log/*")
    return iam.Role(
        "FlowLogRole",
        AssumeRolePolicyDocument=grants.trust("vpc-flow-logs", grants.on_behalf_of(flow_logs)),
        ManagedPolicyArns=[Ref(policy)],
    )


def flow_log(network: ec2.VPC, group: logs.LogGroup, role: iam.Role) -> ec2.FlowLog:
    """The record itself: of traffic that was accepted, and that was rejected."""
    return ec2.FlowLog(
        "FlowLog",
        ResourceType="VPC",
        ResourceId=Ref(network),
        TrafficType="ALL",
        LogDestinationType="cloud-watch-logs",
        LogGroupName=Ref(group),
        DeliverLogsPermissionArn=role.get_att("Arn"),
        MaxAggregationInterval=AGGREGATION_SECONDS,
    )
