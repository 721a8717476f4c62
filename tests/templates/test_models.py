"""The models: which bodies the API lets through to the functions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from ministack.services import apigateway_v1

from handlers.payments import contract
from templates.api import models, rest_api

KINDS = [contract.ValidateRequest, contract.ProcessRequest, contract.AuditRequest]

PAYMENT = {"transaction_id": "tx-1", "amount": "10.00", "currency": "USD", "customer_id": "cust-1"}


def model(kind: type[contract.Request]) -> dict[str, Any]:
    found: dict[str, Any] = models.body_model(rest_api(), kind).to_dict()["Properties"]
    return found


def schema(kind: type[contract.Request]) -> dict[str, Any]:
    found = model(kind)["Schema"]
    loaded: dict[str, Any] = json.loads(found) if isinstance(found, str) else found
    return loaded


def fits(definition: dict[str, Any], body: object) -> bool:
    """By the draft 4 validator of the emulator's API Gateway."""
    return bool(apigateway_v1._json_schema_valid(definition, body, definition))


def lets_through(kind: type[contract.Request], body: object) -> bool:
    return fits(schema(kind), body)


@pytest.mark.parametrize("kind", KINDS)
def test_models_are_draft_4_and_have_alphanumeric_names(kind: type[contract.Request]) -> None:
    """API Gateway knows no later draft, and takes no other names."""
    assert schema(kind)["$schema"] == "http://json-schema.org/draft-04/schema#"
    assert model(kind)["Name"].isalnum()
    assert model(kind)["ContentType"] == "application/json"


@pytest.mark.parametrize("kind", KINDS)
def test_models_have_the_fields_of_the_definition_and_no_others(kind: type[contract.Request]) -> None:
    defined = contract.schema(kind)

    assert set(schema(kind)["properties"]) == set(defined["properties"])
    assert schema(kind)["required"] == defined["required"]
    assert schema(kind)["additionalProperties"] is False


@pytest.mark.parametrize("amount", ["10.00", 10, 10.5])
def test_an_amount_may_be_a_number_or_a_string(amount: object) -> None:
    assert lets_through(contract.ValidateRequest, {**PAYMENT, "amount": amount})


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        {},
        {name: value for name, value in PAYMENT.items() if name != "customer_id"},
        {**PAYMENT, "card_number": "1"},
        {**PAYMENT, "amount": None},
        {**PAYMENT, "amount": True},
        {**PAYMENT, "currency": 840},
        {**PAYMENT, "transaction_id": ["tx-1"]},
    ],
)
def test_what_has_another_shape_reaches_no_function(body: object) -> None:
    assert lets_through(contract.ValidateRequest, PAYMENT)
    assert not lets_through(contract.ValidateRequest, body)


anything = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
    max_leaves=5,
)


# Now and then a value that the full definition takes as well.
either = {name: some.just(value) | anything for name, value in PAYMENT.items()}


@given(body=some.fixed_dictionaries(either))
@settings(max_examples=200, deadline=None)
def test_whatever_the_full_definition_takes_the_model_lets_through(body: dict[str, object]) -> None:
    """The model may be laxer than the functions, and never stricter."""
    if fits(contract.schema(contract.ValidateRequest), body):
        assert lets_through(contract.ValidateRequest, body)


@pytest.mark.parametrize("kind", KINDS)
def test_no_model_makes_api_gateway_write_a_value_into_its_log(kind: type[contract.Request]) -> None:
    """It quotes a value that breaks a pattern or a limit; of a wrong type or field it tells the name."""
    text = json.dumps(schema(kind))

    assert not [keyword for keyword in models.VALUES if f'"{keyword}":' in text]


def test_a_keyword_that_no_model_can_take_is_named() -> None:
    with pytest.raises(
        models.ModelError, match=r"ValidateRequest\.amount: found .*\$ref.*, expected .*pattern"
    ):
        models.shape({"properties": {"amount": {"$ref": "#/$defs/Amount"}}}, "ValidateRequest")
