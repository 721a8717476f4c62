"""Stripe's responses, and their meaning for a payment."""

from __future__ import annotations

import pytest

from handlers.payments.adapters.stripe import secure
from handlers.payments.adapters.stripe_answers import Answer, best, conclusive, refusal, verdict
from handlers.payments.gateway import Charge, Charged, Declined, GatewayError, GatewayRefusedError
from handlers.payments.money import Money

CHARGE = Charge("t-1", "cus_1", Money(1050, "USD"))
INTENT = {"id": "pi_1", "amount": 1050, "currency": "usd", "metadata": {"transaction_id": "t-1"}}


@pytest.mark.parametrize("url", ["http://gateway.example", "ftp://127.0.0.2", "http://127.0.0.1.example"])
def test_a_key_is_sent_nowhere_without_tls(url: str) -> None:
    with pytest.raises(ValueError, match=r"^PAYMENT_GATEWAY_URL: found .* expected https$"):
        secure(url)


@pytest.mark.parametrize(
    ("status", "error", "raised"),
    [
        (401, {"type": "invalid_request_error"}, "invalid_request_error"),
        (403, {}, "http_403"),
        (409, {"code": "lock_timeout"}, "lock_timeout"),
        (429, {"code": "rate_limit"}, "rate_limit"),
        (500, {"type": "api_error"}, "api_error"),
        (503, {"message": "cus_1 owes"}, "http_503"),
        (400, {"code": "parameter_missing"}, "parameter_missing"),
        (400, {"code": "Cus_1 is at fault"}, "http_400"),
        (302, {}, "http_302"),
    ],
)
def test_an_error_is_told_by_its_code_only(status: int, error: dict[str, str], raised: str) -> None:
    with pytest.raises(GatewayError) as caught:
        refusal(Answer(status, replayed=False, body={"error": error}))

    assert caught.value.reason == raised
    assert isinstance(caught.value, GatewayRefusedError) == (status in {302, 400})


@pytest.mark.parametrize("code", ["resource_missing", "amount_too_small", "amount_too_large"])
def test_what_is_wrong_with_the_payment_is_a_decline(code: str) -> None:
    answer = Answer(400, replayed=False, body={"error": {"type": "invalid_request_error", "code": code}})

    assert isinstance(refusal(answer), Declined)


@pytest.mark.parametrize(
    "changes",
    [{"amount": 1051}, {"currency": "eur"}, {"metadata": {"transaction_id": "t-2"}}, {"metadata": None}],
)
def test_a_charge_of_something_else_is_never_taken_for_ours(changes: dict[str, object]) -> None:
    with pytest.raises(GatewayRefusedError, match="charge_differs"):
        verdict(CHARGE, {**INTENT, "status": "succeeded", **changes})


def test_money_taken_counts_before_money_declined() -> None:
    assert best([Declined("x"), Charged("pi_1")]) == Charged("pi_1")
    assert best([]) is None


def test_an_intent_that_was_never_confirmed_says_nothing() -> None:
    assert not conclusive(CHARGE, {**INTENT, "status": "requires_confirmation"})
    assert conclusive(CHARGE, {**INTENT, "status": "succeeded"})
