"""Settings of the functions, from environment variables."""

from __future__ import annotations

import os
from ipaddress import ip_address


class SettingsError(Exception):
    """A setting that is missing or invalid; says which, what was found and what was expected."""


def setting(name: str) -> str:
    """Return the setting `name`; raises SettingsError where it is missing."""
    found = os.environ.get(name, "")
    if not found:
        raise SettingsError(f"{name}: found nothing in the environment, expected a value")
    return found


def region() -> str:
    """Return the region of the function."""
    return os.environ.get("AWS_REGION") or setting("AWS_DEFAULT_REGION")


def database_trusted(host: str) -> bool:
    """Return whether to connect without TLS: DATABASE_TLS is `off`, and `host` is this machine."""
    wanted = os.environ.get("DATABASE_TLS", "verify-full")
    if wanted == "verify-full":
        return False
    if wanted == "off" and (host.startswith("/") or loopback(host)):
        return True
    raise SettingsError(
        f"DATABASE_TLS: found {wanted!r} for {host}, expected verify-full, or off on this machine"
    )


def loopback(host: str) -> bool:
    """Return whether `host` is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
