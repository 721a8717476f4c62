"""Promises of how the layers are wired, and of what settings take."""

from __future__ import annotations

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
def test_a_layer_takes_what_the_root_takes(title: str) -> None:
    """A setting has the same bounds in the layer that uses it: nothing passes the one and fails the other."""
    for name, parameter in TEMPLATES[title]["Parameters"].items():
        if name in SETTINGS:
            assert SETTINGS[name] == parameter


def test_a_stack_answers_what_its_operators_go_by() -> None:
    """The API and its key, for whoever calls it; the secret to fill; the alarm that a release watches."""
    ours = ("ApiKeyId", "GatewaySecretArn", "RollbackAlarmArn")

    assert {
        "ApiKeyId": {"Fn::GetAtt": ["Api", "Outputs.ApiKeyId"]},
        "GatewaySecretArn": {"Fn::GetAtt": ["Data", "Outputs.GatewaySecretArn"]},
        "RollbackAlarmArn": {"Fn::GetAtt": ["Monitoring", "Outputs.RollbackAlarmArn"]},
    } == {name: ROOT["Outputs"][name]["Value"] for name in ours}
