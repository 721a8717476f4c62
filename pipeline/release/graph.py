"""Graph: the layers and what they hand each other, as Mermaid, read off the generated templates."""

from __future__ import annotations

import textwrap
from collections import defaultdict

from pipeline.release.templates import ROOT, Document, Templates
from pipeline.release.wiring import SETTINGS, edges, nested

# Services that every layer leans on; they tell none from another.
EVERYWHERE = {"IAM", "Logs", "CloudFormation"}


def graph(templates: Templates, *, compact: bool) -> str:
    """Return a flowchart of the layers, with the name of each wire or, `compact`, their number."""
    root = templates[ROOT].document
    wires: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for edge in edges(root):
        wires[edge.source, edge.target].add(edge.output)
    lines = ["flowchart TB"]
    layers = {title: templates[title.lower()].document for title in nested(root)}
    lines += [f'    {title}["<b>{title}</b><br/>{holds(layer)}"]' for title, layer in layers.items()]
    if not compact:
        lines.append(f'    {SETTINGS}(["<b>{SETTINGS}</b><br/>parameters of the root"])')
    for (source, target), names in sorted(wires.items()):
        if not compact:
            lines.append(f'    {source} -->|"{"<br/>".join(sorted(names))}"| {target}')
        elif source != SETTINGS:
            lines.append(f"    {source} -->|{len(names)}| {target}")
    return "\n".join(lines)


def holds(layer: Document) -> str:
    """Return how many resources `layer` has, and of which services."""
    types = [resource["Type"] for resource in layer["Resources"].values()]
    services = sorted({each.split("::")[1] for each in types} - EVERYWHERE)
    return "<br/>".join([f"{len(types)} resources", *textwrap.wrap(", ".join(services), 32)])
