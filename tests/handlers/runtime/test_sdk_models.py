"""With the models that archives hold, clients ask and understand what they do with all of the SDK's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointResolutionError, UnknownServiceError
from botocore.loaders import Loader
from botocore.session import Session

from handlers.payments.adapters.dynamodb import DynamoDBStore
from handlers.payments.adapters.dynamodb_items import key, new_item
from handlers.payments.money import Money
from handlers.payments.payment import Payment, Status, Transition
from handlers.runtime import clients
from pipeline.release import sdk_models
from pipeline.release.import_closure import Handlers
from pipeline.release.sdk_usage import uses

PROJECT = Path(__file__).parents[3]
ACCESS = {"aws_access_key_id": "made-up", "aws_secret_access_key": "made-up"}
KEY = "arn:aws:kms:us-east-1:123456789012:key/1"
QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/retries"
CALLS: dict[str, Callable[[Any], Any]] = {
    "dynamodb": lambda client: client.get_item(TableName="payments", Key=key("t-1"), ConsistentRead=True),
    "s3": lambda client: client.put_object(
        Bucket="audit",
        Key="a/b",
        Body=b"{}",
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId=KEY,
        IfNoneMatch="*",
    ),
    "secretsmanager": lambda client: client.get_secret_value(SecretId="gateway"),
    "sqs": lambda client: client.send_message(QueueUrl=QUEUE, MessageBody="{}", DelaySeconds=7),
}
# One of each partition that has several, one that came late, and one that no list has yet.
REGIONS = (
    "us-east-1",
    "us-gov-west-1",
    "cn-north-1",
    "us-iso-east-1",
    "eusc-de-east-1",
    "mx-central-1",
    "eu-west-9",
)
VARIANTS = (Config(), Config(use_fips_endpoint=True), Config(use_dualstack_endpoint=True))
PAYMENT = Payment(
    transaction_id="t-1",
    owner="owner",
    customer_id="c",
    money=Money(1050, "USD"),
    status=Status.VALIDATED,
    version=1,
    attempts=0,
    history=(Transition(Status.VALIDATED, 1_700_000_000_000),),
)


class Raw:
    """The body of an answer, as it comes off the line."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        """All at once."""
        yield self.content


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """The session of a function whose archive holds the models of every function."""
    folder = tmp_path_factory.mktemp("archive")
    handlers = Handlers(PROJECT, frozenset({"aws_lambda_powertools", "msgspec", "pg8000"}))
    everything = [
        use for each in handlers.entry_points() for use in uses(handlers.trees(handlers.closure(each)))
    ]
    for name, data in sdk_models.models(everything).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clients, "MODELS", folder / sdk_models.FOLDER)
        clients.session.cache_clear()
        yield clients.session()
    clients.session.cache_clear()


@pytest.fixture(scope="module")
def whole() -> Session:
    """The session of somebody who has all of the SDK's models."""
    return Session()


def client(session: Session, service: str, region: str = "us-east-1", variant: Config = VARIANTS[0]) -> Any:
    create: Any = session.create_client
    return create(service, region, config=clients.CONFIG.merge(variant), **ACCESS)


def answered(client: Any, status: int, body: bytes) -> list[Any]:
    """Answer what `client` sends with `body`; the value fills with what it sent."""
    sent = []

    def answer(request: Any, **_: object) -> AWSResponse:
        sent.append(request)
        return AWSResponse(request.url, status, HTTPHeaders(), Raw(body))

    client.meta.events.register("before-send", answer)
    return sent


def asked(client: Any, call: Callable[[Any], Any]) -> Sequence[object]:
    """What `client` sends for `call`, but for the moment and what depends on it; or why it sends nothing."""
    sent = answered(client, 200, b"")
    try:
        call(client)
    except EndpointResolutionError as refused:
        return [str(refused)]
    (request,) = sent
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
    }
    # What the signature is for: region and service stand after the day.
    headers["scope"] = "/".join(headers.pop("authorization").split("/")[2:4])
    for varying in ("x-amz-date", "amz-sdk-invocation-id", "user-agent"):
        headers.pop(varying, None)
    body = request.body.read() if hasattr(request.body, "read") else request.body
    return request.method, request.url, headers, body


def test_the_models_are_those_that_the_archives_hold(session: Session) -> None:
    """Else everything here would compare the SDK's with the SDK's."""
    loader = session.get_component("data_loader")

    assert list(CALLS) == loader.list_available_services("service-2")
    for service in CALLS:
        assert len(client(session, service).meta.service_model.operation_names) < 10


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("service", CALLS)
def test_what_is_sent_is_what_the_sdk_would_send(
    session: Session, whole: Session, service: str, region: str
) -> None:
    for variant in VARIANTS:
        cut = asked(client(session, service, region, variant), CALLS[service])
        assert asked(client(whole, service, region, variant), CALLS[service]) == cut


def test_endpoints_are_found_by_the_sdks_own_rules(session: Session) -> None:
    """A list of endpoints that is somebody's own stands above the rules; ours is theirs, cut."""
    loader = session.get_component("data_loader")

    _, listed = loader.load_data_with_path("endpoints")
    _, rules = loader.load_data_with_path("s3/2006-03-01/endpoint-rule-set-1")

    assert Path(listed).is_relative_to(clients.MODELS)
    assert loader.is_builtin_path(listed)
    assert rules.startswith(Loader.BUILTIN_DATA_PATH)
    assert not loader.is_builtin_path("/elsewhere/endpoints")


def test_a_condition_that_failed_still_hands_over_the_item(session: Session) -> None:
    """`ReturnValuesOnConditionCheckFailure`: an error's own members, which its model tells."""
    dynamodb = client(session, "dynamodb")
    error = {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"}
    answered(dynamodb, 400, json.dumps({**error, "Item": new_item(PAYMENT)}).encode())

    assert PAYMENT == DynamoDBStore(dynamodb, "payments").add(PAYMENT)
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException) as caught:
        dynamodb.put_item(TableName="payments", Item={})
    assert caught.value.response["Item"] == new_item(PAYMENT)


@pytest.mark.parametrize(
    ("service", "body", "code"),
    [
        ("secretsmanager", b'{"__type":"ResourceNotFoundException"}', "ResourceNotFoundException"),
        ("sqs", b'{"__type":"com.amazonaws.sqs#QueueDoesNotExist"}', "QueueDoesNotExist"),
        ("s3", b"<Error><Code>NoSuchBucket</Code></Error>", "NoSuchBucket"),
        ("dynamodb", b'{"__type":"com.amazon.coral.service#BrandNewException"}', "BrandNewException"),
    ],
)
def test_errors_are_told_by_their_codes(session: Session, service: str, body: bytes, code: str) -> None:
    asking = client(session, service)
    answered(asking, 400, body)

    with pytest.raises(ClientError) as caught:
        CALLS[service](asking)

    assert caught.value.response["Error"]["Code"] == code


def test_a_service_that_was_not_cut_is_told(session: Session) -> None:
    with pytest.raises(UnknownServiceError, match=r"'ec2'.*dynamodb, s3, secretsmanager, sqs"):
        client(session, "ec2")
