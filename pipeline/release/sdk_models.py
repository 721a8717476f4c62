"""Models: what the SDK knows of AWS's services, cut down to what handlers use of them.

The SDK reads every service's folder, all regions of all services, and every operation of those that it makes
clients of, which is a sixth of a cold start. Cut are the description of each service, to the operations that
are used, and the list of endpoints, to the services that are. Both come from the SDK that is locked for the
build; how endpoints are found is left to the functions' own, whose code has to understand the rules.

What is cut from the SDK stays under the SDK's licence, which goes along.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from botocore import BOTOCORE_ROOT, xform_name

from pipeline import BuildError
from pipeline.release.sdk_usage import Use

# Where handlers/runtime/clients.py looks for them.
FOLDER = "handlers/runtime/models"
DATA = Path(BOTOCORE_ROOT) / "data"
DESCRIPTION = "service-2"
ENDPOINTS = "endpoints"
# By their names in the SDK's distribution.
TERMS = ("LICENSE.txt", "NOTICE")

Model = Mapping[str, Any]


class OperationsError(BuildError):
    """Handlers that use what AWS's API does not have."""


def models(uses: Iterable[Use]) -> dict[str, bytes]:
    """The models that `uses` need, by their paths in an archive; raises OperationsError."""
    by_service: dict[str, list[Use]] = {}
    for use in sorted(uses, key=lambda each: (each.service, each.place)):
        by_service.setdefault(use.service, []).append(use)
    if not by_service:
        return {}
    found = {service: described(service) for service in by_service}
    faults = [
        f"{use.place}: uses {use.method} of {service}, expected an operation"
        for service, wanted in by_service.items()
        for use in wanted
        if use.method not in methods(found[service][0])
    ]
    if faults:
        raise OperationsError(*faults)
    made = {
        f"{service}/{version}/{DESCRIPTION}": cut(model, operations(model, by_service[service]))
        for service, (model, version) in found.items()
    }
    prefixes = {model["metadata"]["endpointPrefix"] for model, _ in found.values()}
    made[ENDPOINTS] = reachable(read(DATA / ENDPOINTS), prefixes)
    return {f"{FOLDER}/{name}.json": written(model) for name, model in made.items()} | terms()


def terms() -> dict[str, bytes]:
    """The SDK's licence and its notice, by their paths in an archive."""
    said = {name: distribution("botocore").read_text(name) for name in TERMS}
    missing = [name for name, text in said.items() if text is None]
    if missing:
        raise OperationsError(
            f"botocore: found no {' and no '.join(missing)}, expected the terms of its models"
        )
    return {f"{FOLDER}/{name}": text.encode() for name, text in said.items() if text is not None}


def described(service: str) -> tuple[Model, str]:
    """The newest description of `service`, and its version."""
    path = max((DATA / service).glob(f"*/{DESCRIPTION}.json*"))
    return read(path.parent / DESCRIPTION), path.parent.name


def read(path: Path) -> Model:
    """The SDK's file at `path`, which it has zipped or plain."""
    zipped = path.with_name(f"{path.name}.json.gz")
    data = gzip.decompress(zipped.read_bytes()) if zipped.exists() else path.with_suffix(".json").read_bytes()
    model: Model = json.loads(data)
    return model


def methods(model: Model) -> Mapping[str, str]:
    """The operations of `model` by what clients call them."""
    return {xform_name(name): name for name in model["operations"]}


def operations(model: Model, uses: Iterable[Use]) -> set[str]:
    """The operations of `model` that are used, and the one by which the SDK may look for an endpoint."""
    discovery = {name for name, each in model["operations"].items() if each.get("endpointoperation")}
    known = methods(model)
    return discovery | {known[use.method] for use in uses}


def cut(model: Model, wanted: set[str]) -> Model:
    """`model` with the operations that are `wanted`, and the shapes that they are made of."""
    kept = {name: each for name, each in model["operations"].items() if name in wanted}
    shapes: set[str] = set()
    pending = set(referred(kept))
    while pending:
        shapes |= pending
        pending = {name for shape in pending for name in referred(model["shapes"][shape])} - shapes
    return {
        **model,
        "operations": plain(kept),
        "shapes": plain({name: shape for name, shape in model["shapes"].items() if name in shapes}),
    }


def referred(node: object) -> Iterator[str]:
    """The names of the shapes that `node` refers to."""
    if isinstance(node, dict):
        if isinstance(node.get("shape"), str):
            yield node["shape"]
        for each in node.values():
            yield from referred(each)
    elif isinstance(node, list):
        for each in node:
            yield from referred(each)


def reachable(endpoints: Model, prefixes: set[str]) -> Model:
    """`endpoints` with every partition and region, and of the services those of `prefixes`."""
    return {
        **endpoints,
        "partitions": [
            {**each, "services": {name: of for name, of in each["services"].items() if name in prefixes}}
            for each in endpoints["partitions"]
        ],
    }


def plain(node: object) -> object:
    """`node` without the documentation, which only people read."""
    if isinstance(node, dict):
        return {
            name: plain(each)
            for name, each in node.items()
            # A shape may have a member of that name.
            if not (name == "documentation" and isinstance(each, str))
        }
    if isinstance(node, list):
        return [plain(each) for each in node]
    return node


def written(model: Model) -> bytes:
    """`model` as JSON, in the SDK's order: that of members is the one in which they are sent."""
    return json.dumps(model, separators=(",", ":"), ensure_ascii=False).encode()
