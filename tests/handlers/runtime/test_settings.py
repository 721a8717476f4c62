"""TLS to the database is left out only where the environment says so, on this machine."""

from __future__ import annotations

import pytest

from handlers.runtime import settings


@pytest.mark.parametrize(
    ("wanted", "host", "trusted"),
    [
        ("verify-full", "/run/db", False),
        ("off", "/run/db", True),
        ("off", "127.0.0.1", True),
        ("off", "localhost", True),
    ],
)
def test_tls_is_left_out_on_this_machine_only(
    monkeypatch: pytest.MonkeyPatch, wanted: str, host: str, trusted: bool
) -> None:
    monkeypatch.setenv("DATABASE_TLS", wanted)

    assert settings.database_trusted(host) is trusted


@pytest.mark.parametrize(
    ("wanted", "host"), [("off", "db.example"), ("off", "10.0.0.1"), ("prefer", "/run/db")]
)
def test_tls_is_never_left_out_elsewhere(monkeypatch: pytest.MonkeyPatch, wanted: str, host: str) -> None:
    monkeypatch.setenv("DATABASE_TLS", wanted)

    with pytest.raises(settings.SettingsError, match=r"^DATABASE_TLS: found"):
        settings.database_trusted(host)
