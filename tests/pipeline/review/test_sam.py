"""SAM: judged as what the translator makes of it, and UNJUDGED where nobody applied it."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from build import main
from pipeline.evaluation.transforms.expansion import Transforms
from pipeline.evaluation.transforms.sam import first_message
from pipeline.evaluation.values import spelt
from pipeline.review.model import Review
from tests.paths import CHECKOUT
from tests.pipeline.review.templates import Template, edited
from tests.pipeline.review.verdicts import reviewed, verdicts

SAM = "AWS::Serverless-2016-10-31"
APPLIED = Transforms(has_sam=lambda: True)
NOT_APPLIED = Transforms(has_sam=lambda: False)
INLINE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::pay/*"}],
}
WIDE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


def function(**properties: Any) -> Template:
    """A function as SAM has it."""
    common = {"Handler": "app.main", "Runtime": "python3.12", "CodeUri": "s3://b/k.zip"}
    return {"Type": "AWS::Serverless::Function", "Properties": common | properties}


def application(**resources: Any) -> Template:
    """A template of SAM."""
    return {"Transform": SAM, "Resources": resources or {"Charge": function()}}


BASE = application(
    Charge=function(Policies=["AWSLambdaBasicExecutionRole", INLINE], AutoPublishAlias="live"),
    Ledger={
        "Type": "AWS::Serverless::SimpleTable",
        "Properties": {"PrimaryKey": {"Name": "id", "Type": "String"}},
    },
    Api={
        "Type": "AWS::Serverless::Api",
        "Properties": {"StageName": "live", "Auth": {"DefaultAuthorizer": "AWS_IAM"}},
    },
    Q={"Type": "AWS::SQS::Queue", "Properties": {}},
)


def kinds(review: Review) -> dict[str, set[str]]:
    """The classes of risk of each resource that changes."""
    return {change.id: {risk.kind for risk in change.risks} for change in review.changes}


def reasons(review: Review) -> str:
    """Return the reasons of all risks of a review."""
    return " ".join(risk.reason for _, risk in review.risks())


def with_globals(**function_properties: Any) -> Template:
    """The application, with properties that all functions share."""
    return BASE | {"Globals": {"Function": function_properties}}


@pytest.mark.parametrize(
    ("old", "new", "applied", "open_"),
    [
        pytest.param(
            with_globals(Timeout=3), with_globals(Timeout=900), {"Charge": set()}, {"Charge"}, id="globals"
        ),
        pytest.param(
            BASE,
            edited(BASE, {"Charge/Policies/0": "AdministratorAccess"}),
            {"ChargeRole": {"IAM_WIDENING"}},
            {"Charge"},
            id="managed policy",
        ),
        pytest.param(
            BASE,
            edited(BASE, {"Charge/Policies/1": WIDE}),
            {"ChargeRole": {"IAM_WIDENING"}},
            {"Charge"},
            id="inline policy",
        ),
        pytest.param(
            BASE,
            edited(BASE, {}, ["Resources/Ledger"]),
            {"Ledger": {"STATEFUL_DELETION"}},
            {"Ledger"},
            id="table removed",
        ),
        pytest.param(
            BASE,
            edited(BASE, {"Ledger/PrimaryKey/Name": "key"}),
            {"Ledger": {"STATEFUL_REPLACEMENT"}},
            {"Ledger"},
            id="table with another key",
        ),
        pytest.param(BASE, edited(BASE, {"Q/DelaySeconds": 3}), {"Q": set()}, set(), id="what is not SAM's"),
        pytest.param(BASE, copy.deepcopy(BASE), {}, set(), id="nothing"),
    ],
)
def test_edit_is_judged_as_what_it_becomes_and_without_the_translator_is_open(
    old: Template, new: Template, applied: dict[str, set[str]], open_: set[str]
) -> None:
    assert applied == kinds(reviewed(old, new, means=APPLIED))
    without = kinds(reviewed(old, new, means=NOT_APPLIED))
    assert open_ == {name for name, risks in without.items() if "UNJUDGED" in risks}


def test_shared_properties_of_apis_reach_the_functions_that_make_them() -> None:
    """An event of a function makes an API that the template does not name."""
    old, new = (
        application(Charge=function()) | {"Globals": {"Api": {"Auth": {"DefaultAuthorizer": name}}}}
        for name in ("AWS_IAM", "NONE")
    )

    assert {"Charge": {"UNJUDGED"}} == kinds(reviewed(old, new, means=NOT_APPLIED))


def test_authorizer_that_is_dropped_is_seen() -> None:
    secured = edited(
        BASE,
        {
            "Charge/Events": {
                "A": {
                    "Type": "Api",
                    "Properties": {"Path": "/", "Method": "get", "RestApiId": {"Ref": "Api"}},
                }
            }
        },
    )
    opened = edited(secured, {}, ["Api/Auth"])

    assert "Api" in kinds(reviewed(secured, opened, means=APPLIED))


def test_inline_policy_is_about_what_the_function_may_do_and_opens_nothing() -> None:
    new = edited(BASE, {"Charge/Policies/1": WIDE})

    risks = kinds(reviewed(BASE, new, means=NOT_APPLIED))["Charge"]

    assert {"IAM_WIDENING", "UNJUDGED"} == risks


def test_without_the_translator_the_review_says_how_to_have_it() -> None:
    review = reviewed(with_globals(Timeout=3), with_globals(Timeout=9), means=NOT_APPLIED)

    assert "aws-sam-translator is not installed: pip install -r requirements/sam.txt" in reasons(review)


def test_translator_is_used_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = BASE, edited(BASE, {"Charge/Policies/0": "AdministratorAccess"})

    assert {"ChargeRole"} == set(kinds(reviewed(old, new)))
    monkeypatch.setattr("importlib.util.find_spec", {}.get)
    assert {"Charge"} == set(kinds(reviewed(old, new)))


@pytest.mark.parametrize("means", [APPLIED, NOT_APPLIED], ids=["applied", "not applied"])
def test_type_that_leaves_the_transform_is_no_other_resource(means: Transforms) -> None:
    role = "arn:aws:iam::111122223333:role/x"
    plain = {
        "Resources": {
            "Charge": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Handler": "app.main",
                    "Runtime": "python3.12",
                    "Code": {"S3Bucket": "b", "S3Key": "k.zip"},
                    "Role": role,
                },
            }
        }
    }

    review = reviewed(application(Charge=function(Role=role)), plain, means=means)

    (change,) = review.changes
    assert change.replacement in ("False", "Conditional")
    assert "UPDATE_FAILS" not in {risk.kind for risk in change.risks}


def test_another_type_is_still_refused() -> None:
    old = application(Charge=function())
    new = {"Resources": {"Charge": {"Type": "AWS::SQS::Queue"}}}

    assert "UPDATE_FAILS" in kinds(reviewed(old, new, means=NOT_APPLIED))["Charge"]


def test_nothing_that_was_not_given_is_guessed() -> None:
    """The Region has a placeholder while the translator runs, and is open in what it made."""
    old = application(Charge=function(FunctionName={"Fn::Sub": "charge-${AWS::Region}"}, CodeUri="./src"))
    template = reviewed(old, old, means=APPLIED).after

    text = str(template)

    assert "not-given" not in text
    assert "us-east-1" not in text
    assert "Unknown(label='AWS::Region'" in text


@pytest.mark.parametrize("name", ["Alias", "Layers"])
def test_parameter_that_is_not_given_is_open_and_its_default_no_guess(name: str) -> None:
    parameters = {"Alias": {"Type": "String", "Default": "live"}, "Layers": {"Type": "String"}}
    old = application(Charge=function(Environment={"Variables": {"A": {"Ref": name}}})) | {
        "Parameters": parameters
    }

    review = reviewed(old, old, ({"Alias": "live"}, {"Alias": "beta"}), means=APPLIED)

    assert ({"Charge"} if name == "Alias" else set()) == set(kinds(review))
    assert all(change.cause == "parameter:Alias" for change in review.changes)


def test_alias_from_a_parameter_is_translated_with_its_value() -> None:
    old = application(Charge=function(AutoPublishAlias={"Ref": "Alias"})) | {
        "Parameters": {"Alias": {"Type": "String"}}
    }

    review = reviewed(old, old, ({"Alias": "live"}, {"Alias": "live"}), means=APPLIED)

    assert ((), "ChargeAliaslive") in review.after


def test_local_code_is_compared_by_its_path_and_the_review_says_so() -> None:
    old = application(Charge=function(CodeUri="./src"))

    review = reviewed(old, old, means=APPLIED)

    assert [] == review.changes
    assert [
        "root: ./src: local files are compared by their paths; what they hold is not seen"
    ] == review.notes


@pytest.mark.parametrize(("semver", "listed"), [("1.0.0", set()), ("1.1.0", {"App"})])
def test_application_of_the_repository_asks_nobody(semver: str, listed: set[str]) -> None:
    location = {"ApplicationId": "arn:aws:serverlessrepo:us-east-1:111122223333:applications/x"}
    old, new = (
        application(
            App={
                "Type": "AWS::Serverless::Application",
                "Properties": {"Location": location | {"SemanticVersion": version}},
            }
        )
        for version in ("1.0.0", semver)
    )

    found = kinds(reviewed(old, new, means=APPLIED))

    assert listed == set(found)
    assert all("UNJUDGED" in risks for risks in found.values())


def test_template_that_the_translator_rejects_is_unjudged_with_its_first_message() -> None:
    old = application(Charge=function(CodeUri={"Bucket": "b"}))
    new = edited(old, {"Charge/Timeout": 9})

    review = reviewed(old, new, means=APPLIED)

    assert {"Charge": {"UNJUDGED"}} == kinds(review)
    assert "rejects the template: Resource with id [Charge] is invalid. 'CodeUri' requires" in reasons(review)
    assert "\n" not in reasons(review)


def test_nested_application_that_moves_is_unjudged() -> None:
    old, new = (
        application(App={"Type": "AWS::Serverless::Application", "Properties": {"Location": location}})
        for location in ("https://s3/a.yaml", "https://s3/b.yaml")
    )

    assert {"App False (TemplateURL) UNJUDGED"} == verdicts(reviewed(old, new, means=APPLIED))


def test_loops_of_functions_are_unrolled_before_sam() -> None:
    loop = {"Fn::ForEach::Functions": ["Name", ["A", "B"], {"${Name}": function()}]}
    old = {"Transform": ["AWS::LanguageExtensions", SAM], "Resources": loop}

    review = reviewed(old, old, means=APPLIED)

    assert {"A", "ARole", "B", "BRole"} == {name for _, name in review.after}
    assert [] == review.findings


def test_resources_stand_in_the_order_of_what_they_were_made_of() -> None:
    names = [name for _, name in reviewed(BASE, BASE, means=APPLIED).after]

    assert ["Charge", "Ledger", "Q"] == [name for name in names if name in ("Charge", "Ledger", "Q")]
    assert names.index("ChargeRole") < names.index("Ledger")


def test_template_without_sam_does_not_load_the_translator(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}))
    code = (
        "import sys; from build import main; main(['diff', sys.argv[1], sys.argv[1]]); "
        "sys.exit('samtranslator' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "t.json")], cwd=CHECKOUT, check=False)

    assert 0 == done.returncode


def nested_in_a_root(
    child: Template, parameters: Template | None = None
) -> tuple[Template, dict[str, Template]]:
    """A root that nests a template, and passes it parameters."""
    properties = {"TemplateURL": "n", "Parameters": parameters or {}}
    root = {
        "Resources": {
            "N": {"Type": "AWS::CloudFormation::Stack", "Properties": properties},
            "Q": {"Type": "AWS::SQS::Queue"},
        }
    }
    return root, {"N": child}


def test_default_of_a_parameter_that_is_passed_an_unknown_value_is_not_taken() -> None:
    child = application(Charge=function(Layers=[{"Ref": "Layer"}], AutoPublishAlias={"Ref": "Alias"})) | {
        "Parameters": {name: {"Type": "String", "Default": "live"} for name in ("Alias", "Layer")}
    }
    unknown = {"Fn::GetAtt": ["Q", "QueueName"]}
    root, nested = nested_in_a_root(child, {"Alias": "beta", "Layer": unknown})
    other, _ = nested_in_a_root(child, {"Alias": unknown, "Layer": "x"})

    known = reviewed(root, root, nested=(nested, nested), means=APPLIED)
    open_ = reviewed(other, other, nested=(nested, nested), means=APPLIED)

    assert (("N",), "ChargeAliasbeta") in known.after
    assert (("N",), "ChargeAliaslive") not in open_.after
    assert [("NOT_JUDGED", ("N",))] == [(each.kind, each.stack) for each in open_.findings]


def test_condition_that_only_deployment_can_answer_is_judged_in_nested_applications() -> None:
    def child(answer: object) -> Template:
        table = {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": answer}}
        condition = {"Fn::Equals": [{"Ref": "AWS::AccountId"}, "111122223333"]}
        ledger = {"Type": "AWS::Serverless::SimpleTable", "Properties": table}
        return application(Ledger=ledger) | {"Conditions": {"Live": condition}}

    root, old = nested_in_a_root(child({"Fn::If": ["Live", True, False]}))

    review = reviewed(root, root, nested=(old, {"N": child(False)}), means=APPLIED)

    assert "BACKUP_LOSS" in kinds(review)["N/Ledger"]


@pytest.mark.parametrize(
    ("region", "partition"), [("cn-north-1", "aws-cn"), ("eu-west-1", "aws"), (None, "aws")]
)
def test_partition_is_that_of_the_region(
    region: str | None, partition: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stage = {"Fn::Sub": "${AWS::Partition}-${AWS::Region}"}
    api = {"Type": "AWS::Serverless::Api", "Properties": {"StageName": stage}}
    for name, policy in (("old", "AmazonS3ReadOnlyAccess"), ("new", "AdministratorAccess")):
        document = application(Charge=function(Policies=[policy]), Api=api)
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    place = ["--region", region] if region else []

    assert 3 == main(["diff", str(tmp_path / "old.json"), str(tmp_path / "new.json"), *place])

    assert f"arn:{partition}:iam::aws:policy/AdministratorAccess" in "".join(capsys.readouterr().out.split())


def test_words_of_the_region_become_the_pseudo_parameter_again() -> None:
    stage = {"Fn::Sub": "live-${AWS::Region}-${AWS::Partition}"}
    old = application(Api={"Type": "AWS::Serverless::Api", "Properties": {"StageName": stage}})

    (name,) = (
        spelt(resource["Properties"]["StageName"])  # type: ignore[index, call-overload] # a stage has a name
        for resource in reviewed(old, old, means=APPLIED).after.values()
        if resource["Type"] == "AWS::ApiGateway::Stage"
    )

    assert "live-${AWS::Region}-${AWS::Partition}" == name


def test_message_of_the_translator_is_one_line() -> None:
    assert "first" == first_message(ValueError("first\nsecond"))
    assert "KeyError" == first_message(KeyError())
