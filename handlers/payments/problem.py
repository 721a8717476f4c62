"""Problems: responses other than success, as RFC 9457 defines them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

# A response of Lambda has at most 6 MB, and the place of one fault can take 10 KB.
MOST_FAULTS = 100


class Fault(NamedTuple):
    """A fault of a request; `pointer` (RFC 6901) says where."""

    pointer: str
    detail: str


class Problem(Exception):  # noqa: N818 - the RFC's own word for it
    """A response other than success; its text holds none of the client's values."""

    allowed: str | None = None
    """The method that the route accepts, where the request's was another."""

    def __init__(self, status: int, kind: str, title: str, detail: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(f"{status} {kind}")
        self.status = status
        self.kind = kind
        self.title = title
        self.detail = detail
        self.faults = tuple(faults)

    def document(self) -> dict[str, Any]:
        """Return the problem as the members of `application/problem+json`."""
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
    """The request is not valid, for the reasons in `faults`."""
    detail = "Every fault is listed in errors."
    if len(faults) > MOST_FAULTS:
        detail = f"The first {MOST_FAULTS} of {len(faults)} faults are listed in errors."
    return Problem(400, "invalid-request", "The request is not valid", detail, faults[:MOST_FAULTS])


def too_large(limit: int) -> Problem:
    """The body has more than `limit` bytes."""
    return Problem(413, "too-large", "The request is too large", f"A body has at most {limit} bytes.")


def unknown_transaction() -> Problem:
    """There is no such transaction, or it is another caller's: the response is the same."""
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
    """The route accepts `allowed` only."""
    problem = Problem(405, "wrong-method", "The method is not allowed", f"This route takes {allowed}.")
    problem.allowed = allowed
    return problem


def unavailable() -> Problem:
    """A service that payments depend on does not respond; the same request may be sent again."""
    return Problem(503, "unavailable", "The service is not available", "Send the same request again later.")
