"""A template under its parameters, and the stacks nested in it, each evaluated on demand."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import cached_property
from typing import TypeAlias

from pipeline.evaluation import conditions, foreach, intrinsics
from pipeline.evaluation.transforms.expansion import Expansion, Transforms
from pipeline.evaluation.values import (
    ABSENT,
    SYMBOLS,
    Atom,
    NoValue,
    Reference,
    StackPath,
    Unknown,
    Value,
    canonical,
    mapping,
    plain,
    scalar,
    secret,
    spelt,
    unknown,
)

STACK_TYPE = "AWS::CloudFormation::Stack"
ATTRIBUTES = ("CreationPolicy", "UpdatePolicy", "DeletionPolicy", "UpdateReplacePolicy", "Metadata")
PSEUDO = (
    "AWS::AccountId",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
)
NOT_TEXT = (int, float, bool, *SYMBOLS)
SSM_TYPE = "AWS::SSM::Parameter::Value"
OWN_TO_EACH_STACK = ("AWS::StackId", "AWS::StackName")

Raw: TypeAlias = dict[str, object]
Assumptions: TypeAlias = Mapping[Hashable, "str | bool | Unknown"]
"""Values that a review assumes of atoms, by their keys."""
Load: TypeAlias = Callable[[StackPath, str | None], Raw | None]
"""Finds the template of a nested stack, given where it is nested and its TemplateURL, symbols spelt in it."""


class Stack:
    """A template with its parameters, and the expressions in it resolved on demand.

    `told` holds the pseudo parameters that are known, by name; the others stay symbols, except for those of
    which `assumed` has a value. Where `transforms` are given, they are applied first, here and in the stacks
    nested in this one.
    """

    def __init__(
        self,
        template: Raw,
        given: Mapping[str, Value],
        load: Load,
        path: StackPath = (),
        *,
        told: Mapping[str, str] | None = None,
        parent: Stack | None = None,
        assumed: Assumptions | None = None,
        transforms: Transforms | None = None,
    ) -> None:
        self.template = template
        self.given = given
        self.load = load
        self.path = path
        self.told = told or {}
        self.parent = parent
        self.assumed: Assumptions = assumed or {}
        self._other: Stack | None = None
        self._parameters: dict[str, Value] = {}
        self._conditions: dict[str, bool | Unknown] = {}
        self._nested: dict[str, Stack | None] = {}
        self._resolved: dict[str, dict[str, Value]] = {}
        self.transforms = transforms
        self.expansion = Expansion(template, template)
        if transforms is not None:
            self.expansion = transforms.applied(template, self._as_written, self.told)
            self.template = self.expansion.template

    def _as_written(self) -> Stack:
        """The same stack before its transforms."""
        return Stack(self.template, self.given, self.load, self.path, told=self.told)

    @cached_property
    def resources(self) -> dict[str, Raw]:
        """The resources that exist, as written, by logical id."""
        return {name: raw for name, raw in self.declared.items() if self.exists(raw)}

    @cached_property
    def declared(self) -> dict[str, Raw]:
        """All resources of the template as written, whatever their condition."""
        return {name: raw for name, raw in self.section("Resources").items() if isinstance(raw, dict)}

    @cached_property
    def loops(self) -> dict[str, object]:
        """The Fn::ForEach loops among the resources, as written."""
        found = self.template.get("Resources")
        entries = found.items() if isinstance(found, dict) else ()
        return {name: loop for name, loop in entries if name.startswith(foreach.PREFIX)}

    @cached_property
    def outputs(self) -> dict[str, Raw]:
        """The outputs that exist, as written, by name."""
        found = self.section("Outputs")
        return {name: raw for name, raw in found.items() if isinstance(raw, dict) and self.exists(raw)}

    @cached_property
    def conditions(self) -> Raw:
        """The conditions as written, by name."""
        return self.section("Conditions")

    @cached_property
    def mappings(self) -> Raw:
        """The mappings as written, by name."""
        found = self.template.get("Mappings")
        return found if isinstance(found, dict) else {}

    @cached_property
    def parameters(self) -> dict[str, Raw]:
        """The declarations of the parameters, by name."""
        found = self.template.get("Parameters")
        declared = found.items() if isinstance(found, dict) else ()
        return {name: raw for name, raw in declared if isinstance(raw, dict)}

    def section(self, name: str) -> Raw:
        """A section of the template, its loops unrolled."""
        found = self.template.get(name)
        return foreach.unrolled(found, self.resolve) if isinstance(found, dict) else {}

    def exists(self, raw: Mapping[str, object]) -> bool:
        """Return whether the condition of a resource or output holds, or may."""
        condition = raw.get("Condition")
        return not isinstance(condition, str) or self.condition(condition) is not False

    def resolve(self, node: object) -> Value | NoValue:
        """What an expression of this template comes to; ABSENT where it is AWS::NoValue."""
        if isinstance(node, str):
            return node
        if isinstance(node, dict):
            if len(node) == 1:
                ((name, argument),) = node.items()
                function = intrinsics.named(name)
                if function:
                    return function(self, argument)
            return self._members(node)
        if isinstance(node, list):
            return [item for item in map(self.resolve, node) if not isinstance(item, NoValue)]
        return node if isinstance(node, NOT_TEXT) or node is None else str(node)

    def _members(self, node: Raw) -> dict[str, Value]:
        found = {}
        for name, member in foreach.unrolled(node, self.resolve).items():
            value = self.resolve(member)
            if not isinstance(value, NoValue):
                found[str(name)] = value
        return found

    def resource(self, name: str) -> dict[str, Value]:
        """A resource with everything in it resolved: Type, Properties and the attributes that matter."""
        if name not in self._resolved:
            raw = self.resources[name]
            resolved: dict[str, Value] = {"Type": str(raw.get("Type", ""))}
            for part in ("Properties", *ATTRIBUTES):
                value = self.resolve(raw[part]) if part in raw else ABSENT
                if not isinstance(value, NoValue):
                    resolved[part] = value
            self._resolved[name] = resolved
        return self._resolved[name]

    def ref(self, name: str) -> Value | NoValue:
        """What Ref returns for a pseudo parameter, a parameter or a resource."""
        if name == "AWS::NoValue":
            return ABSENT
        if name in PSEUDO:
            mine = self.path if name in OWN_TO_EACH_STACK else ()
            return self.told.get(name) or self.open(name, ("pseudo parameter", name, mine))
        if name in self.parameters:
            return self.parameter(name)
        return Reference(self.path, name)

    def attribute(self, resource: str, attribute: str) -> Value | NoValue:
        """What Fn::GetAtt returns; an output of a nested stack is followed into it."""
        if attribute.startswith("Outputs."):
            child = self.child(resource)
            if child:
                return child.output(attribute.removeprefix("Outputs."))
        return Reference(self.path, resource, attribute)

    def assumption(self, key: Hashable) -> str | bool | Unknown | None:
        """Return what this review assumes of an atom, if anything."""
        return self.assumed.get(key)

    def open(self, label: str, key: Hashable, allowed: tuple[str, ...] = ()) -> str | Unknown:
        """Return the symbol of a value that is not known, or what this review assumes of it."""
        assumption = self.assumed.get(key)
        if isinstance(assumption, str | Unknown):
            return assumption
        return Unknown(label, key, atom=Atom(key, label, allowed))

    def parameter(self, name: str) -> Value:
        """The value of a parameter: given, or its default, or a symbol."""
        if name not in self._parameters:
            self._parameters[name] = self._parameter(name)
        return self._parameters[name]

    def _parameter(self, name: str) -> Value:
        declared = self.parameters.get(name, {})
        value = self.given[name] if name in self.given else self.resolve(declared.get("Default", ABSENT))
        kind = str(declared.get("Type", "String"))
        if isinstance(value, NoValue) or (isinstance(value, Unknown) and value.atom):
            return self._open_parameter(name, kind, value)
        if kind.startswith(SSM_TYPE):
            name_of_value = plain(value)
            read = name_of_value if name_of_value is not None else spelt(value)
            return self.open(f"ssm:{read}", ("ssm", canonical(value)))
        if str(declared.get("NoEcho", "")).lower() == "true" and plain(value):
            return secret(name, str(plain(value)))
        if kind == "CommaDelimitedList" or kind.startswith("List<"):
            return value if isinstance(value, list) else intrinsics.split(",", value)
        if isinstance(value, list):
            return intrinsics.joined(",", value)
        return value

    def _open_parameter(self, name: str, kind: str, value: Unknown | NoValue) -> str | Unknown:
        """The symbol of a parameter that was not given, or was given one; or what is assumed of it."""
        if isinstance(value, Unknown):
            assumption = self.assumed.get(value.key)
            return assumption if isinstance(assumption, str | Unknown) else value
        allowed = self.parameters.get(name, {}).get("AllowedValues")
        return self.open(
            f"parameter {name} (not given)",
            ("parameter", self.path, name, kind),
            tuple(map(scalar, allowed)) if isinstance(allowed, list) else (),
        )

    def condition(self, name: str) -> bool | Unknown:
        """Whether a condition holds, as far as anybody can tell before deployment."""
        if name not in self._conditions:
            cyclic = Unknown(f"condition {name}", ("condition", self.path, name))
            self._conditions[name] = cyclic  # where a condition hangs on itself
            if name in self.conditions:
                self._conditions[name] = self.holds(self.conditions[name])
        return self._conditions[name]

    def assuming(self, assumed: Assumptions) -> Stack:
        """Return the same root under assumptions about what nobody knows."""
        assuming = Stack(self.template, self.given, self.load, self.path, told=self.told, assumed=assumed)
        assuming.transforms = self.transforms  # applied to this template already, and not to nested ones
        return assuming

    def holds(self, node: object) -> bool | Unknown:
        """Whether an expression of the Conditions section holds."""
        decided = conditions.holds(self, node)
        return decided if isinstance(decided, bool | Unknown) else unknown("condition", decided)

    def mapped(self, name: str) -> Raw:
        """A mapping as written."""
        found = self.mappings.get(name)
        return found if isinstance(found, dict) else {}

    def keys_that_stay(self, name: str) -> list[str]:
        """The keys of a mapping that it has on the other side as well, if it has any there.

        A stack that is updated looked up a key that was there, and finds one that still is.
        """
        mine, theirs = self.mapped(name), self.other.mapped(name) if self.other else {}
        return [key for key in mine if key in theirs] or list(mine)

    @property
    def other(self) -> Stack | None:
        """The same stack on the other side of the comparison, where there is one."""
        if self._other is None and self.parent is not None and self.parent.other is not None:
            self._other = self.parent.other.child(self.path[-1])
        return self._other

    def faces(self, other: Stack) -> None:
        """Compare this root with another from now on."""
        self._other, other._other = other, self

    def output(self, name: str) -> Value | NoValue:
        """The value of an output, as the parent's GetAtt sees it."""
        if name not in self.outputs:
            return Unknown(f"{'/'.join(self.path)}.Outputs.{name}", ("missing", self.path, name))
        return self.resolve(self.outputs[name].get("Value"))

    def child(self, name: str) -> Stack | None:
        """The stack nested under a logical id, fed with its parameters; None without its template."""
        if name not in self._nested:
            self._nested[name] = None  # what a stack that is fed by itself would find
            self._nested[name] = self._child(name)
        return self._nested[name]

    def _child(self, name: str) -> Stack | None:
        raw = self.resources.get(name, {})
        if raw.get("Type") != STACK_TYPE:
            return None
        properties = raw.get("Properties")
        written = properties if isinstance(properties, dict) else {}
        path = (*self.path, name)
        url = self.resolve(written.get("TemplateURL", ABSENT))
        template = self.load(path, None if isinstance(url, NoValue) else spelt(url))
        if template is None:
            return None
        given = mapping(self.resolve(written.get("Parameters", {})))
        return Stack(
            template,
            given,
            self.load,
            path,
            told=self.told,
            parent=self,
            assumed=self.assumed,
            transforms=self.transforms,
        )

    def children(self) -> Iterator[tuple[str, Stack]]:
        """The nested stacks whose templates are at hand."""
        for name in self.resources:
            child = self.child(name)
            if child:
                yield name, child

    def tree(self) -> Iterator[Stack]:
        """This stack and all that are nested in it, outermost first."""
        yield self
        for _, child in self.children():
            yield from child.tree()

    def seen_from_here(self, path: StackPath) -> Stack | None:
        """Any stack of the same side, by where it is nested."""
        stack: Stack | None = self
        while stack is not None and stack.parent is not None:
            stack = stack.parent
        for name in path:
            stack = stack.child(name) if stack else None
        return stack
