"""Who may do what, read out of the generated templates of the pipeline and of the target accounts."""

from __future__ import annotations

import json

import pytest

from tests.pipeline.delivery import made

NAMES = sorted(made.MODULES)


@pytest.mark.parametrize("name", NAMES)
def test_nobody_may_do_everything(name: str) -> None:
    for title, statement in made.policy_statements(name):
        if statement["Effect"] == "Allow":
            assert "*" not in statement["Action"], (title, statement["Sid"])


@pytest.mark.parametrize("name", NAMES)
def test_only_the_boundary_names_whole_services(name: str) -> None:
    """It grants nothing: it is the most that the policies beside it can come to."""
    wild = {
        title
        for title, statement in made.policy_statements(name)
        if statement["Effect"] == "Allow" and any("*" in each for each in statement["Action"])
    }

    assert wild <= {"Boundary"}


@pytest.mark.parametrize("name", ["pipeline", "target"])
def test_every_role_lives_under_the_boundary(name: str) -> None:
    roles = made.resources(name, "AWS::IAM::Role")

    assert roles
    assert {json.dumps(each["Properties"]["PermissionsBoundary"]) for each in roles.values()} == {
        json.dumps({"Ref": "Boundary"})
    }


def test_only_cloudformation_is_the_execution_role() -> None:
    """It names no source account, and need not: a role is passed to it within its own account only."""
    role = made.resources("target")["ExecutionRole"]["Properties"]
    (statement,) = made.statements(role["AssumeRolePolicyDocument"])

    assert statement["Principal"] == {"Service": "cloudformation.amazonaws.com"}
    assert statement["Action"] == ["sts:AssumeRole"]


@pytest.mark.parametrize("name", NAMES)
def test_builds_and_pipeline_are_trusted_in_what_they_do_for_this_account(name: str) -> None:
    for role in made.resources(name, "AWS::IAM::Role").values():
        for statement in made.statements(role["Properties"]["AssumeRolePolicyDocument"]):
            service = statement["Principal"].get("Service", "")
            if service.startswith("code"):
                assert "aws:SourceAccount" in statement["Condition"]["StringEquals"]


def test_who_plans_cannot_execute() -> None:
    attached = made.resources("target")["PlanRole"]["Properties"]["ManagedPolicyArns"]
    planning = {
        action
        for title, statement in made.policy_statements("target")
        if {"Ref": title} in attached
        for action in statement["Action"]
    }

    assert "cloudformation:CreateChangeSet" in planning
    assert not planning & {
        "cloudformation:DeleteStack",
        "cloudformation:ExecuteChangeSet",
        "cloudformation:UpdateStack",
    }


def test_each_environment_s_projects_reach_their_own_account_alone() -> None:
    for title, statement in made.policy_statements("pipeline"):
        if statement["Sid"] == "AssumeTargetRole":
            environment = "prod" if title.startswith("Prod") else "dev"
            (arn,) = statement["Resource"]
            assert arn["Fn::Sub"][0].endswith(f"-{environment}")
            assert arn["Fn::Sub"][1] == {"Account": {"Ref": f"{environment.capitalize()}Account"}}


def test_artifacts_lie_under_the_customer_key() -> None:
    kept = made.pipeline()["ArtifactStore"]
    projects = made.resources("pipeline", "AWS::CodeBuild::Project")

    assert kept["EncryptionKey"] == {"Type": "KMS", "Id": {"Ref": "ArtifactKeyArn"}}
    assert len(projects) == 9
    for project in projects.values():
        assert project["Properties"]["EncryptionKey"] == {"Ref": "ArtifactKeyArn"}


def test_other_accounts_read_releases_and_nothing_else() -> None:
    document = made.resources("store")["ArtifactBucketPolicy"]["Properties"]["PolicyDocument"]
    shared = [each for each in made.statements(document) if each["Effect"] == "Allow"]

    assert [each["Sid"] for each in shared] == ["ReadByDev", "ReadByProd"]
    for each in shared:
        assert each["Action"] == ["s3:GetObject", "s3:GetObjectVersion"]
        assert "aws:PrincipalArn" in each["Condition"]["ArnLike"]
        paths = {one["Fn::Sub"][0].removeprefix("${Arn}") for one in each["Resource"]}
        assert paths == {"/functions/*", "/libraries/*", "/templates/*"}


def test_the_store_takes_tls_and_its_own_key_only() -> None:
    document = made.resources("store")["ArtifactBucketPolicy"]["Properties"]["PolicyDocument"]
    denied = {each["Sid"] for each in made.statements(document) if each["Effect"] == "Deny"}

    assert denied == {"EncryptedTransportOnly", "NoOtherEncryption", "NoOtherKey", "NoMissingKey"}


def test_reviews_outlive_every_approval() -> None:
    parameter = made.rendered()["store"]["Parameters"]["ReviewDays"]
    waits = made.action("ProdPlan", "Approve")["TimeoutInMinutes"]

    assert parameter["MinValue"] * 24 * 60 > waits


def test_builds_log_under_the_key_for_a_set_time() -> None:
    groups = made.resources("pipeline", "AWS::Logs::LogGroup")

    assert len(groups) == 9
    for group in groups.values():
        assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
        assert group["Properties"]["KmsKeyId"] == {"Ref": "ArtifactKeyArn"}


def test_people_who_approve_can_read_and_answer_and_nothing_else() -> None:
    may = {
        statement["Sid"]: statement
        for title, statement in made.policy_statements("pipeline")
        if title == "ApproverPolicy"
    }
    asked = [f"{stage}/{each['Name']}" for stage, each in made.actions() if each["Name"] == "Approve"]

    assert may["Approve"]["Action"] == ["codepipeline:PutApprovalResult"]
    assert [each["Fn::Sub"].split(":payments/")[1] for each in may["Approve"]["Resource"]] == asked
    assert [each["Fn::Sub"][0] for each in may["ReadReviews"]["Resource"]] == ["${Arn}/reviews/*"]


@pytest.mark.parametrize("name", NAMES)
def test_statements_of_a_policy_are_told_apart(name: str) -> None:
    """IAM refuses two statements of one Sid in a policy, and a Sid of more than letters and digits."""
    for title, each in made.resources(name, "AWS::IAM::ManagedPolicy").items():
        sids = [statement["Sid"] for statement in made.statements(each["Properties"]["PolicyDocument"])]
        assert len(sids) == len(set(sids)), title
        assert all(sid.isalnum() for sid in sids), title


def test_people_are_told_of_approvals_and_failures() -> None:
    rule = made.resources("pipeline")["ReleaseNotices"]["Properties"]

    assert {
        "codepipeline-pipeline-manual-approval-needed",
        "codepipeline-pipeline-pipeline-execution-failed",
    } <= set(rule["EventTypeIds"])
    assert rule["Targets"] == [{"TargetType": "SNS", "TargetAddress": {"Ref": "ReleaseTopic"}}]


def test_a_resource_is_any_only_where_iam_knows_none() -> None:
    """Each statement on `*` is held to the region, or is of IAM, which has none."""
    for name in ("pipeline", "target"):
        for title, statement in made.policy_statements(name):
            if title == "Boundary" or "*" not in statement["Resource"]:
                continue
            region = statement.get("Condition", {}).get("StringEquals", {}).get("aws:RequestedRegion")
            assert region or statement["Action"] == ["iam:ListRoles"], (title, statement["Sid"])
