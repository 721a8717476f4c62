"""Grants: what roles may do, one function for each thing.

A grant says in its name what it allows, lists actions one by one, and takes the ARN it is about.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from awacs import (
    awslambda,
    cloudwatch,
    dynamodb,
    ec2,
    iam,
    kms,
    logs,
    rds_db,
    s3,
    secretsmanager,
    sqs,
    ssm,
    sts,
    xray,
)
from awacs.aws import (
    Action,
    Allow,
    ArnEquals,
    ArnLike,
    Bool,
    Condition,
    Deny,
    PolicyDocument,
    Principal,
    Statement,
    StringEquals,
)
from troposphere import AccountId, AWSHelperFn, Sub, encode_to_dict

Target = AWSHelperFn | str

# The id of a run is generated when it starts.
AUTOMATION_RUNS = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:automation-execution/*"


def policy(*statements: Statement) -> PolicyDocument:
    """The policy document of `statements`; awacs leaves the version out."""
    return PolicyDocument(Version="2012-10-17", Statement=list(statements))


def trust(service: str, condition: Condition | None = None) -> PolicyDocument:
    """Let the AWS service `service` (`lambda`) assume a role, under `condition`."""
    optional = {} if condition is None else {"Condition": condition}
    return policy(
        Statement(
            Sid="AssumedByService",
            Effect=Allow,
            Principal=Principal("Service", f"{service}.amazonaws.com"),
            Action=[sts.AssumeRole],
            **optional,
        )
    )


def allow(sid: str, actions: list[Action], *resources: Target) -> Statement:
    """Allow `actions` on `resources`."""
    return Statement(Sid=sid, Effect=Allow, Action=actions, Resource=list(resources))


def together(sid: str, *granted: Statement) -> Statement:
    """One statement of all that is `granted` without a condition, where a policy has to be short.

    Each action finds only what is of its own service among the resources: of one service, those that are
    granted on different resources do not belong together. Raises ValueError where one has a condition.
    """
    for each in granted:
        if "Condition" in each.properties:
            raise ValueError(f"{sid}: {each.Sid} has a condition, which others would lose or get")
    actions = {str(action.JSONrepr()): action for each in granted for action in each.Action}
    on = {json.dumps(encode_to_dict(one), sort_keys=True): one for each in granted for one in each.Resource}
    return allow(sid, list(actions.values()), *on.values())


def refuse(sid: str, actions: list[Action], *resources: Target, where: Condition | None = None) -> Statement:
    """In a resource's own policy: refuse everyone `actions` on `resources`, or only `where` it holds."""
    optional = {} if where is None else {"Condition": where}
    return Statement(
        Sid=sid,
        Effect=Deny,
        Principal=Principal("*"),
        Action=actions,
        Resource=list(resources),
        **optional,
    )


def encrypted_transport_only(service: str, *resources: Target) -> Statement:
    """Refuse everyone all of the actions of `service` (`s3`) on `resources` unless TLS carries them."""
    without_tls = Condition(Bool("aws:SecureTransport", "false"))
    return refuse("EncryptedTransportOnly", [Action(service, "*")], *resources, where=without_tls)


def within(arn: Target, path: str) -> Target:
    """Return the ARN of what lies at `path` within `arn`: `/index/due`, `/*`."""
    if isinstance(arn, str):
        return f"{arn}{path}"
    text = encode_to_dict(arn).get("Fn::Sub")
    return Sub(f"{text}{path}") if isinstance(text, str) else Sub(f"${{Arn}}{path}", Arn=arn)


def on_behalf_of(source: Target) -> Condition:
    """Hold a service to what it does for this account, and for the resource `source` alone."""
    return Condition([StringEquals("aws:SourceAccount", AccountId), ArnLike("aws:SourceArn", source)])


# Network


def deliver_flow_logs(group_arn: Target) -> Statement:
    """Write flow logs to the log group."""
    return allow(
        "DeliverFlowLogs",
        [logs.CreateLogStream, logs.DescribeLogStreams, logs.PutLogEvents],
        group_arn,
    )


def empty_security_group(group_id: Target) -> Statement:
    """Remove the rules of the security group."""
    group = Sub(
        "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:security-group/${GroupId}",
        GroupId=group_id,
    )
    return allow("EmptySecurityGroup", [ec2.RevokeSecurityGroupEgress, ec2.RevokeSecurityGroupIngress], group)


def describe_security_groups() -> Statement:
    """Read the rules of security groups."""
    # EC2 knows no resource for it.
    return allow("DescribeSecurityGroups", [ec2.DescribeSecurityGroups], "*")


def run_aws_runbook(name: str) -> Statement:
    """Run the Systems Manager runbook `name`, which AWS owns: its ARN has no account.

    It was an automation definition once, with a version, and is a document now; the run is authorized too.
    """
    runbook = "arn:${AWS::Partition}:ssm:${AWS::Region}::"
    return allow(
        "RunRunbook",
        [ssm.StartAutomationExecution],
        Sub(f"{runbook}document/{name}"),
        Sub(f"{runbook}automation-definition/{name}:*"),
        Sub(AUTOMATION_RUNS),
    )


def read_runbook_runs() -> Statement:
    """Read the state of runs of this account's runbooks."""
    return allow("ReadRunbookRuns", [ssm.GetAutomationExecution], Sub(AUTOMATION_RUNS))


def pass_role(service: str, role_arn: Target) -> Statement:
    """Let the AWS service `service` work under the role."""
    return Statement(
        Sid="PassRole",
        Effect=Allow,
        Action=[iam.PassRole],
        Resource=[role_arn],
        Condition=Condition(StringEquals("iam:PassedToService", f"{service}.amazonaws.com")),
    )


# Data


def write_measurements(*log_groups: Target) -> Statement:
    """Let RDS write the measurements of enhanced monitoring to its log group, which it makes if need be."""
    return allow(
        "WriteMeasurements",
        [
            logs.CreateLogGroup,
            logs.CreateLogStream,
            logs.DescribeLogStreams,
            logs.GetLogEvents,
            logs.PutLogEvents,
            logs.PutRetentionPolicy,
        ],
        *log_groups,
    )


# Functions


def attach_to_network() -> Statement:
    """Let Lambda make and remove the network interfaces through which functions reach the VPC."""
    # Lambda names the interfaces, and wants to be allowed any of the account's.
    return allow(
        "AttachToNetwork",
        [
            ec2.AssignPrivateIpAddresses,
            ec2.CreateNetworkInterface,
            ec2.DeleteNetworkInterface,
            ec2.UnassignPrivateIpAddresses,
        ],
        Sub("arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:*/*"),
    )


def describe_network() -> Statement:
    """Let Lambda look up subnets and network interfaces."""
    # EC2 knows no resource for it.
    return allow("DescribeNetwork", [ec2.DescribeNetworkInterfaces, ec2.DescribeSubnets], "*")


def no_network_changes_by(*function_arns: Target) -> Statement:
    """Refuse the functions' own code what `attach_to_network` and `describe_network` let Lambda do."""
    return Statement(
        Sid="NoNetworkChangesByCode",
        Effect=Deny,
        Action=[
            ec2.AssignPrivateIpAddresses,
            ec2.CreateNetworkInterface,
            ec2.DeleteNetworkInterface,
            ec2.DescribeNetworkInterfaces,
            ec2.DescribeSubnets,
            ec2.UnassignPrivateIpAddresses,
        ],
        # A refusal: there is nothing to spare.
        Resource=["*"],
        Condition=Condition(ArnEquals("lambda:SourceFunctionArn", list(function_arns))),
    )


def send_traces() -> Statement:
    """Send traces to X-Ray."""
    # X-Ray knows no resource for it.
    return allow("SendTraces", [xray.PutTelemetryRecords, xray.PutTraceSegments], "*")


def write_logs(group_arn: Target) -> Statement:
    """Write to the log group."""
    return allow("WriteLogs", [logs.CreateLogStream, logs.PutLogEvents], group_arn)


def create_items(table_arn: Target) -> Statement:
    """Put items into the table."""
    return allow("CreateItems", [dynamodb.PutItem], table_arn)


def read_items(table_arn: Target) -> Statement:
    """Get single items of the table."""
    return allow("ReadItems", [dynamodb.GetItem], table_arn)


def update_items(table_arn: Target) -> Statement:
    """Update single items of the table."""
    return allow("UpdateItems", [dynamodb.UpdateItem], table_arn)


def query_index(table_arn: AWSHelperFn, index: str) -> Statement:
    """Query the index `index` of the table."""
    return allow("QueryIndex", [dynamodb.Query], within(table_arn, f"/index/{index}"))


def read_stream(stream_arn: Target) -> Statement:
    """Let Lambda read the stream of a table."""
    return allow(
        "ReadStream",
        [dynamodb.DescribeStream, dynamodb.GetRecords, dynamodb.GetShardIterator],
        stream_arn,
    )


def list_streams(table_arn: AWSHelperFn) -> Statement:
    """Let Lambda find the streams of the table."""
    return allow("ListStreams", [dynamodb.ListStreams], within(table_arn, "/stream/*"))


def send_messages(*queue_arns: Target) -> Statement:
    """Send messages to the queues."""
    return allow("SendMessages", [sqs.SendMessage], *queue_arns)


def consume_messages(queue_arn: Target) -> Statement:
    """Let Lambda take messages out of the queue: what AWS's own policy for it has."""
    return allow(
        "ConsumeMessages",
        [sqs.DeleteMessage, sqs.GetQueueAttributes, sqs.ReceiveMessage],
        queue_arn,
    )


def measure_queues(*queue_arns: Target) -> Statement:
    """Read how many messages wait in the queues."""
    return allow("MeasureQueues", [sqs.GetQueueAttributes], *queue_arns)


def put_objects(bucket_arn: AWSHelperFn) -> Statement:
    """Put objects into the bucket."""
    return allow("PutObjects", [s3.PutObject], within(bucket_arn, "/*"))


def reach_bucket(bucket_arn: Target) -> Statement:
    """Ask whether the bucket is there: HeadBucket is allowed by the permission to list."""
    return allow("ReachBucket", [s3.ListBucket], bucket_arn)


def read_secret(*secret_arns: Target) -> Statement:
    """Read the values of the secrets."""
    return allow("ReadSecret", [secretsmanager.GetSecretValue], *secret_arns)


def connect_to_database(resource_id: Target, *users: str) -> Statement:
    """Sign in to the database as one of `users`, by IAM and without a password."""
    place = "arn:${AWS::Partition}:rds-db:${AWS::Region}:${AWS::AccountId}:dbuser:${ResourceId}/"
    logins = [Sub(f"{place}{user}", ResourceId=resource_id) for user in users]
    return allow("ConnectToDatabase", [rds_db.connect], *logins)


def decrypt(key_arn: Target, *services: str) -> Statement:
    """Have `services` (`dynamodb`) decrypt under the key what one may read there.

    DynamoDB asks for it on writes as well: it decrypts the key of the table.
    """
    return through(services, allow("Decrypt", [kms.Decrypt], key_arn))


def encrypt_messages(key_arn: Target) -> Statement:
    """Have SQS encrypt under the key the messages that one may send; it asks to decrypt the data key too."""
    return through(["sqs"], allow("EncryptMessages", [kms.Decrypt, kms.GenerateDataKey], key_arn))


def encrypt_objects(key_arn: Target) -> Statement:
    """Have S3 encrypt under the key the objects that one may put."""
    return through(["s3"], allow("EncryptObjects", [kms.GenerateDataKey], key_arn))


def through(services: Sequence[str], use: Statement) -> Statement:
    """Hold `use` of a key to calls that `services` of the region make on one's behalf."""
    hosts = [Sub(f"{service}.${{AWS::Region}}.amazonaws.com") for service in services]
    use.Condition = Condition(StringEquals("kms:ViaService", hosts))
    return use


# Rollout


def shift_traffic(*function_arns: AWSHelperFn) -> Statement:
    """Move the aliases of the functions from one version to another."""
    return allow(
        "ShiftTraffic",
        [awslambda.GetAlias, awslambda.GetProvisionedConcurrencyConfig, awslambda.UpdateAlias],
        *function_arns,
        *[within(arn, ":*") for arn in function_arns],
    )


def watch_alarms() -> Statement:
    """Read the state of this account's alarms."""
    # The alarms come after the role; a new one with each version.
    alarms = Sub("arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:*")
    return allow("WatchAlarms", [cloudwatch.DescribeAlarms], alarms)
