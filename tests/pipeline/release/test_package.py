from __future__ import annotations

import hashlib
import json

import pytest

from pipeline.release import templates
from pipeline.release.archives import Archives, Zip, pack
from pipeline.release.quotas import QuotaError, check
from pipeline.release.templates import Template, canonical
from pipeline.release.wiring import Edge, edges, unread
from tests.pipeline.release.projects import Project


def manifest(project: Project) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(project.files()["manifest.json"])["Artifacts"]
    return found


def test_every_key_holds_the_digest_of_what_lies_under_it(built: Project) -> None:
    for each in manifest(built):
        digest = hashlib.sha256(built.files()[each["path"]]).hexdigest()
        assert digest == each["sha256"]
        assert digest[:16] in each["key"]


def test_the_manifest_lists_every_file_that_goes_to_s3(built: Project) -> None:
    listed = {each["path"] for each in manifest(built)}

    assert {"manifest.json", "configuration.json", "libraries.cdx.json"} == built.files().keys() - listed


def test_the_root_refers_to_each_layer_by_key_in_whatever_bucket(built: Project) -> None:
    keys = {each["name"]: each["key"] for each in manifest(built)}

    for title, stack in built.template("root")["Resources"].items():
        url = "https://${ArtifactBucket}.s3.${AWS::Region}.${AWS::URLSuffix}/" + keys[title.lower()]
        assert {"Fn::Sub": url} == stack["Properties"]["TemplateURL"]


def test_functions_refer_to_their_archive_by_key(built: Project) -> None:
    keys = {each["name"]: each["key"] for each in manifest(built)}

    assert (
        keys["take"] == built.template("layer0")["Resources"]["TakeFunction"]["Properties"]["Code"]["S3Key"]
    )


def test_the_configuration_is_what_codepipeline_takes(built: Project) -> None:
    document = json.loads(built.files()["configuration.json"])

    assert {"Parameters", "Tags", "StackPolicy"} == document.keys()
    assert "made-up-artifacts" == document["Parameters"]["ArtifactBucket"]


def test_the_account_template_stands_apart(built: Project) -> None:
    assert "AccountTopic" in built.template("account")["Resources"]
    assert "Account" not in built.template("root")["Resources"]


def archives(size: int = 0) -> Archives:
    layer = Zip(pack({"python/example.py": b"x" * size}))
    return Archives({"take": Zip(pack({"handlers/take.py": b""}))}, layer, "0000")


def template(resources: int = 1, outputs: int = 0, parameters: int = 0, description: str = "") -> Template:
    document = {
        "Description": description,
        "Parameters": {f"P{number}": {} for number in range(parameters)},
        "Resources": {f"R{number}": {"Type": "AWS::SNS::Topic"} for number in range(resources)},
        "Outputs": {f"O{number}": {} for number in range(outputs)},
    }
    return templates.template("layer", canonical(document))


@pytest.mark.parametrize(
    ("large", "said"),
    [
        (template(501), "layer.template.json: found 501 resources of a template, expected at most 500"),
        (template(outputs=201), "layer.template.json: found 201 outputs of a template, expected at most 200"),
        (
            template(parameters=201),
            "layer.template.json: found 201 parameters of a template, expected at most",
        ),
        (template(description="x" * 1025), "layer.template.json: found 1,025 bytes of a description"),
        (template(description="x" * 1_000_000), "bytes of a template, expected at most 1,000,000"),
        (template(description="{{resolve:" * 61), "layer.template.json: found 61 dynamic references"),
    ],
)
def test_a_template_over_a_quota_is_refused(large: Template, said: str) -> None:
    with pytest.raises(QuotaError) as refused:
        check({"root": template(), "layer": large}, {}, archives())

    assert any(said in fault for fault in refused.value.faults)


@pytest.mark.parametrize("resources", [500])
def test_quotas_may_be_used_up(resources: int) -> None:
    uses = check({"root": template(), "layer": template(resources, 200, 200, "x" * 1024)}, {}, archives())

    assert {"resources of a template": 100.0, "outputs of a template": 100.0} == {
        use.quota: use.percent
        for use in uses
        if use.quota in ("resources of a template", "outputs of a template")
    }


def test_a_root_too_large_to_be_passed_inline_is_refused() -> None:
    with pytest.raises(QuotaError) as refused:
        check({"root": template(description="x" * 51_200)}, {}, archives(), inline=("root",))

    assert any("passed inline, expected at most 51,200" in fault for fault in refused.value.faults)


def test_templates_too_many_for_one_operation_are_refused() -> None:
    layers = {f"layer{number}": template(500) for number in range(6)}

    with pytest.raises(QuotaError, match="all templates: found 3,001 resources of one operation"):
        check({"root": template(), **layers}, {}, archives())


def test_a_value_longer_than_a_parameter_may_be_is_refused() -> None:
    with pytest.raises(
        QuotaError, match="Url: found 4,097 bytes of a parameter's value, expected at most 4,096"
    ):
        check({"root": template()}, {"Url": "x" * 4097}, archives())


def test_functions_too_large_for_lambda_are_refused() -> None:
    with pytest.raises(QuotaError, match="take: found 250,000,001 unzipped bytes of a function"):
        check({"root": template()}, {}, archives(250_000_001))


def test_wires_are_read_off_the_templates() -> None:
    one = {"Type": "AWS::CloudFormation::Stack", "Properties": {"Parameters": {"Days": {"Ref": "Days"}}}}
    arn = {"Fn::GetAtt": ["One", "Outputs.Arn"]}
    two = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"Parameters": {"Arn": arn, "Both": {"Fn::Join": [",", [arn, {"Ref": "Days"}]]}}},
    }
    root = {"Resources": {"One": one, "Two": two}}

    assert [
        Edge("Settings", "Days", "One", "Days"),
        Edge("One", "Arn", "Two", "Arn"),
        Edge("One", "Arn", "Two", "Both"),
        Edge("Settings", "Days", "Two", "Both"),
    ] == list(edges(root))
    assert [("One", "Idle")] == list(unread(root, {"One": {"Outputs": {"Arn": {}, "Idle": {}}}}))
