"""Problem: what went wrong, as RFC 9457 tells it to a client."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple


class Fault(NamedTuple):
    """One thing that is wrong with a request; `pointer` (RFC 6901) says where."""

    pointer: str
    detail: str


class Problem(Exception):  # noqa: N818 - the RFC's own word for it
    """An answer other than success; its text is for the client, and holds none of the client's values."""

    allowed: str | None = None
    """The method that the route takes, where it was another's."""

    def __init__(self, status: int, kind: str, title: str, detail: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(f"{status} {kind}")
        self.status = status
        self.kind = kind
        self.title = title
        self.detail = detail
        self.faults = tuple(faults)

    def document(self) -> dict[str, Any]:
        """The problem as the members of `application/problem+json`."""
        members: dict[str, Any] = {
            "type": f"urn:problem:payments:{self.kind}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.faults:
            members["errors"] = [fault._asdict() for fault in self.faults]
        return members


def invalid(faults: Sequence[Fault]) -> Problem:
    """The request is not what the route takes, for each of `faults`."""
    return Problem(
        400, "invalid-request", "The request is not valid", "Every fault is listed in errors.", faults
    )


def too_large(limit: int) -> Problem:
    """The body has more than `limit` bytes."""
    return Problem(413, "too-large", "The request is too large", f"A body has at most {limit} bytes.")


def unknown_transaction() -> Problem:
    """There is no such transaction, or it is another caller's, which is not told apart."""
    return Problem(404, "unknown-transaction", "No such transaction", "Validate the payment first.")


def conflict() -> Problem:
    """The id stands for another payment already."""
    return Problem(
        409,
        "transaction-exists",
        "The transaction id is taken",
        "Another payment was validated under this id; use a new one.",
    )


def declined(reason: str) -> Problem:
    """The customer's means of payment was declined, finally."""
    return Problem(402, "payment-declined", "The payment was declined", f"Reason: {reason}.")


def failed(reason: str) -> Problem:
    """The payment could not be taken, finally."""
    return Problem(402, "payment-failed", "The payment could not be taken", f"Reason: {reason}.")


def wrong_method(allowed: str) -> Problem:
    """The route takes `allowed` only."""
    problem = Problem(405, "wrong-method", "The method is not allowed", f"This route takes {allowed}.")
    problem.allowed = allowed
    return problem


def unavailable() -> Problem:
    """Something that the service stands on does not answer; the same request may be sent again."""
    return Problem(503, "unavailable", "The service is not available", "Send the same request again later.")
