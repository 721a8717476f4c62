"""TLS to the ledger's database, which the authorities of RDS certify."""

from __future__ import annotations

import ssl
from pathlib import Path

AUTHORITIES = Path(__file__).parent / "authorities.pem"


class TrustError(ValueError):
    """There is no authority to verify the database with; says what was expected."""


def verified(region: str) -> ssl.SSLContext:
    """Return TLS that requires a certificate for the host, signed by the authorities of RDS in `region`."""
    # Those of all regions would take 12 ms of a cold start instead of 1.
    return ssl.create_default_context(cadata=authorities(region))


def authorities(region: str) -> str:
    """Return the certificates, in PEM, of the authorities of RDS in `region`."""
    certificates = AUTHORITIES.read_text().split("# Amazon RDS ")[1:]
    found = [text.partition("\n")[2] for text in certificates if text.startswith(f"{region} ")]
    if not found:
        known = sorted({text.split(" ", 1)[0] for text in certificates})
        raise TrustError(
            f"{AUTHORITIES.name}: found no RDS authority of {region!r}, expected one of {', '.join(known)}"
        )
    return "".join(found)
