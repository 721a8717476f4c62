"""The rehearsal's AWS: what it answers as CodePipeline, and whom it lets ask."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pipeline.change import execute
from pipeline.change.sessions import ChangeError
from pipeline.delivery import names
from sandbox.emulator import REGION
from sandbox.rehearsal import accounts
from sandbox.rehearsal.accounts import THREE, Cloud

OWN = f"arn:aws:codepipeline:{REGION}:{THREE['tooling']}:{names.PIPELINE}"


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    """The emulator with its accounts."""
    with accounts.running() as started:
        yield started


@pytest.fixture(scope="module")
def asking(cloud: Cloud) -> Any:
    """CodePipeline, asked by a build that may look at one pipeline."""
    client = cloud.client("iam", "tooling")
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "codebuild.amazonaws.com"},
    }
    role = client.create_role(RoleName="watching", AssumeRolePolicyDocument=document(trust))["Role"]
    may = {"Effect": "Allow", "Action": "codepipeline:GetPipelineState", "Resource": OWN}
    client.put_role_policy(RoleName="watching", PolicyName="Watch", PolicyDocument=document(may))
    return accounts.client_of(cloud.as_project(role["Arn"]), "codepipeline")


def document(statement: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_an_update_hears_of_the_run_that_it_would_end(cloud: Cloud, asking: Any) -> None:
    class Session:
        def client(self, *_name: str, **_more: object) -> Any:
            return asking

    session: Any = Session()
    execution = {"pipelineExecutionId": "other", "status": "InProgress"}
    cloud.write_state([{"stageName": "ProdPlan", "latestExecution": execution}])

    execute.check_exclusive(session, names.PIPELINE, "other")
    with pytest.raises(ChangeError, match=r"another run is under way in ProdPlan \(other\)"):
        execute.check_exclusive(session, names.PIPELINE, "own")


def test_a_build_sees_the_pipeline_that_its_role_names_and_no_other(cloud: Cloud, asking: Any) -> None:
    cloud.write_state([])

    assert asking.get_pipeline_state(name=names.PIPELINE)["stageStates"] == []
    with pytest.raises(ClientError, match="AccessDenied"):
        asking.get_pipeline_state(name="other")
    with pytest.raises(ClientError, match="AccessDenied"):
        asking.list_pipelines()


def test_what_is_not_rehearsed_is_said(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="ListPipelines is not rehearsed"):
        cloud.client("codepipeline", "tooling").list_pipelines()
