"""Unneeded: permissions that the registry lists for a type and the execution role is not granted, with why.

A whole service, or one action of a service that the templates use.
"""

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

SERVICES: Mapping[str, str] = {
    "amplify": OTHER_FIREWALLS,
    "apprunner": OTHER_FIREWALLS,
    "appsync": OTHER_FIREWALLS,
    "bedrock-agentcore": OTHER_FIREWALLS,
    "cognito-idp": OTHER_FIREWALLS,
    "elasticloadbalancing": OTHER_FIREWALLS,
    "autoscaling": "flow logs are of a VPC, not of a group of instances",
    "elasticfilesystem": FILES,
    "s3files": FILES,
    "firehose": STREAMS,
    "kinesis": STREAMS,
    "organizations": "the analyzer looks at one account",
    "resource-groups": "the association is with a security group, not with a group of instances",
    "s3tables": METADATA,
    "vpc-lattice": PEERS,
    "vpce": PEERS,
}
ACTIONS: Mapping[str, str] = {
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
    "lambda:PutFunctionCodeSigningConfig": "archives are known by their digests, not by a signature",
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
    "wafv2:PutPermissionPolicy": "rule groups are AWS's own, none is shared",
    "codedeploy:RegisterOnPremisesInstance": "what is deployed to is Lambda",
}
