"""The audit bucket, the bucket of its access logs, and who may put what into them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.templates.data_layer import arn, properties, ref, statements
from tests.templates.layers import Rendered

AUDIT = properties("AuditBucket")
LOGS = properties("AccessLogBucket")
BUCKETS = ["AuditBucket", "AccessLogBucket"]

ENCRYPTION = "s3:x-amz-server-side-encryption"
KEY = f"{ENCRYPTION}-aws-kms-key-id"
OURS = str(ref("AuditKeyArn"))

TLS = {"aws:SecureTransport": "true"}


def objects_of(bucket: str) -> Rendered:
    return {"Fn::Join": ["", [arn(bucket), "/*"]]}


def rules(bucket: Rendered) -> dict[str, Rendered]:
    return {each["Id"]: each for each in bucket["LifecycleConfiguration"]["Rules"]}


def refused(request: dict[str, str]) -> list[str]:
    """Which statements of the audit bucket's policy refuse to put an object by `request`."""
    return [
        sid for sid, each in statements("AuditBucketPolicy").items() if matches(each["Condition"], request)
    ]


def matches(condition: Rendered, request: dict[str, str]) -> bool:
    """Whether IAM finds all of `condition` in `request`, as its reference describes these operators."""
    operators: dict[str, Any] = {
        "Bool": lambda found, wanted: found == wanted,
        "Null": lambda found, wanted: (found is None) == (wanted == "true"),
        "StringEquals": lambda found, wanted: found == wanted,
        "StringNotEquals": lambda found, wanted: found != wanted,
    }
    return all(
        operators[operator](request.get(key), wanted if isinstance(wanted, str) else str(wanted))
        for operator, keys in condition.items()
        for key, wanted in keys.items()
    )


def test_the_audit_bucket_has_a_name_that_no_other_account_can_have() -> None:
    """F093: the original's name, with account and region."""
    assert {"Fn::Sub": "payment-audit-logs-${EnvironmentSuffix}-${AWS::AccountId}-${AWS::Region}"} == AUDIT[
        "BucketName"
    ]


def test_audit_objects_are_encrypted_under_their_own_key() -> None:
    """F094, F095: and a bucket key spares a call to KMS for each object."""
    (rule,) = AUDIT["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": ref("AuditKeyArn")} == rule[
        "ServerSideEncryptionByDefault"
    ]
    assert rule["BucketKeyEnabled"] is True


@pytest.mark.parametrize("name", BUCKETS)
def test_nothing_is_under_a_key_that_only_its_sender_has(name: str) -> None:
    (rule,) = properties(name)["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert {"EncryptionType": ["SSE-C"]} == rule["BlockedEncryptionTypes"]


@pytest.mark.parametrize("name", BUCKETS)
def test_buckets_keep_versions(name: str) -> None:
    """F096."""
    assert {"Status": "Enabled"} == properties(name)["VersioningConfiguration"]


@pytest.mark.parametrize("name", BUCKETS)
def test_buckets_are_closed_to_the_public(name: str) -> None:
    """F097."""
    assert {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    } == properties(name)["PublicAccessBlockConfiguration"]


@pytest.mark.parametrize("name", BUCKETS)
def test_the_account_owns_whatever_is_in_its_buckets(name: str) -> None:
    assert [{"ObjectOwnership": "BucketOwnerEnforced"}] == properties(name)["OwnershipControls"]["Rules"]


@pytest.mark.parametrize("name", BUCKETS)
def test_buckets_tell_of_what_happens_in_them(name: str) -> None:
    assert {"EventBridgeEnabled": True} == properties(name)["NotificationConfiguration"][
        "EventBridgeConfiguration"
    ]


def test_audit_objects_go_to_glacier_after_90_days() -> None:
    """F098, F099: the original's rule, beside two that clean up."""
    rule = rules(AUDIT)["TransitionToGlacier"]

    assert "Enabled" == rule["Status"]
    assert [{"StorageClass": "GLACIER", "TransitionInDays": 90}] == rule["Transitions"]
    assert {"TransitionToGlacier", "ExpireReplacedVersions", "AbortAbandonedUploads"} == set(rules(AUDIT))


def test_audit_objects_never_expire() -> None:
    assert not [rule for rule in rules(AUDIT).values() if "ExpirationInDays" in rule]


def test_a_replaced_audit_object_stays_as_long_as_a_lock() -> None:
    expiry = rules(AUDIT)["ExpireReplacedVersions"]["NoncurrentVersionExpiration"]

    assert {"NoncurrentDays": ref("AuditLockDays")} == expiry


@pytest.mark.parametrize("name", BUCKETS)
def test_parts_of_abandoned_uploads_go(name: str) -> None:
    rule = rules(properties(name))["AbortAbandonedUploads"]

    assert {"DaysAfterInitiation": 7} == rule["AbortIncompleteMultipartUpload"]


def test_audit_objects_are_locked_as_they_come_in() -> None:
    """F102: Object Lock; how, and for how long, is a setting."""
    retention = {"Mode": ref("AuditLockMode"), "Days": ref("AuditLockDays")}

    assert AUDIT["ObjectLockEnabled"] is True
    assert {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}} == AUDIT[
        "ObjectLockConfiguration"
    ]


def test_access_to_the_audit_bucket_is_logged() -> None:
    """F102."""
    assert ref("AccessLogBucket") == AUDIT["LoggingConfiguration"]["DestinationBucketName"]


def test_access_logs_are_kept_like_other_logs() -> None:
    assert ref("LogRetentionDays") == rules(LOGS)["ExpireLogs"]["ExpirationInDays"]


def test_s3_can_deliver_access_logs() -> None:
    """It delivers into buckets under its own key, without a lock, and only where their policy lets it."""
    (rule,) = LOGS["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    allowed = statements("AccessLogBucketPolicy")["AccessLogs"]

    assert {"SSEAlgorithm": "AES256"} == rule["ServerSideEncryptionByDefault"]
    assert "ObjectLockConfiguration" not in LOGS
    assert {"Service": "logging.s3.amazonaws.com"} == allowed["Principal"]
    assert (["s3:PutObject"], [objects_of("AccessLogBucket")]) == (allowed["Action"], allowed["Resource"])


def test_access_logs_come_from_the_audit_bucket_alone() -> None:
    assert {
        "StringEquals": {"aws:SourceAccount": ref("AWS::AccountId")},
        "ArnLike": {"aws:SourceArn": arn("AuditBucket")},
    } == statements("AccessLogBucketPolicy")["AccessLogs"]["Condition"]


@pytest.mark.parametrize("name", BUCKETS)
def test_buckets_take_tls_only(name: str) -> None:
    refusal = statements(f"{name}Policy")["EncryptedTransportOnly"]

    assert ref(name) == properties(f"{name}Policy")["Bucket"]
    assert ("Deny", "*", ["s3:*"]) == (refusal["Effect"], refusal["Principal"], refusal["Action"])
    assert [arn(name), objects_of(name)] == refusal["Resource"]
    assert {"Bool": {"aws:SecureTransport": "false"}} == refusal["Condition"]


@pytest.mark.parametrize(
    ("request_", "by"),
    [
        pytest.param(TLS, [], id="no header: the bucket's default applies"),
        pytest.param({**TLS, ENCRYPTION: "aws:kms", KEY: OURS}, [], id="our key"),
        pytest.param({**TLS, KEY: OURS}, [], id="our key, and no word of encryption"),
        pytest.param({**TLS, ENCRYPTION: "AES256"}, ["NoOtherEncryption"], id="the key of S3"),
        pytest.param({**TLS, ENCRYPTION: "aws:kms", KEY: "arn:theirs"}, ["NoOtherKey"], id="another key"),
        pytest.param(
            {**TLS, ENCRYPTION: "aws:kms"}, ["NoMissingKey"], id="KMS, but no key: AWS takes its own"
        ),
        pytest.param(
            {"aws:SecureTransport": "false", ENCRYPTION: "aws:kms", KEY: OURS},
            ["EncryptedTransportOnly"],
            id="our key, but no TLS",
        ),
    ],
)
def test_audit_objects_come_under_the_right_key_or_not_at_all(
    request_: dict[str, str], by: list[str]
) -> None:
    assert by == refused(request_)


def test_the_right_key_is_asked_of_everyone_who_puts_an_object() -> None:
    for sid in ("NoOtherEncryption", "NoOtherKey", "NoMissingKey"):
        refusal = statements("AuditBucketPolicy")[sid]

        assert ("Deny", "*", ["s3:PutObject"]) == (refusal["Effect"], refusal["Principal"], refusal["Action"])
        assert [objects_of("AuditBucket")] == refusal["Resource"]
