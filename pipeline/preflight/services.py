"""Services: what an account has once: access analyzer, API Gateway's role, connection, artifact bucket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from botocore.exceptions import ClientError

from handlers.payments.metrics import LIVE_KEY
from pipeline.preflight.account import Account
from pipeline.preflight.finding import OK, WARNING, Finding, judged, unknown
from pipeline.preflight.needs import Needs, account_of
from templates.names import METRICS

ANALYZER, API_ROLE, CONNECTION = "Access analyzer", "API log role", "Connection"
BUCKET, GATEWAY_KEY = "Artifact bucket", "Gateway key"
ACCOUNT_STACK = "payments-account"
AVAILABLE = "AVAILABLE"
LIVE_MODE, TEST_MODE = "live", "test"
# A call returns at most 1,440 points: of an hour each, of two months.
REPORTED_DAYS, HOUR_SECONDS = 14, 3600
NOT_THERE, FORBIDDEN = "404", "403"
NOT_ENCRYPTED = "ServerSideEncryptionConfigurationNotFoundError"


def analyzer(account: Account, needs: Needs) -> Finding:
    """Find the account's access analyzer, of which it may have one; `payments-account` creates it."""
    del needs
    pages = account.client("accessanalyzer").get_paginator("list_analyzers").paginate(type="ACCOUNT")
    found = [one["name"] for page in pages for one in page["analyzers"]]
    needed = f"one, by {ACCOUNT_STACK} or before it"
    if not found:
        # The payment stack works without one; an organization may have one of its own.
        return Finding(ANALYZER, "none", needed, OK, f"create {ACCOUNT_STACK}")
    created = account.stack_exists(ACCOUNT_STACK)
    # AWS admits one: a stack that creates another fails.
    advice = "" if created else f"create {ACCOUNT_STACK} with ExistingAnalyzer=true"
    return Finding(ANALYZER, ", ".join(found), needed, OK, advice)


def api_role(account: Account, needs: Needs) -> Finding:
    """Find the role that API Gateway writes logs under, without which no stage with logs is created."""
    del needs
    role = account.client("apigateway").get_account().get("cloudwatchRoleArn", "")
    return judged(
        API_ROLE,
        role.rpartition("/")[2] or "none",
        f"one, by {ACCOUNT_STACK} or before it",
        f"create {ACCOUNT_STACK}",
        ok=bool(role),
    )


def connection(account: Account, needs: Needs) -> Finding:
    """Find the status of the connection to the source repository, in the pipeline's own account."""
    if not needs.connection:
        return unknown(CONNECTION, "no pipeline's parameters", AVAILABLE)
    owner = account_of(needs.connection)
    if owner != account.number:
        return unknown(CONNECTION, f"of account {owner}", f"{AVAILABLE}, seen from that account")
    service = "codestar-connections" if ":codestar-connections:" in needs.connection else "codeconnections"
    try:
        answer = account.client(service).get_connection(ConnectionArn=needs.connection)
        found = answer["Connection"]["ConnectionStatus"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        found = "no such connection"
    return judged(
        CONNECTION,
        found,
        AVAILABLE,
        "confirm it in the console of CodePipeline, under Settings, Connections; its ARN is ConnectionArn",
        ok=found == AVAILABLE,
    )


def bucket(account: Account, needs: Needs) -> Finding:
    """Find the artifact bucket: its region, owner and encryption."""
    client, owner = account.client("s3"), needs.bucket_owner or account.number
    needed = f"{needs.bucket} in {needs.region}, encrypted, of account {owner}"
    advice = f"create it there, or change ArtifactBucket in {needs.file}"
    try:
        region = client.head_bucket(Bucket=needs.bucket).get("BucketRegion", needs.region)
    except ClientError as error:
        if error.response["Error"]["Code"] == NOT_THERE:
            return judged(BUCKET, "no such bucket", needed, advice, ok=False)
        raise
    if region != needs.region:
        return judged(BUCKET, f"in {region}", needed, advice, ok=False)
    try:
        client.head_bucket(Bucket=needs.bucket, ExpectedBucketOwner=owner)
    except ClientError as error:
        # It could be read a moment ago, so that this is about its owner.
        if error.response["Error"]["Code"] == FORBIDDEN:
            return judged(BUCKET, "of another account", needed, advice, ok=False)
        raise
    try:
        answer = client.get_bucket_encryption(Bucket=needs.bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] == NOT_ENCRYPTED:
            return judged(BUCKET, "not encrypted", needed, "turn encryption on", ok=False)
        raise
    (rule,) = answer["ServerSideEncryptionConfiguration"]["Rules"]
    algorithm = rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]
    return judged(BUCKET, f"in {region}, {algorithm}", needed, "", ok=True)


def gateway_key(account: Account, needs: Needs) -> Finding:
    """Find the mode of the payment gateway's key, as the functions that read it counted it last.

    A warning where it is the other one. No more than that: functions report a key only when they read it, so
    that for some time after a key was replaced the metric is still of the one before.
    """
    needed = f"{LIVE_MODE}, to charge real money" if needs.live else f"{TEST_MODE}, to charge nobody"
    if not account.stack_exists(needs.stack):
        return unknown(GATEWAY_KEY, "no stack yet", needed)
    hours = [hour for function in needs.key_readers for hour in live_keys(account, function)]
    if not hours:
        return unknown(GATEWAY_KEY, f"not read for {REPORTED_DAYS} days", needed)
    latest = max(hour.begin for hour in hours)
    # An hour may have keys of both modes; which of them replaced the other is not in the metric.
    modes = {live > 0 for hour in hours if hour.begin == latest for live in (hour.least, hour.most)}
    found = " and ".join(LIVE_MODE if live else TEST_MODE for live in sorted(modes))
    found = f"{found}, read on {latest:%Y-%m-%d at %H:00} UTC"
    if modes == {needs.live}:
        return Finding(GATEWAY_KEY, found, needed, OK)
    return Finding(GATEWAY_KEY, found, needed, WARNING, "see who set it, and which key is meant")


class Hour(NamedTuple):
    """An hour in which a function read keys, and what it counted: 1 for a live one, 0 for one of tests."""

    begin: datetime
    least: float
    most: float


def live_keys(account: Account, function: str) -> Iterator[Hour]:
    """Yield the hours in which a function read the key."""
    answer = account.client("cloudwatch").get_metric_statistics(
        Namespace=METRICS,
        MetricName=LIVE_KEY,
        Dimensions=[{"Name": "service", "Value": function}],
        StartTime=account.now - timedelta(days=REPORTED_DAYS),
        EndTime=account.now,
        Period=HOUR_SECONDS,
        Statistics=["Minimum", "Maximum"],
    )
    for point in answer["Datapoints"]:
        yield Hour(point["Timestamp"], point["Minimum"], point["Maximum"])
