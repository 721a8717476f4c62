"""A loader of CloudFormation's YAML, in which tags are short for functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

WITHOUT_PREFIX = ("Ref", "Condition")
MERGE = "tag:yaml.org,2002:merge"


class Loader(yaml.SafeLoader):
    """YAML as CloudFormation reads it: its tags known, and dates left as they are written.

    Of a key that stands twice, the last one counts, as with CloudFormation; `repeats` says that there is one.
    """

    repeats = False

    def construct_mapping(self, node: yaml.Node, deep: bool = False) -> dict[Any, Any]:
        """Return the mapping of a node, and notice keys that stand twice in it."""
        self.repeats = self.repeats or any(True for _ in repeated_in(node))
        return super().construct_mapping(node, deep)  # type: ignore[arg-type] # a node without keys is PyYAML's to reject


def repeated_in(node: yaml.Node) -> Iterator[tuple[str, list[int]]]:
    """Yield each key that stands more than once in a mapping, with its lines."""
    if isinstance(node, yaml.MappingNode):
        lines: dict[str, list[int]] = {}
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != MERGE:
                lines.setdefault(key.value, []).append(key.start_mark.line + 1)
        yield from ((name, found) for name, found in lines.items() if len(found) > 1)


def repeated(source: str) -> tuple[str, ...]:
    """Return a sentence for each key that stands more than once in one mapping of a document.

    CloudFormation accepts them and takes the last: github.com/aws-cloudformation/cfn-language-discussion, 96.
    """
    try:
        root = yaml.compose(source, Loader)
    except yaml.YAMLError:  # JSON with tabs is none
        return ("some key stands twice in one mapping; the last one counts",)
    return tuple(sentences(root, ()))


def sentences(node: yaml.Node | None, place: tuple[str, ...]) -> Iterator[str]:
    """Yield what is to be said of keys that stand twice, within a node at a place."""
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from sentences(item, (*place, str(index)))
    if not isinstance(node, yaml.MappingNode):
        return
    for name, lines in repeated_in(node):
        at = " and ".join(map(str, lines))
        yield f"{'/'.join((*place, name))} stands {len(lines)} times, at lines {at}; the last one counts"
    for key, member in node.value:
        name = key.value if isinstance(key, yaml.ScalarNode) else ""
        yield from sentences(member, (*place, name))


def function(loader: Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    """A tag such as !GetAtt as the function that it is short for."""
    name = tag if tag in WITHOUT_PREFIX else f"Fn::{tag}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}


Loader.add_multi_constructor("!", function)
Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
