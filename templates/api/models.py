"""Models: the shape of a body that the API checks, from the definition that the handlers parse with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from troposphere import Ref
from troposphere.apigateway import Model, RestApi

from handlers.payments import contract

SHAPE = {"$schema", "title", "description", "type", "properties", "required", "additionalProperties"}

# API Gateway writes a value that breaks one of these into its execution log, card number or not.
# The functions check them all, and log none of it.
VALUES = {
    "default",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "maxLength",
    "maximum",
    "minLength",
    "minimum",
    "pattern",
}


class ModelError(Exception):
    """A definition that no model can be made of; the message names it and the keyword at fault."""


def body_model(api: RestApi, body: type[contract.Request]) -> Model:
    """Which fields a body of the kind `body` has, of which types, and that it has no others."""
    schema = shape(contract.schema(body), body.__name__)
    return Model(
        f"{body.__name__}Model",
        RestApiId=Ref(api),
        Name=body.__name__,
        ContentType="application/json",
        Description=schema["description"],
        Schema=schema,
    )


def shape(schema: Mapping[str, Any], place: str) -> dict[str, Any]:
    """What `schema` says of fields and types, without what it says of their values."""
    unknown = sorted(schema.keys() - SHAPE - VALUES)
    if unknown:
        raise ModelError(f"{place}: found the keywords {unknown}, expected some of {sorted(SHAPE | VALUES)}")
    kept = {keyword: value for keyword, value in schema.items() if keyword in SHAPE}
    if "properties" in kept:
        kept["properties"] = {
            name: shape(part, f"{place}.{name}") for name, part in kept["properties"].items()
        }
    return kept
