"""Properties of which the registry says that a change may replace the resource, and what AWS does then.

The registry lists such properties as `conditionalCreateOnlyProperties`. A change set calls the replacement
Conditional; the template reference of September 2023 ("Update requires", by page) says which of them are
updated in place. "registry" is the source where that reference does not have the type or the property yet:
then a replacement stays possible.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pipeline.evaluation.values import ABSENT, NoValue, Value, at, is_true, plain

Outcome: TypeAlias = Literal["in place", "interrupts", "may replace"]
Decide: TypeAlias = "Callable[[Value | NoValue, Value | NoValue, Mapping[str, Value]], Outcome]"
"""Returns the outcome from the value before and after, and the whole resource after."""


@dataclass(frozen=True)
class Page:
    """The conditional properties of a type, by what their update does; `source` is where AWS says so."""

    source: str
    in_place: str = ""
    interrupts: str = ""
    may_replace: str = ""

    def outcome(self, path: str) -> Outcome | None:
        """Return what the update of a property does; None where the page does not list it."""
        if path in self.in_place.split():
            return "in place"
        if path in self.interrupts.split():
            return "interrupts"
        return "may replace" if path in self.may_replace.split() else None


REGISTRY = "registry"
UPDATES: dict[str, Page] = {
    "AWS::AccessAnalyzer::Analyzer": Page(REGISTRY, may_replace="AnalyzerConfiguration"),
    "AWS::AppSync::GraphQLApi": Page(
        "aws-resource-appsync-graphqlapi, its LambdaAuthorizerConfig, OpenIDConnectConfig and UserPoolConfig",
        in_place="LambdaAuthorizerConfig/AuthorizerResultTtlInSeconds LambdaAuthorizerConfig/AuthorizerUri "
        "LambdaAuthorizerConfig/IdentityValidationExpression OpenIDConnectConfig/AuthTTL "
        "OpenIDConnectConfig/ClientId OpenIDConnectConfig/IatTTL OpenIDConnectConfig/Issuer "
        "UserPoolConfig/AppIdClientRegex UserPoolConfig/AwsRegion UserPoolConfig/DefaultAction "
        "UserPoolConfig/UserPoolId",
    ),
    "AWS::AutoScaling::AutoScalingGroup": Page(
        "aws-resource-autoscaling-autoscalinggroup; an UpdatePolicy may replace the group",
        in_place="LaunchConfigurationName LaunchTemplate MixedInstancesPolicy",
        interrupts="VPCZoneIdentifier",
    ),
    "AWS::Batch::ComputeEnvironment": Page(
        "aws-properties-batch-computeenvironment-computeresources; ReplaceComputeEnvironment may replace it",
        interrupts="ComputeResources/AllocationStrategy ComputeResources/BidPercentage "
        "ComputeResources/Ec2Configuration ComputeResources/Ec2KeyPair ComputeResources/ImageId "
        "ComputeResources/InstanceRole ComputeResources/InstanceTypes ComputeResources/LaunchTemplate "
        "ComputeResources/PlacementGroup ComputeResources/SecurityGroupIds ComputeResources/Subnets "
        "ComputeResources/Tags ComputeResources/Type",
        may_replace="ComputeResources/ScalingPolicy",
    ),
    "AWS::Connect::DataTableAttribute": Page(REGISTRY, may_replace="Name"),
    "AWS::DataZone::FormType": Page(REGISTRY, may_replace="Description Model OwningProjectIdentifier Status"),
    "AWS::DynamoDB::GlobalTable": Page(
        "aws-resource-dynamodb-globaltable; registry for GlobalTableSourceArn",
        may_replace="GlobalTableSourceArn KeySchema LocalSecondaryIndexes",
    ),
    "AWS::DynamoDB::Table": Page("aws-resource-dynamodb-table", may_replace="KeySchema"),
    "AWS::EC2::Instance": Page(
        "aws-properties-ec2-instance; one whose root is an instance store is replaced",
        interrupts="AdditionalInfo Affinity EbsOptimized HostId InstanceType KernelId PrivateDnsNameOptions "
        "RamdiskId SecurityGroupIds Tenancy UserData",
        may_replace="BlockDeviceMappings",
    ),
    "AWS::EC2::NetworkInterface": Page(
        "aws-resource-ec2-networkinterface; registry for what is newer",
        interrupts="PrivateIpAddresses",
        may_replace="ConnectionTrackingSpecification EnablePrimaryIpv6",
    ),
    "AWS::EC2::Subnet": Page("aws-resource-ec2-subnet", interrupts="Ipv6CidrBlock"),
    "AWS::EC2::VPC": Page("aws-resource-ec2-vpc", may_replace="InstanceTenancy"),
    "AWS::ECS::Service": Page("aws-resource-ecs-service", may_replace="LaunchType"),
    "AWS::EMRServerless::Application": Page(
        "aws-resource-emrserverless-application; registry for what is newer",
        interrupts="Architecture AutoStartConfiguration AutoStopConfiguration ImageConfiguration "
        "InitialCapacity MaximumCapacity NetworkConfiguration ReleaseLabel WorkerTypeSpecifications",
        may_replace="InteractiveConfiguration MonitoringConfiguration RuntimeConfiguration "
        "SchedulerConfiguration",
    ),
    "AWS::ElastiCache::CacheCluster": Page(
        "aws-properties-elasticache-cache-cluster",
        in_place="IpDiscovery",
        interrupts="PreferredAvailabilityZones",
    ),
    "AWS::ElastiCache::ReplicationGroup": Page(
        "aws-resource-elasticache-replicationgroup: to add AuthToken replaces; with UseOnlineResharding, "
        "NodeGroupConfiguration does not",
        interrupts="AuthToken",
        may_replace="NodeGroupConfiguration",
    ),
    "AWS::ElasticLoadBalancing::LoadBalancer": Page(
        "aws-properties-ec2-elb: replaced where there were none, or are none any more",
        in_place="AvailabilityZones HealthCheck Subnets",
    ),
    "AWS::Events::Rule": Page("aws-resource-events-rule", may_replace="EventBusName"),
    "AWS::ImageBuilder::Image": Page(REGISTRY, may_replace="ImagePipelineExecutionSettings"),
    "AWS::Lambda::Function": Page(REGISTRY, may_replace="DurableConfig"),
    "AWS::Neptune::DBInstance": Page(
        "aws-resource-neptune-dbinstance",
        in_place="AutoMinorVersionUpgrade DBParameterGroupName PreferredMaintenanceWindow",
    ),
    "AWS::NeptuneGraph::Graph": Page(
        "Neptune Analytics API, UpdateGraph: takes provisionedMemory", interrupts="ProvisionedMemory"
    ),
    "AWS::ODB::CloudVmCluster": Page(REGISTRY, may_replace="DbNodes"),
    "AWS::OpenSearchService::Domain": Page(
        "aws-properties-opensearchservice-domain-encryptionatrestoptions and -advancedsecurityoptionsinput "
        "call the update in place, the registry conditional: encryption cannot be turned off again",
        may_replace="AdvancedSecurityOptions/Enabled EncryptionAtRestOptions/Enabled "
        "EncryptionAtRestOptions/KmsKeyId",
    ),
    "AWS::RDS::DBCluster": Page(
        "aws-resource-rds-dbcluster: to leave a global database is in place; RDS API, ModifyDBCluster: takes "
        "no MasterUsername and no Engine",
        may_replace="AvailabilityZones Engine GlobalClusterIdentifier MasterUsername",
    ),
    "AWS::RDS::DBInstance": Page(
        "aws-resource-rds-dbinstance: another snapshot makes another database; to drop a source promotes the "
        "replica; RDS API, ModifyDBInstance: takes no zone, and an engine of the same family",
        interrupts="AutoMinorVersionUpgrade BackupRetentionPeriod DBParameterGroupName MultiAZ "
        "PreferredMaintenanceWindow",
        may_replace="AvailabilityZone DBClusterSnapshotIdentifier DBSnapshotIdentifier Engine "
        "PerformanceInsightsKMSKeyId RestoreTime SourceDBClusterIdentifier "
        "SourceDBInstanceAutomatedBackupsArn SourceDBInstanceIdentifier SourceDbiResourceId "
        "UseLatestRestorableTime",
    ),
    "AWS::RTBFabric::InboundExternalLink": Page(
        REGISTRY, may_replace="GatewayId LinkAttributes LinkLogSettings"
    ),
    "AWS::RTBFabric::Link": Page(
        REGISTRY, may_replace="GatewayId HttpResponderAllowed LinkAttributes PeerGatewayId"
    ),
    "AWS::RTBFabric::LinkRoutingRule": Page(REGISTRY, may_replace="GatewayId LinkId"),
    "AWS::RTBFabric::OutboundExternalLink": Page(
        REGISTRY, may_replace="GatewayId LinkAttributes LinkLogSettings PublicEndpoint"
    ),
    "AWS::RTBFabric::RequesterGateway": Page(
        REGISTRY, may_replace="Description SecurityGroupIds SubnetIds VpcId"
    ),
    "AWS::RTBFabric::ResponderGateway": Page(
        REGISTRY,
        may_replace="AcmCertificateArn Description DomainName GatewayType ManagedEndpointConfiguration Port "
        "Protocol SecurityGroupIds SubnetIds TrustStoreConfiguration VpcId",
    ),
    "AWS::Route53RecoveryControl::SafetyRule": Page(
        "aws-resource-route53recoverycontrol-safetyrule",
        in_place="AssertionRule/AssertedControls GatingRule/GatingControls GatingRule/TargetControls",
        may_replace="ControlPanelArn RuleConfig Tags",
    ),
    "AWS::Route53Resolver::ResolverRule": Page(
        "aws-resource-route53resolver-resolverrule", interrupts="DomainName"
    ),
    "AWS::SES::ConfigurationSetEventDestination": Page(
        "aws-properties-ses-configurationseteventdestination-eventdestination",
        in_place="EventDestination/Name",
    ),
    "AWS::SES::DedicatedIpPool": Page("aws-resource-ses-dedicatedippool", interrupts="ScalingMode"),
    "AWS::SNS::Subscription": Page(
        "aws-resource-sns-subscription: in place; registry of 2026: conditional", may_replace="Region"
    ),
    "AWS::SSM::Document": Page(
        "aws-resource-ssm-document; with UpdateMethod NewVersion it is never replaced",
        interrupts="Attachments Content DocumentFormat Requires TargetType VersionName",
    ),
    "AWS::SageMaker::Domain": Page("aws-resource-sagemaker-domain", may_replace="VpcId"),
    "AWS::SageMaker::MlflowTrackingServer": Page(REGISTRY, may_replace="MlflowVersion RoleArn"),
    "AWS::SageMaker::ModelPackage": Page(REGISTRY, may_replace="ModelCard SourceUri"),
    "AWS::Transfer::Server": Page(
        "aws-resource-transfer-server and its EndpointDetails; registry for IpAddressType",
        in_place="EndpointDetails",
        interrupts="EndpointDetails/AddressAllocationIds",
        may_replace="IpAddressType",
    ),
    "AWS::Wisdom::MessageTemplateVersion": Page(REGISTRY, may_replace="MessageTemplateContentSha256"),
    "AWS::WorkSpaces::Workspace": Page(
        "aws-resource-workspaces-workspace: updates are not supported; registry of 2026: conditional",
        may_replace="BundleId RootVolumeEncryptionEnabled UserVolumeEncryptionEnabled VolumeEncryptionKey",
    ),
    "AWS::WorkspacesInstances::WorkspaceInstance": Page(REGISTRY, may_replace="Tags"),
}


def auth_token(before: Value | NoValue, _after: Value | NoValue, _resource: Mapping[str, Value]) -> Outcome:
    """Replace a cache that had no token; rotate one."""
    return "may replace" if before in (ABSENT, "") else "interrupts"


def shards(_before: Value | NoValue, _after: Value | NoValue, resource: Mapping[str, Value]) -> Outcome:
    """Move the shards of a cache online, where its UpdatePolicy says so."""
    return "in place" if is_true(at(resource.get("UpdatePolicy"), "UseOnlineResharding")) else "may replace"


def dropped(before: Value | NoValue, after: Value | NoValue, _resource: Mapping[str, Value]) -> Outcome:
    """Leave the source of a replica, or a global database, in place; make another for another source."""
    return "interrupts" if after in (ABSENT, "") and before is not ABSENT else "may replace"


def engine(before: Value | NoValue, after: Value | NoValue, _resource: Mapping[str, Value]) -> Outcome:
    """Change an edition of Oracle or SQL Server in place."""
    families = {(plain(each) or "").partition("-")[0] for each in (before, after)}
    return "interrupts" if families in ({"oracle"}, {"sqlserver"}) else "may replace"


def all_or_none(before: Value | NoValue, after: Value | NoValue, _resource: Mapping[str, Value]) -> Outcome:
    """Replace a load balancer that had none of these, or has none any more."""
    return "may replace" if ABSENT in (before, after) or [] in (before, after) else "in place"


BY_VALUE: dict[tuple[str, str], Decide] = {
    ("AWS::ElastiCache::ReplicationGroup", "AuthToken"): auth_token,
    ("AWS::ElastiCache::ReplicationGroup", "NodeGroupConfiguration"): shards,
    ("AWS::ElasticLoadBalancing::LoadBalancer", "AvailabilityZones"): all_or_none,
    ("AWS::ElasticLoadBalancing::LoadBalancer", "HealthCheck"): all_or_none,
    ("AWS::ElasticLoadBalancing::LoadBalancer", "Subnets"): all_or_none,
    ("AWS::RDS::DBCluster", "GlobalClusterIdentifier"): dropped,
    ("AWS::RDS::DBInstance", "Engine"): engine,
    ("AWS::RDS::DBInstance", "SourceDBClusterIdentifier"): dropped,
    ("AWS::RDS::DBInstance", "SourceDBInstanceIdentifier"): dropped,
}


def outcome(
    resource_type: str, path: str, sides: tuple[Value | NoValue, Value | NoValue], after: Mapping[str, Value]
) -> Outcome:
    """Return what the update of a conditional property does; it may replace, unless AWS says otherwise.

    `path` is where the property, or a part of it, changes; `sides` are the values of the whole property.
    """
    page = UPDATES.get(resource_type)
    if page is None:
        return "may replace"
    name = path.split("/", 1)[0]
    decide = BY_VALUE.get((resource_type, name))
    if decide is not None:
        return decide(*sides, after)
    part = "/".join(path.split("/")[:2])
    return page.outcome(path) or page.outcome(part) or page.outcome(name) or "may replace"
