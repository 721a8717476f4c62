from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber
from moto import mock_aws

from pipeline import BuildError
from pipeline.console import Silence
from pipeline.release import publish as publishing
from pipeline.release.assemble import Release
from pipeline.release.package import Artifact
from pipeline.release.publish import PublishError, publish
from tests.pipeline.release.projects import Project

BUCKET = "made-up-artifacts"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """S3 in this process, with the bucket that the parameters name."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        yield s3


@pytest.fixture
def release(built: Project) -> Release:
    folder = built.folder / "dist/dev"
    return Release(folder, json.loads((folder / "manifest.json").read_bytes()), unchanged=True)


def test_every_artifact_is_uploaded_under_its_key_and_verified(aws: Any, release: Release) -> None:
    published = publish(release, Silence())

    assert {each.key for each in release.artifacts} == set(published.uploaded)
    for each in release.artifacts:
        found = aws.get_object(Bucket=BUCKET, Key=each.key, ChecksumMode="ENABLED")
        body = found["Body"].read()
        assert (release.folder / each.path).read_bytes() == body
        assert base64.b64encode(hashlib.sha256(body).digest()).decode() == found["ChecksumSHA256"]


def test_what_the_bucket_holds_is_not_uploaded_again(aws: Any, release: Release) -> None:
    publish(release, Silence())
    gone = release.artifacts[0].key
    aws.delete_object(Bucket=BUCKET, Key=gone)

    again = publish(release, Silence())

    assert [gone] == again.uploaded
    assert len(release.artifacts) - 1 == len(again.present)


def test_the_root_arrives_last(aws: Any, release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sees the root finds all that it refers to."""
    order: list[str] = []
    put = publishing.Target.put

    def noted(self: publishing.Target, artifact: Artifact) -> bool:
        order.append(artifact.name)
        return put(self, artifact)

    monkeypatch.setattr(publishing.Target, "put", noted)

    publish(release, Silence())

    assert "root" == order[-1]


def test_the_url_of_the_root_is_one_that_cloudformation_takes(aws: Any, release: Release) -> None:
    key = next(each.key for each in release.artifacts if each.name == "root")

    assert f"https://{BUCKET}.s3.amazonaws.com/{key}" == publish(release, Silence()).root_url


def test_other_bytes_under_a_key_are_refused_and_left_alone(aws: Any, release: Release) -> None:
    key = release.artifacts[0].key
    aws.put_object(Bucket=BUCKET, Key=key, Body=b"other", ChecksumAlgorithm="SHA256")

    with pytest.raises(PublishError, match=rf"s3://{BUCKET}/{key}: holds other bytes; expected .* SHA-256"):
        publish(release, Silence())

    assert b"other" == aws.get_object(Bucket=BUCKET, Key=key)["Body"].read()


def test_a_missing_bucket_is_told(aws: Any, release: Release) -> None:
    aws.delete_bucket(Bucket=BUCKET)

    with pytest.raises(
        PublishError, match=rf"s3://{BUCKET}: HeadBucket answered 404.* expected the artifact bucket"
    ):
        publish(release, Silence())


def test_a_foreign_bucket_is_refused(aws: Any) -> None:
    """Its owner could read what is uploaded, and hand CloudFormation something else."""
    named = {"Bucket": BUCKET, "ExpectedBucketOwner": "123456789012"}
    with Stubber(aws) as stubbed:
        stubbed.add_client_error("head_bucket", "403", http_status_code=403, expected_params=named)
        with pytest.raises(PublishError, match="belongs to another account or denies access"):
            publishing.own(aws, BUCKET, "123456789012")


def test_every_request_names_the_owner_that_is_expected(
    aws: Any, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bucket that changes hands between two requests is noticed."""
    owners = set()

    def note(params: dict[str, Any], **_: object) -> None:
        owners.add(params["headers"].get("x-amz-expected-bucket-owner"))

    session = boto3.Session()
    session.events.register("before-call.s3", note)
    monkeypatch.setattr(boto3, "Session", lambda: session)

    publish(release, Silence())

    assert {"123456789012"} == owners


def client_error(operation: str, status: int) -> ClientError:
    metadata: Any = {"HTTPStatusCode": status}
    return ClientError({"Error": {"Code": str(status)}, "ResponseMetadata": metadata}, operation)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            client_error("PutObject", 403),
            "PutObject answered .* expected s3:ListBucket, s3:GetObject and s3:PutObject",
        ),
        (client_error("HeadBucket", 301), "expected a bucket in the stack's region"),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:9"), "no network: .* expected AWS to answer"),
    ],
)
def test_what_aws_refuses_is_one_line(error: Exception, said: str) -> None:
    with pytest.raises(BuildError, match=said) as told, publishing.told(BUCKET):
        raise error

    assert 1 == len(told.value.faults)


def test_publishing_without_credentials_is_told(built: Project, tmp_path: Path) -> None:
    nowhere = {
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
    }
    none = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true"}

    done = built.run("--env", "dev", "--publish", AWS_DEFAULT_REGION="us-east-1", **nowhere, **none)

    assert 1 == done.returncode
    assert ": no AWS credentials: " in done.stderr
    assert "Traceback" not in done.stderr


def test_publishing_without_network_is_told(built: Project) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}

    done = built.run(
        "--env",
        "dev",
        "--publish",
        AWS_ENDPOINT_URL="http://127.0.0.1:9",
        AWS_DEFAULT_REGION="us-east-1",
        AWS_MAX_ATTEMPTS="1",
        **keys,
    )

    assert 1 == done.returncode
    assert "no network: " in done.stderr.splitlines()[-1]
