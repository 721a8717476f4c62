"""Stacks: make, change and remove one without a change set, and tell what happens in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from pipeline.change.stack_events import StackError, Tell, Watch

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.literals import CapabilityType
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef, TagTypeDef

# The stack makes roles.
CAPABILITIES: tuple[CapabilityType, ...] = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM")


@dataclass(frozen=True)
class Wanted:
    """What a stack is to be: the URL of its template, and its environment's parameters and tags."""

    template_url: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str]

    def parameter_list(self) -> list[ParameterTypeDef]:
        """The parameters as CloudFormation takes them."""
        return [{"ParameterKey": name, "ParameterValue": value} for name, value in self.parameters.items()]

    def tag_list(self) -> list[TagTypeDef]:
        """The tags as CloudFormation takes them."""
        return [{"Key": name, "Value": value} for name, value in self.tags.items()]


def create(client: CloudFormationClient, name: str, wanted: Wanted, tell: Tell) -> dict[str, str]:
    """Make the stack `name`, telling every event; return its outputs.

    Raises StackError where it cannot be made; CloudFormation has then undone what it could.
    """
    with refusals(name):
        made = client.create_stack(
            StackName=name,
            TemplateURL=wanted.template_url,
            Parameters=wanted.parameter_list(),
            Tags=wanted.tag_list(),
            Capabilities=CAPABILITIES,
        )
    Watch(client, name).follow(made["StackId"], tell)
    return outputs(client, name)


def update(client: CloudFormationClient, name: str, wanted: Wanted, tell: Tell) -> dict[str, str]:
    """Make the stack `name` what is `wanted`, telling every event; return its outputs.

    Raises StackError where that fails; CloudFormation has then gone back to what was.
    """
    watch = Watch(client, name)
    with refusals(name):
        stack_id = client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
        watch.hear_out(stack_id)
        client.update_stack(
            StackName=name,
            TemplateURL=wanted.template_url,
            Parameters=wanted.parameter_list(),
            Tags=wanted.tag_list(),
            Capabilities=CAPABILITIES,
        )
    watch.follow(stack_id, tell)
    return outputs(client, name)


def delete(client: CloudFormationClient, name: str, tell: Tell) -> None:
    """Remove the stack `name` but for what its templates retain, telling every event.

    Raises StackError where something cannot be removed.
    """
    watch = Watch(client, name)
    with refusals(name):
        stack_id = client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
        watch.hear_out(stack_id)
        client.delete_stack(StackName=name)
    watch.follow(stack_id, tell)


def outputs(client: CloudFormationClient, name: str) -> dict[str, str]:
    """The outputs of the stack `name`."""
    stack = client.describe_stacks(StackName=name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


@contextmanager
def refusals(name: str) -> Iterator[None]:
    """Turn what CloudFormation refuses at once into a StackError."""
    try:
        yield
    except ClientError as refused:
        raise StackError(f"{name}: {refused.response['Error']['Message']}") from refused
