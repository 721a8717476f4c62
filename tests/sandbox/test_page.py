"""The page shows what the stack holds, to browsers on this machine, and lets nothing in."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from handlers.payments.money import Money
from handlers.payments.payment import Payment, Status, Transition
from sandbox import page, page_server
from sandbox.processes import LOOPBACK
from sandbox.records import Depth, Records
from sandbox.system import System
from tests.sandbox.paying import process, validate

# Debian's name for it, then Ubuntu's and Google's.
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# As root it has no sandbox of its own; and it is to ask nobody for anything.
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--enable-logging=stderr",
)
BROWSER_SECONDS = 60
HOSTILE = "<script>alert('&\"')</script>"


@pytest.fixture(scope="module")
def url(records: Records) -> Iterator[str]:
    """Where the page is."""
    with page_server.serving(page_server.bound(0), records, f"curl {HOSTILE}") as where:
        yield where


def get(url: str, path: str = "/", host: str = "") -> tuple[int, dict[str, str], str]:
    """Status, headers and content of the answer."""
    port = urlsplit(url).port
    connection = HTTPConnection(LOOPBACK, port, timeout=60)
    try:
        connection.request("GET", path, headers={"Host": host or f"{LOOPBACK}:{port}"})
        answer = connection.getresponse()
        return answer.status, dict(answer.headers), answer.read().decode()
    finally:
        connection.close()


def test_it_shows_a_payment_and_what_became_of_it(running: System, url: str, transaction_id: str) -> None:
    validate(running, transaction_id)
    process(running, transaction_id)

    status, _, shown = get(url)

    assert status == 200
    assert f'<th scope="row" role="rowheader">{transaction_id}</th>' in shown
    assert '<span class="pill processed">processed</span>' in shown
    assert '<span class="pill good">balanced</span>' in shown
    assert '<span class="pill good">operational</span>' in shown
    assert "payment-retry-queue-dev" in shown
    assert 'http-equiv="refresh"' in shown


def test_it_holds_still_for_who_wants_to_read(url: str) -> None:
    _, _, shown = get(url, "/?still")

    assert 'http-equiv="refresh"' not in shown


def test_it_is_for_browsers_on_this_machine(url: str) -> None:
    """A name that was made to lead here gets nothing: the page holds the key to the API."""
    status, _, shown = get(url, host="rebound.example")

    assert status == 421
    assert "pill" not in shown


def test_the_browser_may_do_nothing_but_show_it(url: str) -> None:
    _, headers, _ = get(url)

    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_elsewhere_is_nothing(url: str) -> None:
    assert get(url, "/favicon.ico")[0] == 404


def test_what_is_shown_stays_text(running: System, monkeypatch: pytest.MonkeyPatch) -> None:
    records = Records(running)
    hostile = Payment(
        transaction_id=HOSTILE,
        owner="owner",
        customer_id=HOSTILE,
        money=Money(1, "EUR"),
        status=Status.DECLINED,
        version=2,
        attempts=1,
        history=(Transition(Status.VALIDATED, 1), Transition(Status.DECLINED, 2, HOSTILE)),
    )
    monkeypatch.setattr(records, "payments", lambda: [hostile])
    monkeypatch.setattr(records, "audit_keys", lambda: [HOSTILE])
    monkeypatch.setattr(records, "queues", lambda: [Depth(HOSTILE, 1, 0, 0)])

    shown = page.render(records, HOSTILE, datetime.now(UTC), live=True)

    assert "<script" not in shown
    assert shown.count("&lt;script&gt;alert(&#39;&amp;&#34;&#39;)&lt;/script&gt;") == 5


def test_it_shows_what_it_can_when_a_part_does_not_answer(
    running: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = Records(running)

    def silent() -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(records, "balances", silent)

    shown = page.render(records, "", datetime.now(UTC), live=True)

    assert "The database does not answer." in shown
    assert "payment-retry-queue-dev" in shown


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_a_browser_shows_it_without_complaint(running: System, url: str, transaction_id: str) -> None:
    validate(running, transaction_id)

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        done = subprocess.run(
            [str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}", "--dump-dom", f"{url}?still"],
            capture_output=True,
            text=True,
            check=True,
            timeout=BROWSER_SECONDS,
        )

    assert transaction_id in done.stdout
    assert "curl &lt;script&gt;" in done.stdout
    assert "CONSOLE" not in done.stderr
