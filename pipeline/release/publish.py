"""Publish: a release's artifacts into the artifact bucket, only those that it does not hold yet."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from pipeline import BuildError
from pipeline.aws import answering, refusal
from pipeline.console import Progress
from pipeline.release.assemble import Release
from pipeline.release.package import Artifact

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Uploads wait for the network, not for a core.
AT_ONCE = 8
MOVED, FORBIDDEN, NOT_FOUND = 301, 403, 404
# What S3 says of a bucket to a HEAD is a number alone.
EXPECTED = {
    MOVED: "a bucket in the stack's region",
    FORBIDDEN: "s3:ListBucket, s3:GetObject and s3:PutObject",
    NOT_FOUND: "the artifact bucket that the parameters or --bucket name",
}


class PublishError(BuildError):
    """Artifacts that cannot be put into the bucket."""


@dataclass(frozen=True)
class Published:
    """What became of a release's artifacts."""

    bucket: str
    root_url: str
    """Where CloudFormation finds the root template."""
    uploaded: list[str]
    """Keys of what was put into the bucket just now."""
    present: list[str]
    """Keys of what the bucket held already, byte for byte."""


def publish(release: Release, progress: Progress) -> Published:
    """Put the artifacts of `release` into its bucket; the root last, so that what it names is there."""
    folder, artifacts, bucket = release.folder, release.artifacts, release.bucket
    with told(bucket):
        session = boto3.Session()
        config = Config(retries={"mode": "standard", "max_attempts": 4}, max_pool_connections=AT_ONCE)
        s3 = session.client("s3", config=config)
        account = session.client("sts", config=config).get_caller_identity()["Account"]
        own(s3, bucket, account)
        root = next(each for each in artifacts if each.name == "root")
        others = [each for each in artifacts if each is not root]
        target = Target(s3, bucket, account, folder)
        outcome: dict[str, bool] = {}
        with progress.stage("publish", len(artifacts)) as stage, ThreadPoolExecutor(AT_ONCE) as pool:
            tasks = {pool.submit(target.put, each): each.key for each in others}
            try:
                for task in as_completed(tasks):
                    outcome[tasks[task]] = task.result()
                    stage.step()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
            outcome[root.key] = target.put(root)
            stage.step()
            uploaded = sorted(key for key, new in outcome.items() if new)
            present = sorted(key for key, new in outcome.items() if not new)
            stage.note = f"{len(uploaded)} uploaded, {len(present)} there already"
    return Published(bucket, target.url(root.key), uploaded, present)


def own(s3: S3Client, bucket: str, account: str) -> None:
    """Raise PublishError unless `bucket` belongs to `account` and is there to be used."""
    try:
        s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=account)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status == FORBIDDEN:
            raise PublishError(
                f"s3://{bucket}: belongs to another account or denies access; "
                f"expected a bucket of account {account} that its caller may list, read and write"
            ) from error
        raise


@dataclass(frozen=True)
class Target:
    """A bucket, and the folder whose files go there."""

    s3: S3Client
    bucket: str
    account: str
    folder: Path

    def put(self, artifact: Artifact) -> bool:
        """Put `artifact` into the bucket unless it is there; return whether it had to be."""
        checksum = base64.b64encode(bytes.fromhex(artifact.sha256)).decode()
        if self.holds(artifact, checksum):
            return False
        self.s3.put_object(
            Bucket=self.bucket,
            Key=artifact.key,
            Body=(self.folder / artifact.path).read_bytes(),
            # S3 computes it too, and refuses bytes that went bad on the way.
            ChecksumAlgorithm="SHA256",
            ChecksumSHA256=checksum,
            ContentType="application/json" if artifact.kind == "template" else "application/zip",
            ExpectedBucketOwner=self.account,
        )
        return True

    def holds(self, artifact: Artifact, checksum: str) -> bool:
        """Whether the bucket holds `artifact`; PublishError where other bytes lie under its key."""
        try:
            found = self.s3.head_object(
                Bucket=self.bucket,
                Key=artifact.key,
                ChecksumMode="ENABLED",
                ExpectedBucketOwner=self.account,
            )
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == NOT_FOUND:
                return False
            raise
        # An object that something else put there may have no checksum; its key and size then have to do.
        same = found.get("ChecksumSHA256", checksum) == checksum and found["ContentLength"] == artifact.bytes
        if not same:
            raise PublishError(
                f"s3://{self.bucket}/{artifact.key}: holds other bytes; "
                f"expected {artifact.bytes:,} bytes with SHA-256 {artifact.sha256}"
            )
        return True

    def url(self, key: str) -> str:
        """Where CloudFormation finds `key`: what the client would ask, without its signature."""
        return str(
            self.s3.generate_presigned_url("get_object", Params={"Bucket": self.bucket, "Key": key})
        ).split("?")[0]


@contextmanager
def told(bucket: str) -> Iterator[None]:
    """Tell what AWS refuses as one line: what was found, and what was expected of the bucket."""
    place = f"s3://{bucket}"
    with answering(place):
        try:
            yield
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            expected = EXPECTED.get(status, "an upload")
            raise PublishError(f"{place}: {refusal(error)}; expected {expected}") from error
