"""Authorities of the ledger's database."""

from __future__ import annotations

import ssl

import pytest

from handlers.payments.adapters import tls


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "ap-southeast-2"])
def test_the_database_must_prove_its_name_to_its_regions_authorities(region: str) -> None:
    context = tls.verified(region)

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert len(context.get_ca_certs()) == 3
    for each in context.get_ca_certs():
        assert f"Amazon RDS {region} Root CA" in str(each["subject"])


def test_a_region_without_authorities_is_told_with_those_that_have_some() -> None:
    with pytest.raises(
        tls.TrustError, match="found no RDS authority of 'mars-1', expected one of af-south-1"
    ):
        tls.verified("mars-1")
