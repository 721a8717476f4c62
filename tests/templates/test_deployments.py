"""Deployments of the API: a new one for each change of the API, and for nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from troposphere.apigateway import Stage

from handlers.payments import contract
from templates import api
from templates.api import firewall, problems, routes
from tests.templates.layers import rendered

Resource = dict[str, Any]

LAYER = "Api"


def of_kind(resources: dict[str, Resource], *kinds: str) -> set[str]:
    return {
        name for name, each in resources.items() if each["Type"].removeprefix("AWS::ApiGateway::") in kinds
    }


def deployments(resources: dict[str, Resource]) -> list[str]:
    return sorted(of_kind(resources, "Deployment"))


def test_the_stage_serves_a_copy_made_when_all_of_the_api_stood(layer: Resource) -> None:
    """F158."""
    resources = layer["Resources"]
    served = resources["Stage"]["Properties"]["DeploymentId"]["Fn::If"]
    waited_for = of_kind(resources, "Method", "GatewayResponse")

    assert served[0] == "SignedRequests"
    assert [each["Ref"] for each in served[1:]] == deployments(resources)
    for name in deployments(resources):
        assert set(resources[name]["DependsOn"]) == waited_for


def test_another_authorization_is_another_deployment(layer: Resource) -> None:
    """A copy keeps the authorization that it was made with, so each has a copy of its own."""
    signed, unsigned = deployments(layer["Resources"])

    assert layer["Resources"][signed]["Condition"] == "SignedRequests"
    assert layer["Resources"][unsigned]["Condition"] == "UnsignedRequests"
    assert layer["Conditions"] == {
        "SignedRequests": {"Fn::Equals": [{"Ref": "ApiAuthorization"}, "AWS_IAM"]},
        "UnsignedRequests": {"Fn::Not": [{"Condition": "SignedRequests"}]},
    }


def test_no_other_parameter_changes_what_a_deployment_copies(layer: Resource) -> None:
    """The suffix and the aliases never change within a stack; any other parameter would not be deployed."""
    kinds = ["GatewayResponse", "Method", "Model", "RequestValidator", "Resource", "RestApi"]
    copied = [layer["Resources"][name]["Properties"] for name in of_kind(layer["Resources"], *kinds)]
    text = json.dumps(copied)
    aliases = {"AuditLoggerAliasArn", "ProcessorAliasArn", "ValidatorAliasArn"}

    used = {name for name in layer["Parameters"] if f'"{name}"' in text or f"${{{name}}}" in text}

    assert used == {"ApiAuthorization", "EnvironmentSuffix", *aliases}


Change = Callable[[pytest.MonkeyPatch], None]


def with_another_model(patch: pytest.MonkeyPatch) -> None:
    schema = contract.schema

    def with_a_field(kind: type[contract.Request]) -> Resource:
        changed = schema(kind)
        changed["properties"] = {**changed["properties"], "note": {"type": "string"}}
        return changed

    patch.setattr(contract, "schema", with_a_field)


def with_another_timeout(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(routes, "INTEGRATION_TIMEOUT_MS", 28_000)


def with_another_answer(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(problems.PROBLEMS, "THROTTLED", problems.PROBLEMS["QUOTA_EXCEEDED"])


def with_another_compression(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(api, "COMPRESSION_THRESHOLD", 4096)


def with_one_route_less(patch: pytest.MonkeyPatch) -> None:
    served = api.served_routes
    patch.setattr(api, "served_routes", lambda given: served(given)[:-1])


@pytest.mark.parametrize(
    "change",
    [
        with_another_model,
        with_another_timeout,
        with_another_answer,
        with_another_compression,
        with_one_route_less,
    ],
)
def test_a_change_of_the_api_is_deployed(change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    before = deployments(rendered(LAYER)["Resources"])
    change(monkeypatch)
    after = deployments(rendered(LAYER)["Resources"])

    assert len(after) == len(before) == 2
    assert not set(after) & set(before)


def with_another_access_log(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(api.ACCESS_LOG, "stage", "$context.stage")


def with_another_throttle(patch: pytest.MonkeyPatch) -> None:
    made = api.stage

    def throttled(*args: Any, **kwargs: Any) -> Stage:
        stage = made(*args, **kwargs)
        stage.MethodSettings[0].ThrottlingRateLimit = 1
        return stage

    patch.setattr(api, "stage", throttled)


def with_another_firewall(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(firewall, "RATE_WINDOW_SECONDS", 600)


def with_another_suppression(patch: pytest.MonkeyPatch) -> None:
    made = api.rest_api
    patch.setattr(api, "rest_api", lambda: with_metadata(made()))


def with_metadata(resource: Any) -> Any:
    resource.Metadata = {"note": "for people"}
    return resource


@pytest.mark.parametrize(
    "change",
    [with_another_access_log, with_another_throttle, with_another_firewall, with_another_suppression],
)
def test_nothing_else_is_deployed(change: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    before = rendered(LAYER)["Resources"]
    change(monkeypatch)
    after = rendered(LAYER)["Resources"]

    assert before != after
    assert deployments(before) == deployments(after)
