"""A loader of CloudFormation's YAML, in which tags are short for functions."""

from __future__ import annotations

from typing import Any

import yaml

WITHOUT_PREFIX = ("Ref", "Condition")


class Loader(yaml.SafeLoader):
    """YAML as CloudFormation reads it: its tags known, and dates left as they are written."""


def function(loader: Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    """A tag such as !GetAtt as the function that it is short for."""
    name = tag if tag in WITHOUT_PREFIX else f"Fn::{tag}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}  # type: ignore[arg-type] # the third kind of node


Loader.add_multi_constructor("!", function)
Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
