"""Stacks: faults of CloudFormation, most of them with nested stacks."""
# ruff: noqa: SLF001 -- the faults lie within the emulator, and so must what steps round them

from __future__ import annotations

import re
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import helpers, provisioners, stacks

from pipeline.evaluation.stack import STACK_TYPE
from sandbox.adapters.resources import HANDLERS, Created, Properties

# The name of a nested stack is its parent's, its title there, and these characters.
NESTED_SUFFIX = len("-0123456789ab")
BUCKET_IN_HOST = re.compile(r"^https?://([^/]+)\.s3[.-][^/]*/")


def read_buckets_from_hosts() -> None:
    """A TemplateURL whose host names the bucket is taken for one whose path begins with it."""
    resolve = helpers._resolve_document

    def resolve_either(parameters: Properties, body: str, url: str, label: str) -> Any:
        by_path = BUCKET_IN_HOST.sub(r"https://s3/\1/", helpers._p(parameters, url))
        return resolve({**parameters, url: [by_path]}, body, url, label)

    helpers._resolve_document = resolve_either


def announce_children() -> None:
    """The events of a stack do not name a nested stack before that is complete, nor ever if it fails."""
    add = stacks._add_event

    def add_and_announce(stack_id: str, name: str, title: str, *rest: str, **named: str) -> None:
        add(stack_id, name, title, *rest, **named)
        own = cloudformation._stacks.get(name, {})
        parent = cloudformation._stacks.get(own.get("_parent_stack_name"))
        if parent and title == name and own["StackStatus"] == "CREATE_IN_PROGRESS":
            nested_title = name.removeprefix(f"{parent['StackName']}-")[:-NESTED_SUFFIX]
            event = (parent["StackId"], parent["StackName"], nested_title, STACK_TYPE, own["StackStatus"])
            add(*event, "Resource creation Initiated", physical_id=stack_id)

    stacks._add_event = add_and_announce


def keep_attributes() -> None:
    """A resource of a nested stack loses its attributes in an update that leaves it as it was."""
    update = provisioners._update_resource

    def update_and_keep(*given: Any) -> Created:
        *_, stack, title = given
        attributes = cloudformation._stacks[stack]["_resources"][title]["Attributes"]
        made: Created = update(*given, attributes)
        return made

    provisioners._update_resource = update_and_keep


def keep_what_children_retain() -> None:
    """Deleting a nested stack deletes what its template retains, and takes no snapshot."""
    delete = HANDLERS[STACK_TYPE]["delete"]

    def delete_the_rest(physical_id: str, properties: Properties) -> None:
        child = cloudformation._stacks.get(provisioners._nested_stack_lookup_name(physical_id))
        if child is not None:
            keep_retained(child)
        delete(physical_id, properties)

    HANDLERS[STACK_TYPE]["delete"] = delete_the_rest


def keep_retained(child: Properties) -> None:
    """Let go of what the template of the nested stack `child` retains; take the snapshots that it wants."""
    resources = child["_resources"]
    for title, resource in list(resources.items()):
        kind, physical_id = resource["ResourceType"], resource["PhysicalResourceId"]
        policy = deletion_policy(child, title)
        if policy == "Snapshot":
            provisioners._snapshot_resource(kind, physical_id, resource["Properties"])
        if policy in provisioners._RETAINING_POLICIES:
            del resources[title]
            event = (child["StackId"], child["StackName"], title, kind, "DELETE_SKIPPED")
            stacks._add_event(*event, physical_id=physical_id)


def deletion_policy(child: Properties, title: str) -> str:
    """What the template of the nested stack `child` says of deleting `title`."""
    template = child["_template"]
    policy: str = stacks._resource_policy(
        template["Resources"].get(title),
        "DeletionPolicy",
        child["_resources"],
        child["_resolved_params"],
        child["_conditions"],
        template.get("Mappings", {}),
        child["StackName"],
        child["StackId"],
    )
    return policy


def clear_failed_children() -> None:
    """A nested stack that could not be created leaves behind what it had made by then."""
    create = HANDLERS[STACK_TYPE]["create"]

    def create_or_clear(title: str, properties: Properties, parent: str) -> Created:
        before = set(cloudformation._stacks)
        try:
            made: Created = create(title, properties, parent)
        except Exception:
            for name in set(cloudformation._stacks) - before:
                if cloudformation._stacks[name].get("_parent_stack_name") == parent:
                    HANDLERS[STACK_TYPE]["delete"](name, properties)
            raise
        return made

    HANDLERS[STACK_TYPE]["create"] = create_or_clear
