"""Secrets in Secrets Manager, read when first used, and again after they were rejected."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class SecretError(Exception):
    """The secret could not be read; the text is a code and never the secret."""


class Secret:
    """The secret whose ARN is `arn`; `on_read` is called with its text each time it was read."""

    def __init__(
        self, client: SecretsManagerClient, arn: str, on_read: Callable[[str], None] | None = None
    ) -> None:
        self.client = client
        self.arn = arn
        self.on_read = on_read
        self.known: str | None = None

    def value(self) -> str:
        """Return the secret's text; raises SecretError where it cannot be read."""
        if self.known is None:
            try:
                answer = self.client.get_secret_value(SecretId=self.arn)
            except ClientError as refused:
                raise SecretError(refused.response["Error"]["Code"]) from refused
            except BotoCoreError as broken:
                raise SecretError(type(broken).__name__) from broken
            text = answer["SecretString"].strip()
            if not text:
                raise SecretError("empty")
            self.known = text
            if self.on_read is not None:
                self.on_read(text)
        return self.known

    def forget(self) -> None:
        """Read it again next time."""
        self.known = None
