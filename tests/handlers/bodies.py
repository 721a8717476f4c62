"""Bodies: what clients may send to each route, and the status that it gets."""

from __future__ import annotations

import base64
import json
from typing import Any

GOOD = {"transaction_id": "t-1", "amount": 10.5, "currency": "USD", "customer_id": "cus_1"}
MARK = "zq7marker"


def changed(**fields: Any) -> str:
    """A good body but for `fields`."""
    return json.dumps({**GOOD, **fields})


def without(name: str) -> str:
    """A good body that lacks one field."""
    return json.dumps({key: value for key, value in GOOD.items() if key != name})


def amount(literal: str) -> str:
    """A good body whose amount is written like that."""
    return changed(amount="@").replace('"@"', literal)


def encoded(body: bytes) -> dict[str, Any]:
    """An event whose body is in base64."""
    return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


VALIDATIONS: list[tuple[str, object, int]] = [
    # What is right.
    ("as it should be", changed(), 200),
    ("amount as text", changed(amount="10.50"), 200),
    ("amount as text, whole", changed(amount="10"), 200),
    ("smallest amount", amount("0.01"), 200),
    ("largest amount", amount("999999999999.99"), 200),
    ("largest amount as text", changed(amount="999999999999.99"), 200),
    ("amount with an exponent", amount("1e2"), 200),
    ("amount with a small exponent", amount("1050e-2"), 200),
    ("amount with trailing zero", amount("10.0"), 200),
    ("euro", changed(currency="EUR"), 200),
    ("pound", changed(currency="GBP"), 200),
    ("longest id", changed(transaction_id="t" * 128), 200),
    ("longest customer", changed(customer_id="c" * 128), 200),
    ("all kinds of characters in an id", changed(transaction_id="aZ09._:-"), 200),
    ("dots for an id", changed(transaction_id=".."), 200),
    ("white space around", f"\r\n\t {changed()} \n", 200),
    ("fields in another order", json.dumps(dict(reversed(GOOD.items()))), 200),
    ("escapes in a name", changed().replace("amount", "\\u0061mount"), 200),
    ("byte order mark", "\ufeff" + changed(), 200),
    ("base64", encoded(changed().encode()), 200),
    (
        "base64 with line breaks",
        {**encoded(changed().encode()), "body": base64.encodebytes(changed().encode()).decode()},
        200,
    ),
    ("base64 with a byte order mark", encoded(b"\xef\xbb\xbf" + changed().encode()), 200),
    ("digits that are no card", changed(customer_id="4111111111111112"), 200),
    ("few digits", changed(customer_id="4242"), 200),
    ("a moment in ms, no card", changed(customer_id="1764000000000"), 200),
    # No JSON.
    ("no body", None, 400),
    ("empty", "", 400),
    ("white space only", "  \n", 400),
    ("byte order mark only", "\ufeff", 400),
    ("two byte order marks", "\ufeff\ufeff" + changed(), 400),
    ("not JSON", "hello", 400),
    ("cut short", changed()[:-1], 400),
    ("something after it", changed() + "x", 400),
    ("two objects", changed() + changed(), 400),
    ("single quotes", changed().replace('"', "'"), 400),
    ("comma at the end", changed()[:-1] + ",}", 400),
    ("a comment", "/* */" + changed(), 400),
    ("a form", "transaction_id=t-1&amount=10", 400),
    ("XML", "<payment/>", 400),
    ("a control character in text", changed().replace("cus_1", "cus\n1"), 400),
    ("a wrong escape", changed().replace("cus_1", "\\x"), 400),
    ("UTF-8 that is none", encoded(b'{"a":"\xff"}'), 400),
    ("overlong UTF-8", encoded(b'{"a":"\xc0\xaf"}'), 400),
    ("UTF-16", encoded(changed().encode("utf-16")), 400),
    ("UTF-32", encoded(changed().encode("utf-32")), 400),
    ("half a surrogate pair, raw", '{"a":"\ud800"}', 400),
    ("nul bytes", encoded(b"\x00\x00"), 400),
    ("base64 that is none", {"body": "%%%", "isBase64Encoded": True}, 400),
    ("base64 cut short", {"body": "e30=="[:2] + "=", "isBase64Encoded": True}, 400),
    ("base64 not said to be", {"body": base64.b64encode(changed().encode()).decode()}, 400),
    ("text said to be base64", {"body": changed(), "isBase64Encoded": True}, 400),
    ("a body that is an object", {"body": GOOD}, 400),
    ("a body that is a number", {"body": 5}, 400),
    ("a body that is true", {"body": True}, 400),
    # No object.
    ("null", "null", 400),
    ("true", "true", 400),
    ("a number", "5", 400),
    ("text", '"text"', 400),
    ("a list", "[]", 400),
    ("a list of it", f"[{changed()}]", 400),
    ("an empty object", "{}", 400),
    # Numbers that are none.
    ("NaN", amount("NaN"), 400),
    ("Infinity", amount("Infinity"), 400),
    ("minus Infinity", amount("-Infinity"), 400),
    ("NaN elsewhere", '{"x":NaN}', 400),
    ("a leading zero", amount("010"), 400),
    ("a leading plus", amount("+1"), 400),
    ("a leading point", amount(".5"), 400),
    ("a trailing point", amount("5."), 400),
    ("hexadecimal", amount("0x10"), 400),
    ("underscores", amount("1_000"), 400),
    ("an exponent out of this world", amount("1e99999999999999999999"), 400),
    ("a huge exponent", amount("1e999999"), 400),
    ("a tiny exponent", amount("1e-999999"), 400),
    ("very many digits", amount("1" * 5000), 400),
    ("very many digits after the point", amount("1." + "1" * 5000), 400),
    # Nesting and names.
    ("nested lists", "[" * 30000, 400),
    ("nested lists, closed", "[" * 30000 + "]" * 30000, 400),
    ("nested objects", '{"a":' * 9000 + "1" + "}" * 9000, 400),
    ("nested in a field", changed(customer_id=[[[[]]]]), 400),
    ("a name twice", changed()[:-1] + ',"amount":1}', 400),
    ("a name twice, alike", changed()[:-1] + ',"currency":"USD"}', 400),
    ("a name twice, escaped once", changed()[:-1] + ',"\\u0061mount":1}', 400),
    ("an unknown name twice", changed()[:-1] + ',"x":1,"x":2}', 400),
    ("an unknown field", changed(note=MARK), 400),
    ("an unknown field without a name", changed(**{"": 1}), 400),
    ("an unknown field of half a pair", changed()[:-1] + ',"\\ud800":1}', 400),
    ("a field in capitals", changed(Amount=1), 400),
    ("a prototype", changed(__proto__={}), 400),
    # Missing or of another type.
    ("no transaction_id", without("transaction_id"), 400),
    ("no amount", without("amount"), 400),
    ("no currency", without("currency"), 400),
    ("no customer_id", without("customer_id"), 400),
    ("transaction_id null", changed(transaction_id=None), 400),
    ("amount null", changed(amount=None), 400),
    ("currency null", changed(currency=None), 400),
    ("customer_id null", changed(customer_id=None), 400),
    ("transaction_id a number", changed(transaction_id=5), 400),
    ("transaction_id an object", changed(transaction_id={}), 400),
    ("transaction_id a list", changed(transaction_id=["t"]), 400),
    ("transaction_id true", changed(transaction_id=True), 400),
    ("amount true", changed(amount=True), 400),
    ("amount a list", changed(amount=[10]), 400),
    ("amount an object", changed(amount={"value": 10}), 400),
    ("currency a number", changed(currency=840), 400),
    ("currency a list", changed(currency=["USD"]), 400),
    ("customer_id a number", changed(customer_id=7), 400),
    # Amounts.
    ("nothing", amount("0"), 400),
    ("nothing, as text", changed(amount="0.00"), 400),
    ("less than nothing", amount("-1"), 400),
    ("less than nothing, as text", changed(amount="-1"), 400),
    ("minus nothing", amount("-0"), 400),
    ("minus nothing with a point", amount("-0.0"), 400),
    ("a digit too many", amount("10.505"), 400),
    ("a digit too many, as text", changed(amount="10.505"), 400),
    ("a zero too many", amount("10.500"), 400),
    ("a float's noise", amount("0.30000000000000004"), 400),
    ("thirteen digits", amount("1000000000000"), 400),
    ("thirteen digits, as text", changed(amount="1000000000000"), 400),
    ("just too much", amount("999999999999.999"), 400),
    ("amount empty", changed(amount=""), 400),
    ("amount a space", changed(amount=" "), 400),
    ("amount with spaces", changed(amount=" 10 "), 400),
    ("amount with a line break", changed(amount="10\n"), 400),
    ("amount with a comma", changed(amount="10,50"), 400),
    ("amount with thousands", changed(amount="1,000.00"), 400),
    ("amount with a sign", changed(amount="+10"), 400),
    ("amount with a currency", changed(amount="$10"), 400),
    ("amount as text with an exponent", changed(amount="1e2"), 400),
    ("amount as text with an underscore", changed(amount="1_0"), 400),
    ("amount NaN as text", changed(amount="NaN"), 400),
    ("amount Infinity as text", changed(amount="Infinity"), 400),
    ("Arabic digits", changed(amount="\u0661\u0660"), 400),
    ("full-width digits", changed(amount="\uff11\uff10"), 400),
    ("superscript digits", changed(amount="10²"), 400),
    ("hexadecimal as text", changed(amount="0x10"), 400),
    # Currencies.
    ("currency in small letters", changed(currency="usd"), 400),
    ("a currency that is not taken", changed(currency="JPY"), 400),
    ("a currency that is none", changed(currency="XXX"), 400),
    ("currency empty", changed(currency=""), 400),
    ("currency with a space", changed(currency="USD "), 400),
    ("currency with a line break", changed(currency="USD\n"), 400),
    ("currency of another alphabet", changed(currency="\uff35\uff33\uff24"), 400),
    ("two currencies", changed(currency="USD,EUR"), 400),
    # Ids.
    ("id empty", changed(transaction_id=""), 400),
    ("id too long", changed(transaction_id="t" * 129), 400),
    ("id with a space", changed(transaction_id="t 1"), 400),
    ("id with a slash", changed(transaction_id="t/1"), 400),
    ("id with a line break", changed(transaction_id="t-1\n"), 400),
    ("id with a nul", changed(transaction_id="t\x00"), 400),
    ("id with an accent", changed(transaction_id="té"), 400),
    ("id with an emoji", changed(transaction_id="💳"), 400),
    ("id with half a pair", changed().replace("t-1", "\\ud83d"), 400),
    ("id with a script", changed(transaction_id="<script>"), 400),
    ("id with SQL", changed(transaction_id="' OR 1=1--"), 400),
    ("id with a wildcard", changed(transaction_id="*"), 400),
    ("customer empty", changed(customer_id=""), 400),
    ("customer too long", changed(customer_id="c" * 129), 400),
    ("customer with a space", changed(customer_id="a b"), 400),
    ("customer with an at sign", changed(customer_id="a@b.example"), 400),
    ("customer a Visa", changed(customer_id="4111111111111111"), 400),
    ("customer a Mastercard", changed(customer_id="5555555555554444"), 400),
    ("customer a newer Mastercard", changed(customer_id="2223003122003222"), 400),
    ("customer an American Express", changed(customer_id="378282246310005"), 400),
    ("customer a card with hyphens", changed(customer_id="4111-1111-1111-1111"), 400),
    ("customer a card with dots", changed(customer_id="4111.1111.1111.1111"), 400),
    ("customer a card of nineteen digits", changed(customer_id="6304000000000000000"), 400),
    # Size.
    ("64 KB of white space", changed() + " " * (64 * 1024 - len(changed())), 200),
    ("a byte over 64 KB", changed() + " " * (64 * 1024 - len(changed()) + 1), 413),
    ("64 KB of characters of two bytes", changed(customer_id="é" * 33000), 413),
    ("megabytes", changed(customer_id=MARK * 300000), 413),
    ("over 64 KB in base64", encoded(changed().encode() + b" " * 64 * 1024), 413),
]

PROCESSINGS: list[tuple[str, object, int]] = [
    ("unknown", '{"transaction_id":"unknown"}', 404),
    ("no body", None, 400),
    ("empty object", "{}", 400),
    ("not JSON", "{", 400),
    ("id null", '{"transaction_id":null}', 400),
    ("id a number", '{"transaction_id":1}', 400),
    ("id empty", '{"transaction_id":""}', 400),
    ("id too long", json.dumps({"transaction_id": "t" * 129}), 400),
    ("id twice", '{"transaction_id":"a","transaction_id":"b"}', 400),
    ("an unknown field", '{"transaction_id":"a","amount":1}', 400),
    ("too large", json.dumps({"transaction_id": "t" * 70000}), 413),
    ("an id of another alphabet", '{"transaction_id":"тест"}', 400),
]

AUDITS: list[tuple[str, object, int]] = [
    ("as it should be", '{"event_type":"login"}', 200),
    ("with details", '{"event_type":"login","transaction_id":"t-1","details":{"a":[1.10,{"b":null}]}}', 200),
    ("details empty", '{"event_type":"login","details":{}}', 200),
    ("exact numbers", '{"event_type":"e","details":{"n":0.1000000000000000000001}}', 200),
    ("no event_type", '{"details":{}}', 400),
    ("event_type null", '{"event_type":null}', 400),
    ("event_type with a space", '{"event_type":"log in"}', 400),
    ("details a list", '{"event_type":"e","details":[]}', 400),
    ("details null", '{"event_type":"e","details":null}', 400),
    ("details text", '{"event_type":"e","details":"x"}', 400),
    ("details deep", '{"event_type":"e","details":{"a":' + "[" * 40 + "]" * 40 + "}}", 400),
    ("a name twice within", '{"event_type":"e","details":{"a":1,"a":2}}', 400),
    ("a card number within", '{"event_type":"e","details":{"a":"4111111111111111"}}', 400),
    ("a card number as a number", '{"event_type":"e","details":{"a":[4111111111111111]}}', 400),
    ("a card number amid text", '{"event_type":"e","details":{"a":"paid by 4111 1111 1111 1111."}}', 400),
    ("a card number for a name", '{"event_type":"e","details":{"4111111111111111":1}}', 400),
    ("half a surrogate pair within", '{"event_type":"e","details":{"a":"\\ud800"}}', 400),
    ("transaction_id null", '{"event_type":"e","transaction_id":null}', 400),
    ("an unknown field", '{"event_type":"e","x":1}', 400),
    ("NaN within", '{"event_type":"e","details":{"a":NaN}}', 400),
]
