"""Promises of how the layers are wired, and of what settings take."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.templates.layers import references
from tests.templates.rendered import LAYERS, TEMPLATES

ROOT = TEMPLATES["Root"]
SETTINGS: dict[str, dict[str, Any]] = ROOT["Parameters"]


@pytest.mark.parametrize("title", LAYERS)
def test_a_layer_is_fed_by_the_wires_of_the_names_that_it_declares(title: str) -> None:
    """No value lands in the parameter of another: each comes from the setting, or the output, of its name."""
    for name, value in ROOT["Resources"][title]["Properties"]["Parameters"].items():
        (source,) = set(references(value))

        assert name == source.rpartition(".")[2]


@pytest.mark.parametrize("title", LAYERS)
def test_a_layer_offers_whatever_the_root_asks_of_it(title: str) -> None:
    asked = {each for each in references(ROOT) if each.startswith(f"{title}.Outputs.")}

    assert {each.rpartition(".")[2] for each in asked} == set(TEMPLATES[title]["Outputs"])


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_takes_nothing_without_bounds(name: str) -> None:
    """A slip in a parameters file is refused before anything is deployed."""
    setting = SETTINGS[name]
    bounds = {"MinValue", "MaxValue"} if setting["Type"] == "Number" else {"AllowedPattern"}

    assert "AllowedValues" in setting or bounds <= set(setting)


@pytest.mark.parametrize("title", LAYERS)
def test_a_layer_puts_no_constraint_on_its_parameters(title: str) -> None:
    """A nested change set is made with placeholders for what sibling stacks will output.

    CloudFormation checks the placeholder, {{IntrinsicFunction:.../Fn::GetAtt}}, against the pattern, bounds
    and type of the parameter, and refuses the change set where it does not fit.
    """
    for parameter in TEMPLATES[title]["Parameters"].values():
        assert parameter.keys() <= {"Type", "Description"}
        assert parameter["Type"] in ("String", "CommaDelimitedList")


@pytest.mark.parametrize("title", LAYERS)
def test_a_layer_selects_nothing_but_the_first_part_of_what_a_sibling_outputs(title: str) -> None:
    """Whatever is split or selected of a placeholder has one part: an index above 0 fails the change set."""
    of_siblings = {
        name
        for name, value in ROOT["Resources"][title]["Properties"]["Parameters"].items()
        if "Fn::GetAtt" in json.dumps(value)
    }

    for index, of in selections(TEMPLATES[title]):
        assert 0 == int(index) or not of_siblings & set(references(of))


def selections(value: object) -> Iterator[tuple[Any, object]]:
    """The index and the list of each Fn::Select in `value`."""
    if isinstance(value, dict):
        if "Fn::Select" in value:
            index, of = value["Fn::Select"]
            yield index, of
        for part in value.values():
            yield from selections(part)
    elif isinstance(value, list):
        for part in value:
            yield from selections(part)


def test_a_stack_answers_what_its_operators_go_by() -> None:
    """The API and its key, for whoever calls it; the secret to fill; the alarm that a release watches."""
    ours = ("ApiKeyId", "GatewaySecretArn", "RollbackAlarmArn")

    assert {
        "ApiKeyId": {"Fn::GetAtt": ["Api", "Outputs.ApiKeyId"]},
        "GatewaySecretArn": {"Fn::GetAtt": ["Data", "Outputs.GatewaySecretArn"]},
        "RollbackAlarmArn": {"Fn::GetAtt": ["Monitoring", "Outputs.RollbackAlarmArn"]},
    } == {name: ROOT["Outputs"][name]["Value"] for name in ours}
