"""Encryption: what it takes to lose some, service by service."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.review.neighbours import Template, reviewed
from tests.pipeline.review.verdicts import expected, verdicts

LOST = "ENCRYPTION_LOSS"
AES, KMS = {"SSEAlgorithm": "AES256"}, {"SSEAlgorithm": "aws:kms"}
EDITS: dict[str, tuple[str, dict[str, Any], dict[str, Any], str]] = {
    "stream": (
        "AWS::Kinesis::Stream",
        {"StreamEncryption": {"EncryptionType": "KMS", "KeyId": "k"}},
        {},
        f"R False (StreamEncryption) {LOST}",
    ),
    "trail": ("AWS::CloudTrail::Trail", {"KMSKeyId": "k"}, {}, f"R False (KMSKeyId) {LOST}"),
    "build": ("AWS::CodeBuild::Project", {"EncryptionKey": "k"}, {}, f"R False (EncryptionKey) {LOST}"),
    "artifacts": (
        "AWS::CodePipeline::Pipeline",
        {"ArtifactStore": {"Type": "S3", "EncryptionKey": {"Id": "k", "Type": "KMS"}}},
        {"ArtifactStore": {"Type": "S3"}},
        f"R False (ArtifactStore) {LOST}",
    ),
    "cache of a stage": (
        "AWS::ApiGateway::Stage",
        {"MethodSettings": [{"CacheDataEncrypted": True}]},
        {"MethodSettings": [{"CacheDataEncrypted": False}]},
        f"R False (MethodSettings) {LOST}",
    ),
    "an older TLS of a domain": (
        "AWS::ApiGateway::DomainName",
        {"SecurityPolicy": "TLS_1_2"},
        {"SecurityPolicy": "TLS_1_0"},
        f"R False (SecurityPolicy) {LOST}",
    ),
    "a newer TLS of a domain": (
        "AWS::ApiGateway::DomainName",
        {"SecurityPolicy": "TLS_1_0"},
        {"SecurityPolicy": "SecurityPolicy_TLS13_1_2_2021_06"},
        "R False (SecurityPolicy)",
    ),
    "an older TLS of a distribution": (
        "AWS::CloudFront::Distribution",
        {"DistributionConfig": {"ViewerCertificate": {"MinimumProtocolVersion": "TLSv1.2_2021"}}},
        {"DistributionConfig": {"ViewerCertificate": {"MinimumProtocolVersion": "TLSv1_2016"}}},
        f"R False (DistributionConfig) {LOST}",
    ),
    "an older TLS of a listener": (
        "AWS::ElasticLoadBalancingV2::Listener",
        {"SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"},
        {"SslPolicy": "ELBSecurityPolicy-2016-08"},
        f"R False (SslPolicy) {LOST}",
    ),
    "an older TLS of a database": (
        "AWS::RDS::DBParameterGroup",
        {"Parameters": {"ssl_min_protocol_version": "TLSv1.2"}},
        {"Parameters": {"ssl_min_protocol_version": "TLSv1"}},
        f"R False (Parameters) {LOST} INTERRUPTION",
    ),
    "file system": (
        "AWS::EFS::FileSystem",
        {"Encrypted": True},
        {"Encrypted": False},
        f"R True ReplaceAndDelete (Encrypted!) {LOST} STATEFUL_REPLACEMENT",
    ),
    "vault": (
        "AWS::Backup::BackupVault",
        {"BackupVaultName": "v", "EncryptionKeyArn": "k"},
        {"BackupVaultName": "v"},
        f"R True ReplaceAndDelete (EncryptionKeyArn!) {LOST} NAME_COLLISION STATEFUL_REPLACEMENT",
    ),
    "event bus": (
        "AWS::Events::EventBus",
        {"KmsKeyIdentifier": "k"},
        {},
        f"R False (KmsKeyIdentifier) {LOST}",
    ),
    "state machine": (
        "AWS::StepFunctions::StateMachine",
        {"EncryptionConfiguration": {"Type": "CUSTOMER_MANAGED_KMS_KEY", "KmsKeyId": "k"}},
        {"EncryptionConfiguration": {"Type": "AWS_OWNED_KEY"}},
        f"R False (EncryptionConfiguration) {LOST}",
    ),
    "delivery": (
        "AWS::KinesisFirehose::DeliveryStream",
        {"DeliveryStreamEncryptionConfigurationInput": {"KeyType": "CUSTOMER_MANAGED_CMK", "KeyARN": "k"}},
        {"DeliveryStreamEncryptionConfigurationInput": {"KeyType": "AWS_OWNED_CMK"}},
        f"R False (DeliveryStreamEncryptionConfigurationInput) {LOST}",
    ),
    "between nodes": (
        "AWS::OpenSearchService::Domain",
        {"NodeToNodeEncryptionOptions": {"Enabled": True}},
        {"NodeToNodeEncryptionOptions": {"Enabled": False}},
        f"R False (NodeToNodeEncryptionOptions) {LOST}",
    ),
    "listener": (
        "AWS::ElasticLoadBalancingV2::Listener",
        {"Protocol": "HTTPS"},
        {"Protocol": "HTTP"},
        f"R False (Protocol) {LOST}",
    ),
    "subscriber": (
        "AWS::SNS::Subscription",
        {"TopicArn": "t", "Protocol": "https", "Endpoint": "https://x"},
        {"TopicArn": "t", "Protocol": "http", "Endpoint": "http://x"},
        f"R True ReplaceAndDelete (Endpoint!,Protocol!) {LOST}",
    ),
    "one replica of a secret": (
        "AWS::SecretsManager::Secret",
        {"KmsKeyId": "k", "ReplicaRegions": [{"Region": "a", "KmsKeyId": "k"}]},
        {"KmsKeyId": "k", "ReplicaRegions": [{"Region": "a"}]},
        f"R False (ReplicaRegions) {LOST}",
    ),
    "a replica that goes": (
        "AWS::SecretsManager::Secret",
        {"KmsKeyId": "k", "ReplicaRegions": [{"Region": "a", "KmsKeyId": "k"}]},
        {"KmsKeyId": "k"},
        "R False (ReplicaRegions)",
    ),
    "another key": (
        "AWS::Logs::LogGroup",
        {"KmsKeyId": {"Fn::GetAtt": ["A", "Arn"]}},
        {"KmsKeyId": {"Fn::GetAtt": ["B", "Arn"]}},
        "R False (KmsKeyId)",
    ),
    "what was not encrypted": (
        "AWS::S3::Bucket",
        {},
        {
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [
                    {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
                ]
            }
        },
        "R False (BucketEncryption)",
    ),
    "a bucket that the service encrypts anyway": (
        "AWS::S3::Bucket",
        {"BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": AES}]}},
        {},
        "R False (BucketEncryption)",
    ),
    "a bucket left to the service": (
        "AWS::S3::Bucket",
        {"BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": KMS}]}},
        {},
        f"R False (BucketEncryption) {LOST}",
    ),
    "a queue that the service encrypts anyway": (
        "AWS::SQS::Queue",
        {"SqsManagedSseEnabled": True},
        {},
        "R False (SqsManagedSseEnabled)",
    ),
    "a queue that the service is not to encrypt": (
        "AWS::SQS::Queue",
        {},
        {"SqsManagedSseEnabled": False},
        f"R False (SqsManagedSseEnabled) {LOST}",
    ),
    "shared with another account": (
        "AWS::RAM::ResourceShare",
        {"Name": "n", "Principals": ["111122223333"]},
        {"Name": "n", "Principals": ["111122223333", "444455556666"]},
        "R False (Principals) IAM_WIDENING",
    ),
}


def one(kind: str, properties: dict[str, Any]) -> Template:
    """A template with one resource R, and another beside it."""
    return {"Resources": {"R": {"Type": kind, "Properties": properties}, "T": {"Type": "AWS::SNS::Topic"}}}


@pytest.mark.parametrize("name", EDITS)
def test_edit(name: str) -> None:
    kind, before, after, wanted = EDITS[name]

    assert expected(wanted) == verdicts(reviewed(one(kind, before), one(kind, after)))
