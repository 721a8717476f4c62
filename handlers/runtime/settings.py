"""Settings: what the functions are told by their environment."""

from __future__ import annotations

import os
from ipaddress import ip_address


class SettingsError(Exception):
    """A setting that is missing or cannot be; says which, what was found and what was expected."""


def setting(name: str) -> str:
    """The setting `name`, which must be there."""
    found = os.environ.get(name, "")
    if not found:
        raise SettingsError(f"{name}: found nothing in the environment, expected a value")
    return found


def region() -> str:
    """The region that the function runs in."""
    return os.environ.get("AWS_REGION") or setting("AWS_DEFAULT_REGION")


def database_trusted(host: str) -> bool:
    """Whether the database at `host` needs no TLS: DATABASE_TLS says `off`, and it is on this machine."""
    wanted = os.environ.get("DATABASE_TLS", "verify-full")
    if wanted == "verify-full":
        return False
    if wanted == "off" and (host.startswith("/") or loopback(host)):
        return True
    raise SettingsError(
        f"DATABASE_TLS: found {wanted!r} for {host}, expected verify-full, or off on this machine"
    )


def loopback(host: str) -> bool:
    """Whether `host` is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
