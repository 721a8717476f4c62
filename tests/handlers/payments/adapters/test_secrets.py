"""A secret that cannot be used is an error with a code, and never the text."""

from __future__ import annotations

import pytest

from handlers.payments.adapters.secrets import Secret, SecretError
from tests.handlers.world import client


@pytest.mark.parametrize("text", [" ", "\n", "\t\n "])
def test_a_secret_that_nobody_has_set_yet_is_an_error(aws: None, text: str) -> None:
    """The gateway's key is empty until an operator sets it: nothing is sent with an empty key."""
    arn = client("secretsmanager").create_secret(Name="gateway", SecretString=text)["ARN"]

    with pytest.raises(SecretError, match="empty"):
        Secret(client("secretsmanager"), arn).value()


def test_a_secret_without_a_value_is_an_error(aws: None) -> None:
    """As CloudFormation creates it."""
    arn = client("secretsmanager").create_secret(Name="gateway")["ARN"]

    with pytest.raises(SecretError, match="ResourceNotFoundException"):
        Secret(client("secretsmanager"), arn).value()


def test_whoever_asks_for_it_sees_each_text_that_was_read(aws: None) -> None:
    arn = client("secretsmanager").create_secret(Name="gateway", SecretString="first")["ARN"]
    read: list[str] = []
    secret = Secret(client("secretsmanager"), arn, read.append)
    secret.value()
    secret.value()
    client("secretsmanager").put_secret_value(SecretId=arn, SecretString="second")
    secret.forget()
    secret.value()

    assert read == ["first", "second"]


def test_a_secret_is_read_once_until_it_is_forgotten(aws: None) -> None:
    arn = client("secretsmanager").create_secret(Name="gateway", SecretString="first\n")["ARN"]
    secret = Secret(client("secretsmanager"), arn)
    assert "first" == secret.value()
    client("secretsmanager").put_secret_value(SecretId=arn, SecretString="second")
    assert "first" == secret.value()

    secret.forget()

    assert "second" == secret.value()
