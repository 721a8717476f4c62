"""AWS: what it refuses a command, told in one line: where, what was found, and what was expected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
    TokenRetrievalError,
)

from pipeline import BuildError


class AwsError(BuildError):
    """Something that AWS did not do, or could not be asked for."""


@contextmanager
def answering(place: str) -> Iterator[None]:
    """Raise AwsError, about `place`, for whatever keeps AWS from answering what is asked within."""
    try:
        yield
    except (NoCredentialsError, ProfileNotFound, TokenRetrievalError) as error:
        raise AwsError(
            f"{place}: no AWS credentials: {plain(error)}; expected them in environment, profile or role"
        ) from error
    except NoRegionError as error:
        raise AwsError(
            f"{place}: no AWS region: {plain(error)}; expected AWS_REGION or a profile's"
        ) from error
    except EndpointConnectionError as error:
        raise AwsError(f"{place}: no network: {plain(error)}; expected AWS to answer") from error
    except BotoCoreError as error:
        raise AwsError(f"{place}: {plain(error)}") from error
    except ClientError as error:
        raise AwsError(f"{place}: {refusal(error)}") from error


def refusal(error: ClientError) -> str:
    """What AWS said, and to what."""
    said = error.response["Error"]
    return f"{error.operation_name} answered {said['Code']}: {plain(said.get('Message', ''))}"


def plain(error: object) -> str:
    """What `error` says, in one line."""
    return " ".join(str(error).split()).rstrip(".")
