"""Permissions that a handler lists and that the way a type is used here never needs, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping

OTHER_FIREWALLS = "the web ACL protects a stage of API Gateway, nothing else"
FILES = "no function mounts a file system"
STREAMS = "nothing here streams to Kinesis or Firehose"
PEERS = "the network has no peers and no service network"
ITEMS = "items are the functions' business: the stack imports none and copies no table"
OBJECTS = "objects are the functions' business"
METADATA = "no bucket keeps tables of its objects' metadata"
PEOPLE = "the stack has no users and no groups"
INLINE = "the stack's policies are managed ones, none is inline"
COPIES = "the database has no copy, no cluster and is not restored by the stack"
EDGE_BUCKETS = "buckets here serve no website, no browser, no reports and no ACLs"
LISTING = "CloudFormation calls no list handler for a stack: Cloud Control and the IaC generator do"
CLOUDWATCH_LOGS = "it logs to CloudWatch, not to a bucket"

# Whatever the type.
ACTIONS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "amplify:AssociateWebACL",
            "amplify:DisassociateWebACL",
            "amplify:GetWebACLForResource",
            "apprunner:AssociateWebAcl",
            "apprunner:DescribeWebAclForService",
            "apprunner:DisassociateWebAcl",
            "appsync:AssociateWebACL",
            "appsync:DisassociateWebACL",
            "appsync:GetWebACLForResource",
            "appsync:SetWebACL",
            "bedrock-agentcore:GatewayAssociateWebACL",
            "bedrock-agentcore:GatewayDisassociateWebACL",
            "bedrock-agentcore:GatewayGetWebACLForResource",
            "cognito-idp:AssociateWebACL",
            "cognito-idp:DisassociateWebACL",
            "cognito-idp:GetWebACLForResource",
            "elasticloadbalancing:CreateWebACLAssociation",
            "elasticloadbalancing:DeleteWebACLAssociation",
            "elasticloadbalancing:GetLoadBalancerWebACL",
            "elasticloadbalancing:SetWebACL",
        ),
        OTHER_FIREWALLS,
    ),
    "autoscaling:DescribeTags": "flow logs are of a VPC, not of a group of instances",
    **dict.fromkeys(("elasticfilesystem:DescribeMountTargets", "s3files:ListMountTargets"), FILES),
    **dict.fromkeys(
        (
            "firehose:ListDeliveryStreams",
            "firehose:TagDeliveryStream",
            "kinesis:DescribeStream",
            "kinesis:PutRecords",
        ),
        STREAMS,
    ),
    **dict.fromkeys(
        (
            "resource-groups:GetGroupQuery",
            "resource-groups:ListGroupResources",
            "resource-groups:ListGroups",
        ),
        "the association is with a security group, not with a group of instances",
    ),
    **dict.fromkeys(
        (
            "vpc-lattice:CreateServiceNetworkVpcEndpointAssociation",
            "vpce:AllowMultiRegion",
        ),
        PEERS,
    ),
    **dict.fromkeys(
        (
            "s3tables:CreateNamespace",
            "s3tables:CreateTable",
            "s3tables:CreateTableBucket",
            "s3tables:GetTable",
            "s3tables:GetTableMetadataLocation",
            "s3tables:PutTableBucketPolicy",
            "s3tables:PutTableEncryption",
            "s3tables:PutTablePolicy",
            "s3tables:UpdateTableMetadataLocation",
        ),
        METADATA,
    ),
    **dict.fromkeys(
        (
            "backup:ListBackupPlans",
            "backup:ListBackupSelections",
            "backup:ListBackupVaults",
            "cloudformation:ListStacks",
            "cloudwatch:ListDashboards",
            "codedeploy:ListApplications",
            "codedeploy:ListDeploymentGroups",
            "codepipeline:ListPipelines",
            "codestar-notifications:listNotificationRules",
            "dynamodb:ListTables",
            "events:ListRules",
            "iam:ListPolicies",
            "kms:ListKeys",
            "lambda:ListAliases",
            "lambda:ListEventSourceMappings",
            "lambda:ListFunctionEventInvokeConfigs",
            "lambda:ListFunctions",
            "lambda:ListLayerVersions",
            "s3:ListAllMyBuckets",
            "secretsmanager:ListSecrets",
            "sns:ListSubscriptions",
            "sns:ListTopics",
            "sqs:ListQueues",
            "ssm:ListAssociations",
            "wafv2:ListLoggingConfigurations",
            "wafv2:listWebACLs",
        ),
        LISTING,
    ),
    **dict.fromkeys(
        (
            "ec2:AcceptAddressTransfer",
            "ec2:AssociateVerifiedAccessInstanceWebAcl",
            "ec2:AttachVpnGateway",
            "ec2:CreateVpcEncryptionControl",
            "ec2:DescribeInstanceStatus",
            "ec2:DescribeVerifiedAccessInstanceWebAclAssociations",
            "ec2:DescribeVpcEncryptionControls",
            "ec2:DetachVpnGateway",
            "ec2:DisassociateVerifiedAccessInstanceWebAcl",
            "ec2:GetVerifiedAccessInstanceWebAcl",
            "ec2:AssignPrivateNatGatewayAddress",
            "ec2:UnassignPrivateNatGatewayAddress",
        ),
        "the network has no VPN, no instances, no private NAT and takes over no addresses",
    ),
    **dict.fromkeys(
        (
            "dynamodb:AssociateTableReplica",
            "dynamodb:BatchWriteItem",
            "dynamodb:CreateTableReplica",
            "dynamodb:DeleteItem",
            "dynamodb:DescribeImport",
            "dynamodb:GetItem",
            "dynamodb:ImportTable",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:Scan",
            "dynamodb:UpdateItem",
        ),
        ITEMS,
    ),
    **dict.fromkeys(
        (
            "dynamodb:DisableKinesisStreamingDestination",
            "dynamodb:EnableKinesisStreamingDestination",
            "dynamodb:UpdateKinesisStreamingDestination",
        ),
        STREAMS,
    ),
    **dict.fromkeys(
        (
            "iam:AttachGroupPolicy",
            "iam:AttachUserPolicy",
            "iam:DetachGroupPolicy",
            "iam:DetachUserPolicy",
        ),
        PEOPLE,
    ),
    **dict.fromkeys(("iam:DeleteRolePolicy", "iam:PutRolePolicy"), INLINE),
    "iam:DeleteRolePermissionsBoundary": "a role that has a boundary keeps it",
    **dict.fromkeys(
        ("lambda:PassCapacityProvider", "lambda:PutFunctionScalingConfig"),
        "functions run on Lambda's own capacity",
    ),
    **dict.fromkeys(
        ("lambda:GetCodeSigningConfig", "lambda:PutFunctionCodeSigningConfig"),
        "archives are known by their digests, not by a signature",
    ),
    **dict.fromkeys(
        ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
        "what is logged is for those who log",
    ),
    "logs:PutBearerTokenAuthentication": "nobody reads a log group by a bearer token",
    "logs:DeleteResourcePolicy": "the policy for the firewall's logs is the account's, other stacks need it",
    **dict.fromkeys(
        (
            "rds:AddRoleToDBInstance",
            "rds:RemoveRoleFromDBInstance",
            "rds:CreateDBInstanceReadReplica",
            "rds:DescribeDBClusterSnapshots",
            "rds:DescribeDBClusters",
            "rds:PromoteReadReplica",
            "rds:RestoreDBInstanceFromDBSnapshot",
            "rds:RestoreDBInstanceToPointInTime",
            "rds:StartDBInstanceAutomatedBackupsReplication",
            "rds:StopDBInstanceAutomatedBackupsReplication",
        ),
        COPIES,
    ),
    **dict.fromkeys(
        (
            "s3:CreateBucketMetadataTableConfiguration",
            "s3:DeleteBucketMetadataTableConfiguration",
            "s3:UpdateBucketMetadataAnnotationTableConfiguration",
            "s3:UpdateBucketMetadataInventoryTableConfiguration",
            "s3:UpdateBucketMetadataJournalTableConfiguration",
        ),
        METADATA,
    ),
    **dict.fromkeys(("s3:DeleteObject", "s3:PutObjectAcl"), OBJECTS),
    **dict.fromkeys(
        (
            "s3:DeleteBucketWebsite",
            "s3:PutAccelerateConfiguration",
            "s3:PutAnalyticsConfiguration",
            "s3:PutBucketAbac",
            "s3:PutBucketAcl",
            "s3:PutBucketCORS",
            "s3:PutBucketWebsite",
            "s3:PutIntelligentTieringConfiguration",
            "s3:PutInventoryConfiguration",
            "s3:PutMetricsConfiguration",
        ),
        EDGE_BUCKETS,
    ),
    **dict.fromkeys(
        ("secretsmanager:RemoveRegionsFromReplication", "secretsmanager:ReplicateSecretToRegions"),
        "secrets stay in their region",
    ),
    **dict.fromkeys(
        ("wafv2:GetPermissionPolicy", "wafv2:PutPermissionPolicy"),
        "rule groups are AWS's own, none is shared",
    ),
    "codedeploy:RegisterOnPremisesInstance": "what is deployed to is Lambda",
}
# Of a type, where the action is granted for others: nothing that the resource is or refers to is meant by it.
BY_TYPE: Mapping[tuple[str, str], str] = {
    ("AWS::ApiGateway::Method", "iam:PassRole"): "the functions' own policies let the API invoke them",
    ("AWS::ApiGateway::RestApi", "iam:PassRole"): "the functions' own policies let the API invoke them",
    ("AWS::ApiGateway::RestApi", "s3:GetObject"): "the API is described by its resources, not by a file",
    ("AWS::Backup::BackupPlan", "iam:PassRole"): "the selection has the role",
    ("AWS::DynamoDB::Table", "logs:CreateLogGroup"): ITEMS,
    ("AWS::DynamoDB::Table", "logs:PutRetentionPolicy"): ITEMS,
    ("AWS::DynamoDB::Table", "s3:GetObject"): ITEMS,
    ("AWS::DynamoDB::Table", "s3:ListBucket"): ITEMS,
    ("AWS::EC2::FlowLog", "iam:CreateServiceLinkedRole"): "flow logs are delivered under a role of the stack",
    ("AWS::EC2::FlowLog", "s3:GetBucketPolicy"): CLOUDWATCH_LOGS,
    ("AWS::EC2::FlowLog", "s3:PutBucketPolicy"): CLOUDWATCH_LOGS,
    ("AWS::Events::Rule", "iam:PassRole"): "the function's own policy lets the rule invoke it",
    **{
        ("AWS::IAM::ManagedPolicy", action): "most policies are attached by their roles"
        for action in ("iam:AttachRolePolicy", "iam:DetachRolePolicy")
    },
    **{
        ("AWS::Lambda::Alias", f"codedeploy:{verb}"): "the sweeper's traffic is not shifted"
        for verb in ("CreateDeployment", "GetDeployment", "GetDeploymentConfig", "GetDeploymentGroup")
    },
    **{
        ("AWS::Lambda::EventSourceMapping", f"kms:{verb}"): "no filter is encrypted"
        for verb in ("Decrypt", "DescribeKey", "GenerateDataKey")
    },
    ("AWS::S3::Bucket", "iam:PassRole"): "the bucket of access logs is not replicated",
    **{
        (kind, f"iam:{verb}"): "no stream is subscribed, and no delivery is logged"
        for kind in ("AWS::SNS::Subscription", "AWS::SNS::Topic")
        for verb in ("GetRole", "PassRole")
    },
    ("AWS::WAFv2::LoggingConfiguration", "s3:GetBucketPolicy"): CLOUDWATCH_LOGS,
    ("AWS::WAFv2::LoggingConfiguration", "s3:PutBucketPolicy"): CLOUDWATCH_LOGS,
}
# Listed for reading a resource, and not granted to who only reads.
READING: Mapping[str, str] = {
    **dict.fromkeys(
        ("apigateway:SetWebACL", "wafv2:AssociateWebACL", "wafv2:DisassociateWebACL"),
        "who reads changes nothing",
    ),
    "secretsmanager:GetSecretValue": "nobody but the functions reads the gateway key",
}
