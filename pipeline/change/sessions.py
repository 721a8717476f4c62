"""Sessions with AWS: the caller's own, or one under a role of the account to change."""

from __future__ import annotations

import boto3
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import NoCredentialsError
from botocore.session import get_session

from pipeline import BuildError
from pipeline.aws import answering

RETRIES = Config(retries={"mode": "standard", "max_attempts": 8})


class ChangeError(BuildError):
    """A change that cannot be planned or carried out."""


def session(role: str = "", external_id: str = "", run: str = "") -> boto3.Session:
    """Return the caller's own session, or one under `role` whose credentials are renewed."""
    with answering(role or "AWS"):
        own = boto3.Session()
        if not role:
            return own
        if own.get_credentials() is None:
            raise NoCredentialsError
    arguments = {"RoleSessionName": f"release-{run}"[:64] if run else "release"}
    if external_id:
        arguments["ExternalId"] = external_id
    inner = get_session()
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=own.client,
        source_credentials=own.get_credentials(),
        role_arn=role,
        extra_args=arguments,
    )
    # A role that is assumed by a role lasts an hour; a database takes longer.
    renewed = DeferredRefreshableCredentials(refresh_using=fetcher.fetch_credentials, method="assume-role")
    # botocore has no other way in.
    inner._credentials = renewed  # type: ignore[attr-defined]  # noqa: SLF001
    inner.set_config_variable("region", own.region_name)
    return boto3.Session(botocore_session=inner)
