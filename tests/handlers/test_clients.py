from __future__ import annotations

import re
import ssl

import pytest

from handlers.runtime import clients


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
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
