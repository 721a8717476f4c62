"""Proof: that money moved once for each payment, by what table, gateway, ledger and audit trail each say."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from handlers.payments.payment import Payment, Status
from sandbox.load import Asked
from sandbox.records import Depth, Entry, Records
from templates import names

ENDS = frozenset({Status.PROCESSED, Status.DECLINED, Status.FAILED})
ACCOUNTS = ("gateway.receivable", "merchant.payable")


@dataclass(frozen=True)
class Evidence:
    """Everything that the stack holds, read once nothing is under way."""

    payments: Mapping[str, Payment]
    intents: list[dict[str, Any]]
    entries: list[Entry]
    audit: Mapping[str, str]
    """The type of event of each object of the audit trail, by the end of its key: id and number."""

    queues: list[Depth]

    @classmethod
    def gather(cls, records: Records) -> Evidence:
        """Read it."""
        audit = {}
        for key in records.audit_keys():
            told = json.loads(records.audit_object(key))
            audit["/".join(key.rsplit("/", 2)[1:])] = str(told["event_type"])
        return cls(
            {each.transaction_id: each for each in records.payments()},
            records.system.gateway.intents(),
            records.entries(),
            audit,
            records.queues(),
        )

    def count(self) -> dict[str, int]:
        """The figures that are to agree, and those that tell how it went."""
        stands = Counter(each.status for each in self.payments.values())
        return {
            "payments": len(self.payments),
            **{str(status): stands[status] for status in Status},
            "attempts": sum(each.attempts for each in self.payments.values()),
            "charges at the gateway": len(charges(self.intents)),
            "postings in the ledger": len({each.transaction_id for each in self.entries}),
            "ledger entries": len(self.entries),
            "transitions": sum(len(each.history) for each in self.payments.values()),
            "audit objects": len(self.audit),
            "dead letters": sum(each.total for each in self.queues if "-dlq-" in each.name),
        }


def charges(intents: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those of `intents` that took money."""
    return [each for each in intents if each["status"] == "succeeded"]


def faults(accepted: Mapping[str, Asked], found: Evidence) -> list[str]:
    """What is wrong with the money, a line each; nothing where every accepted payment is settled once."""
    return [
        *lost(accepted, found),
        *settled_again(found),
        *charged_wrongly(found),
        *posted_wrongly(found),
        *untold(found),
        *set_aside(found),
    ]


def lost(accepted: Mapping[str, Asked], found: Evidence) -> Iterator[str]:
    """Payments that a client was told of, and that are not there, not as asked for, or not settled."""
    for name, asked in accepted.items():
        payment = found.payments.get(name)
        if payment is None:
            yield f"{name}: accepted, and not in the table"
            continue
        if (payment.money.minor, payment.money.currency) != (asked.minor, asked.currency):
            yield f"{name}: asked for {asked.currency} {asked.minor}, found {payment.money}"
        if payment.status not in {Status.PROCESSED, Status.DECLINED}:
            yield f"{name}: found {payment.status} ({payment.reason}), expected processed or declined"


def settled_again(found: Evidence) -> Iterator[str]:
    """Payments that went on after they had come to an end."""
    for name, payment in found.payments.items():
        settled = [str(step.status) for step in payment.history if step.status in ENDS]
        if len(settled) > 1:
            yield f"{name}: settled as {', '.join(settled)}, expected once"


def charged_wrongly(found: Evidence) -> Iterator[str]:
    """Payments whose charges at the gateway are not what their state says."""
    taken: dict[str, list[Mapping[str, Any]]] = {}
    for each in charges(found.intents):
        taken.setdefault(each["metadata"]["transaction_id"], []).append(each)
    for name in taken.keys() - found.payments.keys():
        yield f"{name}: charged, and not in the table"
    for name, payment in found.payments.items():
        wanted = [money(payment)] if payment.status is Status.PROCESSED else []
        seen = [(each["amount"], str(each["currency"]).upper(), each["id"]) for each in taken.get(name, [])]
        if seen != wanted:
            yield f"{name}: {payment.status}, found charges {seen}, expected {wanted}"


def posted_wrongly(found: Evidence) -> Iterator[str]:
    """Payments whose lines in the ledger are not what their state says, and accounts out of balance."""
    posted: dict[str, list[Entry]] = {}
    for each in found.entries:
        posted.setdefault(each.transaction_id, []).append(each)
    for name in posted.keys() - found.payments.keys():
        yield f"{name}: posted, and not in the table"
    for name, payment in found.payments.items():
        amount, currency, reference = money(payment)
        wanted = (
            [
                Entry(name, ACCOUNTS[0], currency, amount, reference),
                Entry(name, ACCOUNTS[1], currency, -amount, reference),
            ]
            if payment.status is Status.PROCESSED
            else []
        )
        if posted.get(name, []) != wanted:
            yield f"{name}: {payment.status}, found entries {posted.get(name, [])}, expected {wanted}"
    for currency in {each.currency for each in found.entries}:
        balance = sum(each.amount for each in found.entries if each.currency == currency)
        if balance:
            yield f"ledger: {currency} is out of balance by {balance}"


def money(payment: Payment) -> tuple[int, str, str]:
    """Amount, currency and charge of `payment`."""
    return payment.money.minor, payment.money.currency, payment.gateway_reference or ""


def untold(found: Evidence) -> Iterator[str]:
    """Transitions that the audit trail does not tell, and what it tells that did not happen."""
    happened = {
        f"{name}/{number:04}.json": f"payment.{step.status}"
        for name, payment in found.payments.items()
        for number, step in enumerate(payment.history, 1)
    }
    for place in sorted(happened.keys() | found.audit.keys()):
        told, wanted = found.audit.get(place), happened.get(place)
        if told != wanted:
            yield f"audit trail: {place}: found {told}, expected {wanted}"


def set_aside(found: Evidence) -> Iterator[str]:
    """Yield a fault for every dead-letter queue with messages, but for that of retries.

    Records of the stream and events are lost there; a payment shows its failure by its own state.
    """
    for each in found.queues:
        if "-dlq-" in each.name and not each.name.startswith(names.RETRY_DEAD_LETTERS) and each.total:
            yield f"{each.name}: found {each.total} dead letters, expected none"


def under_way(payments: Iterable[Payment], accepted: Mapping[str, Asked]) -> int:
    """How many of `payments` are still to be settled: all that somebody set out to charge, or was told of."""
    return sum(
        each.status not in ENDS and (each.attempts > 0 or each.transaction_id in accepted)
        for each in payments
    )
