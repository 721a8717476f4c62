"""Clients of AWS: the authorities that they trust, and the token that signs in to the database."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

import boto3
import pytest

from handlers.runtime import clients


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Credentials of the environment and no others, read by a session of the test's own."""
    for name in ("AWS_CA_BUNDLE", "AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    clients.session.cache_clear()
    yield
    clients.session.cache_clear()


def trusted(client: object) -> object:
    """Whose certificates the client takes."""
    return client._endpoint.http_session._verify  # type: ignore[attr-defined]


def test_clients_trust_amazons_authorities_and_no_others(signed_in: None) -> None:
    assert str(clients.AUTHORITIES) == trusted(clients.client("dynamodb"))

    # Not by a stricter reader: one of these roots has the serial number 0, which RFC 5280 came to forbid.
    context = ssl.create_default_context(cafile=str(clients.AUTHORITIES))
    subjects = [str(each["subject"]) for each in context.get_ca_certs()]
    names = [found[1] for each in subjects if (found := re.search(r"'commonName', '([^']+)'", each))]
    assert [
        "Amazon Root CA 1",
        "Amazon Root CA 2",
        "Amazon Root CA 3",
        "Amazon Root CA 4",
        "Starfield Services Root Certificate Authority - G2",
    ] == sorted(names)


def test_who_sets_another_bundle_is_trusted_instead(signed_in: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where a proxy of the company's own stands before AWS."""
    monkeypatch.setenv("AWS_CA_BUNDLE", "/etc/company.pem")

    assert trusted(clients.client("sqs")) == "/etc/company.pem"


def test_the_token_is_the_one_that_the_sdk_makes(signed_in: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which saves loading the SDK's model of RDS at each cold start."""
    moment = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: moment)
    # Not boto3's default session, which remembers the credentials of whichever test came first.
    rds = boto3.Session().client("rds")

    theirs = rds.generate_db_auth_token("db.example", 5432, "payments_writer")

    assert clients.database_token("db.example", 5432, "payments_writer") == theirs
