"""Synthesize: the templates of a product, from its layers."""

from __future__ import annotations

import re
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import BuildError
from pipeline.release.product import Product
from pipeline.release.source_lines import origin
from pipeline.release.templates import Template, template

if TYPE_CHECKING:
    from templates.artifacts import Code

# How troposphere names the resource that it cannot render.
TITLED = re.compile(r"\(title: (\w+)\)")
# The machinery passes on what a layer gives it; the line to look at is the layer's.
MACHINERY = "templates/stack.py"


class SynthesisError(BuildError):
    """Layers that do not make templates."""


def synthesize(product: Product, project: Path, code: Code | None) -> dict[str, Template]:
    """Return every template of `product` by name.

    Raises SynthesisError, one line with the layer's file and line, whatever goes wrong in a layer.
    """
    made: dict[str, Template] = {}
    name = product.root
    try:
        for name, layer in product.layers(code):  # where an error is, if no line of a layer is in it
            made[name] = template(name, product.render(layer.to_dict()))
    # A layer is anybody's Python and may raise anything; nothing is swallowed, and `--debug` shows it all.
    except Exception as error:
        raise SynthesisError(line(error, product, project, name)) from error
    return made


def line(error: Exception, product: Product, project: Path, name: str) -> str:
    """Return `error`, raised on the way to the template `name`, as one line that begins with its place."""
    message = " ".join(str(error).split()) or "found a value that troposphere does not take"
    kind = type(error).__name__
    if isinstance(error, SyntaxError) and error.filename:
        return f"{inside(project, error.filename)}:{error.lineno}: {kind}: {error.msg}"
    titled = TITLED.search(message)
    if titled:
        return f"{origin(project, product.source_files(project, name), titled[1])}: {kind}: {message}"
    return f"{place(error, product, project, name)}: {kind}: {message}"


def place(error: Exception, product: Product, project: Path, name: str) -> str:
    """Return the line of a layer that `error` comes from, or the file of the template `name`."""
    roots = [project / path for path in ("templates", *product.sources)]
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if any(Path(frame.filename).is_relative_to(root) for root in roots)]
    layers = [frame for frame in own if inside(project, frame.filename) != MACHINERY] or own
    if layers:
        return f"{inside(project, layers[-1].filename)}:{layers[-1].lineno}"
    return inside(project, str(product.source_files(project, name)[0]))


def inside(project: Path, path: str) -> str:
    """Return `path` as seen from `project`."""
    return Path(path).relative_to(project).as_posix() if Path(path).is_relative_to(project) else path
