"""Rules on who may call an API: by its methods and routes, and by the operations of an OpenAPI definition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.evaluation.values import (
    ABSENT,
    NoValue,
    Unknown,
    Value,
    listed,
    mapping,
    plain,
    references,
    same,
)
from pipeline.review.model import Change, Risk
from pipeline.review.rules.context import Context, risk

APIS = (
    "AWS::ApiGateway::RestApi",
    "AWS::ApiGatewayV2::Api",
    "AWS::Serverless::Api",
    "AWS::Serverless::HttpApi",
)
CALLED = ("AWS::ApiGateway::Method", "AWS::ApiGatewayV2::Route")
AUTHORIZATION = "AuthorizationType"
DEFINITIONS = ("Body", "DefinitionBody")
ELSEWHERE = ("BodyS3Location", "DefinitionUri")
# OpenAPI's operations and API Gateway's own; OPTIONS is asked by browsers before they call.
OPERATIONS = ("delete", "get", "head", "patch", "post", "put", "trace", "x-amazon-apigateway-any-method")
# The default of methods and routes; SAM writes it for an operation that is taken out of a default authorizer.
NO_SCHEME = "NONE"


def open_operation(change: Change, context: Context) -> Iterator[Risk]:
    """An operation of an API is open to anyone, and was not, or is new."""
    if change.type not in APIS or change.action == "Remove":
        return
    old, new = context.sides(change)
    before, after = (operations(side) for side in (old, new))
    for name, security in after.items():
        was = before.get(name, ABSENT)
        if is_open(security) and (isinstance(was, NoValue) or not is_open(was)):
            yield risk("PUBLIC_EXPOSURE", f"Body: {name} asks nobody who they are", was, security)


def operations(properties: Mapping[str, Value]) -> dict[str, Value]:
    """Return the security requirements of each operation, by its method and path."""
    found: dict[str, Value] = {}
    for definition in (mapping(properties.get(name)) for name in DEFINITIONS):
        by_default = definition.get("security", [])
        for path, item in mapping(definition.get("paths")).items():
            for method, operation in mapping(item).items():
                if method.lower() in OPERATIONS:
                    verb = "ANY" if method.startswith("x-") else method.upper()
                    found[f"{verb} {path}"] = mapping(operation).get("security", by_default)
    return found


def is_open(security: Value | NoValue) -> bool:
    """Return whether requirements of OpenAPI let everyone in: there are none, or an empty one among them."""
    if isinstance(security, Unknown | NoValue):
        return False
    schemes = [mapping(requirement) for requirement in listed(security)]
    return not schemes or any(not scheme or NO_SCHEME in scheme for scheme in schemes)


def definition_elsewhere(change: Change, context: Context) -> Iterator[Risk]:
    """The definition of an API is in a file that is not read, and it is another file."""
    if change.type not in APIS or change.action == "Remove":
        return
    old, new = context.sides(change)
    for name in ELSEWHERE:
        before, after = (side.get(name, ABSENT) for side in (old, new))
        if not isinstance(after, NoValue) and not same(before, after):
            reason = f"{name}: who may call the operations of this definition is not seen"
            yield Risk("UNJUDGED", reason, remedy="write the definition into the template (Body)")


def no_authorization(change: Change, context: Context) -> Iterator[Risk]:
    """A method or route has no authorization, by its word or by default, and had one or is new."""
    if change.type not in CALLED or change.action == "Remove":
        return
    old, new = context.sides(change)
    existed = context.existed(change)
    becomes, was = (side.get(AUTHORIZATION, NO_SCHEME) for side in (new, old))
    if plain(becomes) != NO_SCHEME or (existed and plain(was) == NO_SCHEME):
        return
    if not takes_calls(new, context) or (not existed and plain(new.get("ApiKeyRequired")) == "true"):
        return
    yield risk("PUBLIC_EXPOSURE", f"{AUTHORIZATION}: anyone may call it", was if existed else ABSENT, becomes)


def takes_calls(properties: Mapping[str, Value], context: Context) -> bool:
    """Return whether clients call this method or route as they come: not OPTIONS, nor within a connection."""
    key = plain(properties.get("RouteKey", ABSENT))
    if key is None:
        return plain(properties.get("HttpMethod", ABSENT)) != "OPTIONS"
    apis = (
        context.after.get(reference.target, {}) for reference in references(properties.get("ApiId", ABSENT))
    )
    protocols = [plain(mapping(api.get("Properties")).get("ProtocolType", ABSENT)) for api in apis]
    in_connection = "WEBSOCKET" in protocols or key.startswith("$")
    return not key.startswith("OPTIONS ") and (not in_connection or key == "$connect" or "HTTP" in protocols)
