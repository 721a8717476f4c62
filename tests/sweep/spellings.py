"""Other spellings of a template, between which CloudFormation sees no difference."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from pipeline.evaluation.template_files import parsed

Template: TypeAlias = dict[str, Any]
Visit: TypeAlias = Callable[[Template], object]
PSEUDO = (
    "AWS::AccountId",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
)
SHORT = (
    *(
        "And",
        "Base64",
        "Cidr",
        "Equals",
        "FindInMap",
        "GetAZs",
        "GetAtt",
        "If",
        "ImportValue",
        "Join",
        "Length",
    ),
    *("Not", "Or", "Select", "Split", "Sub", "ToJsonString"),
)


def rewritten(node: Any, visit: Visit) -> Any:  # whatever a template holds
    """Return a node with each mapping in it replaced by what `visit` makes of it, from the inside out."""
    if isinstance(node, dict):
        return visit({name: rewritten(member, visit) for name, member in node.items()})
    if isinstance(node, list):
        return [rewritten(item, visit) for item in node]
    return node


def as_json(template: Template) -> Template:
    """The template written as JSON and read again."""
    return read(json.dumps(template, default=str))


def as_yaml(template: Template) -> Template:
    """The template written as YAML, with long functions, and read again."""
    return read(f"# YAML\n{yaml.safe_dump(as_json(template), sort_keys=False)}")


def short_functions(template: Template) -> Template:
    """The template written as YAML, with short functions, and read again."""
    tagged = rewritten(as_json(template), shortened)
    return read(f"# YAML\n{yaml.dump(tagged, Dumper=Dumper, sort_keys=False)}")


def read(text: str) -> Template:
    """Return the template that a text holds."""
    found: Template = parsed(Path("template"), text)
    return found


class Dumper(yaml.SafeDumper):
    """A writer of YAML that knows short functions, and no aliases."""

    def ignore_aliases(self, data: object) -> bool:
        """Write each value where it stands."""
        del data
        return True


class Short:
    """A function's call that is written as a tag."""

    def __init__(self, tag: str, argument: Any) -> None:  # whatever an argument holds
        self.tag = tag
        self.argument = argument


def represented(dumper: Dumper, call: Short) -> yaml.Node:
    """Return the node of a call: its argument's, under the function's tag."""
    if isinstance(call.argument, str):
        return dumper.represent_scalar(call.tag, call.argument)
    if isinstance(call.argument, list):
        return dumper.represent_sequence(call.tag, call.argument)
    return dumper.represent_mapping(call.tag, call.argument)


Dumper.add_representer(Short, represented)


def shortened(node: Template) -> object:
    """Return a call as one with a tag, where it can be written so."""
    if len(node) != 1:
        return node
    ((name, argument),) = node.items()
    function = "Ref" if name == "Ref" else name.removeprefix("Fn::")
    is_short = name == "Ref" or (name.startswith("Fn::") and function in SHORT)
    return Short(f"!{function}", argument) if is_short and isinstance(argument, str | list | dict) else node


def other_attributes(template: Template) -> Template:
    """The template with each Fn::GetAtt in its other form: a list, or a string with dots."""
    return made(rewritten(template, other_attribute))


def other_attribute(node: Template) -> Template:
    """Return a Fn::GetAtt in its other form; any other mapping as it is."""
    argument = node.get("Fn::GetAtt")
    if len(node) != 1 or not argument:
        return node
    if isinstance(argument, str) and "." in argument:
        return {"Fn::GetAtt": argument.split(".", 1)}
    if isinstance(argument, list) and all(isinstance(part, str) for part in argument):
        return {"Fn::GetAtt": ".".join(argument)}
    return node


def references_as_text(template: Template) -> Template:
    """The template with each Ref of a string among the properties written as Fn::Sub."""
    declared = template.get("Parameters")
    strings = {
        name
        for name, parameter in (declared.items() if isinstance(declared, dict) else ())
        if isinstance(parameter, dict) and parameter.get("Type") in ("String", "Number")
    }
    names = {*template["Resources"], *PSEUDO, *strings}

    def visit(node: Template) -> Template:
        name = node.get("Ref")
        is_text = len(node) == 1 and isinstance(name, str) and name in names
        return {"Fn::Sub": f"${{{name}}}"} if is_text else node

    resources = {
        name: raw | {"Properties": rewritten(raw["Properties"], visit)}
        if isinstance(raw, dict) and "Properties" in raw
        else raw
        for name, raw in template["Resources"].items()
    }
    return template | {"Resources": resources}


def keys_shuffled(template: Template) -> Template:
    """The template with the keys of every mapping in another order."""
    return made(rewritten(template, shuffled))


def shuffled(node: Template) -> Template:
    """Return a mapping with its keys in another order, the same one each time."""
    names = list(node)
    random.Random(len(names)).shuffle(names)  # noqa: S311 # an order, not a secret
    return {name: node[name] for name in reversed(names)}


def rows_shuffled(template: Template) -> Template:
    """The template with the rows of its mappings in another order."""
    mappings = template.get("Mappings")
    return template | {"Mappings": rewritten(mappings, shuffled)} if isinstance(mappings, dict) else template


def made(found: Any) -> Template:  # what a rewritten template is
    """Return a rewritten template as one."""
    template: Template = found
    return template


SPELLINGS: dict[str, Callable[[Template], Template]] = {
    "itself": lambda template: template,
    "JSON": as_json,
    "YAML": as_yaml,
    "short functions": short_functions,
    "Fn::GetAtt": other_attributes,
    "Ref as Fn::Sub": references_as_text,
    "keys shuffled": keys_shuffled,
    "rows shuffled": rows_shuffled,
}


def first_branches(template: Template) -> Template:
    """An edit: every Fn::If becomes its first branch."""

    def visit(node: Template) -> object:
        argument = node.get("Fn::If")
        return argument[1] if len(node) == 1 and isinstance(argument, list) and len(argument) > 1 else node

    return template | {"Resources": rewritten(template["Resources"], visit)}


def opened(template: Template) -> Template:
    """An edit: every rule admits everybody, every statement allows everything, every policy is left out."""
    return template | {"Resources": rewritten(template["Resources"], without_limits)}


def without_limits(node: Template) -> Template:
    """Return a mapping with what limits and protects in it gone."""
    changes = {"CidrIp": "0.0.0.0/0", "Action": "*" if "Effect" in node else node.get("Action")}
    kept = {
        name: value for name, value in node.items() if name not in ("DeletionPolicy", "UpdateReplacePolicy")
    }
    return kept | {name: value for name, value in changes.items() if name in kept}


def conditions_dropped(template: Template) -> Template:
    """An edit: no resource has a condition."""
    resources = template["Resources"]
    return template | {
        "Resources": {
            name: {key: value for key, value in raw.items() if key != "Condition"}
            if isinstance(raw, dict)
            else raw
            for name, raw in resources.items()
        }
    }


EDITS: dict[str, Callable[[Template], Template]] = {
    "first branches": first_branches,
    "opened": opened,
    "conditions dropped": conditions_dropped,
}


def values(template: Template) -> dict[str, Any]:
    """Return a value for each parameter of a template that has no default."""
    declared = template.get("Parameters")
    return {
        name: a_value(parameter)
        for name, parameter in (declared.items() if isinstance(declared, dict) else ())
        if isinstance(parameter, dict) and "Default" not in parameter
    }


def a_value(parameter: Template) -> object:
    """Return a value that a parameter may have."""
    allowed: Iterable[object] = parameter.get("AllowedValues") or ()
    for value in allowed if isinstance(allowed, list) else ():
        return value
    return "7" if parameter.get("Type") == "Number" else "a-value"
