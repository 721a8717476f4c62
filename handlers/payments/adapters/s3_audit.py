"""The audit trail in S3: objects that are written once and never overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from handlers.payments.audit import AuditError, Entry

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3Trail:
    """The audit trail in `bucket`, encrypted with the KMS key `key_arn`."""

    def __init__(self, client: S3Client, bucket: str, key_arn: str) -> None:
        self.client = client
        self.bucket = bucket
        self.key_arn = key_arn

    def write(self, entry: Entry) -> bool:
        """Write `entry` unless its key exists; return False if it did."""
        try:
            self.client.put_object(
                Bucket=self.bucket,
                Key=entry.key,
                Body=entry.body,
                ContentType="application/json",
                ServerSideEncryption="aws:kms",
                SSEKMSKeyId=self.key_arn,
                # The stream may deliver a record twice; the second time must not change the trail.
                IfNoneMatch="*",
            )
        except ClientError as refused:
            if refused.response["Error"]["Code"] == "PreconditionFailed":
                return False
            raise AuditError(refused.response["Error"]["Code"]) from refused
        except BotoCoreError as broken:
            raise AuditError(type(broken).__name__) from broken
        return True

    def probe(self) -> None:
        """Raise AuditError unless the bucket exists and responds."""
        try:
            self.client.head_bucket(Bucket=self.bucket)
        except ClientError as refused:
            raise AuditError(refused.response["Error"]["Code"]) from refused
        except BotoCoreError as broken:
            raise AuditError(type(broken).__name__) from broken
