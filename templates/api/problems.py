"""Problems: what the API answers by itself, where no function is reached or none answers.

Each answer is a problem document (RFC 9457) of the form that the functions give theirs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from troposphere import If, Ref
from troposphere.apigateway import GatewayResponse, RestApi

from handlers.payments.problem import Problem

HEADERS = {"Content-Type": "application/problem+json", "Cache-Control": "no-store"}

SAME_AGAIN = "It may have been carried out all the same: send the same request again, which is safe."
AT_FAULT = "$context.error.validationErrorString"

INVALID = "invalid-request", "The request is not valid"
NOT_ALLOWED = "not-allowed", "The call is not allowed"
TOO_MANY = "too-many-requests", "Too many requests"
UNAVAILABLE = "unavailable", "The service is not available"

# By the name that API Gateway has for the occasion.
PROBLEMS = {
    "BAD_REQUEST_BODY": Problem(400, *INVALID, f"The body is not what the route takes: {AT_FAULT}"),
    "BAD_REQUEST_PARAMETERS": Problem(400, *INVALID, f"A parameter is missing: {AT_FAULT}"),
    "ACCESS_DENIED": Problem(403, *NOT_ALLOWED, "The request's signer may not call this route."),
    "EXPIRED_TOKEN": Problem(403, *NOT_ALLOWED, "The credentials that signed the request have expired."),
    "INVALID_API_KEY": Problem(403, *NOT_ALLOWED, "The header x-api-key holds no key of this API."),
    "INVALID_SIGNATURE": Problem(403, *NOT_ALLOWED, "The signature does not match the request."),
    "WAF_FILTERED": Problem(403, *NOT_ALLOWED, "The firewall refused the request."),
    "RESOURCE_NOT_FOUND": Problem(404, "unknown-route", "No such route", "See the API's list of routes."),
    "REQUEST_TOO_LARGE": Problem(413, "too-large", "The request is too large", "Send a smaller one."),
    "UNSUPPORTED_MEDIA_TYPE": Problem(415, *INVALID, "The body must be of the type application/json."),
    "THROTTLED": Problem(429, *TOO_MANY, "Slow down, then send the same request again."),
    "QUOTA_EXCEEDED": Problem(429, *TOO_MANY, "The API key has used up its requests of the month."),
    "API_CONFIGURATION_ERROR": Problem(500, *UNAVAILABLE, "The API is set up wrongly."),
    "INTEGRATION_FAILURE": Problem(504, *UNAVAILABLE, f"The request was not answered. {SAME_AGAIN}"),
    "INTEGRATION_TIMEOUT": Problem(504, *UNAVAILABLE, f"The answer took too long. {SAME_AGAIN}"),
}

# For every other occasion, under whatever status belongs to it.
REFUSED = Problem(400, *NOT_ALLOWED, "The request was refused.")
UNANSWERED = Problem(500, *UNAVAILABLE, f"The request could not be answered. {SAME_AGAIN}")

# The occasion of a path or method that does not exist and, where requests must be signed, of an unsigned one.
UNKNOWN_ROUTE = "MISSING_AUTHENTICATION_TOKEN"
NOT_SIGNED = Problem(403, *NOT_ALLOWED, "The request is not signed, or there is no such route.")


def responses(api: RestApi, signed: str) -> list[GatewayResponse]:
    """Every answer that `api` gives by itself; `signed` is the condition that requests must be signed."""
    return [
        *(response(api, occasion, problem) for occasion, problem in PROBLEMS.items()),
        default(api, "DEFAULT_4XX", REFUSED),
        default(api, "DEFAULT_5XX", UNANSWERED),
        unknown_route(api, signed),
    ]


def response(api: RestApi, occasion: str, problem: Problem) -> GatewayResponse:
    """`problem` as the answer of `api` on `occasion`."""
    answer = GatewayResponse(
        "".join(word.capitalize() for word in occasion.split("_")) + "Response",
        RestApiId=Ref(api),
        StatusCode=str(problem.status),
        ResponseParameters={
            f"gatewayresponse.header.{name}": f"'{value}'" for name, value in HEADERS.items()
        },
        ResponseTemplates=template(problem.document()),
    )
    # Past troposphere's own list of occasions, which lacks WAF_FILTERED.
    answer.properties["ResponseType"] = occasion
    return answer


def default(api: RestApi, occasion: str, problem: Problem) -> GatewayResponse:
    """`problem` as the answer of `api` on the occasions that have none of their own."""
    answer = response(api, occasion, problem)
    # A status here would replace theirs all.
    del answer.properties["StatusCode"]
    members = problem.document()
    del members["status"]
    answer.ResponseTemplates = template(members)
    return answer


def unknown_route(api: RestApi, signed: str) -> GatewayResponse:
    """404 for what does not exist; where requests must be signed it cannot be told from an unsigned one."""
    not_found = PROBLEMS["RESOURCE_NOT_FOUND"]
    answer = response(api, UNKNOWN_ROUTE, not_found)
    answer.StatusCode = If(signed, str(NOT_SIGNED.status), str(not_found.status))
    answer.ResponseTemplates = {
        media: If(signed, body, template(not_found.document())[media])
        for media, body in template(NOT_SIGNED.document()).items()
    }
    return answer


def template(members: Mapping[str, object]) -> dict[str, str]:
    """The document of `members`; its `instance` leads to the request's line in the access log.

    It stands for whatever type a client says that it accepts.
    """
    return {"application/json": json.dumps({**members, "instance": "urn:request:$context.requestId"})}
