"""What a run goes through, read out of the generated pipeline."""

from __future__ import annotations

import json

import pytest

from pipeline.commands import COMMANDS
from tests.pipeline.delivery import made


def given(stage: str, name: str) -> dict[str, str]:
    """The environment that an action gives to its build."""
    configured = made.action(stage, name)["Configuration"]["EnvironmentVariables"]
    return {each["name"]: each["value"] for each in json.loads(configured)}


def test_a_commit_goes_through_dev_to_prod() -> None:
    assert list(made.stages()) == [
        "Source",
        "Build",
        "PipelinePlan",
        "Pipeline",
        "DevPlan",
        "Dev",
        "ProdPlan",
        "Prod",
    ]


def test_a_newer_run_takes_the_place_of_one_that_waits() -> None:
    """In a queue, people would approve what is out of date, one commit after the other."""
    assert made.pipeline()["PipelineType"] == "V2"
    assert made.pipeline()["ExecutionMode"] == "SUPERSEDED"


def test_a_person_is_asked_before_anything_of_prod_is_executed() -> None:
    order = [(stage, each["Name"]) for stage, each in made.actions()]

    assert order.index(("Dev", "Smoke")) < order.index(("ProdPlan", "Plan"))
    assert order.index(("ProdPlan", "Plan")) < order.index(("ProdPlan", "Approve"))
    assert order.index(("ProdPlan", "Approve")) < order.index(("Prod", "Execute"))
    assert order.index(("Prod", "Execute")) < order.index(("Prod", "Smoke"))


def test_while_a_person_is_asked_no_other_run_plans() -> None:
    """A stage holds one run: plan and approval share one, or a newer plan would be about an older stack."""
    assert [each["Name"] for each in made.stages()["ProdPlan"]["Actions"]] == ["Plan", "Approve"]


def test_the_approver_sees_the_summary_and_a_link() -> None:
    approval = made.action("ProdPlan", "Approve")

    assert approval["Configuration"] == {
        "CustomData": "#{ProdPlan.SUMMARY}",
        "ExternalEntityLink": "#{ProdPlan.REVIEW}",
    }
    assert approval["TimeoutInMinutes"] == 7 * 24 * 60


@pytest.mark.parametrize("title", ["Dev", "Prod", "Pipeline"])
def test_what_is_executed_is_what_was_planned(title: str) -> None:
    told = given(title, "Execute")

    assert told["CHANGE_SET"] == f"#{{{title}Plan.CHANGE_SET}}"
    assert told["DIGEST"] == f"#{{{title}Plan.DIGEST}}"
    assert f"{title}Plan" in [each["Name"] for each in made.action(title, "Execute")["InputArtifacts"]]


def test_prod_plans_the_root_that_dev_ran() -> None:
    assert given("ProdPlan", "Plan")["RAN"] == "#{DevRun.DIGEST}"
    assert made.action("Dev", "Execute")["Namespace"] == "DevRun"
    assert '--ran "$RAN"' in made.buildspec("ProdPlan")["phases"]["build"]["commands"][0]


def test_every_build_knows_its_run() -> None:
    for stage, each in made.actions():
        if each["ActionTypeId"]["Provider"] == "CodeBuild":
            assert given(stage, each["Name"])["EXECUTION_ID"] == "#{codepipeline.PipelineExecutionId}"


@pytest.mark.parametrize("stage", ["Dev", "Prod"])
def test_a_failing_stage_goes_back_to_the_last_run_that_passed(stage: str) -> None:
    assert made.stages()[stage]["OnFailure"] == {"Result": "ROLLBACK"}
    assert "Approve" not in [each["Name"] for each in made.stages()[stage]["Actions"]]


def test_only_the_build_is_retried_by_itself() -> None:
    """What it publishes has its digest for a name; a second execution of anything else is for people."""
    retried = {
        name for name, each in made.stages().items() if each.get("OnFailure", {}).get("Result") == "RETRY"
    }

    assert retried == {"Build"}


@pytest.mark.parametrize("title", ["Pipeline", "Prod"])
def test_a_stage_with_nothing_to_do_is_left_out(title: str) -> None:
    (condition,) = made.stages()[title]["BeforeEntry"]["Conditions"]
    (rule,) = condition["Rules"]

    assert condition["Result"] == "SKIP"
    assert rule["RuleTypeId"]["Provider"] == "VariableCheck"
    assert rule["Configuration"] == {
        "Variable": f"#{{{title}Plan.CHANGES}}",
        "Operator": "NE",
        "Value": "none",
    }


def test_variables_come_from_actions_that_ran_before() -> None:
    known = {"codepipeline", "variables"}
    for stage, each in made.actions():
        text = json.dumps(each["Configuration"])
        used = {part.split(".")[0] for part in text.split("#{")[1:]}
        assert used <= known, (stage, each["Name"])
        known.add(each.get("Namespace", ""))


def test_artifacts_are_made_before_they_are_taken() -> None:
    known: set[str] = set()
    for stage, each in made.actions():
        taken = {one["Name"] for one in each.get("InputArtifacts", [])}
        assert taken <= known, (stage, each["Name"])
        known |= {one["Name"] for one in each.get("OutputArtifacts", [])}


def test_a_release_is_built_and_published_once() -> None:
    """Later steps take the artifact of the build: none of them builds or publishes."""
    commands = made.buildspec("Build")["phases"]["build"]["commands"]

    assert [each for each in commands if "--env" in each] == [
        'python build.py --env dev --bucket "$ARTIFACT_BUCKET" --boundary "$DEV_BOUNDARY" --publish',
        'python build.py --env prod --bucket "$ARTIFACT_BUCKET" --boundary "$PROD_BOUNDARY"',
    ]
    assert made.buildspec("Build")["phases"]["pre_build"]["commands"] == ["tox"]
    for title in ("DevPlan", "ProdPlan", "DevExecute", "ProdExecute"):
        text = json.dumps(made.buildspec(title))
        assert "--env" not in text
        assert "--publish" not in text


def test_a_change_of_the_pipeline_waits_until_it_is_alone() -> None:
    """An update ends the runs that are under way; CodePipeline then starts the newest again."""
    assert made.pipeline()["RestartExecutionOnUpdate"] is True
    assert "--alone payments" in json.dumps(made.buildspec("PipelineExecute"))
    assert [each["Name"] for each in made.stages()["Pipeline"]["Actions"]] == ["Approve", "Execute"]


def test_pushes_to_the_branch_start_a_run_unless_only_documents_change() -> None:
    (trigger,) = made.pipeline()["Triggers"]
    (push,) = trigger["GitConfiguration"]["Push"]

    assert push["Branches"] == {"Includes": [{"Ref": "Branch"}]}
    assert "docs/**" in push["FilePaths"]["Excludes"]
    assert made.action("Source", "Source")["Configuration"]["DetectChanges"] == "false"


def test_every_build_has_a_time_out() -> None:
    for each in made.resources("pipeline", "AWS::CodeBuild::Project").values():
        assert 5 <= each["Properties"]["TimeoutInMinutes"] <= 480
        assert 5 <= each["Properties"]["QueuedTimeoutInMinutes"] <= 480


def test_prod_is_charged_a_test_payment_only_where_somebody_asks_for_it() -> None:
    (variable,) = made.pipeline()["Variables"]

    assert given("Dev", "Smoke")["PAYMENT"] == "yes"
    assert given("Prod", "Smoke")["PAYMENT"] == "#{variables.TestPayment}"
    assert variable["DefaultValue"] == "no"


def test_every_command_of_a_buildspec_is_one_of_build_py() -> None:
    for title in made.resources("pipeline", "AWS::CodeBuild::Project"):
        for phase in made.buildspec(title.removesuffix("Project"))["phases"].values():
            for command in phase["commands"]:
                if command.startswith("python build.py "):
                    name = command.split()[2]
                    assert name.startswith("--") or name in COMMANDS


def test_the_address_of_the_parameters_hears_the_topic_with_the_summary() -> None:
    """Who approves should not have to look for it."""
    (rule,) = made.resources("pipeline", "AWS::CodeStarNotifications::NotificationRule").values()
    (heard,) = made.resources("pipeline", "AWS::SNS::Subscription").values()

    assert rule["Properties"]["DetailType"] == "FULL"
    assert heard["Properties"]["TopicArn"] == {"Ref": "ReleaseTopic"}
    assert heard["Properties"]["Endpoint"] == {"Ref": "ReleaseEmail"}


def test_every_approval_has_an_end() -> None:
    for stage, each in made.actions():
        if each["ActionTypeId"]["Provider"] == "Manual":
            assert 5 <= each["TimeoutInMinutes"] <= 86_400, stage
