"""The models that a function's archive holds: all that the function may do, and nothing besides."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from handlers.runtime import clients
from pipeline.release.archives import functions
from pipeline.release.bytecode import Compiler
from pipeline.release.cache import Cache
from pipeline.release.import_closure import Handlers
from pipeline.release.sdk_models import FOLDER, TERMS, OperationsError, models
from pipeline.release.sdk_usage import Use, uses
from pipeline.release.sources import Sources
from tests.paths import CHECKOUT
from tests.templates.functions import FUNCTIONS, LIBRARIES
from tests.templates.rendered import TEMPLATES

# What Lambda does under the functions' roles, by itself: the statements, and by function the actions.
BY_LAMBDA = {"ReadStream", "ListStreams", "ConsumeMessages"}
UNDELIVERED = {"AuditLogger": "sqs:SendMessage", "Migrator": "sqs:SendMessage"}
# Where an action has another name than the operation that asks for it.
OPERATIONS = {"s3:ListBucket": "HeadBucket"}


def use(service: str, method: str) -> Use:
    return Use(service, method, "handlers/take.py:7")


def made(*wanted: Use) -> dict[str, Any]:
    return {
        name.removeprefix("handlers/runtime/models/"): json.loads(data)
        for name, data in models(wanted).items()
        if name.endswith(".json")
    }


def of_function(title: str) -> dict[str, Any]:
    """The models in the archive of the function, by file."""
    real = Handlers(CHECKOUT, LIBRARIES)
    return made(*uses(real.trees(real.closure(FUNCTIONS[title][1]))))


@pytest.mark.parametrize("title", FUNCTIONS)
def test_what_a_role_grants_the_models_know(title: str) -> None:
    policy = TEMPLATES["Compute"]["Resources"][f"{title}Policy"]["Properties"]["PolicyDocument"]
    known = {
        f"{name.split('/')[0]}:{operation}"
        for name, model in of_function(title).items()
        for operation in model.get("operations", ())
    }
    services = {"dynamodb", "s3", "secretsmanager", "sqs"}

    granted = {
        action
        for statement in policy["Statement"]
        if statement["Sid"] not in BY_LAMBDA
        for action in statement["Action"]
        if action.partition(":")[0] in services and action != UNDELIVERED.get(title)
    }

    assert granted
    assert {
        f"{each.partition(':')[0]}:{OPERATIONS.get(each, each.partition(':')[2])}" for each in granted
    } <= known


class Uncompiled(Compiler):
    """A compiler that leaves everything as it is."""

    def __init__(self) -> None:
        """Nothing is started."""

    def with_bytecode(self, files: Mapping[str, bytes], place: str) -> dict[str, bytes]:
        """The files themselves."""
        del place
        return dict(files)


def test_every_archive_holds_the_models_of_its_own_function(tmp_path: Path) -> None:
    """Where the function's clients look for them."""
    real = Handlers(CHECKOUT, LIBRARIES)

    def archives(version: str) -> dict[str, list[str]]:
        sources = Sources({}, {"botocore": version})
        packed = functions(real, sources, Cache(tmp_path), Uncompiled())
        return {
            name: [each for each in made.names() if each.startswith(FOLDER)] for name, made in packed.items()
        }

    held = archives("1")

    assert clients.MODELS.relative_to(CHECKOUT).as_posix() == FOLDER
    assert {module for _, module in FUNCTIONS.values()} == set(held)
    for title, (_, module) in FUNCTIONS.items():
        assert sorted(f"{FOLDER}/{name}" for name in (*of_function(title), *TERMS)) == held[module]
    # Taken from the cache, and made anew with another SDK.
    assert held == archives("1") == archives("2")
    assert len(held) * 2 == len(list((tmp_path / "functions").iterdir()))


def test_the_terms_of_the_sdk_go_along_with_what_is_cut_from_it() -> None:
    held = models([use("sqs", "send_message")])

    assert b"Apache License" in held[f"{FOLDER}/LICENSE.txt"]
    assert b"Amazon.com" in held[f"{FOLDER}/NOTICE"]


def test_no_operation_is_there_that_nobody_uses() -> None:
    found = made(use("sqs", "send_message"), use("dynamodb", "put_item"))

    assert {"SendMessage"} == set(found["sqs/2012-11-05/service-2.json"]["operations"])
    # By the other one the SDK may be told to look for the endpoint.
    assert {"PutItem", "DescribeEndpoints"} == set(found["dynamodb/2012-08-10/service-2.json"]["operations"])


def test_the_shapes_are_those_that_an_operation_is_made_of() -> None:
    model = made(use("dynamodb", "put_item"))["dynamodb/2012-08-10/service-2.json"]

    # Attributes hold attributes; errors are modelled, with the item that a condition failed on.
    assert {"PutItemInput", "AttributeValue", "MapAttributeValue"} <= set(model["shapes"])
    assert {"message", "Item"} == set(model["shapes"]["ConditionalCheckFailedException"]["members"])
    assert "BackupDescription" not in model["shapes"]


def test_every_region_of_every_partition_stays_reachable() -> None:
    found = made(use("sqs", "send_message"))["endpoints.json"]

    assert {"aws", "aws-cn", "aws-us-gov"} <= {each["partition"] for each in found["partitions"]}
    for partition in found["partitions"]:
        assert {"sqs"} == set(partition["services"])
        assert partition["regionRegex"]
        assert partition["regions"]


def test_an_operation_that_is_none_fails_the_build_with_its_line() -> None:
    with pytest.raises(OperationsError) as caught:
        models([use("sqs", "send_message"), use("sqs", "send_massage"), use("s3", "get_paginator")])

    assert [
        "handlers/take.py:7: uses get_paginator of s3, expected an operation",
        "handlers/take.py:7: uses send_massage of sqs, expected an operation",
    ] == list(caught.value.faults)


def test_who_uses_nothing_of_aws_gets_no_models() -> None:
    assert {} == models([])


def test_the_same_uses_make_the_same_bytes() -> None:
    forwards = [use("sqs", "send_message"), use("dynamodb", "put_item"), use("dynamodb", "get_item")]

    assert list(models(forwards).items()) == list(models(reversed(forwards)).items())
