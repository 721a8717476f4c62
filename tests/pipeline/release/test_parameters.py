from __future__ import annotations

import json
from typing import Any

import pytest
from troposphere import Template

from pipeline.release.configuration import Configuration, check, read
from templates import root
from tests.paths import CHECKOUT
from tests.templates.samples import CODE

ENVIRONMENTS = [path.stem for path in (CHECKOUT / "parameters").glob("*.json")]


def template() -> dict[str, Any]:
    rendered: dict[str, Any] = root.build(Template(), CODE).template.to_dict()
    return rendered


def prod() -> Configuration:
    return read(CHECKOUT, "prod")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_environment_fits_the_root(environment: str) -> None:
    check(read(CHECKOUT, environment), template())


def test_there_is_a_dev_and_a_prod() -> None:
    assert {"dev", "prod"} <= set(ENVIRONMENTS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DatabaseClass", "db.t3.medium"),
        ("DatabaseStorageGib", "100"),
        ("DatabaseBackupDays", "30"),
        ("LogRetentionDays", "90"),
        ("FunctionMemoryMb", "512"),
        ("FunctionConcurrency", "10"),
        ("ApiRateLimit", "1000"),
        ("ApiBurstLimit", "2000"),
        ("ApiMonthlyQuota", "1000000"),
        ("ClientErrorsThreshold", "50"),
        ("FunctionErrorsThreshold", "10"),
        ("DatabaseCpuThreshold", "80"),
        ("AcceptedCurrencies", "USD,EUR,GBP"),
        ("AlertEmail", "ops@company.com"),
    ],
)
def test_prod_keeps_the_numbers_of_the_original(name: str, value: str) -> None:
    """F060, F061, F066, F121, F126, F131, F138, F151, F162, F163, F168, F180, F182, F184, F198."""
    assert value == prod().parameters[name]


def test_prod_keeps_the_tags_of_the_original() -> None:
    """F011, F012, F013."""
    assert {
        "Environment": "production",
        "Team": "platform-engineering",
        "CostCenter": "fintech-payments",
        "ManagedBy": "CloudFormation",
    } == prod().tags


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_tags_are_the_same_but_for_the_environment(environment: str) -> None:
    tags = read(CHECKOUT, environment).tags

    assert {name: value for name, value in prod().tags.items() if name != "Environment"} == {
        name: value for name, value in tags.items() if name != "Environment"
    }


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_root_s_policy_does_not_pretend_to_protect_what_is_in_nested_stacks(environment: str) -> None:
    """A stack policy acts on the stack that has it; those of nested stacks come from the templates."""
    (statement,) = read(CHECKOUT, environment).stack_policy["Statement"]

    assert (statement["Effect"], statement["Action"], statement["Resource"]) == ("Allow", "Update:*", "*")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_file_is_what_codepipeline_takes(environment: str) -> None:
    document = json.loads((CHECKOUT / f"parameters/{environment}.json").read_bytes())

    assert {"Parameters", "Tags", "StackPolicy"} == document.keys()
