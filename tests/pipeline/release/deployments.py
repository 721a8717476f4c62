"""Deployments: the product's own templates under an environment's parameters, for tests to disturb."""

from __future__ import annotations

import copy

from pipeline.evaluation.resolved import Deployed
from pipeline.release.configuration import read
from pipeline.release.templates import Template as Made
from pipeline.release.templates import Templates, canonical, documents, template
from tests.paths import CHECKOUT
from tests.templates.layers import Rendered
from tests.templates.rendered import TEMPLATES


def rendered() -> dict[str, Rendered]:
    """Return the root and its layers, by name; shared by all tests, so copy what you change."""
    return {title.lower(): template for title, template in TEMPLATES.items() if title != "Account"}


def parameters(environment: str, **changed: object) -> dict[str, str]:
    """The parameters of `environment`, with some of them `changed`."""
    given = read(CHECKOUT, environment).parameters
    assert set(changed) <= set(given)
    return {**given, **{name: str(value) for name, value in changed.items()}}


def encoded(layers: dict[str, Rendered] | None = None) -> dict[str, Made]:
    """Return these templates, or the product's, as a build has them."""
    return {name: template(name, canonical(document)) for name, document in (layers or rendered()).items()}


def resolved(templates: Templates, given: dict[str, str]) -> Deployed:
    """Return the resources of `templates` under the parameters `given`."""
    return Deployed(templates["root"].document, documents(templates), given)


def deployed(environment: str, /, **changed: object) -> Deployed:
    """The product's templates under the parameters of `environment`, with some of them `changed`."""
    return resolved(encoded(), parameters(environment, **changed))


def disturbed(place: str, path: str, value: object) -> dict[str, Made]:
    """The product's templates with the property at `path` of the resource at `place` set to `value`."""
    layer, title = place.split(".")
    templates = copy.deepcopy(rendered())
    at = templates[layer.lower()]["Resources"][title]["Properties"]
    *inner, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    for part in inner:
        at = at[part]
    at[last] = value
    return encoded(templates)
