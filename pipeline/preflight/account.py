"""Account: the account and region that checks read, and clients of its services."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import ClientError

from pipeline.aws import answering

if TYPE_CHECKING:
    import boto3

# A check that gets no answer is unknown: waiting longer would say no more.
CONFIG = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3})
# How CloudFormation says that a stack does not exist.
NO_STACK = "ValidationError"
STACK_TAG = "aws:cloudformation:stack-name"


@dataclass(frozen=True)
class Account:
    """An account, in the region that the stack is for."""

    number: str
    region: str
    """The stack's region."""
    session: boto3.Session
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @cache  # noqa: B019 # as long as a command
    def client(self, service: str) -> Any:
        """Return a client of a service; most of these have no type stubs here."""
        untyped: Any = self.session
        return untyped.client(service, region_name=self.region, config=CONFIG)

    @cache  # noqa: B019
    def stack_exists(self, stack: str) -> bool:
        """Return whether a stack exists, in whatever state."""
        try:
            self.client("cloudformation").describe_stacks(StackName=stack)
        except ClientError as error:
            if error.response["Error"]["Code"] == NO_STACK:
                return False
            raise
        return True

    def resources(self, stack: str, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
        """Yield the path of each resource that a stack and those nested in it have: Data, PaymentsTable."""
        client = self.client("cloudformation")
        for page in client.get_paginator("list_stack_resources").paginate(StackName=stack):
            for resource in page["StackResourceSummaries"]:
                if resource["ResourceStatus"] in ("CREATE_FAILED", "DELETE_COMPLETE", "DELETE_SKIPPED"):
                    continue
                place = (*path, resource["LogicalResourceId"])
                yield place
                if resource["ResourceType"] == "AWS::CloudFormation::Stack":
                    yield from self.resources(resource["PhysicalResourceId"], place)


def of(session: boto3.Session, region: str) -> Account:
    """Return the account of a session; AwsError where it has no credentials, or none that AWS takes."""
    with answering("preflight"):
        untyped: Any = session
        identity = untyped.client("sts", region_name=region, config=CONFIG).get_caller_identity()
    return Account(identity["Account"], region, session)


def belongs(stack: str, tagged: dict[str, Any]) -> bool:
    """Return whether a resource with tags is of a stack, or of one nested in it."""
    tags = {tag["Key"]: tag["Value"] for tag in tagged.get("Tags", [])}
    owner = str(tags.get(STACK_TAG, ""))
    return owner == stack or owner.startswith(f"{stack}-")
