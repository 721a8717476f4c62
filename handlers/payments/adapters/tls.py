"""TLS: whom the ledger trusts to be the database."""

from __future__ import annotations

import ssl
from pathlib import Path

AUTHORITIES = Path(__file__).parent / "authorities.pem"


class TrustError(ValueError):
    """There is no telling whether the database is the right one; says what was expected."""


def verified(region: str) -> ssl.SSLContext:
    """TLS that demands a certificate of the database's own name, signed by RDS of `region`."""
    # All regions' would do, and take 12 ms of a cold start instead of 1.
    return ssl.create_default_context(cadata=authorities(region))


def authorities(region: str) -> str:
    """The certificates, in PEM, of the authorities of RDS in `region`."""
    certificates = AUTHORITIES.read_text().split("# Amazon RDS ")[1:]
    found = [each.partition("\n")[2] for each in certificates if each.startswith(f"{region} ")]
    if not found:
        known = sorted({each.split(" ", 1)[0] for each in certificates})
        raise TrustError(
            f"{AUTHORITIES.name}: found no RDS authority of {region!r}, expected one of {', '.join(known)}"
        )
    return "".join(found)
