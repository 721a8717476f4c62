"""CloudFormation, as far as change sets go: what a test says that it answers, and what it was asked."""

# ruff: noqa: D102 -- the methods are CloudFormation's own

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from pipeline.change.record import Plan, StackState
from pipeline.change.releases import digest
from pipeline.release.configuration import Configuration

ARN = "arn:aws:cloudformation:us-east-1:111111111111"
ROOT_SET = f"{ARN}:changeSet/run-7/0000"
CHILD_SET = f"{ARN}:changeSet/run-7-Data/1111"
STACK = "payments-dev"
MADE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ROOT: dict[str, Any] = {"Resources": {"Data": {"Type": "AWS::CloudFormation::Stack"}}}
CHILD: dict[str, Any] = {"Resources": {"Table": {"Type": "AWS::DynamoDB::Table"}}}
NO_CHANGES = "The submitted information didn't contain changes."


GIVEN = Configuration("parameters/dev.json", {"EnvironmentSuffix": "dev"}, {}, {})


def error(operation: str, code: str, message: str) -> ClientError:
    """What boto3 raises."""
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {
                "HTTPStatusCode": 400,
                "RequestId": "",
                "HostId": "",
                "HTTPHeaders": {},
                "RetryAttempts": 0,
            },
        },
        operation,
    )


def change_set(identifier: str, stack: str, **more: Any) -> dict[str, Any]:
    """An answer of DescribeChangeSet for a set that is made."""
    return {
        "ChangeSetId": identifier,
        "ChangeSetName": "run-7",
        "StackName": stack,
        "Status": "CREATE_COMPLETE",
        "ExecutionStatus": "AVAILABLE",
        "Changes": [],
        **more,
    }


def nested(title: str, identifier: str) -> dict[str, Any]:
    """The change of a nested stack that has a change set of its own."""
    return {
        "ResourceChange": {
            "LogicalResourceId": title,
            "ResourceType": "AWS::CloudFormation::Stack",
            "Action": "Modify",
            "ChangeSetId": identifier,
        }
    }


class CloudFormation:
    """Answers what it was given."""

    def __init__(self, *sets: dict[str, Any], status: str = "UPDATE_COMPLETE") -> None:
        self.sets = {each["ChangeSetId"]: each for each in sets}
        self.status = status
        self.templates: dict[str, dict[str, Any]] = {ROOT_SET: ROOT, CHILD_SET: CHILD, STACK: ROOT}
        self.events: dict[str, list[dict[str, Any]]] = {}
        self.deleted: list[str] = []
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.updated = MADE

    def describe_stacks(self, **_asked: Any) -> dict[str, Any]:
        if not self.status:
            raise error("DescribeStacks", "ValidationError", f"Stack with id {STACK} does not exist")
        return {
            "Stacks": [
                {
                    "StackName": STACK,
                    "StackId": f"{ARN}:stack/{STACK}/2222",
                    "StackStatus": self.status,
                    "CreationTime": MADE,
                    "LastUpdatedTime": self.updated,
                }
            ]
        }

    def create_change_set(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(("create", asked))
        if not self.status:
            self.status = "REVIEW_IN_PROGRESS"
        return {"Id": ROOT_SET}

    def describe_change_set(self, **asked: Any) -> dict[str, Any]:
        found = self.sets.get(asked["ChangeSetName"])
        if found is None:
            raise error("DescribeChangeSet", "ChangeSetNotFound", "ChangeSet does not exist")
        pages = found.get("Pages")
        if not pages:
            return dict(found)
        number = int(asked.get("NextToken", "0"))
        page = {**found, "Changes": pages[number]}
        page.pop("Pages")
        return {**page, "NextToken": str(number + 1)} if number + 1 < len(pages) else page

    def describe_events(self, **asked: Any) -> dict[str, Any]:
        return {"OperationEvents": self.events.get(asked["ChangeSetName"], [])}

    def delete_change_set(self, **asked: Any) -> None:
        self.deleted.append(asked["ChangeSetName"])

    def get_template(self, **asked: Any) -> dict[str, Any]:
        return {"TemplateBody": self.templates[asked.get("ChangeSetName") or asked["StackName"]]}


class ExecutingCloudFormation(CloudFormation):
    """Executes the change set ROOT_SET on a stack whose root template is CHILD until then."""

    def __init__(self, *sets: dict[str, Any], ends: str = "UPDATE_COMPLETE") -> None:
        super().__init__(*sets)
        self.templates[STACK] = CHILD
        self.result = ROOT
        """The root template of the stack after the execution."""
        self.ends = ends
        self.stack_events: list[dict[str, Any]] = []

    def operations(self) -> list[str]:
        """The kinds of the changes that were asked for, in order."""
        return [operation for operation, _ in self.asked]

    def execute_change_set(self, **asked: Any) -> None:
        self.asked.append(("execute", asked))
        self.status = self.ends
        if self.ends == "UPDATE_COMPLETE":
            self.templates[STACK] = self.result
        else:
            self.stack_events.insert(0, self.event("Data", "UPDATE_FAILED"))
        self.stack_events.insert(0, self.event(STACK, self.ends))

    def event(self, title: str, status: str) -> dict[str, Any]:
        """An event of the stack."""
        return {
            "EventId": str(len(self.stack_events)),
            "StackName": STACK,
            "LogicalResourceId": title,
            "ResourceType": "AWS::CloudFormation::Stack",
            "ResourceStatus": status,
            "Timestamp": MADE,
        }

    def set_stack_policy(self, **asked: Any) -> None:
        self.asked.append(("policy", asked))

    def get_paginator(self, _operation: str) -> ExecutingCloudFormation:
        return self

    def paginate(self, **_asked: Any) -> list[dict[str, Any]]:
        return [{"StackEvents": list(self.stack_events)}]


def plan(**more: Any) -> Plan:
    """A plan that what is above suits."""
    given: dict[str, Any] = {
        "run": "7",
        "release": "dev",
        "stack": STACK,
        "change_set": ROOT_SET,
        "digest": digest(ROOT),
        "nested": {"Data": digest(CHILD)},
        "template_url": "https://bucket.s3.amazonaws.com/templates/root.json",
        "given": GIVEN,
        "execution_role": "",
        "state": StackState("UPDATE_COMPLETE", MADE.isoformat()),
        **more,
    }
    return Plan(**given)
