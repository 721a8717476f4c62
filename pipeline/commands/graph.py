"""Graph: draws the layers and their wiring as Mermaid, from the templates themselves."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from pipeline import console
from pipeline.commands import order, release_options
from pipeline.release import assemble, configuration, graph

EXAMPLES = """examples:
  python build.py graph --env prod             every layer, and every wire by name
  python build.py graph --env prod --compact   the layers alone, wires as counts
"""


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    release_options(parser)
    parser.add_argument("--compact", action="store_true", help="draw the layers alone, wires as counts")


def run(given: Namespace) -> int:
    """Print the layers and their wiring."""
    asked = order(given)
    # Layers are the same in every environment; one that is not there is a slip all the same.
    configuration.read(asked.project, asked.environment)
    templates = assemble.templates(asked, console.progress(machine=True))
    drawn = graph.graph(templates, compact=given.compact)
    if given.json:
        console.say_json({"Mermaid": drawn})
    else:
        console.say(drawn)
    return 0
