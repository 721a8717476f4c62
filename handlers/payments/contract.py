"""Bodies of the API's routes; the templates generate the API's models from them."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import msgspec

# `$` alone admits a line break after it; the look-ahead is the same in Python, Java and JavaScript.
END = r"(?!\n)$"

WHOLE_DIGITS = 12
MOST_MINOR_DIGITS = 4
"""The most minor digits of a currency in ISO 4217."""

PLAIN_FIGURE = rf"^[0-9]{{1,{WHOLE_DIGITS}}}(\.[0-9]{{1,{MOST_MINOR_DIGITS}}})?{END}"


class Amount(Decimal):
    """An amount as it was written, exact to the last digit; `money` gives it its currency."""


Identifier = Annotated[
    str,
    msgspec.Meta(
        pattern=rf"^[A-Za-z0-9._:-]{{1,128}}{END}",
        description="1 to 128 letters, digits, dots, underscores, colons or hyphens",
    ),
]
Figure = Annotated[
    Amount,
    msgspec.Meta(
        description="a positive JSON number or decimal string, at most 12 digits before the point",
        extra_json_schema={
            "type": ["number", "string"],
            "pattern": PLAIN_FIGURE,
            "minimum": 0,
            "exclusiveMinimum": True,
            "maximum": 10**WHOLE_DIGITS,
            "exclusiveMaximum": True,
        },
    ),
]
CurrencyCode = Annotated[
    str,
    msgspec.Meta(pattern=rf"^[A-Z]{{3}}{END}", description="an ISO 4217 code in upper case"),
]
Details = Annotated[dict[str, Any], msgspec.Meta(description="a JSON object")]


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request's body: a JSON object with these fields and no others."""


class ValidateRequest(Request, frozen=True, kw_only=True):
    """POST /validate: a payment to be taken later."""

    transaction_id: Identifier
    amount: Figure
    currency: CurrencyCode
    customer_id: Identifier


class ProcessRequest(Request, frozen=True, kw_only=True):
    """POST /process: a validated payment, to be charged now."""

    transaction_id: Identifier


class AuditRequest(Request, frozen=True, kw_only=True):
    """POST /audit: something that happened elsewhere and belongs in the audit trail."""

    event_type: Identifier
    transaction_id: Identifier | msgspec.UnsetType = msgspec.UNSET
    details: Details = {}


def schema(kind: type[Request]) -> dict[str, Any]:
    """Return the JSON schema of `kind` in draft 4, the one that API Gateway accepts."""
    components = msgspec.json.schema_components([kind])[1]
    return {"$schema": "http://json-schema.org/draft-04/schema#", **components[kind.__name__]}
