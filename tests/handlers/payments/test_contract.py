"""Schemas of the routes' bodies."""

from __future__ import annotations

from handlers.payments import contract


def test_the_schema_admits_what_the_handlers_do() -> None:
    schema = contract.schema(contract.ValidateRequest)

    assert schema["required"] == ["transaction_id", "amount", "currency", "customer_id"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["amount"]["type"] == ["number", "string"]
