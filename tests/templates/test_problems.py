"""What the API answers by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from handlers.payments import problem
from templates.api import problems
from tests.templates.layers import of_type, rendered

Resource = dict[str, Any]

# https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
STATUS = {
    "ACCESS_DENIED": "403",
    "API_CONFIGURATION_ERROR": "500",
    "BAD_REQUEST_BODY": "400",
    "BAD_REQUEST_PARAMETERS": "400",
    "EXPIRED_TOKEN": "403",
    "INTEGRATION_FAILURE": "504",
    "INTEGRATION_TIMEOUT": "504",
    "INVALID_API_KEY": "403",
    "INVALID_SIGNATURE": "403",
    "QUOTA_EXCEEDED": "429",
    "REQUEST_TOO_LARGE": "413",
    "RESOURCE_NOT_FOUND": "404",
    "THROTTLED": "429",
    "UNSUPPORTED_MEDIA_TYPE": "415",
    "WAF_FILTERED": "403",
}
DEFAULTS = {"DEFAULT_4XX", "DEFAULT_5XX"}
UNKNOWN_ROUTE = "MISSING_AUTHENTICATION_TOKEN"


def answers() -> dict[str, Resource]:
    found = of_type(rendered("Api")["Resources"], "AWS::ApiGateway::GatewayResponse")
    return {each["ResponseType"]: each for each in found.values()}


ANSWERS = answers()


def bodies(answer: Resource) -> list[Resource]:
    """Every document that `answer` may have, with what API Gateway puts in."""
    (body,) = answer["ResponseTemplates"].values()
    texts = [body] if isinstance(body, str) else body["Fn::If"][1:]
    values = {
        # Escaped, as API Gateway fills them in.
        "$context.error.validationErrorString": json.dumps(
            'object has missing required properties (["amount"])'
        )[1:-1],
        "$context.requestId": "0f5b4c8e-5d1c-4f7a-9e58-1f2d3c4b5a69",
    }
    for variable, value in values.items():
        texts = [text.replace(variable, value) for text in texts]
    assert not [text for text in texts if "$" in text]
    return [json.loads(text) for text in texts]


def test_every_occasion_is_answered() -> None:
    """F156."""
    assert set(ANSWERS) == {*STATUS, *DEFAULTS, UNKNOWN_ROUTE}


@pytest.mark.parametrize("occasion", STATUS)
def test_each_occasion_keeps_its_status(occasion: str) -> None:
    assert ANSWERS[occasion]["StatusCode"] == STATUS[occasion]
    assert [str(body["status"]) for body in bodies(ANSWERS[occasion])] == [STATUS[occasion]]


@pytest.mark.parametrize("occasion", sorted(DEFAULTS))
def test_a_default_leaves_other_occasions_their_status(occasion: str) -> None:
    """A status of DEFAULT_4XX would replace that of every occasion without an answer of its own."""
    assert "StatusCode" not in ANSWERS[occasion]
    assert all("status" not in body for body in bodies(ANSWERS[occasion]))


@pytest.mark.parametrize("occasion", sorted(ANSWERS))
def test_every_answer_is_a_problem_document_that_nobody_keeps(occasion: str) -> None:
    answer = ANSWERS[occasion]

    assert answer["ResponseParameters"] == {
        "gatewayresponse.header.Content-Type": "'application/problem+json'",
        "gatewayresponse.header.Cache-Control": "'no-store'",
    }
    for body in bodies(answer):
        assert set(body) - {"status"} == {"type", "title", "detail", "instance"}
        assert body["instance"] == "urn:request:0f5b4c8e-5d1c-4f7a-9e58-1f2d3c4b5a69"


def test_an_unknown_route_is_not_found_unless_it_may_be_an_unsigned_request() -> None:
    answer = ANSWERS[UNKNOWN_ROUTE]

    assert answer["StatusCode"] == {"Fn::If": ["SignedRequests", "403", "404"]}
    assert [body["status"] for body in bodies(answer)] == [403, 404]


@pytest.mark.parametrize(
    ("occasion", "same"),
    [
        ("BAD_REQUEST_BODY", problem.invalid([])),
        ("REQUEST_TOO_LARGE", problem.too_large(65536)),
        ("INTEGRATION_TIMEOUT", problem.unavailable()),
    ],
)
def test_the_same_problem_has_the_type_that_the_functions_give_it(
    occasion: str, same: problem.Problem
) -> None:
    (body,) = bodies(ANSWERS[occasion])

    assert (body["type"], body["title"]) == (same.document()["type"], same.title)


@pytest.mark.parametrize("occasion", ["INTEGRATION_TIMEOUT", "INTEGRATION_FAILURE", "DEFAULT_5XX"])
def test_whoever_does_not_know_what_came_of_a_payment_is_told_to_ask_again(occasion: str) -> None:
    (body,) = bodies(ANSWERS[occasion])

    assert problems.SAME_AGAIN in body["detail"]
