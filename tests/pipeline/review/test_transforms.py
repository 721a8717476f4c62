"""Macros and includes: what is read is judged as text, and what nobody applied is UNJUDGED."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from build import main as command
from pipeline.review.model import Review
from tests.pipeline.review.templates import Template
from tests.pipeline.review.verdicts import expected, reviewed, verdicts


def include(location: str) -> Template:
    """An include, as it stands within a template."""
    return {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": location}}}


def macro(**parameters: object) -> Template:
    """A macro, as it stands within a template."""
    return {"Fn::Transform": {"Name": "Payments::Macro", "Parameters": parameters}}


def template(**sections: Any) -> Template:
    """A template with a queue, and more sections."""
    resources = {"Q": {"Type": "AWS::SQS::Queue", "Properties": {}}} | sections.pop("Resources", {})
    return {"Resources": resources, **sections}


def reasons(review: Review) -> str:
    """Return the reasons of all risks of a review."""
    return " ".join(risk.reason for _, risk in review.risks())


def findings(review: Review) -> list[tuple[str, str]]:
    """The kind and the subject of each finding."""
    return [(finding.kind, finding.subject) for finding in review.findings]


TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "KeySchema": include("s3://pay/keys.json"),
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    },
}
LOOKED_UP = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::FindInMap": ["M", "a", "n"]}}}


def other_order(node: Any) -> Any:
    """The same, with the keys of every mapping in the opposite order."""
    if isinstance(node, dict):
        return {name: other_order(node[name]) for name in reversed(node)}
    return [other_order(item) for item in node] if isinstance(node, list) else node


def test_order_of_keys_in_a_call_never_matters() -> None:
    old = template(Resources={"T": TABLE})

    review = reviewed(old, other_order(old))

    assert [] == review.changes
    assert [("NOT_JUDGED", "Resources/T/Properties/KeySchema")] == findings(review)


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        pytest.param(
            template(Resources=include("s3://pay/a.yaml")),
            template(Resources=include("s3://pay/b.yaml")),
            "Fn::Transform Dynamic UNJUDGED",
            id="among the resources",
        ),
        pytest.param(
            template(Resources=include("s3://pay/a.yaml")),
            template(),
            "Fn::Transform Dynamic UNJUDGED",
            id="removed",
        ),
        pytest.param(
            template(),
            template(Outputs=include("s3://pay/a.yaml")),
            "Outputs/Fn::Transform Dynamic UNJUDGED",
            id="added to the outputs",
        ),
        pytest.param(
            template(Resources={"R": LOOKED_UP}, Mappings=include("s3://pay/a.yaml")),
            template(Resources={"R": LOOKED_UP}, Mappings=include("s3://pay/b.yaml")),
            "R Dynamic UNJUDGED",
            id="mappings that a resource reads",
        ),
        pytest.param(
            template(Resources={"R": LOOKED_UP}, Mappings={"M": include("s3://pay/a.yaml")}),
            template(Resources={"R": LOOKED_UP}, Mappings={"M": include("s3://pay/b.yaml")}),
            "R Dynamic UNJUDGED",
            id="one mapping that a resource reads",
        ),
        pytest.param(
            template(Mappings=include("s3://pay/a.yaml")),
            template(Mappings=include("s3://pay/b.yaml")),
            "Mappings/Fn::Transform Dynamic UNJUDGED",
            id="mappings that nothing reads",
        ),
        pytest.param(
            template(Resources={"C": {"Type": "AWS::SNS::Topic", "Condition": "Live"}}),
            template(
                Resources={"C": {"Type": "AWS::SNS::Topic", "Condition": "Live"}},
                Conditions=include("s3://pay/a.yaml"),
            ),
            "C Dynamic UNJUDGED",
            id="conditions that a resource hangs on",
        ),
        pytest.param(
            template(Transform={"Name": "AWS::Include", "Parameters": {"Location": "s3://pay/a.yaml"}}),
            template(Transform={"Name": "AWS::Include", "Parameters": {"Location": "s3://pay/b.yaml"}}),
            "Transform Dynamic UNJUDGED",
            id="at the top",
        ),
        pytest.param(
            template(Resources={"R": {"Type": "AWS::SNS::Topic", **macro(Size=1)}}),
            template(Resources={"R": {"Type": "AWS::SNS::Topic", **macro(Size=2)}}),
            "R Dynamic UNJUDGED",
            id="a macro within a resource",
        ),
        pytest.param(
            template(Resources={"R": {"Type": "AWS::SNS::Topic", "Properties": {"A": 1, **macro()}}}),
            template(Resources={"R": {"Type": "AWS::SNS::Topic", "Properties": {"A": 2, **macro()}}}),
            "R False (A) UNJUDGED",
            id="what stands beside a macro",
        ),
    ],
)
def test_transform_that_differs_is_unjudged_where_it_stands(
    old: Template, new: Template, verdict: str
) -> None:
    assert expected(verdict) == verdicts(reviewed(old, new))


@pytest.mark.parametrize(
    "sections",
    [
        pytest.param({"Resources": include("s3://pay/a.yaml")}, id="among the resources"),
        pytest.param({"Mappings": include("s3://pay/a.yaml")}, id="among the mappings"),
        pytest.param({"Outputs": {"O": include("s3://pay/a.yaml")}}, id="in an output"),
        pytest.param({"Transform": "Payments::Macro"}, id="a macro at the top"),
    ],
)
def test_transform_that_stays_is_a_finding_and_not_no_changes(
    sections: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "t.json"
    file.write_text(json.dumps(template(**sections)))

    assert 0 == command(["diff", str(file), str(file)])

    assert "No changes in what was seen" in capsys.readouterr().out


def test_moved_include_names_both_and_how_to_have_it_judged() -> None:
    review = reviewed(
        template(Resources=include("s3://pay/a.yaml")), template(Resources=include("s3://pay/b.yaml"))
    )

    assert "AWS::Include of s3://pay/b.yaml was AWS::Include of s3://pay/a.yaml" in reasons(review)
    assert "--include s3://pay/b.yaml=FILE --include s3://pay/a.yaml=FILE" in reasons(review)


def test_macro_of_the_whole_template_makes_every_change_unjudged() -> None:
    old = template(Transform="Payments::Macro")
    new = copy.deepcopy(old)
    new["Resources"]["Q"]["Properties"]["DelaySeconds"] = 3

    assert {"Q False (DelaySeconds) UNJUDGED"} == verdicts(reviewed(old, new))
    assert "Payments::Macro was not applied" in reasons(reviewed(old, new))


@pytest.mark.parametrize(
    ("section", "value"), [("Metadata", {"Sizes": 2}), ("Mappings", {"M": {"a": {"n": "x"}}}), ("Sizes", 2)]
)
def test_whatever_a_macro_sees_may_change_anything(section: str, value: object) -> None:
    old = template(Transform="Payments::Macro")

    assert {"Transform Dynamic UNJUDGED"} == verdicts(reviewed(old, old | {section: value}))


def test_macro_sees_parameters() -> None:
    old = template(Transform="Payments::Macro", Parameters={"Size": {"Type": "String"}})

    assert {"Transform Dynamic UNJUDGED"} == verdicts(reviewed(old, old, ({"Size": "1"}, {"Size": "2"})))
    assert set() == verdicts(reviewed(old, old, ({"Size": "1"}, {"Size": "1"})))


@pytest.mark.parametrize(
    "call",
    [
        {"Name": "AWS::Include", "Parameters": {"Location": {"Fn::Sub": "s3://pay/${Size}.yaml"}}},
        {"Name": "Payments::Macro"},
    ],
    ids=["include", "macro"],
)
def test_transform_within_a_template_may_hang_on_parameters(call: Template) -> None:
    topic = {"Type": "AWS::SNS::Topic", "Fn::Transform": call}
    old = template(Resources={"R": topic}, Parameters={"Size": {"Type": "String"}})

    assert {"R Dynamic UNJUDGED"} == verdicts(reviewed(old, old, ({"Size": "1"}, {"Size": "2"})))
    assert set() == verdicts(reviewed(old, old, ({"Size": "1"}, {"Size": "1"})))


def test_description_of_a_template_with_a_macro_is_no_change() -> None:
    old = template(Transform="Payments::Macro")

    assert set() == verdicts(reviewed(old, old | {"Description": "Payments"}))


def test_macro_that_is_added_is_unjudged() -> None:
    assert {"Transform Dynamic UNJUDGED"} == verdicts(
        reviewed(template(), template(Transform=["Payments::Macro"]))
    )


def test_mapping_shaped_transform_reads_as_aws_writes_it() -> None:
    old = template(Transform={"Name": "Payments::Macro", "Parameters": {"Size": 1}})
    new = template(Transform={"Name": "Payments::Macro", "Parameters": {"Size": 2}})

    assert "Payments::Macro (Size: 2)" in reasons(reviewed(old, new))
    assert "{" not in reasons(reviewed(old, new))


def test_nested_stacks_have_transforms_of_their_own() -> None:
    root = {"Resources": {"N": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "n"}}}}
    old, new = ({"N": template(Resources=include(f"s3://pay/{name}.yaml"))} for name in "ab")

    assert "N/Fn::Transform Dynamic UNJUDGED" in verdicts(reviewed(root, root, nested=(old, new)))


def test_hook_that_differs_is_a_finding() -> None:
    old = template(Hooks={"Green": {"Type": "AWS::CodeDeploy::BlueGreen", "Properties": {"Weight": 1}}})
    new = template(Hooks={"Green": {"Type": "AWS::CodeDeploy::BlueGreen", "Properties": {"Weight": 2}}})

    assert [("NOT_JUDGED", "Hooks/Green")] == findings(reviewed(old, new))
    assert [] == findings(reviewed(old, other_order(old)))


def test_module_that_changes_is_unjudged_and_one_that_stays_a_finding() -> None:
    old, new = (
        template(Resources={"M": {"Type": "Pay::Ledger::Store::MODULE", "Properties": {"Size": size}}})
        for size in (1, 2)
    )

    assert {"M Conditional ReplaceAndDelete (Size?) UNJUDGED"} == verdicts(reviewed(old, new))
    assert [("NOT_JUDGED", "M")] == findings(reviewed(old, old))


def of_type(kind: str, size: int = 1) -> Template:
    """Return a template with one resource."""
    return template(Resources={"R": {"Type": kind, "Properties": {"A": size}}})


UNKNOWN_TYPES = {
    "Pay::Ledger::Store": "a private or third-party type, not in the registry schemas here",
    "AWS::Ledger::Store": "a type that is not in the registry schemas here",
}


@pytest.mark.parametrize("kind", UNKNOWN_TYPES)
def test_a_change_of_a_type_that_the_registry_lacks_is_unjudged(kind: str) -> None:
    """Nobody here knows whether it is replaced, or what is lost with it."""
    for new in (of_type(kind, 2), template(Resources={"T": {"Type": "AWS::SNS::Topic"}})):
        (change,) = (each for each in reviewed(of_type(kind), new).changes if each.resource == "R")

        assert ["UNJUDGED"] == [risk.kind for risk in change.risks]
        assert UNKNOWN_TYPES[kind] in change.risks[0].reason


@pytest.mark.parametrize("kind", UNKNOWN_TYPES)
def test_a_new_resource_of_a_type_that_the_registry_lacks_is_a_finding(kind: str) -> None:
    review = reviewed(template(Resources={"T": {"Type": "AWS::SNS::Topic"}}), of_type(kind))

    assert [("NOT_JUDGED", "R")] == findings(review)
    assert [] == list(review.risks()) or {"T"} == {change.resource for change, _ in review.risks()}


def test_a_custom_resource_has_a_note_and_a_known_type_none() -> None:
    (custom,) = reviewed(of_type("Custom::Store"), of_type("Custom::Store", 2)).changes
    (topic,) = reviewed(of_type("AWS::SNS::Topic"), of_type("AWS::SNS::Topic", 2)).changes

    assert (["a custom resource: its provider decides what happens"], []) == (custom.notes, topic.notes)
    assert [] == [*custom.risks, *topic.risks]


def test_resource_that_is_unjudged_is_not_counted_as_unchanged() -> None:
    old, new = (
        template(Resources={"R": LOOKED_UP}, Mappings=include(f"s3://pay/{name}.yaml")) for name in "ab"
    )

    assert 1 == reviewed(old, new).unchanged


def test_transform_is_accepted_under_the_name_that_it_is_listed_by(tmp_path: Path) -> None:
    for name in "ab":
        document = template(Resources=include(f"s3://pay/{name}.yaml"))
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    files = ["diff", str(tmp_path / "a.json"), str(tmp_path / "b.json")]

    assert 3 == command(files)
    assert 0 == command([*files, "--accept", "UNJUDGED:Fn::Transform"])
