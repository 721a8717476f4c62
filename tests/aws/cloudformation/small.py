"""A small stack for tests of the cloud itself: two layers, one of which feeds the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.aws.cloudformation.cloud import Cloud, nested_stack, template_of
from tests.aws.cloudformation.state import Template

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

STACK = "small"
QUEUE: Template = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "orders", "DelaySeconds": 1}}
TABLE: Template = {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "orders"}}


def root(**sections: Any) -> Template:
    """Return a root that nests Data, and App, which an output of Data feeds."""
    return template_of(
        {"Data": nested_stack(), "App": nested_stack(Fed={"Fn::GetAtt": ["Data", "Outputs.Name"]})},
        **sections,
    )


def data(table: Template = TABLE, **more: Template) -> Template:
    """Return the template of Data."""
    return template_of({"Table": table, **more}, Outputs={"Name": {"Value": {"Ref": "Table"}}})


def app(queue: Template = QUEUE, parameter: Template | None = None, **more: Template) -> Template:
    """Return the template of App, with the declaration of the parameter that Data feeds."""
    return template_of({"Queue": queue, **more}, Parameters={"Fed": parameter or {"Type": "String"}})


def delayed(seconds: int) -> Template:
    """Return the queue with another delay, which is updated in place."""
    return {**QUEUE, "Properties": {**QUEUE["Properties"], "DelaySeconds": seconds}}


def request(
    cloud: Cloud, name: str, kind: str, layers: dict[str, Template], **more: Any
) -> CloudFormationClient:
    """Request a change set of a published stack and let it be created; return a client."""
    client = cloud.client()
    client.create_change_set(
        StackName=STACK,
        ChangeSetName=name,
        ChangeSetType="CREATE" if kind == "CREATE" else "UPDATE",
        TemplateURL=cloud.publish(root(), {"Data": data(), "App": app(), **layers}),
        IncludeNestedStacks=True,
        **more,
    )
    cloud.run()
    return client


def create(cloud: Cloud, layers: dict[str, Template] | None = None, **more: Any) -> None:
    """Create the stack; parameters of ExecuteChangeSet may be passed."""
    request(cloud, "create", "CREATE", layers or {})
    cloud.client().execute_change_set(StackName=STACK, ChangeSetName="create", **more)
    cloud.run()


def update(cloud: Cloud, layers: dict[str, Template], name: str = "update", **more: Any) -> None:
    """Update the stack; parameters of ExecuteChangeSet may be passed."""
    request(cloud, name, "UPDATE", layers)
    cloud.client().execute_change_set(StackName=STACK, ChangeSetName=name, **more)
    cloud.run()


def statuses(cloud: Cloud) -> dict[str, str]:
    """Return the status of every stack, by its path; "" is the root."""
    return {stack.path: stack.status for stack in cloud.stack(STACK).tree()}


def reasons(cloud: Cloud) -> dict[str, str]:
    """Return why resources failed, by logical id and status."""
    return {
        f"{event['LogicalResourceId']} {event['ResourceStatus']}": event["ResourceStatusReason"]
        for stack in cloud.stacks
        for event in stack.events
        if event["ResourceStatus"].endswith("_FAILED")
    }
