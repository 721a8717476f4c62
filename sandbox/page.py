"""Page: what the sandbox holds, as HTML for a browser: no script, no other file, nothing unescaped."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from http.client import HTTPException
from pathlib import Path
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from pg8000.exceptions import DatabaseError, InterfaceError

from handlers.payments.money import Money
from handlers.payments.payment import Payment, Status, Transition
from handlers.payments.retry import QueueError
from pipeline.change.smoke import NoAnswerError
from sandbox.proof import ACCOUNTS
from sandbox.records import Records
from sandbox.stubs import STUBS

HERE = Path(__file__).parent
REFRESH_SECONDS = 2
# A person reads a screen or two of payments, and looks at the table itself for more.
MOST_PAYMENTS, MOST_KEYS = 25, 6
SILENT = (
    *(BotoCoreError, ClientError, DatabaseError, InterfaceError),
    *(HTTPException, NoAnswerError, OSError, QueueError),
)
# The page waits no longer for the API's status.
STATUS_SECONDS = 10

Seen = TypeVar("Seen")


@dataclass(frozen=True)
class Row:
    """A payment as the page shows it."""

    transaction_id: str
    amount: str
    status: Status
    way: list[dict[str, str]]


def render(records: Records, usage: str, now: datetime, *, live: bool) -> str:
    """The page as it stands `now`; `live`, the browser asks for it again and again."""
    payments = asked(records.payments)
    balances = asked(records.balances)
    intents = asked(records.system.gateway.intents)
    audit = asked(records.audit_keys)
    parameters = records.system.published.root.parameters
    shown: str = template().render(
        title=f"Payment sandbox, {parameters['EnvironmentSuffix']}",
        style=style(),
        live=live,
        seconds=REFRESH_SECONDS,
        environment=parameters["EnvironmentSuffix"],
        at=now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        status=asked(lambda: status(records)),
        balances=None if balances is None else by_currency(balances),
        accounts=ACCOUNTS,
        balanced=balances is not None and balanced(balances),
        queues=asked(records.queues),
        intents=None if intents is None else counted(each["status"] for each in intents),
        payments=None if payments is None else rows(payments),
        statuses=counted(str(each.status) for each in payments or []),
        more=max(0, len(payments or []) - MOST_PAYMENTS),
        audit=None if audit is None else list(reversed(audit[-MOST_KEYS:])),
        audit_count=len(audit or []),
        usage=usage,
        stubs=[f"{kind}: {stub.missing}" for kind, stub in sorted(STUBS.items())],
    )
    return shown


def asked(ask: Callable[[], Seen]) -> Seen | None:
    """What `ask` answers, or None where nobody does: the page shows what it can."""
    try:
        return ask()
    except SILENT:
        return None


def status(records: Records) -> dict[str, Any] | None:
    """Return what the API's own status page says."""
    body = records.system.api.call("GET", "/status", timeout_seconds=STATUS_SECONDS).body
    return body if isinstance(body, dict) and "services" in body else None


def by_currency(balances: Iterable[tuple[str, str, int]]) -> list[tuple[str, list[str]]]:
    """What the accounts of `ACCOUNTS` hold of each currency, for people."""
    held = {(currency, account): amount for account, currency, amount in balances}
    return [
        (currency, [Money(held.get((currency, account), 0), currency).figure for account in ACCOUNTS])
        for currency in sorted({currency for currency, _ in held})
    ]


def balanced(balances: Iterable[tuple[str, str, int]]) -> bool:
    """Whether what the accounts hold comes to nothing, in each currency."""
    sums: Counter[str] = Counter()
    for _, currency, amount in balances:
        sums[currency] += amount
    return not any(sums.values())


def counted(names: Iterable[str]) -> list[tuple[str, int]]:
    """How often each of `names` comes, by name."""
    return sorted(Counter(names).items())


def rows(payments: Iterable[Payment]) -> list[Row]:
    """The payments that something happened to last, the newest first."""
    newest = sorted(payments, key=lambda each: (each.history[-1].at, each.transaction_id), reverse=True)
    return [
        Row(
            each.transaction_id,
            f"{each.money.figure} {each.money.currency}",
            each.status,
            way(each.history),
        )
        for each in newest[:MOST_PAYMENTS]
    ]


def way(history: tuple[Transition, ...]) -> list[dict[str, str]]:
    """Each transition: when the first was, and how long after it the others were."""
    began = history[0].at
    return [
        {
            "status": step.status,
            "when": f"+{(step.at - began) / 1000:.2f} s" if number else clock_time(step.at),
            "reason": step.reason or "",
        }
        for number, step in enumerate(history)
    ]


def clock_time(moment: int) -> str:
    """`moment`, in milliseconds since the epoch, as a time of day in UTC."""
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%H:%M:%S")


@cache
def template() -> Template:
    """The page, without what is on it."""
    made = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return made.get_template("page.html.jinja")


@cache
def style() -> str:
    """The page's style sheet."""
    return (HERE / "page.css").read_text(encoding="utf-8")


@cache
def policy() -> str:
    """What the browser may load and do for the page: show it in its own style, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
