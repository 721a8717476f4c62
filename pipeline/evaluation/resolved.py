"""Resolved: the resources of a stack and its nested stacks, resolved under parameters before deployment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.evaluation.stack import Raw, Stack
from pipeline.evaluation.values import StackPath as Nesting
from pipeline.evaluation.values import Target, Value, at, listed, mapping, plain, references


@dataclass(frozen=True)
class Resource:
    """A resource with its properties resolved, as far as that can be before deployment."""

    target: Target
    properties: Value

    @property
    def place(self) -> str:
        """Where it is declared: `Compute.ProcessorFunction`."""
        nesting, title = self.target
        return ".".join((*nesting, title))

    @property
    def title(self) -> str:
        """Its logical id."""
        return self.target[1]

    def text(self, path: str) -> str | None:
        """The string at `path`, slash-separated, if it is known."""
        return plain(at(self.properties, path))

    def number(self, path: str) -> float | None:
        """The number at `path`, if it is known."""
        found = self.text(path)
        try:
            return None if found is None else float(found)
        except ValueError:
            return None

    def size(self, path: str) -> int:
        """How many items the list at `path` has; none where there is no list."""
        found = at(self.properties, path)
        return len(found) if isinstance(found, list) else 0

    def refers_to(self, path: str) -> list[Target]:
        """The resources that the value at `path` refers to."""
        return [each.target for each in references(at(self.properties, path))]

    def holds(self, path: str) -> dict[str, Value]:
        """The mapping at `path`; empty where there is none."""
        return mapping(at(self.properties, path))


class Deployed:
    """The resources that a stack of the template `root` would have under `parameters`, nested ones too.

    `documents` are the templates that it nests, by the logical id of their stack in lower case; `pseudo` has
    the pseudo parameters that are known, by name.
    """

    def __init__(
        self,
        root: Raw,
        documents: Mapping[str, Raw],
        parameters: Mapping[str, str],
        pseudo: Mapping[str, str] | None = None,
    ) -> None:
        def load(path: Nesting, url: str | None) -> Raw | None:
            del url
            return documents.get(path[-1].lower())

        self.parameters = parameters
        self.root = Stack(root, dict(parameters), load, told=pseudo)
        self.found: dict[Target, tuple[str, Resource]] = {}
        for stack in self.root.tree():
            for title in stack.resources:
                resolved = stack.resource(title)
                resource = Resource((stack.path, title), resolved.get("Properties", {}))
                self.found[resource.target] = (str(resolved["Type"]), resource)

    def all(self, kind: str) -> list[Resource]:
        """Every resource of the type `kind`."""
        return [resource for found, resource in self.found.values() if found == kind]

    def only(self, kind: str) -> Resource | None:
        """The first resource of the type `kind`, or None."""
        return next(iter(self.all(kind)), None)

    def at(self, target: Target) -> Resource | None:
        """The resource at `target`."""
        return self.found[target][1] if target in self.found else None

    def behind(self, resource: Resource, path: str) -> Resource | None:
        """The function that `path` of `resource` leads to, through an alias if one stands between."""
        for target in resource.refers_to(path):
            kind, found = self.found.get(target, ("", None))
            if found and kind == "AWS::Lambda::Alias":
                return self.behind(found, "FunctionName")
            if found and kind == "AWS::Lambda::Function":
                return found
        return None

    def broken_rules(self) -> Iterator[str]:
        """What CloudFormation would say of the root's Rules, which it checks before anything else."""
        for rule in self.root.section("Rules").values():
            for assertion in listed(mapping(rule).get("Assertions", [])):
                told = mapping(assertion)
                if self.root.holds(told.get("Assert")) is False:
                    yield str(told.get("AssertDescription", "an assertion does not hold"))
