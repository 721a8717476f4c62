"""APIs: faults of API Gateway."""
# ruff: noqa: SLF001 -- the faults lie within the emulator, and so must what steps round them

from __future__ import annotations

import json
from typing import Any

from ministack import app
from ministack.services import apigateway_v1
from ministack.services.cloudformation import provisioners

from sandbox.adapters.resources import Properties, complete


def validate_requests() -> None:
    """An API takes whatever is sent: request validators are not made, and methods forget theirs."""

    def keep(validator: str, properties: Properties, _stack: str) -> Properties:
        apigateway_v1._request_validators.setdefault(properties["RestApiId"], {})[validator] = {
            "id": validator,
            "name": properties.get("Name", ""),
            "validateRequestBody": provisioners._cfn_bool(properties.get("ValidateRequestBody")),
            "validateRequestParameters": provisioners._cfn_bool(properties.get("ValidateRequestParameters")),
        }
        return {}

    def attach(_method: str, properties: Properties, _stack: str) -> Properties:
        resource = apigateway_v1._resources[properties["RestApiId"]][properties["ResourceId"]]
        method = resource["resourceMethods"][properties["HttpMethod"]]
        method["requestValidatorId"] = properties.get("RequestValidatorId")
        return {}

    complete("AWS::ApiGateway::RequestValidator", keep)
    complete("AWS::ApiGateway::Method", attach)


def say_what_was_invalid() -> None:
    """An API's own answers to invalid requests leave their variable for what was wrong as it stands."""
    answer = apigateway_v1._gateway_error_response
    variable = b"$context.error.validationErrorString"

    def answer_whole(error: Any, request: Properties) -> Any:
        status, headers, body = answer(error, request)
        # Escaped, as API Gateway fills it in. The emulator knows no more than that, of a body.
        return status, headers, body.replace(variable, json.dumps(error.message or "")[1:-1].encode())

    apigateway_v1._gateway_error_response = answer_whole


def leave_bodies_as_they_are() -> None:
    """A request to an API with headers of an upload to S3 gets an answer of S3's: its body is cut short."""
    answer = app._incomplete_request_body_response

    def answer_for_s3(method: str, path: str, headers: Properties, query: Properties) -> Any:
        to_api = app._parse_execute_api_url(headers.get("host", ""), path)
        return None if to_api else answer(method, path, headers, query)

    app._incomplete_request_body_response = answer_for_s3
