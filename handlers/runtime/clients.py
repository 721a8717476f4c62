"""Clients of AWS, each created once, when first used; and the token that signs in to the database."""

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

# Three tries of 2 + 4 seconds: API Gateway times out at 29 s.
CONFIG = Config(
    connect_timeout=2,
    read_timeout=4,
    retries={"mode": "standard", "total_max_attempts": 3},
    # mypy checks the parameters; to check them again takes a tenth of a call.
    parameter_validation=False,
)

# The longest validity of a token in RDS; it only has to last until the connection is open.
TOKEN_SECONDS = 900


# The authorities of AWS's endpoints: to read all that the SDK trusts takes 40 ms.
AUTHORITIES = Path(__file__).parent / "amazon.pem"


# The parts of the SDK's models that pipeline/release/sdk_models.py packs; absent outside an archive.
MODELS = Path(__file__).parent / "models"


class Models(Loader):
    """Loads the packed models, and everything else from the SDK's own folder."""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - packed models have every type
        """Return the packed services: the SDK would search the folders of all that exist."""
        return sorted(folder.name for folder in MODELS.iterdir() if folder.is_dir())

    def is_builtin_path(self, path: str) -> bool:
        """Return True also for the packed endpoints: custom ones would override the SDK's own rules."""
        return Path(path).is_relative_to(MODELS) or super().is_builtin_path(path)


@cache
def session() -> Session:
    """Return the session, which has the function's credentials; boto3's would load unused resources."""
    created = Session()
    if MODELS.is_dir():
        created.register_component("data_loader", Models([str(MODELS)]))
    return created


def client(service: str) -> Any:
    """Return a client of `service`, which trusts AWS's authorities, or those of AWS_CA_BUNDLE."""
    trusted = os.environ.get("AWS_CA_BUNDLE") or str(AUTHORITIES)
    return session().create_client(service, config=CONFIG, verify=trusted)


@cache
def dynamodb() -> DynamoDBClient:
    """Return the client of DynamoDB."""
    return cast("DynamoDBClient", client("dynamodb"))


@cache
def sqs() -> SQSClient:
    """Return the client of SQS."""
    return cast("SQSClient", client("sqs"))


@cache
def s3() -> S3Client:
    """Return the client of S3."""
    return cast("S3Client", client("s3"))


@cache
def secretsmanager() -> SecretsManagerClient:
    """Return the client of Secrets Manager."""
    return cast("SecretsManagerClient", client("secretsmanager"))


def database_token(host: str, port: int, user: str) -> str:
    """Return a token that RDS accepts as a password: a signed request that is never sent.

    Equals the SDK's `generate_db_auth_token`, which would load the SDK's whole model of RDS.
    """
    request = AWSRequest("GET", f"https://{host}:{port}/?Action=connect&DBUser={user}")
    credentials = session().get_credentials()
    if credentials is None:
        raise SettingsError("AWS credentials: found none, expected those of the function's role")
    SigV4QueryAuth(credentials, "rds-db", region(), TOKEN_SECONDS).add_auth(request)
    return cast("str", request.url).removeprefix("https://")
