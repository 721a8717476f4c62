"""Creates a stack without a change set, and follows its events."""

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

# The stack has roles.
CAPABILITIES: tuple[CapabilityType, ...] = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM")


@dataclass(frozen=True)
class Wanted:
    """A stack to create: the URL of its template, its parameters and its tags."""

    template_url: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str]

    def parameter_list(self) -> list[ParameterTypeDef]:
        """Return the parameters as CloudFormation takes them."""
        return [{"ParameterKey": name, "ParameterValue": value} for name, value in self.parameters.items()]

    def tag_list(self) -> list[TagTypeDef]:
        """Return the tags as CloudFormation takes them."""
        return [{"Key": name, "Value": value} for name, value in self.tags.items()]


def create(client: CloudFormationClient, name: str, wanted: Wanted, tell: Tell) -> dict[str, str]:
    """Create the stack `name`, calling `tell` with every event; return its outputs.

    Raises StackError where it cannot be created; CloudFormation has then rolled back what it could.
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


def outputs(client: CloudFormationClient, name: str) -> dict[str, str]:
    """Return the outputs of the stack `name`."""
    stack = client.describe_stacks(StackName=name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


@contextmanager
def refusals(name: str) -> Iterator[None]:
    """Raise StackError for a request that CloudFormation rejects at once."""
    try:
        yield
    except ClientError as refused:
        raise StackError(f"{name}: {refused.response['Error']['Message']}") from refused
