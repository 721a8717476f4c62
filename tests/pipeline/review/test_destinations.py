"""Destinations: where money, keys and data are sent."""

from __future__ import annotations

import pytest

from tests.pipeline.review.tables import Edit, edits
from tests.pipeline.review.templates import Template
from tests.pipeline.review.verdicts import reviewed, verdicts


@pytest.mark.parametrize("edit", edits("destinations"), ids=str)
def test_edit_has_its_verdict(edit: Edit) -> None:
    """The review finds every change of the edit, with its cause and risks, and no other change."""
    for verdict, review in edit.reviews():
        assert verdict == verdicts(review)


def test_nested_stack_that_nobody_read_is_judged_by_its_parameters() -> None:
    """A nested stack without a template at hand: its parameters say where it sends something."""

    def parent(url: str) -> Template:
        properties = {"TemplateURL": "child.json", "Parameters": {"PaymentGatewayUrl": url}}
        return {"Resources": {"Child": {"Type": "AWS::CloudFormation::Stack", "Properties": properties}}}

    review = reviewed(parent("https://api.stripe.com"), parent("https://evil.example.com"))

    assert "DESTINATION_CHANGE" in {risk.kind for _, risk in review.risks()}


@pytest.mark.parametrize("kind", ["secretsmanager", "ssm"])
def test_destination_that_is_looked_up_is_compared_by_where(kind: str) -> None:
    """A dynamic reference in the place of a destination is a risk where it is another."""

    def function(name: str) -> Template:
        variables = {"GATEWAY_URL": f"{{{{resolve:{kind}:{name}}}}}", "STAGE": name}
        properties = {"Environment": {"Variables": variables}}
        return {"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": properties}}}

    (risk,) = [risk for _, risk in reviewed(function("one"), function("two")).risks()]

    assert "Environment/Variables/GATEWAY_URL: another destination for money, keys or data" == risk.reason


def test_hidden_destination_is_compared_and_not_shown() -> None:
    """Another value of a NoEcho parameter is a risk that does not show it."""
    function = {"Environment": {"Variables": {"API": {"Ref": "GatewayUrl"}}}}
    template = {
        "Parameters": {"GatewayUrl": {"Type": "String", "NoEcho": True}},
        "Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": function}},
    }
    given = ({"GatewayUrl": "https://one.example.com"}, {"GatewayUrl": "https://two.example.com"})

    (risk,) = [risk for _, risk in reviewed(template, template, given).risks()]

    assert "DESTINATION_CHANGE" == risk.kind
    assert risk.before != risk.after
    for value in (risk.before, risk.after):
        assert value.startswith("${parameter GatewayUrl (NoEcho; its value is not known)")
        assert "example.com" not in value
