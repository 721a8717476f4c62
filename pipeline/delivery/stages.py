"""Stages: what a run goes through, in order, and what it does where something fails."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from troposphere import Ref, codebuild, codepipeline

from pipeline.delivery.settings import Branch, ConnectionArn, Repository

SOURCE = "Source"
RELEASE = "Release"
# The longest that an approval waits; reviews are kept for 30 days at least.
APPROVAL_MINUTES = 7 * 24 * 60
EXECUTION_ID = "#{codepipeline.PipelineExecutionId}"


def source(connection: ConnectionArn, repository: Repository, branch: Branch) -> codepipeline.Stages:
    """The commit that the trigger, or somebody, asks for."""
    fetch = action(
        "Source",
        ("Source", "AWS", "CodeStarSourceConnection"),
        {
            "ConnectionArn": connection,
            "FullRepositoryId": repository,
            "BranchName": branch,
            "OutputArtifactFormat": "CODE_ZIP",
            # The pipeline's own trigger says which changes count.
            "DetectChanges": "false",
        },
        makes=SOURCE,
        namespace="Source",
    )
    return stage("Source", fetch)


def build(project: codebuild.Project) -> codepipeline.Stages:
    """Check and build. A second try is safe: what is published has its digest for a name."""
    run = run_build("Build", project, takes=[SOURCE], makes=RELEASE)
    return stage(
        "Build",
        run,
        OnFailure=codepipeline.FailureConditions(
            Result="RETRY", RetryConfiguration=codepipeline.RetryConfiguration(RetryMode="FAILED_ACTIONS")
        ),
    )


def plan(
    title: str, project: codebuild.Project, given: Mapping[str, str], *then: codepipeline.Actions
) -> codepipeline.Stages:
    """Plan a change, and perhaps ask about it: while somebody is asked, no other run plans."""
    planned = run_build(
        "Plan", project, takes=[RELEASE], makes=f"{title}Plan", namespace=f"{title}Plan", given=given
    )
    return stage(f"{title}Plan", planned, *then)


def approve(title: str, run_order: int = 2, said_first: str = "") -> codepipeline.Actions:
    """Ask a person, who sees the summary, after what is `said_first`, and a link to the review."""
    asked = {
        "CustomData": f"{said_first}#{{{title}Plan.SUMMARY}}",
        "ExternalEntityLink": f"#{{{title}Plan.REVIEW}}",
    }
    return action(
        "Approve",
        ("Approval", "AWS", "Manual"),
        asked,
        run_order=run_order,
        TimeoutInMinutes=APPROVAL_MINUTES,
    )


def execute(title: str, project: codebuild.Project, run_order: int = 1) -> codepipeline.Actions:
    """Execute what was planned, and nothing newer."""
    return run_build(
        "Execute",
        project,
        takes=[RELEASE, f"{title}Plan"],
        namespace=f"{title}Run",
        given={"CHANGE_SET": f"#{{{title}Plan.CHANGE_SET}}", "DIGEST": f"#{{{title}Plan.DIGEST}}"},
        run_order=run_order,
    )


def smoke(project: codebuild.Project, payment: str) -> codepipeline.Actions:
    """Call the API as a client does."""
    return run_build("Smoke", project, takes=[RELEASE], given={"PAYMENT": payment}, run_order=2)


def rollback() -> codepipeline.FailureConditions:
    """Run the stage again with the artifacts of the last run that passed it."""
    return codepipeline.FailureConditions(Result="ROLLBACK")


def unless_unchanged(title: str) -> codepipeline.BeforeEntryConditions:
    """Leave the stage out where the plan found nothing to change."""
    differs = codepipeline.RuleDeclaration(
        Name="SomethingChanges",
        RuleTypeId=codepipeline.RuleTypeId(
            Category="Rule", Owner="AWS", Provider="VariableCheck", Version="1"
        ),
        Configuration={"Variable": f"#{{{title}Plan.CHANGES}}", "Operator": "NE", "Value": "none"},
    )
    return codepipeline.BeforeEntryConditions(
        Conditions=[codepipeline.Condition(Result="SKIP", Rules=[differs])]
    )


def run_build(
    name: str,
    project: codebuild.Project,
    *,
    takes: Sequence[str],
    makes: str = "",
    namespace: str = "",
    given: Mapping[str, str] | None = None,
    run_order: int = 1,
) -> codepipeline.Actions:
    """Run a project on the artifacts that it `takes`, the first of which is where its commands run."""
    variables = {"EXECUTION_ID": EXECUTION_ID, **(given or {})}
    configuration: dict[str, object] = {
        "ProjectName": Ref(project),
        "EnvironmentVariables": json.dumps(
            [{"name": key, "value": value, "type": "PLAINTEXT"} for key, value in variables.items()]
        ),
    }
    if len(takes) > 1:
        configuration["PrimarySource"] = takes[0]
    return action(
        name,
        ("Build", "AWS", "CodeBuild"),
        configuration,
        takes=takes,
        makes=makes,
        namespace=namespace,
        run_order=run_order,
    )


def action(
    name: str,
    kind: tuple[str, str, str],
    configuration: Mapping[str, object],
    *,
    takes: Sequence[str] = (),
    makes: str = "",
    namespace: str = "",
    run_order: int = 1,
    **more: Any,
) -> codepipeline.Actions:
    """An action of a `kind`: category, owner, provider."""
    category, owner, provider = kind
    optional: dict[str, Any] = dict(more)
    if takes:
        optional["InputArtifacts"] = [codepipeline.InputArtifacts(Name=each) for each in takes]
    if makes:
        optional["OutputArtifacts"] = [codepipeline.OutputArtifacts(Name=makes)]
    if namespace:
        optional["Namespace"] = namespace
    return codepipeline.Actions(
        Name=name,
        ActionTypeId=codepipeline.ActionTypeId(
            Category=category, Owner=owner, Provider=provider, Version="1"
        ),
        Configuration=dict(configuration),
        RunOrder=run_order,
        **optional,
    )


def stage(name: str, *actions: codepipeline.Actions, **conditions: Any) -> codepipeline.Stages:
    """A stage: one run at a time is in it."""
    return codepipeline.Stages(Name=name, Actions=list(actions), **conditions)


def triggers(branch: Branch) -> list[codepipeline.PipelineTriggerDeclaration]:
    """Start at pushes to the branch that change more than what is only read."""
    push = codepipeline.GitPushFilter(
        Branches=codepipeline.GitBranchFilterCriteria(Includes=[branch]),
        FilePaths=codepipeline.GitFilePathFilterCriteria(Excludes=["docs/**", "**/*.md", "*.md"]),
    )
    return [
        codepipeline.PipelineTriggerDeclaration(
            ProviderType="CodeStarSourceConnection",
            GitConfiguration=codepipeline.GitConfiguration(SourceActionName="Source", Push=[push]),
        )
    ]
