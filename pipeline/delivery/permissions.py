"""Permissions: what the execution role may do to make, change and remove the stack, service by service.

What CloudFormation's registry says that each type of resource asks for, less what is not needed here; a
test holds one against the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import ModuleType

from awacs import (
    access_analyzer,
    apigateway,
    awslambda,
    backup,
    backup_storage,
    cloudformation,
    cloudwatch,
    codedeploy,
    dynamodb,
    ec2,
    events,
    kms,
    logs,
    rds,
    s3,
    secretsmanager,
    sns,
    sqs,
    ssm,
    wafv2,
)
from awacs.aws import Action, Condition, Statement, StringEquals
from troposphere import Region, Sub

from templates import grants, names


@dataclass(frozen=True)
class Service:
    """What may be done with one service: `actions` on the ARNs `on`, `anywhere` where it knows none."""

    title: str
    module: ModuleType
    actions: str
    on: Sequence[str]
    anywhere: str = ""
    through: Sequence[str] = ()
    """Services by way of which alone it may be asked for; by any way where there is none."""

    def looking(self) -> Service:
        """So much of it as only looks at what there is."""
        seen, anywhere = (
            " ".join(filter(looks, actions.split())) for actions in (self.actions, self.anywhere)
        )
        return replace(self, actions=seen, anywhere=anywhere)


def manage(services: Sequence[Service]) -> list[Statement]:
    """Grant what `services` may be asked for."""
    return [*held(services), *overseen(services)]


def see(services: Sequence[Service]) -> list[Statement]:
    """Grant to look at what there is: drift is detected with the rights of who asks."""
    looking = [each.looking() for each in services]
    return [grants.together("See", *held(looking)), *overseen(looking)]


def held(services: Sequence[Service]) -> list[Statement]:
    """A grant for each service, on the ARNs that its actions are held to."""
    found = []
    for each in services:
        if each.actions:
            on = [Sub(f"arn:${{AWS::Partition}}:{arn}") for arn in each.on]
            grant = grants.allow(f"Manage{each.title}", chosen(each.module, each.actions), *on)
            found.append(grants.through(each.through, grant) if each.through else grant)
    return found


def overseen(services: Sequence[Service]) -> list[Statement]:
    """A grant of all that IAM knows no resource for: the region is what there is to hold it to."""
    actions = [action for each in services for action in chosen(each.module, each.anywhere)]
    if not actions:
        return []
    oversee = grants.allow("Oversee", actions, "*")
    oversee.Condition = Condition(StringEquals("aws:RequestedRegion", Region))
    return [oversee]


def looks(action: str) -> bool:
    """Whether an action only tells of a resource; a secret's value is not for whoever looks for drift."""
    return action.startswith(("Describe", "GET", "Get", "List")) and action != "GetSecretValue"


def chosen(module: ModuleType, actions: str) -> list[Action]:
    """The actions named in `actions`, each of which `module` has to know."""
    return [getattr(module, action) for action in actions.split()]


def here(service: str, *resources: str) -> list[str]:
    """ARNs of `service` in this account and region."""
    return [f"{service}:${{AWS::Region}}:${{AWS::AccountId}}:{each}" for each in resources]


# What functions are called; other ones of the account may end in the environment's name too.
FUNCTIONS = ("payment-*", names.AUDIT_LOGGER, names.MIGRATOR)
NETWORK = (
    Service(
        "Networks",
        ec2,
        "AllocateAddress AssociateAddress AssociateNatGatewayAddress AssociateRouteTable "
        "AssociateSubnetCidrBlock AttachInternetGateway AuthorizeSecurityGroupEgress "
        "AuthorizeSecurityGroupIngress CreateFlowLogs CreateInternetGateway CreateNatGateway CreateRoute "
        "CreateRouteTable CreateSecurityGroup CreateSubnet CreateTags CreateVpc CreateVpcEndpoint "
        "DeleteFlowLogs DeleteInternetGateway DeleteNatGateway DeleteRoute DeleteRouteTable "
        "DeleteSecurityGroup DeleteSubnet DeleteTags DeleteVpc DeleteVpcEndpoints DescribeVpcAttribute "
        "DetachInternetGateway DisassociateAddress DisassociateNatGatewayAddress DisassociateRouteTable "
        "DisassociateSubnetCidrBlock ModifySubnetAttribute ModifyVpcAttribute ModifyVpcEndpoint "
        "ModifyVpcTenancy ReleaseAddress ReplaceRoute ReplaceRouteTableAssociation "
        "RevokeSecurityGroupEgress RevokeSecurityGroupIngress UpdateSecurityGroupRuleDescriptionsEgress "
        "UpdateSecurityGroupRuleDescriptionsIngress",
        here("ec2", "*/*"),
        "DescribeAccountAttributes DescribeAddresses DescribeAvailabilityZones DescribeFlowLogs "
        "DescribeInstances DescribeInternetGateways DescribeNatGateways DescribeNetworkAcls "
        "DescribeNetworkInterfaces DescribeRouteTables DescribeSecurityGroupRules DescribeSecurityGroups "
        "DescribeSubnets DescribeTags DescribeVpcEndpoints DescribeVpcs DescribeVpnGateways",
    ),
    Service(
        "Associations",
        ssm,
        "AddTagsToResource CreateAssociation DeleteAssociation DescribeAssociation GetCalendarState "
        "ListTagsForResource RemoveTagsFromResource UpdateAssociation",
        [
            *here("ssm", "association/*", "document/*", "automation-definition/*"),
            # AWS owns the runbook, and its ARN has no account.
            "ssm:${AWS::Region}::automation-definition/*",
            "ssm:${AWS::Region}::document/*",
        ],
    ),
)
DATA = (
    Service(
        "Buckets",
        s3,
        "CreateBucket DeleteBucket DeleteBucketPolicy GetAccelerateConfiguration GetAnalyticsConfiguration "
        "GetBucketAbac GetBucketAcl GetBucketCORS GetBucketLogging GetBucketMetadataTableConfiguration "
        "GetBucketNotification GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy "
        "GetBucketPublicAccessBlock GetBucketTagging GetBucketVersioning GetBucketWebsite "
        "GetEncryptionConfiguration GetIntelligentTieringConfiguration GetInventoryConfiguration "
        "GetLifecycleConfiguration GetMetricsConfiguration GetReplicationConfiguration ListBucket "
        "ListTagsForResource PutBucketLogging PutBucketNotification PutBucketObjectLockConfiguration "
        "PutBucketOwnershipControls PutBucketPolicy PutBucketPublicAccessBlock PutBucketTagging "
        "PutBucketVersioning PutEncryptionConfiguration PutLifecycleConfiguration "
        "PutReplicationConfiguration TagResource UntagResource",
        ["s3:::payment-audit-logs-${EnvironmentSuffix}-*", "s3:::payments-${EnvironmentSuffix}-*"],
    ),
    Service(
        "Tables",
        dynamodb,
        "CreateTable DeleteResourcePolicy DeleteTable DescribeContinuousBackups DescribeContributorInsights "
        "DescribeKinesisStreamingDestination DescribeTable DescribeTimeToLive GetResourcePolicy "
        "ListTagsOfResource PutResourcePolicy TagResource UntagResource UpdateContinuousBackups "
        "UpdateContributorInsights UpdateTable UpdateTimeToLive",
        here(
            "dynamodb",
            "table/payment-transactions-${EnvironmentSuffix}",
            "table/payment-transactions-${EnvironmentSuffix}/*",
        ),
    ),
    Service(
        "Databases",
        rds,
        "AddTagsToResource CreateDBInstance CreateDBParameterGroup CreateDBSnapshot CreateDBSubnetGroup "
        "DeleteDBInstance DeleteDBParameterGroup DeleteDBSubnetGroup ModifyDBInstance "
        "ModifyDBParameterGroup ModifyDBSubnetGroup RebootDBInstance RemoveTagsFromResource "
        "ResetDBParameterGroup",
        # What has no name of its own is called after the stack; a database may stand in a default group.
        here(
            "rds",
            "db:payment-database-${EnvironmentSuffix}",
            "*:payments-${EnvironmentSuffix}-*",
            "og:default:*",
        ),
    ),
    Service(
        "AnyDatabases",
        rds,
        "DescribeDBInstanceAutomatedBackups DescribeDBInstances DescribeDBParameterGroups "
        "DescribeDBParameters DescribeDBSnapshots DescribeDBSubnetGroups ListTagsForResource",
        here("rds", "*:*"),
        "DescribeDBEngineVersions DescribeEngineDefaultParameters DescribeEvents",
    ),
    Service(
        "Backups",
        backup,
        "CreateBackupPlan CreateBackupSelection CreateBackupVault DeleteBackupPlan DeleteBackupSelection "
        "DeleteBackupVault DeleteBackupVaultAccessPolicy DeleteBackupVaultLockConfiguration "
        "DeleteBackupVaultNotifications DescribeBackupVault GetBackupPlan GetBackupSelection "
        "GetBackupVaultAccessPolicy GetBackupVaultNotifications ListTags PutBackupVaultAccessPolicy "
        "PutBackupVaultLockConfiguration PutBackupVaultNotifications TagResource UntagResource "
        "UpdateBackupPlan",
        here("backup", "backup-plan:*", "backup-vault:payment-*-${EnvironmentSuffix}"),
    ),
    Service("Vaults", backup_storage, "", [], "MountCapsule"),
)
SECRETS = (
    Service(
        "Queues",
        sqs,
        "CreateQueue DeleteQueue GetQueueAttributes GetQueueUrl ListQueueTags SetQueueAttributes TagQueue "
        "UntagQueue",
        here("sqs", "payment-*-${EnvironmentSuffix}"),
    ),
    Service(
        "Secrets",
        secretsmanager,
        "CreateSecret DeleteSecret DescribeSecret GetSecretValue TagResource UntagResource UpdateSecret",
        here("secretsmanager", "secret:payment-gateway-key-${EnvironmentSuffix}-*"),
        "GetRandomPassword",
    ),
    # RDS makes the database's own secret, with the rights of whoever makes the database; nobody reads it.
    Service(
        "MasterSecrets",
        secretsmanager,
        "CreateSecret DescribeSecret TagResource",
        here("secretsmanager", "secret:rds!*"),
    ),
    Service(
        "Keys",
        kms,
        "CreateAlias DeleteAlias DescribeKey DisableKey DisableKeyRotation EnableKey EnableKeyRotation "
        "GetKeyPolicy GetKeyRotationStatus ListResourceTags PutKeyPolicy RetireGrant RevokeGrant "
        "ScheduleKeyDeletion TagResource UntagResource UpdateAlias UpdateKeyDescription",
        here("kms", "key/*", "alias/payment-*-${EnvironmentSuffix}"),
        "CreateKey ListAliases",
    ),
    # Ids of keys are made up, so that these may be any: of others, nobody gets to what lies under them.
    Service(
        "KeyUses",
        kms,
        "CreateGrant Decrypt Encrypt GenerateDataKey",
        here("kms", "key/*"),
        through=("backup", "dynamodb", "lambda", "rds", "secretsmanager"),
    ),
)
CODE = (
    Service(
        "Functions",
        awslambda,
        "AddPermission CreateAlias CreateFunction DeleteAlias DeleteEventSourceMapping DeleteFunction "
        "DeleteFunctionCodeSigningConfig DeleteFunctionConcurrency DeleteFunctionEventInvokeConfig "
        "DeleteLayerVersion DeleteProvisionedConcurrencyConfig GetAlias GetCodeSigningConfig "
        "GetEventSourceMapping GetFunction GetFunctionCodeSigningConfig GetFunctionConfiguration "
        "GetFunctionEventInvokeConfig GetFunctionRecursionConfig GetFunctionScalingConfig GetLayerVersion "
        "GetPolicy GetProvisionedConcurrencyConfig GetRuntimeManagementConfig ListTags "
        "ListVersionsByFunction PublishLayerVersion PublishVersion PutFunctionConcurrency "
        "PutFunctionEventInvokeConfig PutFunctionRecursionConfig PutProvisionedConcurrencyConfig "
        "PutRuntimeManagementConfig RemovePermission TagResource UntagResource UpdateAlias "
        "UpdateEventSourceMapping UpdateFunctionCode UpdateFunctionConfiguration "
        # The migrator is a custom resource, which CloudFormation calls under this role.
        "UpdateFunctionEventInvokeConfig InvokeFunction",
        here(
            "lambda",
            *(f"function:{name}-${{EnvironmentSuffix}}{part}" for name in FUNCTIONS for part in ("", ":*")),
            "layer:*",
            "event-source-mapping:*",
        ),
        "CreateEventSourceMapping",
    ),
    Service(
        "Deployments",
        codedeploy,
        "CreateApplication CreateDeployment CreateDeploymentGroup DeleteApplication DeleteDeploymentGroup "
        "GetApplication GetApplicationRevision GetDeployment GetDeploymentConfig GetDeploymentGroup "
        "ListDeployments ListTagsForResource RegisterApplicationRevision TagResource UntagResource "
        "UpdateDeploymentGroup",
        here("codedeploy", "*:payments-${EnvironmentSuffix}-*", "deploymentconfig:*"),
        "StopDeployment",
    ),
    Service(
        "Logs",
        logs,
        "AssociateKmsKey CreateLogGroup DeleteDataProtectionPolicy DeleteLogGroup DeleteRetentionPolicy "
        "DisassociateKmsKey GetDataProtectionPolicy ListTagsForResource PutDataProtectionPolicy "
        "PutLogGroupDeletionProtection PutRetentionPolicy TagResource UntagResource",
        here(
            "logs",
            "log-group:/aws/*-${EnvironmentSuffix}*",
            "log-group:aws-waf-logs-*-${EnvironmentSuffix}*",
            "log-group:payments-${EnvironmentSuffix}-*",
            # An API's id is made up.
            "log-group:API-Gateway-Execution-Logs_*",
        ),
        "CreateLogDelivery DeleteIndexPolicy DeleteLogDelivery DescribeIndexPolicies DescribeLogGroups "
        "DescribeResourcePolicies PutIndexPolicy PutResourcePolicy",
    ),
    Service(
        "Schedules",
        events,
        "DeleteRule DescribeRule ListTagsForResource ListTargetsByRule PutRule PutTargets RemoveTargets "
        "TagResource UntagResource",
        here("events", "rule/payments-${EnvironmentSuffix}-*"),
    ),
    Service(
        "NestedStacks",
        cloudformation,
        # Of nested change sets, which are made under this role.
        "CreateStack DeleteStack DescribeStacks GetStackPolicy GetTemplate SetStackPolicy UpdateStack "
        "UpdateTerminationProtection CreateChangeSet DeleteChangeSet DescribeChangeSet ExecuteChangeSet",
        here("cloudformation", "stack/payments-${EnvironmentSuffix}-*/*"),
    ),
)
EDGE = (
    Service(
        "Apis",
        apigateway,
        "DELETE GET PATCH POST PUT SetWebACL UpdateRestApiPolicy",
        ["apigateway:${AWS::Region}::/*"],
    ),
    Service(
        "Firewalls",
        wafv2,
        "AssociateWebACL CreateWebACL DeleteLoggingConfiguration DeleteWebACL DisassociateWebACL "
        "GetLoggingConfiguration GetPermissionPolicy GetWebACL GetWebACLForResource ListTagsForResource "
        "PutLoggingConfiguration TagResource UntagResource UpdateWebACL",
        [
            *here("wafv2", "regional/*"),
            "apigateway:${AWS::Region}::/restapis/*",
        ],
    ),
    Service(
        "Alarms",
        cloudwatch,
        "DeleteAlarms DeleteDashboards DescribeAlarms GetDashboard ListTagsForResource PutCompositeAlarm "
        "PutDashboard PutMetricAlarm TagResource UntagResource",
        [
            *here("cloudwatch", "alarm:*-${EnvironmentSuffix}*"),
            "cloudwatch::${AWS::AccountId}:dashboard/payment-*-${EnvironmentSuffix}",
        ],
    ),
    Service(
        "Topics",
        sns,
        "CreateTopic DeleteTopic GetDataProtectionPolicy GetSubscriptionAttributes GetTopicAttributes "
        "ListSubscriptionsByTopic ListTagsForResource PutDataProtectionPolicy SetSubscriptionAttributes "
        "SetTopicAttributes Subscribe TagResource Unsubscribe UntagResource",
        here("sns", "payment-*-${EnvironmentSuffix}"),
    ),
    Service(
        "Analyzers",
        access_analyzer,
        "CreateAnalyzer CreateArchiveRule DeleteAnalyzer DeleteArchiveRule GetAnalyzer ListArchiveRules "
        "ListTagsForResource "
        "TagResource UntagResource UpdateAnalyzer UpdateArchiveRule",
        here("access-analyzer", "analyzer/*"),
        "ListAnalyzers",
    ),
)
