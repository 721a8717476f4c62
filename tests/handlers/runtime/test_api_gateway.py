"""Requests read from events of API Gateway."""

from __future__ import annotations

import pytest

from handlers.runtime.api_gateway import Request


@pytest.mark.parametrize(
    ("identity", "same", "other"),
    [
        ({"apiKeyId": "a"}, {"apiKeyId": "a", "caller": "x"}, {"apiKeyId": "b"}),
        ({"caller": "AROA1:one"}, {"caller": "AROA1:two"}, {"caller": "AROA2:one"}),
        ({}, {"apiKeyId": None}, {"apiKeyId": "a"}),
    ],
    ids=["by key", "by signature", "by neither"],
)
def test_an_owner_is_the_key_else_the_signer_else_nobody(
    identity: dict[str, str], same: dict[str, str], other: dict[str, str]
) -> None:
    owners = [Request.of({"requestContext": {"identity": each}}).owner for each in (identity, same, other)]

    assert owners[0] == owners[1]
    assert owners[0] != owners[2]


@pytest.mark.parametrize("sent", ["a b", "a\nb", "x" * 129, 5, None])
def test_a_correlation_id_that_could_forge_a_log_is_not_taken(sent: object) -> None:
    event = {"headers": {"X-Correlation-ID": sent}, "requestContext": {"requestId": "r-1"}}

    assert Request.of(event).correlation_id == "r-1"


@pytest.mark.parametrize("event", [{}, {"requestContext": None}, {"headers": None, "httpMethod": None}])
def test_an_event_without_particulars_is_read_all_the_same(event: dict[str, object]) -> None:
    assert Request.of(event).correlation_id == "none"
