"""Table of the properties that say where resources send something, each by the guide's page of its type."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Destination:
    """A property by which resources of some types send something; `path` is without the places in lists.

    `source` is the property that names where it comes from: a new resource sends it from there, and counts if
    that was there before.
    """

    types: str
    path: str
    what: str
    source: str = ""


DESTINATIONS = (
    # Messages and events
    Destination("AWS::SNS::Subscription", r"Endpoint", "messages", source="TopicArn"),
    Destination("AWS::SNS::Topic", r"Subscription/Endpoint", "messages"),
    Destination("AWS::Events::Rule", r"Targets/Arn", "events"),
    Destination("AWS::Events::ApiDestination", r"InvocationEndpoint", "events"),
    Destination("AWS::Events::Connection", r"AuthParameters/.*AuthorizationEndpoint", "credentials"),
    Destination("AWS::Pipes::Pipe", r"Target", "events"),
    Destination("AWS::Scheduler::Schedule", r"Target/Arn", "events"),
    Destination(
        "AWS::Lambda::EventInvokeConfig", r"DestinationConfig/On(Failure|Success)/Destination", "events"
    ),
    Destination("AWS::Lambda::EventSourceMapping", r"DestinationConfig/OnFailure/Destination", "events"),
    Destination("AWS::Lambda::Function", r"DeadLetterConfig/TargetArn", "events"),
    Destination("AWS::SQS::Queue", r"RedrivePolicy/deadLetterTargetArn", "messages"),
    Destination("AWS::S3::Bucket", r"NotificationConfiguration/\w+/(Function|Queue|Topic)", "notifications"),
    # Logs
    Destination("AWS::Logs::SubscriptionFilter", r"DestinationArn", "log events", source="LogGroupName"),
    Destination("AWS::Logs::Destination", r"TargetArn", "log events"),
    Destination("AWS::Logs::DeliveryDestination", r"DestinationResourceArn", "log events"),
    Destination(
        "AWS::CloudTrail::Trail", r"(S3BucketName|CloudWatchLogsLogGroupArn)", "the account's records"
    ),
    Destination("AWS::Config::DeliveryChannel", r"S3BucketName", "the account's records"),
    Destination("AWS::EC2::FlowLog", r"(LogDestination|LogGroupName)", "flow logs"),
    Destination(r"AWS::ApiGateway(V2)?::Stage", r"AccessLogSettings?/DestinationArn", "access logs"),
    Destination("AWS::WAFv2::LoggingConfiguration", r"LogDestinationConfigs", "logs of requests"),
    Destination("AWS::S3::Bucket", r"LoggingConfiguration/DestinationBucketName", "access logs"),
    Destination("AWS::CloudFront::Distribution", r"DistributionConfig/Logging/Bucket", "access logs"),
    Destination("AWS::CloudWatch::MetricStream", r"FirehoseArn", "metrics"),
    # Streams and requests
    Destination(
        "AWS::KinesisFirehose::DeliveryStream",
        r".*(BucketARN|EndpointConfiguration/Url|ClusterJDBCURL|DomainARN|ClusterEndpoint|CollectionEndpoint"
        r"|HECEndpoint|AccountUrl|TableARN)",
        "records",
    ),
    Destination("AWS::DynamoDB::Table", r"KinesisStreamSpecification/StreamArn", "changes of items"),
    Destination("AWS::ApiGateway::Method", r"Integration/Uri", "requests"),
    Destination("AWS::ApiGatewayV2::Integration", r"IntegrationUri", "requests"),
    Destination("AWS::CloudFront::Distribution", r"DistributionConfig/Origins/DomainName", "requests"),
    Destination("AWS::Route53::RecordSet", r"(ResourceRecords|AliasTarget/DNSName)", "requests to the name"),
    Destination("AWS::DMS::Endpoint", r"(ServerName|S3Settings/BucketName)", "records"),
    # Copies
    Destination("AWS::S3::Bucket", r"ReplicationConfiguration/Rules/Destination/(Bucket|Account)", "objects"),
    Destination("AWS::S3::Bucket", r"InventoryConfigurations/Destination/BucketArn", "lists of objects"),
    Destination(
        "AWS::ECR::ReplicationConfiguration",
        r"ReplicationConfiguration/Rules/Destinations/(RegistryId|Region)",
        "images",
    ),
    Destination("AWS::DynamoDB::GlobalTable", r"Replicas/Region", "items"),
    Destination("AWS::RDS::DBInstance", r"AutomaticBackupReplicationRegion", "backups"),
    Destination("AWS::SecretsManager::Secret", r"ReplicaRegions/Region", "the secret"),
    Destination(
        "AWS::Backup::BackupPlan",
        r"BackupPlan/BackupPlanRule/CopyActions/DestinationBackupVaultArn",
        "backups",
    ),
)
