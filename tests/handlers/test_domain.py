from __future__ import annotations

import ssl
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.payments import contract
from handlers.payments.adapters import tls
from handlers.payments.adapters.stripe import secure
from handlers.payments.adapters.stripe_answers import Answer, best, conclusive, refusal, verdict
from handlers.payments.audit import in_key
from handlers.payments.gateway import Charge, Charged, Declined, GatewayError, GatewayRefusedError
from handlers.payments.identifiers import holds_card, looks_like_card, luhn
from handlers.payments.money import MINOR_DIGITS, Money, MoneyError, accepted
from handlers.payments.retry import delay
from handlers.runtime import settings as told
from handlers.runtime.api_gateway import Request

CHARGE = Charge("t-1", "cus_1", Money(1050, "USD"))
INTENT = {"id": "pi_1", "amount": 1050, "currency": "usd", "metadata": {"transaction_id": "t-1"}}


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("10.5", "USD", 1050), ("500", "JPY", 500), ("1.234", "KWD", 1234), ("1E+2", "EUR", 10000)],
)
def test_minor_units_are_those_of_the_currency(amount: str, currency: str, minor: int) -> None:
    assert Money.of(Decimal(amount), currency).minor == minor


@pytest.mark.parametrize(("amount", "currency"), [("0.1", "JPY"), ("1.2345", "KWD"), ("1.001", "USD")])
def test_a_part_of_a_minor_unit_is_no_money(amount: str, currency: str) -> None:
    with pytest.raises(MoneyError, match="digits after the point"):
        Money.of(Decimal(amount), currency)


@given(st.integers(1, 10**12 - 1), st.sampled_from(sorted(MINOR_DIGITS)))
def test_an_amount_written_and_read_is_the_same(minor: int, currency: str) -> None:
    money = Money(minor, currency)

    assert Money.of(Decimal(money.figure), currency) == money


@pytest.mark.parametrize("setting", ["USD,XXX", "usd", "", "USD,,EUR", "ISK"])
def test_a_currency_that_is_not_known_is_told_with_those_that_are(setting: str) -> None:
    with pytest.raises(MoneyError, match=r"^ACCEPTED_CURRENCIES: found .*, expected codes .*USD"):
        accepted(setting)


@given(st.integers(10**11, 10**17))
def test_one_check_digit_in_ten_is_right(number: int) -> None:
    digits = [int(each) for each in str(number)]

    assert sum(luhn([*digits, last]) for last in range(10)) == 1


def test_a_card_number_is_seen_amid_text_and_not_amid_digits() -> None:
    assert looks_like_card("4111 1111 1111 1111")
    assert holds_card("4111 1111 1111 1111 12/29")
    assert holds_card("2 of 4111-1111-1111-1111-123")
    assert holds_card("3782 822463 10005 1234")
    assert holds_card("\uff14\uff11\uff11\uff11 1111 1111 \u0661\u0661\u0661\u0661")
    assert not holds_card("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25")
    assert holds_card("card 4111111111111111, thanks")
    assert not holds_card("94111111111111111000001")
    assert not holds_card("2026-11-24T02:15:31.123Z")


@given(st.integers(1, 50), st.floats(0, 1))
def test_a_delay_is_one_that_sqs_takes(attempts: int, part: float) -> None:
    assert 1 <= delay(attempts, lambda _, most: part * most) <= 900


def test_delays_double_up_to_the_longest() -> None:
    longest = [delay(attempts, lambda _, most: most) for attempts in range(1, 9)]

    assert longest == [15, 30, 60, 120, 240, 480, 900, 900]


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


def test_only_dots_would_be_another_folder() -> None:
    assert [in_key(each) for each in ("..", ".", "a.b", "..a")] == ["%2E%2E", "%2E", "a.b", "..a"]


def test_the_schema_admits_what_the_handlers_do() -> None:
    schema = contract.schema(contract.ValidateRequest)

    assert schema["required"] == ["transaction_id", "amount", "currency", "customer_id"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["amount"]["type"] == ["number", "string"]


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "ap-southeast-2"])
def test_the_database_must_prove_its_name_to_its_regions_authorities(region: str) -> None:
    context = tls.verified(region)

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert len(context.get_ca_certs()) == 3
    for each in context.get_ca_certs():
        assert f"Amazon RDS {region} Root CA" in str(each["subject"])


def test_a_region_without_authorities_is_told_with_those_that_have_some() -> None:
    with pytest.raises(
        tls.TrustError, match="found no RDS authority of 'mars-1', expected one of af-south-1"
    ):
        tls.verified("mars-1")


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

    assert told.database_trusted(host) is trusted


@pytest.mark.parametrize(
    ("wanted", "host"), [("off", "db.example"), ("off", "10.0.0.1"), ("prefer", "/run/db")]
)
def test_tls_is_never_left_out_elsewhere(monkeypatch: pytest.MonkeyPatch, wanted: str, host: str) -> None:
    monkeypatch.setenv("DATABASE_TLS", wanted)

    with pytest.raises(told.SettingsError, match=r"^DATABASE_TLS: found"):
        told.database_trusted(host)


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
