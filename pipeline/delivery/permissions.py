"""Permissions to create, read, update and delete the resources of the payment stack, service by service.

They are what the registry's handlers of each type in the templates list, less what is never needed here.
Tests evaluate each against the resource that it is about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import ModuleType

from awacs import (
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

READS = ("BatchGet", "Describe", "GET", "Get", "List")


@dataclass(frozen=True)
class Service:
    """Actions of one service: `actions` on `resources`, `unscoped` where IAM has no resource for them."""

    title: str
    """Sid of its statement, where it has one of its own."""
    module: ModuleType
    actions: str
    resources: Sequence[str]
    """ARNs without their partition: an account is in one partition only."""
    unscoped: str = ""
    through: Sequence[str] = ()
    """Services on whose behalf alone the actions are allowed; any where there is none."""

    def only(self, *, reads: bool) -> Service:
        """Return the actions of it that read, or those that change something."""
        actions, unscoped = (
            " ".join(action for action in listed.split() if is_read(action) is reads)
            for listed in (self.actions, self.unscoped)
        )
        return replace(self, actions=actions, unscoped=unscoped)


def write(layer: str, services: Sequence[Service]) -> list[Statement]:
    """Grant what changes resources of the services of a layer."""
    return grant(f"Manage{layer}", "ManageUnscoped", [service.only(reads=False) for service in services])


def read(layer: str, services: Sequence[Service]) -> list[Statement]:
    """Grant what reads resources of the services of a layer, and no content."""
    return grant(f"Read{layer}", "ReadUnscoped", [service.only(reads=True) for service in services])


def grant(sid: str, unscoped: str, services: Sequence[Service]) -> list[Statement]:
    """Return one statement of what has resources, and one of what has none, for a policy has to be short.

    Each action finds only ARNs of its own service in it. What is of a service that is there already, on other
    resources or on behalf of others, has a statement of its own.
    """
    together: dict[str, Statement] = {}
    apart = []
    for service in services:
        if service.actions:
            arns = [Sub(f"arn:*:{arn}") for arn in service.resources]
            statement = grants.allow(service.title, chosen(service.module, service.actions), *arns)
            if service.through:
                apart.append(grants.through(service.through, statement))
            elif service.module.prefix in together:
                apart.append(statement)
            else:
                together[service.module.prefix] = statement
    actions = [action for service in services for action in chosen(service.module, service.unscoped)]
    if actions:
        statement = grants.allow(unscoped, actions, "*")
        # The region is all that these can be limited to.
        statement.Condition = Condition(StringEquals("aws:RequestedRegion", Region))
        apart.append(statement)
    return [grants.together(sid, *together.values()), *apart]


def is_read(action: str) -> bool:
    """Return whether an action only describes a resource; reading a secret's value is more than that."""
    return action.startswith(READS) and action != "GetSecretValue"


def chosen(module: ModuleType, actions: str) -> list[Action]:
    """Return the actions named in `actions`, each of which `module` has to have."""
    return [getattr(module, action) for action in actions.split()]


def here(service: str, *resources: str) -> list[str]:
    """Return ARNs of `service` in this account and region, without their partition."""
    return [f"{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}" for resource in resources]


# What functions are called; other ones of the account may end in the environment's name too.
FUNCTIONS = ("payment-*", names.AUDIT_LOGGER, names.MIGRATOR)
# SNS has no resource for a subscription.
SUBSCRIPTIONS = "GetSubscriptionAttributes SetSubscriptionAttributes Unsubscribe"
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
            *here("ssm", "association/*", "document/*"),
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
        "ReadDatabases",
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
        "ManageMasterSecrets",
        secretsmanager,
        "CreateSecret TagResource",
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
        "UseKeys",
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
        "DeleteLayerVersion DeleteProvisionedConcurrencyConfig GetAlias "
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
        "GetLoggingConfiguration GetWebACL GetWebACLForResource ListTagsForResource "
        "PutLoggingConfiguration TagResource UntagResource UpdateWebACL",
        [
            *here("wafv2", "regional/webacl/payment-*-${EnvironmentSuffix}/*", "regional/managedruleset/*"),
            "apigateway:${AWS::Region}::/restapis/*",
        ],
    ),
    Service(
        "Alarms",
        cloudwatch,
        "DeleteAlarms DeleteDashboards GetDashboard ListTagsForResource PutDashboard PutMetricAlarm "
        "TagResource UntagResource",
        [
            *here("cloudwatch", "alarm:*-${EnvironmentSuffix}*"),
            "cloudwatch::${AWS::AccountId}:dashboard/payment-*-${EnvironmentSuffix}",
        ],
        # Composite alarms: with a narrower scope CloudWatch neither creates nor describes one.
        "DescribeAlarms PutCompositeAlarm",
    ),
    Service(
        "Topics",
        sns,
        "CreateTopic DeleteTopic GetDataProtectionPolicy GetTopicAttributes ListSubscriptionsByTopic "
        "ListTagsForResource PutDataProtectionPolicy SetTopicAttributes Subscribe TagResource UntagResource",
        here("sns", "payment-*-${EnvironmentSuffix}"),
        SUBSCRIPTIONS,
    ),
)
