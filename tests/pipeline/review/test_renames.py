"""Renames: another logical id is another resource, but not a risk of its own beyond what it breaks."""

from __future__ import annotations

import json

import pytest

from tests.pipeline.review.neighbours import Template, base, lines, reviewed, told

RENAMES = {
    "004 PaymentsDb": """
        * Add NAME_COLLISION
        PaymentsDb Remove DELETE_FAILS STATEFUL_DELETION
        DbSecretAttachment False
        DbProxyTargets False
        DbCpuAlarm False
    """,
    "024 TransactionsTable": """
        * Add
        TransactionsTable Remove ORPHAN
        LedgerFn False
        LedgerPolicy False
        StreamMapping True
    """,
    "040 LedgerBucket": """
        * Add NAME_COLLISION
        LedgerBucket Remove ORPHAN
        LedgerBucketPolicy True
        LedgerPolicy False
    """,
    "040 LedgerBucketPolicy": "* Add NAME_COLLISION\nLedgerBucketPolicy Remove",
    "048 PaymentQueue": """
        * Add NAME_COLLISION
        PaymentQueue Remove STATEFUL_DELETION
        PaymentQueuePolicy False
        QueueMapping True
        QueueAgeAlarm False
    """,
    "056 ProcessorFn": """
        * Add NAME_COLLISION
        ProcessorFn Remove
        ProcessorVersion1 True
        LiveAlias True
        ApiInvoke True
        ProcessorLogs True STATEFUL_REPLACEMENT
        ErrorsAlarm False
    """,
    "056 ProcessorVersion1": "* Add\nProcessorVersion1 Remove\nLiveAlias False",
    "056 ProcessorRole": "* Add\nProcessorRole Remove\nProcessorFn False",
    "076 DbSg": "* Add\nDbSg Remove\nDbFromLambda True",
    "100 SettlementPolicy": "* Add\nSettlementPolicy Remove",
    "100 ProcessorRole": """
        * Add NAME_COLLISION
        ProcessorRole Remove
        SettlementPolicy False
        ProcessorFn False
    """,
    "116 ApiDeploymenta1b2c3": "* Add\nApiDeploymenta1b2c3 Remove\nApiStage False",
    "116 ChargePost": "* Add NAME_COLLISION\nChargePost Remove",
    "136 AlertsTopic": "* Add NAME_COLLISION\nAlertsTopic Remove\nOncallEmail True\nErrorsAlarm False",
    "136 DbSecret": "* Add NAME_COLLISION\nDbSecret Remove STATEFUL_DELETION",
}


def renamed(template: Template, name: str, other: str) -> Template:
    """A template in which a resource goes by another logical id."""
    text = json.dumps(template)
    for before, after in (('"', '"'), ("${", "}"), ("${", "."), ('"', ".")):
        text = text.replace(f"{before}{name}{after}", f"{before}{other}{after}")
    made: Template = json.loads(text)
    return made


@pytest.mark.parametrize("which", RENAMES)
def test_rename(which: str) -> None:
    case, name = which.split()
    old = base(case)

    review = reviewed(old, renamed(old, name, "Another"))

    assert lines(RENAMES[which].replace("*", "Another")) == told(review)
