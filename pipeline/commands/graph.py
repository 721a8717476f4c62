"""Graph: draw the layers and their wires as a Mermaid diagram, from the templates themselves."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from pipeline import console
from pipeline.commands import releases
from pipeline.commands.releases import ReleaseArguments
from pipeline.release import assemble, configuration, graph

EXAMPLES = """\
  # every layer, and every wire by name
  python build.py graph --env prod
  # the layers alone, wires as counts
  python build.py graph --env prod --compact
"""


def options(parser: ArgumentParser) -> None:
    """Add the command's options."""
    releases.options(parser)
    parser.add_argument("--compact", action="store_true", help="draw the layers alone, wires as counts")


def run(namespace: Namespace) -> int:
    """Print the diagram."""
    order = ReleaseArguments.parsed(namespace).order()
    # Layers are the same in every environment; an unknown environment is an error all the same.
    configuration.read(order.project, order.environment)
    templates = assemble.templates(order, console.progress(machine=True))
    diagram = graph.graph(templates, compact=namespace.compact)
    if namespace.json:
        console.say_json({"Mermaid": diagram})
    else:
        console.say(diagram)
    return 0
