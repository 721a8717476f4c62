"""A boto3 client whose calls a cloud answers: botocore checks parameters and raises errors as ever."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.model import OperationModel, Shape
from botocore.validate import ParamValidator

from tests.aws.cloudformation.answers import Request, Response
from tests.aws.cloudformation.api import Api
from tests.aws.cloudformation.cloud import Cloud
from tests.aws.cloudformation.state import REGION, ApiError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

PARAMETERS = "parameters_of_the_call"
EVENTS = "StackEvents"


@cache
def session() -> boto3.Session:
    """Return a session of nobody's account, which has the service model loaded after its first client."""
    return boto3.Session("AKIAIOSFODNN7EXAMPLE", "nobody", region_name=REGION)


def connected(cloud: Cloud) -> CloudFormationClient:
    """Return a client of CloudFormation whose calls end at `cloud`."""
    client = session().client("cloudformation", endpoint_url="http://127.0.0.1:9")
    api = Api(cloud)

    def remember(params: Request, context: dict[str, Any], **_more: Any) -> None:
        context[PARAMETERS] = params

    def answer(model: OperationModel, context: dict[str, Any], **_more: Any) -> tuple[AWSResponse, Response]:
        parameters = context[PARAMETERS]
        found = respond(cloud, api, model, parameters)
        if model.name in cloud.repeated:
            # The answer was lost, and the SDK sends the same request again.
            cloud.repeated.discard(model.name)
            found = respond(cloud, api, model, parameters)
        status, body = found
        return AWSResponse("", status, HTTPHeaders(), None), body

    client.meta.events.register("provide-client-params.cloudformation", remember)
    # botocore takes what a handler of this event returns as the answer, and its types do not say so.
    client.meta.events.register("before-call.cloudformation", answer)  # type: ignore[arg-type]
    return client


def respond(cloud: Cloud, api: Api, model: OperationModel, parameters: Request) -> tuple[int, Response]:
    """Carry out one call and return the status and the body of its answer."""
    name = model.name
    cloud.calls.append((name, parameters))
    try:
        cloud.check_refusal(name)
        body: Response = getattr(api, name)(parameters)
    except ApiError as error:
        return error.status, {
            "Error": {"Code": error.code, "Message": error.message},
            "ResponseMetadata": {"HTTPStatusCode": error.status, "RequestId": "0", "RetryAttempts": 0},
        }
    if model.output_shape is not None:
        check_answer(cloud, model.name, model.output_shape, body)
    return 200, {**body, "ResponseMetadata": {"HTTPStatusCode": 200, "RequestId": "0", "RetryAttempts": 0}}


def check_answer(cloud: Cloud, name: str, shape: Shape, body: Response) -> None:
    """Raise AssertionError where an answer is not of the service model; of events, each is checked once."""
    unchecked = body
    if EVENTS in body:
        # An event never changes, and whoever follows an operation reads the same ones again and again.
        fresh = [event for event in body[EVENTS] if event_id(event) not in cloud.checked_events]
        cloud.checked_events.update(map(event_id, fresh))
        unchecked = {**body, EVENTS: fresh}
    report = ParamValidator().validate(unchecked, shape)
    if report.has_errors():
        raise AssertionError(f"{name}: the answer is not of the service model: {report.generate_report()}")


def event_id(event: Response) -> tuple[str, str]:
    """Return what no two events of a cloud share: the ids of their stack and of their own."""
    return event["StackId"], event["EventId"]
