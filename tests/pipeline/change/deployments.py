"""A small stack in a cloud: published, deployed, planned for."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

from pipeline.change import change_set
from pipeline.change.change_set import ChangeSetRequest
from pipeline.change.record import Plan, StackState
from pipeline.change.releases import digest
from pipeline.release.configuration import Configuration
from tests.aws.cloudformation.clock import START
from tests.aws.cloudformation.cloud import Cloud, nested_stack, template_of
from tests.aws.cloudformation.state import ARN, Template

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_s3 import S3Client

STACK = "payments-dev"
ROLE = "arn:aws:iam::111111111111:role/execution"
TABLE: Template = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {"TableName": {"Fn::Sub": "payments-${Suffix}"}, "BillingMode": "PAY_PER_REQUEST"},
    "DeletionPolicy": "Retain",
    "UpdateReplacePolicy": "Retain",
}
QUEUE: Template = {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": 1}}
DATA = template_of(
    {"Table": TABLE},
    Parameters={"Suffix": {"Type": "String"}},
    Outputs={"TableName": {"Value": {"Ref": "Table"}}},
)
API = template_of({"Queue": QUEUE}, Parameters={"TableName": {"Type": "String"}})
ROOT = template_of(
    {
        "Data": nested_stack(Suffix={"Ref": "EnvironmentSuffix"}),
        "Api": nested_stack(TableName={"Fn::GetAtt": ["Data", "Outputs.TableName"]}),
    },
    Parameters={"EnvironmentSuffix": {"Type": "String"}},
)
GIVEN = Configuration("parameters/dev.json", {"EnvironmentSuffix": "dev"}, {}, {})
CHANGE_SET = f"{ARN}:changeSet/run-7/0000"


class Session:
    """A session whose clients of CloudFormation end at a cloud; those of S3 sign URLs, and call nobody."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    def client(self, name: str, **_more: object) -> CloudFormationClient | S3Client:
        """Return a client."""
        if name == "cloudformation":
            return self.cloud.client()
        return signing()


@cache
def signing() -> S3Client:
    """Return a client that only signs URLs."""
    return boto3.Session("AKIAIOSFODNN7EXAMPLE", "nobody", region_name="us-east-1").client("s3")


def with_delay(seconds: int) -> Template:
    """Return the template of Api with a queue of this delay."""
    queue = {**QUEUE, "Properties": {"DelaySeconds": seconds}}
    return {**API, "Resources": {**API["Resources"], "Queue": queue}}


def published(cloud: Cloud, api: Template = API, data: Template = DATA) -> str:
    """Publish a release and return the URL of its root."""
    return cloud.publish(ROOT, {"Data": data, "Api": api})


def request(url: str, name: str = "run-7") -> ChangeSetRequest:
    """Return the request of a change set of a published release."""
    return ChangeSetRequest(
        name=name, description="a release", template_url=url, configuration=GIVEN, execution_role=ROLE
    )


def deploy(cloud: Cloud, url: str, name: str = "run-1") -> None:
    """Bring the stack to a published release."""
    created = change_set.create(cloud.client(), STACK, request(url, name))
    cloud.client().execute_change_set(ChangeSetName=created.id, StackName=STACK)
    cloud.run()


def deployed(cloud: Cloud) -> str:
    """Create the stack of the release as it is above; return its URL."""
    url = published(cloud)
    deploy(cloud, url)
    return url


def planned(cloud: Cloud, url: str, **more: Any) -> Plan:
    """Create a change set of a published release and return its plan."""
    created = change_set.create(cloud.client(), STACK, request(url))
    root = cloud.templates[url]
    nested = {
        title: digest(cloud.templates[resource["Properties"]["TemplateURL"]])
        for title, resource in root["Resources"].items()
    }
    values: dict[str, Any] = {
        "change_set": created.id,
        "digest": digest(root),
        "nested": nested,
        "template_url": url,
        "state": created.state,
        "execution_role": ROLE,
    }
    return plan(**{**values, **more})


def plan(**more: Any) -> Plan:
    """Return a plan; of a change set that is nowhere, unless it is named."""
    values: dict[str, Any] = {
        "run": "7",
        "release": "dev",
        "stack": STACK,
        "change_set": CHANGE_SET,
        "digest": digest(ROOT),
        "nested": {"Api": digest(API), "Data": digest(DATA)},
        "template_url": "https://bucket.s3.amazonaws.com/templates/root.json",
        "given": GIVEN,
        "execution_role": "",
        "state": StackState("UPDATE_COMPLETE", START.isoformat()),
        **more,
    }
    return Plan(**values)
