"""Graph: the layers and what they hand each other, as Mermaid, read off the generated templates."""

from __future__ import annotations

import json
import textwrap
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from pipeline.release.synthesize import ROOT
from pipeline.release.wiring import SETTINGS, edges, nested

# Services that every layer leans on; they tell none from another.
EVERYWHERE = {"IAM", "Logs", "CloudFormation"}


def graph(templates: Mapping[str, bytes], *, compact: bool) -> str:
    """A flowchart of the layers in `templates`, with the name of each wire or, `compact`, their number."""
    root: dict[str, Any] = json.loads(templates[ROOT])
    wires: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for edge in edges(root):
        wires[edge.source, edge.target].add(edge.output)
    lines = ["flowchart TB"]
    layers = {title: json.loads(templates[title.lower()]) for title in nested(root)}
    lines += [f'    {title}["<b>{title}</b><br/>{holds(layer)}"]' for title, layer in layers.items()]
    if not compact:
        lines.append(f'    {SETTINGS}(["<b>{SETTINGS}</b><br/>parameters of the root"])')
    for (source, target), names in sorted(wires.items()):
        if not compact:
            lines.append(f'    {source} -->|"{"<br/>".join(sorted(names))}"| {target}')
        elif source != SETTINGS:
            lines.append(f"    {source} -->|{len(names)}| {target}")
    return "\n".join(lines)


def holds(layer: Mapping[str, Any]) -> str:
    """How many resources `layer` has, and of which services."""
    types = [resource["Type"] for resource in layer["Resources"].values()]
    services = sorted({each.split("::")[1] for each in types} - EVERYWHERE)
    return "<br/>".join([f"{len(types)} resources", *textwrap.wrap(", ".join(services), 32)])
