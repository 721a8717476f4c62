"""Updates and deletions of stacks, without a change set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.change.stack_events import Tell, Watch
from sandbox import stacks
from sandbox.stacks import Wanted

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient


def update(client: CloudFormationClient, name: str, wanted: Wanted, tell: Tell) -> dict[str, str]:
    """Update the stack `name`, calling `tell` with every event; return its outputs.

    Raises StackError where the update fails; CloudFormation has then rolled it back.
    """
    watch = Watch(client, name)
    with stacks.refusals(name):
        stack_id = client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
        watch.hear_out(stack_id)
        client.update_stack(
            StackName=name,
            TemplateURL=wanted.template_url,
            Parameters=wanted.parameter_list(),
            Tags=wanted.tag_list(),
            Capabilities=stacks.CAPABILITIES,
        )
    watch.follow(stack_id, tell)
    return stacks.outputs(client, name)


def delete(client: CloudFormationClient, name: str, tell: Tell) -> None:
    """Delete the stack `name` but for what its templates retain, calling `tell` with every event.

    Raises StackError where a resource cannot be deleted.
    """
    watch = Watch(client, name)
    with stacks.refusals(name):
        stack_id = client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
        watch.hear_out(stack_id)
        client.delete_stack(StackName=name)
    watch.follow(stack_id, tell)
