"""Load: the payments that somebody wants served, and what is taken for granted about each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline import BuildError
from pipeline.release.configuration import close


class LoadError(BuildError):
    """A load that nothing can be reckoned from."""


@dataclass(frozen=True)
class Assumption:
    """A number that no template holds, and where it comes from."""

    value: float
    meaning: str
    origin: str


DECLARED = "declared; replace it by what your metrics say"
MEASURED = (
    "warm CPU of the handlers as measured, at the share of a vCPU that their memory buys, and the calls"
)
CODE = "the handlers' code"

ASSUMPTIONS: Mapping[str, Assumption] = {
    "average_share": Assumption(1.0, "mean rate over a month, as a part of the rate asked for", DECLARED),
    "clients": Assumption(
        1, "callers that share the load, each with a key and an address of its own", DECLARED
    ),
    "reads": Assumption(0, "GET requests for each payment", DECLARED),
    "retried": Assumption(0.02, "part of the payments that need the retry queue", DECLARED),
    "validator_seconds": Assumption(0.03, "payment-validator, mean", MEASURED),
    "validator_p99": Assumption(0.3, "payment-validator, 99th percentile", MEASURED),
    "processor_seconds": Assumption(1.0, "payment-processor, mean: nearly all of it the gateway's", DECLARED),
    "processor_p99": Assumption(5.0, "payment-processor, 99th percentile", DECLARED),
    "reader_seconds": Assumption(0.05, "audit-logger, a GET request, mean", MEASURED),
    "reader_p99": Assumption(1.0, "audit-logger, a GET request, 99th percentile", DECLARED),
    "retrier_seconds": Assumption(2.0, "payment-retrier, a message, mean", DECLARED),
    "object_seconds": Assumption(0.04, "audit-logger, one transition written to S3", DECLARED),
    "writes": Assumption(3, "writes to the table for each payment, each of 1 KB at most", CODE),
    "transitions": Assumption(3, "records of the stream, and audit objects, for each payment", CODE),
    "gateway_calls": Assumption(1, "calls of the payment gateway for each attempt", CODE),
    "cold_share": Assumption(0.01, "part of the invocations that find no warm function", DECLARED),
    "commit_ios": Assumption(4, "I/O operations of the database for each posting", DECLARED),
    "commit_cpu_seconds": Assumption(0.001, "CPU of the database for each posting", DECLARED),
    "log_bytes": Assumption(6_000, "bytes logged for each payment, by functions, API and firewall", DECLARED),
    "gateway_bytes": Assumption(8_000, "bytes to and from the payment gateway for each payment", DECLARED),
    "endpoint_bytes": Assumption(12_000, "bytes through interface endpoints for each payment", DECLARED),
    "table_partitions": Assumption(
        4, "partitions of the table, and so shards of its stream", "a new table's"
    ),
    "lambda_concurrency": Assumption(1_000, "the account's quota of concurrent executions", "Lambda quotas"),
    "gateway_rate": Assumption(100, "calls a second that the payment gateway takes", "Stripe: Rate limits"),
}


@dataclass(frozen=True)
class Load:
    """What is assumed, by name."""

    assumed: Mapping[str, float]

    def __getitem__(self, name: str) -> float:
        return self.assumed[name]

    @property
    def requests(self) -> float:
        """Requests of the API for each payment: to validate, to process, and to look."""
        return 2 + self["reads"]

    @property
    def attempts(self) -> float:
        """Attempts for each payment."""
        return 1 + self["retried"]


def load(changes: Sequence[str]) -> Load:
    """The load under the assumptions, with `changes` of the form name=value."""
    assumed = {name: each.value for name, each in ASSUMPTIONS.items()}
    faults = []
    for change in changes:
        name, _, text = change.partition("=")
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if name not in assumed:
            faults.append(
                f"--assume {name}: unknown{close(name, assumed)}; expected one of {', '.join(assumed)}"
            )
        elif not 0 <= value < float("inf"):
            faults.append(f'--assume {name}: found "{text}", expected a number of 0 or more')
        assumed[name] = value
    if faults:
        raise LoadError(*faults)
    return Load(assumed)
