"""Chromium, headless: it loads pages of this machine and returns what they write into themselves."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

# Debian's name for it, then Ubuntu's and Google's.
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# As root it has no sandbox of its own; and it is to ask nobody for anything.
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
SCHEMES = {"dark": 0, "light": 1}
SECONDS = 120


def loaded(page: Path, scheme: str) -> str:
    """Return the page's document, in a colour scheme, as its scripts left it when they had ended."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        settings = f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}"
        # Time in the page advances by itself while nothing is under way.
        command = [
            str(CHROMIUM),
            *FLAGS,
            f"--user-data-dir={profile}",
            settings,
            "--virtual-time-budget=60000",
        ]
        done = subprocess.run(
            [*command, "--dump-dom", page.as_uri()],
            capture_output=True,
            text=True,
            check=True,
            timeout=SECONDS,
        )
    return done.stdout
