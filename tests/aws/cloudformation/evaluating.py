"""Templates evaluated for a stack: properties, dependencies, parameters of nested stacks, outputs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from pipeline.evaluation.stack import STACK_TYPE
from pipeline.evaluation.stack import Stack as Evaluation
from pipeline.evaluation.values import (
    NoValue,
    Reference,
    Value,
    mapping,
    plain,
    references,
    spelt,
    spelt_out,
)
from tests.aws.cloudformation.state import ACCOUNT, PARTITION, REGION, Definition, Resource, Stack, Template

PLACEHOLDER = "{{IntrinsicFunction:"
Output = Callable[[str, str], Value]
"""Returns an output of a nested stack, by the stack's logical id and the output's name."""


class TemplateError(Exception):
    """What CloudFormation has to say against a template or its parameters."""


class StackEvaluation(Evaluation):
    """A stack's template under its parameters; references to the stack's own resources stay symbolic."""

    def __init__(self, stack: Stack, definition: Definition, output: Output | None = None) -> None:
        pseudo = {
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": PARTITION,
            "AWS::Region": REGION,
            "AWS::StackId": stack.id,
            "AWS::StackName": stack.name,
            "AWS::URLSuffix": "amazonaws.com",
        }
        super().__init__(
            definition.template, dict(definition.parameters), lambda _path, _url: None, told=pseudo
        )
        self.output_of_nested = output

    def attribute(self, resource: str, attribute: str) -> Value | NoValue:
        """Return what Fn::GetAtt does."""
        if self.output_of_nested is not None and attribute.startswith("Outputs."):
            return self.output_of_nested(resource, attribute.removeprefix("Outputs."))
        return super().attribute(resource, attribute)


def while_planned(stack: Stack) -> Output:
    """Return placeholders for outputs: what a change set has for them, also where the sibling exists."""

    def output(sibling: str, name: str) -> Value:
        return f"{PLACEHOLDER}{stack.name}/{sibling}.Outputs.{name}/Fn::GetAtt}}}}"

    return output


def while_executed(stack: Stack) -> Output:
    """Return the outputs that nested stacks have by now."""

    def output(sibling: str, name: str) -> Value:
        nested = stack.resources[sibling].nested if sibling in stack.resources else None
        if nested is None or name not in nested.outputs:
            raise TemplateError(f"Output '{name}' not found in stack '{nested.id if nested else sibling}'")
        return nested.outputs[name]

    return output


def dependencies(stack: Stack, definition: Definition) -> dict[str, set[str]]:
    """Return the resources that each resource refers to or depends on, by logical id."""
    evaluation = StackEvaluation(stack, definition)
    found = {}
    for title, raw in evaluation.resources.items():
        named = {
            reference.resource for reference in references(evaluation.resource(title).get("Properties", {}))
        }
        explicit = raw.get("DependsOn", [])
        named |= (
            {explicit}
            if isinstance(explicit, str)
            else set(map(str, explicit if isinstance(explicit, list) else []))
        )
        found[title] = (named & set(evaluation.resources)) - {title}
    return found


def resources(stack: Stack, definition: Definition, output: Output | None) -> dict[str, Resource]:
    """Return the resources that a definition asks for, with their properties, by logical id."""
    evaluation = StackEvaluation(stack, definition, output)
    return {title: wanted(evaluation, title) for title in evaluation.resources}


def wanted(evaluation: StackEvaluation, title: str) -> Resource:
    """Return a resource as a definition asks for it."""
    evaluated = evaluation.resource(title)
    properties = mapping(evaluated.get("Properties", {}))
    kind = str(evaluated["Type"])
    deletion, replacement = (
        plain(evaluated.get(policy, "")) or default_policy(kind)
        for policy in ("DeletionPolicy", "UpdateReplacePolicy")
    )
    url = spelt(properties.get("TemplateURL", "")) if kind == STACK_TYPE else ""
    return Resource(title, kind, properties, deletion, replacement, template_url=url)


def default_policy(kind: str) -> str:
    """Return the DeletionPolicy of a resource that has none."""
    return "Snapshot" if kind in ("AWS::RDS::DBCluster", "AWS::RDS::DBInstance") else "Delete"


def nested_parameters(stack: Stack, resource: Resource) -> dict[str, str]:
    """Return the parameters that a nested stack is passed, as text."""
    passed = mapping(resource.properties.get("Parameters", {}))
    return {name: text(stack, value) for name, value in passed.items()}


def text(stack: Stack, value: Value) -> str:
    """Return a value as text, with what the stack's resources return in it."""
    names = {reference: returned(stack, reference) for reference in references(value)}
    resolved = spelt_out(value, names)
    if isinstance(resolved, list):
        return ",".join(spelt(item) for item in resolved)
    return spelt(resolved)


def returned(stack: Stack, reference: Reference) -> str:
    """Return what Ref or Fn::GetAtt returns of a resource that may not exist yet."""
    resource = stack.resources.get(reference.resource)
    if resource is None or not resource.exists:
        return "{{changeSet:KNOWN_AFTER_APPLY}}"
    if not reference.attribute:
        return resource.physical_id
    if reference.attribute == "Arn" and not resource.physical_id.startswith("arn:"):
        service = resource.type.split("::")[1].lower()
        return f"arn:{PARTITION}:{service}:{REGION}:{ACCOUNT}:{resource.physical_id}"
    if reference.attribute == "Arn":
        return resource.physical_id
    return f"{resource.physical_id}.{reference.attribute}"


def outputs(stack: Stack, definition: Definition) -> dict[str, str]:
    """Return the outputs of a stack whose resources exist."""
    evaluation = StackEvaluation(stack, definition, while_executed(stack))
    found = {}
    for name, raw in evaluation.outputs.items():
        value = evaluation.resolve(raw.get("Value"))
        if not isinstance(value, NoValue):
            found[name] = text(stack, value)
    return found


def parameter_faults(definition: Definition) -> Iterator[str]:
    """Yield what CloudFormation says against the parameters of a definition."""
    declared = definition.template.get("Parameters", {})
    unknown = [name for name in definition.parameters if name not in declared]
    if unknown:
        yield f"Parameters: [{', '.join(unknown)}] do not exist in the template"
    missing = [
        name
        for name, parameter in declared.items()
        if name not in definition.parameters and "Default" not in parameter
    ]
    if missing:
        yield f"Parameters: [{', '.join(missing)}] must have values"
    for name, value in definition.parameters.items():
        if name in declared:
            yield from value_faults(name, declared[name], value)


def value_faults(name: str, declared: Template, value: str) -> Iterator[str]:
    """Yield what is wrong with the value of one parameter.

    A placeholder is a value like any other, except for the types that EC2 would have to be asked about.
    """
    kind = str(declared.get("Type", "String"))
    unresolved = value.startswith(PLACEHOLDER)
    if kind.startswith("AWS::SSM::Parameter::Value") and unresolved:
        yield f"Unable to fetch parameters [{value}] from parameter store for this account."
    if kind in ("Number", "List<Number>"):
        for item in value.split(",") if kind != "Number" else [value]:
            if not re.fullmatch(r"-?\d+(\.\d+)?", item.strip()):
                yield f"Parameter '{name}' must be a number"
            elif not declared_range(declared, float(item)):
                yield f"Parameter '{name}' must be a number in the declared range"
    allowed = declared.get("AllowedValues")
    items = value.split(",") if kind == "CommaDelimitedList" or kind.startswith("List<") else [value]
    if allowed is not None and any(item not in map(str, allowed) for item in items):
        yield f"Parameter '{name}' must be one of AllowedValues"
    pattern = declared.get("AllowedPattern")
    if pattern is not None and any(not re.fullmatch(pattern, item) for item in items):
        yield f"Parameter '{name}' failed to satisfy constraint: Each value must match pattern {pattern}"
    if len(value) < int(declared.get("MinLength", 0)):
        yield f"Parameter '{name}' must contain at least {declared['MinLength']} characters"
    if "MaxLength" in declared and len(value) > int(declared["MaxLength"]):
        yield f"Parameter '{name}' must contain at most {declared['MaxLength']} characters"


def declared_range(declared: Template, value: float) -> bool:
    """Return whether a number is within MinValue and MaxValue."""
    return float(declared.get("MinValue", value)) <= value <= float(declared.get("MaxValue", value))


def selection_faults(stack: Stack, definition: Definition) -> Iterator[str]:
    """Yield a fault for every Fn::Select that asks a placeholder for more than its first item."""
    evaluation = StackEvaluation(stack, definition, while_planned(stack))
    waiting: list[object] = [definition.template.get("Resources"), definition.template.get("Outputs")]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            waiting += node.values()
            selection = node.get("Fn::Select")
            if isinstance(selection, list) and len(selection) == 2:
                items = evaluation.resolve(selection[1])
                index = int(plain(evaluation.resolve(selection[0])) or 0)
                unresolved = isinstance(items, list) and any(
                    spelt(item).startswith(PLACEHOLDER) for item in items
                )
                if isinstance(items, list) and unresolved and index >= len(items):
                    yield f"Template error: Fn::Select cannot select nonexistent value at index {index}"
        elif isinstance(node, list):
            waiting += node
