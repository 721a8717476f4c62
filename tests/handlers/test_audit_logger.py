"""Audit logger: what clients tell, and what the stream tells, is in the trail as it came."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from handlers import audit_logger
from tests.handlers.entering import Invocation, call
from tests.handlers.world import BUCKET, KEY_ARN, World


def test_an_event_is_kept_with_where_it_came_from(deployed: World) -> None:
    """F210, F211, F212, F213: the object's key, fields and options."""
    event = {"event_type": "login", "transaction_id": "t-1", "details": {"n": 1.10}}

    status, told = call(audit_logger, event)

    assert (status, set(told)) == (200, {"message", "s3_key"})
    assert told["s3_key"].startswith("audit-logs/20")
    found = deployed.s3.get_object(Bucket=BUCKET, Key=told["s3_key"])
    content = json.loads(found["Body"].read())
    assert found["ContentType"] == "application/json"
    assert found["ServerSideEncryption"] == "aws:kms"
    assert found["SSEKMSKeyId"] == KEY_ARN
    assert content["source_ip"] == "192.0.2.1"
    assert content["user_agent"] == "curl"
    assert content["details"] == {"n": 1.1}
    assert {"timestamp", "event_type", "transaction_id"} <= set(content)


def test_an_event_that_tells_only_what_it_is_has_all_fields(deployed: World) -> None:
    """F212: no details are an empty object, and no transaction is null."""
    key = call(audit_logger, {"event_type": "login"})[1]["s3_key"]

    kept = json.loads(deployed.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())

    assert {name: kept.pop(name) for name in ("event_type", "transaction_id", "details")} == {
        "event_type": "login",
        "transaction_id": None,
        "details": {},
    }
    assert set(kept) == {"timestamp", "source_ip", "user_agent", "owner"}


def test_events_of_one_moment_without_a_request_id_are_both_kept(
    deployed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F211: whoever invokes the function without the API names no request."""
    monkeypatch.setattr(audit_logger, "SystemClock", lambda: deployed.clock)
    events = [{"event_type": "login", "details": {"n": number}} for number in (1, 2, 2)]

    keys = [call(audit_logger, each, requestContext={})[1]["s3_key"] for each in events]

    assert keys[0] != keys[1] == keys[2]
    for key, number in zip(keys, (1, 2, 2), strict=True):
        kept = json.loads(deployed.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
        assert kept["details"] == {"n": number}


def test_the_stream_is_kept_and_what_is_left_open_watched(deployed: World) -> None:
    lease = replace(deployed.processing.lease(), until=deployed.clock.now() + 1)
    deployed.validate()
    deployed.plain_store.lease_for_owner("t-1", "owner", lease)
    records = list(deployed.records)

    for _ in range(2):
        assert audit_logger.handler({"Records": records}, Invocation()) == {"batchItemFailures": []}

    assert deployed.audited() == ["validated", "processing"]
    assert deployed.payment().due_at == lease.until


def test_the_stream_stops_where_a_record_was_not_kept(deployed: World) -> None:
    deployed.validate("t-1")
    deployed.validate("t-2")
    deployed.s3.delete_bucket(Bucket=BUCKET)

    answer = audit_logger.handler({"Records": list(deployed.records)}, Invocation())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}]}


def test_an_item_that_somebody_removed_is_told_of(deployed: World) -> None:
    deployed.validate()
    removed = {
        "eventName": "REMOVE",
        "dynamodb": {
            "Keys": deployed.records[0]["dynamodb"]["Keys"],
            "OldImage": deployed.records[0]["dynamodb"]["NewImage"],
            "SequenceNumber": "111",
            "ApproximateCreationDateTime": 1790000000.0,
        },
    }

    audit_logger.handler({"Records": [removed]}, Invocation())

    key = "audit-logs/2026/09/21/t-1/removed-111.json"
    assert json.loads(deployed.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
