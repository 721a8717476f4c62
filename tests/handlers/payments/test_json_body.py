"""Bodies that are JSON and no request: the place of every fault, and limits that no body passes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from handlers.payments.contract import AuditRequest, ProcessRequest, Request, ValidateRequest
from handlers.payments.json_body import DEEPEST, MOST_BYTES, read
from handlers.payments.problem import MOST_FAULTS, Problem
from handlers.payments.validating import auditing

HALF = "\ud800"
HALF_PAIR = "holds half of a surrogate pair, which is no character"
# The most that Lambda returns.
RESPONSE_BYTES = 6 * 1024 * 1024


@pytest.mark.parametrize("kind", [ValidateRequest, ProcessRequest, AuditRequest])
@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ({"transaction_id": HALF}, "/transaction_id"),
        ({"transaction_id": [1, [f"x{HALF}"]]}, "/transaction_id/1/0"),
        ({"customer_id": {"a/b": {"c~": HALF}}}, "/customer_id/a~1b/c~0"),
        ({"details": HALF}, "/details"),
        ({"details": {"a": [HALF]}}, "/details/a/0"),
        ({"details": {"a": {HALF: 1}}}, "/details/a"),
        ({"details": {HALF: {"a": HALF}}}, "/details/\\ud800/a"),
        ({HALF: 1}, ""),
    ],
    ids=ascii,
)
def test_text_that_utf8_cannot_encode_is_a_fault_at_its_place(
    kind: type[Request], content: dict[str, Any], pointer: str
) -> None:
    """For every route: in ids, values, names, and in fields that the route does not know."""
    faults = read(kind, json.dumps(content).encode())[1]

    assert pointer in [fault.pointer for fault in faults if fault.detail == HALF_PAIR]
    json.dumps([fault._asdict() for fault in faults]).encode()


def test_a_field_of_such_text_has_no_other_fault() -> None:
    """It is neither missing nor of a wrong type as well."""
    faults = read(ProcessRequest, b'{"transaction_id":"\\ud800"}')[1]

    assert faults == [("/transaction_id", HALF_PAIR)]


def test_a_pair_of_surrogates_is_a_character() -> None:
    values, faults = read(AuditRequest, b'{"event_type":"e","details":{"\\ud83d\\ude00":"\\ud83d\\ude00"}}')

    assert values["details"] == {"\U0001f600": "\U0001f600"}
    assert faults == []


@pytest.mark.parametrize("element", ['"\\ud800"', '"4111111111111111"'])
def test_a_body_full_of_faults_has_a_response_that_lambda_returns(element: str) -> None:
    """At places as long as places can be."""
    name = "\U0001f600" * 64
    opening = '{"event_type":"e","details":' + f'{{"{name}":' * (DEEPEST - 2) + "["
    closing = "]" + "}" * (DEEPEST - 2) + "}"
    count = (MOST_BYTES - len((opening + closing).encode())) // (len(element) + 1)
    body = opening + ",".join([element] * count) + closing

    with pytest.raises(Problem) as raised:
        auditing(body.encode())

    assert count > MOST_FAULTS
    assert len(raised.value.faults) == MOST_FAULTS
    assert raised.value.document()["detail"] == f"The first 100 of {count} faults are listed in errors."
    assert len(json.dumps(raised.value.document())) < RESPONSE_BYTES
