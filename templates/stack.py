"""Stack: how a layer becomes a template and feeds the next.

A field of a layer's `Inputs` is a Parameter within the layer; a field of its `Outputs` is an
Output of the layer, and a `Fn::GetAtt` of the nested stack as seen from the root.
"""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Concatenate, ParamSpec, TypeVar

from troposphere import GetAtt, Output, Parameter, Ref, Template, cloudformation

from templates.wires import Wire

Given = TypeVar("Given")
Offered = TypeVar("Offered")
Extras = ParamSpec("Extras")


class Deployed(Enum):
    """How a template is deployed, by which the constraints of its Parameters go."""

    BY_ITSELF = "by itself"
    NESTED = "nested"


class WiringError(Exception):
    """Layers that do not fit together; the message names the layer, the wire and what was expected."""


@dataclass
class Nest:
    """A root template, and the templates of the layers nested in it so far, by title."""

    template: Template
    layers: dict[str, Template] = field(default_factory=dict)

    def add(
        self,
        title: str,
        build: Callable[Concatenate[Template, Given, Extras], Offered],
        given: Given,
        *args: Extras.args,
        **kwargs: Extras.kwargs,
    ) -> Offered:
        """Nest the layer that `build` makes under `title`, fed with `given`; return what it offers.

        Raises WiringError where a value of `given`, or of what the layer offers, is not of the kind
        that its field declares.
        """
        check(f"{title}.Inputs", given)
        layer, offered = synthesize(build, type(given), *args, **kwargs)
        check(f"{title}.Outputs", offered)
        self.layers[title] = layer
        nested = self.template.add_resource(
            cloudformation.Stack(
                title,
                TemplateURL=local_url(title),
                Parameters={camel(name): value for name, value in vars(given).items()},
                # A layer goes with its root; what must outlive it says so itself.
                DeletionPolicy="Delete",
                UpdateReplacePolicy="Delete",
            )
        )
        seen = {
            name: kind(GetAtt(nested, f"Outputs.{camel(name)}"))
            for name, kind in kinds(type(offered)).items()
        }
        return type(offered)(**seen)


def synthesize(
    build: Callable[Concatenate[Template, Given, Extras], Offered],
    inputs: type[Given],
    *args: Extras.args,
    **kwargs: Extras.kwargs,
) -> tuple[Template, Offered]:
    """Return the nested template that `build` makes from a Parameter for each field of `inputs`.

    The Parameters have no constraints. The second value is what the layer offers, as seen from within it.
    """
    return rendered(build, inputs, Deployed.NESTED, *args, **kwargs)


def standalone(
    build: Callable[Concatenate[Template, Given, Extras], Offered],
    inputs: type[Given],
    *args: Extras.args,
    **kwargs: Extras.kwargs,
) -> tuple[Template, Offered]:
    """Return the same for a template that is deployed by itself: its Parameters have constraints."""
    return rendered(build, inputs, Deployed.BY_ITSELF, *args, **kwargs)


def rendered(
    build: Callable[Concatenate[Template, Given, Extras], Offered],
    inputs: type[Given],
    deployed: Deployed,
    *args: Extras.args,
    **kwargs: Extras.kwargs,
) -> tuple[Template, Offered]:
    """Return the template that `build` makes, and what it offers."""
    template = empty(first_line(inspect.getmodule(build)))
    offered = build(template, declare(template, inputs, deployed), *args, **kwargs)
    for name, value in vars(offered).items():
        template.add_output(Output(camel(name), Description=first_line(type(value)), Value=value))
    return template, offered


def empty(description: str) -> Template:
    """A template that holds nothing yet but what it is and the version that scanners look for."""
    template = Template(Description=description)
    template.set_version("2010-09-09")
    return template


def declare(template: Template, inputs: type[Given], deployed: Deployed = Deployed.BY_ITSELF) -> Given:
    """Add a Parameter for each field of `inputs`, and return the fields as references to them."""
    references = {}
    for name, kind in kinds(inputs).items():
        properties = kind.admits if deployed is Deployed.BY_ITSELF else kind.carries
        parameter = Parameter(camel(name), Description=first_line(kind), **properties)
        references[name] = kind(Ref(template.add_parameter(parameter)))
    return inputs(**references)


def check(place: str, wires: object) -> None:
    """Raise WiringError unless every field of `wires` holds the kind of wire that it declares."""
    for name, kind in kinds(type(wires)).items():
        found = getattr(wires, name)
        if not isinstance(found, kind):
            raise WiringError(f"{place}.{name}: found {type(found).__name__}, expected {kind.__name__}")


def kinds(wires: type[object]) -> dict[str, type[Wire]]:
    """The kind of wire that each field of the dataclass `wires` declares, in order."""
    hints = typing.get_type_hints(wires)
    return {each.name: hints[each.name] for each in dataclasses.fields(wires)}  # type: ignore[arg-type]


def first_line(documented: object) -> str:
    """What `documented` says it is, in one line, for the people who read the template."""
    return (inspect.getdoc(documented) or "").split("\n")[0]


def camel(name: str) -> str:
    """The CloudFormation name of a Python one: `vpc_id` is `VpcId`."""
    return "".join(part.capitalize() for part in name.split("_"))


def local_url(title: str) -> str:
    """Where the nested template lies beside its root, until packaging gives it a key in S3."""
    return f"{title.lower()}.template.json"
