"""Clients: what the functions speak to AWS and the database with, each made once, when first needed."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session

from handlers.runtime.settings import SettingsError, region

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

# Three tries of 2 + 4 seconds: whoever waits gives up at 29.
CONFIG = Config(
    connect_timeout=2,
    read_timeout=4,
    retries={"mode": "standard", "total_max_attempts": 3},
    # mypy has checked the parameters already; checking them again is a tenth of a call.
    parameter_validation=False,
)

# The longest that RDS takes a token for; it only has to last until the connection stands.
TOKEN_SECONDS = 900


# Whom AWS's endpoints have their certificates from;
# reading all that the SDK trusts costs 40 ms.
AUTHORITIES = Path(__file__).parent / "amazon.pem"


# What the build cut out of the SDK's models, as `pipeline/release/sdk_models.py` tells; sources run without.
MODELS = Path(__file__).parent / "models"


class Models(Loader):
    """Finds the models that were cut, and whatever else the SDK wants to know in its own folder."""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - they have every type
        """The services that were cut: the SDK would look through the folder of each that there is."""
        return sorted(each.name for each in MODELS.iterdir() if each.is_dir())

    def is_builtin_path(self, path: str) -> bool:
        """Also for the endpoints that were cut: other people's would stand above the SDK's own rules."""
        return Path(path).is_relative_to(MODELS) or super().is_builtin_path(path)


@cache
def session() -> Session:
    """Where the function's credentials come from; boto3's would load resources that nothing here uses."""
    made = Session()
    if MODELS.is_dir():
        made.register_component("data_loader", Models([str(MODELS)]))
    return made


def client(service: str) -> Any:
    """A client of `service`, which trusts AWS alone, or whom AWS_CA_BUNDLE says."""
    trusted = os.environ.get("AWS_CA_BUNDLE") or str(AUTHORITIES)
    return session().create_client(service, config=CONFIG, verify=trusted)


@cache
def dynamodb() -> DynamoDBClient:
    """The client of DynamoDB."""
    return cast("DynamoDBClient", client("dynamodb"))


@cache
def sqs() -> SQSClient:
    """The client of SQS."""
    return cast("SQSClient", client("sqs"))


@cache
def s3() -> S3Client:
    """The client of S3."""
    return cast("S3Client", client("s3"))


@cache
def secretsmanager() -> SecretsManagerClient:
    """The client of Secrets Manager."""
    return cast("SecretsManagerClient", client("secretsmanager"))


def database_token(host: str, port: int, user: str) -> str:
    """What RDS takes in place of a password: a signed request that is never sent.

    As the SDK's `generate_db_auth_token` makes it, without loading all that the SDK knows of RDS.
    """
    request = AWSRequest("GET", f"https://{host}:{port}/?Action=connect&DBUser={user}")
    credentials = session().get_credentials()
    if credentials is None:
        raise SettingsError("AWS credentials: found none, expected those of the function's role")
    SigV4QueryAuth(credentials, "rds-db", region(), TOKEN_SECONDS).add_auth(request)
    return cast("str", request.url).removeprefix("https://")
