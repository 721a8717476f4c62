"""A call that breaks a service's model fails the test that makes it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.model import ShapeResolver
from botocore.stub import Stubber

from tests.aws import models
from tests.aws.cloudformation.cloud import Cloud
from tests.aws.models import ModelError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.type_defs import TagTypeDef

TEXT = {"type": "string"}


def faults(value: object, definition: dict[str, Any]) -> list[str]:
    """Return what is wrong with a value of a shape that a model defines so."""
    known: Any = {"Value": definition, "Text": TEXT}
    shape = ShapeResolver(known).get_shape_by_name("Value")
    return list(models.shape_faults(shape, value, "Value"))


@pytest.mark.parametrize(
    ("definition", "right", "wrong"),
    [
        pytest.param(TEXT | {"pattern": "[a-z]+"}, "ab", "ab1", id="pattern"),
        pytest.param(TEXT | {"pattern": r"[\p{L}\p{N}]+"}, "ä1", "ä 1", id="classes"),
        pytest.param(TEXT | {"min": 2}, "ab", "a", id="shortest text"),
        pytest.param(TEXT | {"max": 2}, "ab", "abc", id="longest text"),
        pytest.param(TEXT | {"enum": ["A", "B"]}, "B", "C", id="enum"),
        pytest.param({"type": "integer", "min": 1}, 1, 0, id="smallest number"),
        pytest.param({"type": "integer", "max": 10}, 10, 11, id="greatest number"),
        pytest.param({"type": "blob", "max": 1}, b"a", b"ab", id="longest bytes"),
        pytest.param({"type": "list", "member": {"shape": "Text"}, "max": 1}, ["a"], ["a", "b"], id="list"),
        pytest.param(
            {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Text"}, "max": 1},
            {"a": "b"},
            {"a": "b", "c": "d"},
            id="map",
        ),
    ],
)
def test_a_value_is_held_against_its_shape(definition: dict[str, Any], right: object, wrong: object) -> None:
    assert faults(right, definition) == []
    assert len(faults(wrong, definition)) == 1


def test_members_within_members_are_checked(cloud: Cloud) -> None:
    tags: list[TagTypeDef] = [{"Key": "a" * 200, "Value": "b"}]

    with pytest.raises(ModelError, match=r"Tags\[0\]\.Key: found a length of 200"), models.watched():
        cloud.client().create_change_set(
            StackName="payments", ChangeSetName="run-7", TemplateURL="https://a/b", Tags=tags
        )


def test_calls_of_the_cloudformation_of_the_tests_are_checked(cloud: Cloud) -> None:
    with pytest.raises(ModelError, match=r"CreateChangeSet: ChangeSetName: does not match"), models.watched():
        cloud.client().create_change_set(
            StackName="payments", ChangeSetName="run_7", TemplateURL="https://a/b"
        )


def test_calls_of_stubbed_clients_are_checked() -> None:
    client = boto3.client("sqs", region_name="us-east-1")

    with Stubber(client), pytest.raises(ModelError, match=r"SetQueueAttributes"), models.watched():
        client.set_queue_attributes(QueueUrl="https://q", Attributes={"Nonsense": "1"})  # type: ignore[dict-item]


def test_a_client_that_validates_nothing_is_checked() -> None:
    unchecked = Config(parameter_validation=False)
    missing: Any = {"RoleArn": "arn:aws:iam::111111111111:role/a"}
    client = boto3.client("sts", region_name="us-east-1", config=unchecked, endpoint_url="http://127.0.0.1:9")

    with pytest.raises(ModelError, match="RoleSessionName"), models.watched():
        client.assume_role(**missing)


def test_what_stands_in_for_a_client_is_checked() -> None:
    with pytest.raises(ModelError, match=r"DescribeStacks: .*Stack"), models.watched():
        models.check_fake("cloudformation", "DescribeStacks", {"Stack": "payments"})


def test_a_fault_that_is_caught_fails_the_test_nevertheless() -> None:
    client = boto3.client("sts", region_name="us-east-1", endpoint_url="http://127.0.0.1:9")

    with pytest.raises(ModelError, match="does not match"), models.watched(), suppress(ModelError):
        client.assume_role(RoleArn="arn:aws:iam::111111111111:role/a", RoleSessionName="a smith")


def test_a_fault_never_names_the_value() -> None:
    client = boto3.client("secretsmanager", region_name="us-east-1", endpoint_url="http://127.0.0.1:9")

    with pytest.raises(ModelError) as refused, models.watched():
        client.put_secret_value(SecretId="a", SecretString="hidden" * 20_000)

    assert "hidden" not in str(refused.value)


def test_every_test_is_watched(request: pytest.FixtureRequest) -> None:
    assert "service_models" in request.fixturenames
