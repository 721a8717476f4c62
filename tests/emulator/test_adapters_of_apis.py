"""The same for faults of API Gateway: there without the adapter, and gone with it."""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Mapping

import boto3

from sandbox.emulator import Emulator
from sandbox.processes import LOOPBACK
from tests.emulator.adapting import shows
from tests.emulator.making import Resources, create, nested, unique

JSON = {"Content-Type": "application/json"}
# A mapping of a MOCK's own: it takes a request, and answers with nothing.
TAKEN = {"application/json": '{"statusCode": 200}'}
NUMBER = {"type": "number"}


@shows("apis.validate_requests")
def test_requests_are_validated(emulator: Emulator, untouched: Emulator) -> None:
    api = {"RestApiId": {"Ref": "Api"}}
    answer = {"StatusCode": "200", "ResponseTemplates": {"application/json": "{}"}}
    method = {
        **api,
        "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
        "HttpMethod": "POST",
        "AuthorizationType": "NONE",
        "RequestValidatorId": {"Ref": "Validator"},
        "RequestModels": {"application/json": {"Ref": "Numbers"}},
        "Integration": {
            "Type": "MOCK",
            "RequestTemplates": TAKEN,
            "IntegrationResponses": [answer],
        },
        "MethodResponses": [{"StatusCode": "200"}],
    }
    parts: Resources = {
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "validated"}},
        "Numbers": {
            "Type": "AWS::ApiGateway::Model",
            "Properties": {**api, "Name": "Number", "Schema": NUMBER},
        },
        "Validator": {
            "Type": "AWS::ApiGateway::RequestValidator",
            "Properties": {**api, "ValidateRequestBody": True},
        },
        "Method": {"Type": "AWS::ApiGateway::Method", "Properties": method},
        "Deployment": {
            "Type": "AWS::ApiGateway::Deployment",
            "Properties": {**api, "StageName": "test"},
            "DependsOn": "Method",
        },
    }

    def answers(at: Emulator) -> list[int]:
        api_id = create(at, nested(at, parts, "Api.RestApiId"), [])["Read"]
        return [post(at, api_id, body)[0] for body in (b"1", b'"one"')]

    assert answers(emulator) == [200, 400]
    assert answers(untouched) == [200, 200]


@shows("apis.say_what_was_invalid")
def test_an_invalid_request_is_told_what_was_wrong(emulator: Emulator, untouched: Emulator) -> None:
    """In the answer that the API words itself; made call by call: as shipped, no template makes one."""

    def told(at: Emulator) -> str:
        client = boto3.client("apigateway", **at.access)
        api_id = client.create_rest_api(name=unique())["id"]
        (root,) = client.get_resources(restApiId=api_id)["items"]
        on = {"restApiId": api_id, "resourceId": root["id"], "httpMethod": "POST"}
        client.create_model(
            restApiId=api_id, name="Number", contentType="application/json", schema=json.dumps(NUMBER)
        )
        validator = client.create_request_validator(restApiId=api_id, validateRequestBody=True)["id"]
        client.put_method(
            **on,
            authorizationType="NONE",
            requestValidatorId=validator,
            requestModels={"application/json": "Number"},
        )
        client.put_integration(**on, type="MOCK", requestTemplates=TAKEN)
        client.put_gateway_response(
            restApiId=api_id,
            responseType="BAD_REQUEST_BODY",
            responseTemplates={
                "application/json": '{"detail": "$context.error.validationErrorString"}',
            },
        )
        client.create_deployment(restApiId=api_id, stageName="test")
        status, answer = post(at, api_id, b'"one"')
        assert status == 400
        return str(json.loads(answer)["detail"])

    assert told(emulator)
    assert "$context" not in told(emulator)
    assert told(untouched) == "$context.error.validationErrorString"


@shows("apis.leave_bodies_as_they_are")
def test_a_request_to_an_api_is_never_taken_for_an_upload(emulator: Emulator, untouched: Emulator) -> None:
    def told(at: Emulator) -> bytes:
        return post(at, "nowhere", b"{}", {"x-amz-decoded-content-length": "2"})[1]

    assert b"IncompleteBody" not in told(emulator)
    assert b"IncompleteBody" in told(untouched)


def post(
    at: Emulator, api_id: str, body: bytes, headers: Mapping[str, str] | None = None
) -> tuple[int, bytes]:
    """What an API answers to `body` at its root."""
    with contextlib.closing(http.client.HTTPConnection(LOOPBACK, at.port)) as caller:
        caller.request("POST", f"/_aws/execute-api/{api_id}/test/", body, {**JSON, **(headers or {})})
        answer = caller.getresponse()
        return answer.status, answer.read()
