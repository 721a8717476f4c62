"""The API: its routes, the stage that serves them, and its keys."""

from __future__ import annotations

import json
from http import HTTPMethod
from typing import Any

import pytest

from tests.paths import CHECKOUT
from tests.templates.layers import of_type

Resource = dict[str, Any]

LAYER = "Api"
PARAMETERS = CHECKOUT / "parameters"

ROUTES = {
    ("POST", "/validate"): "ValidatorAliasArn",
    ("POST", "/process"): "ProcessorAliasArn",
    ("GET", "/status"): "AuditLoggerAliasArn",
    ("POST", "/audit"): "AuditLoggerAliasArn",
    ("GET", "/transactions/{transaction_id}"): "AuditLoggerAliasArn",
}

BODIES = {
    "ValidateMethod": "ValidateRequestModel",
    "ProcessMethod": "ProcessRequestModel",
    "AuditMethod": "AuditRequestModel",
}


def methods(resources: dict[str, Resource]) -> dict[str, Resource]:
    return of_type(resources, "AWS::ApiGateway::Method")


def path_of(resources: dict[str, Resource], resource: Resource) -> str:
    """The path of a Ref to an API resource, from the root on."""
    if "Ref" not in resource:
        return ""
    properties = resources[resource["Ref"]]["Properties"]
    return f"{path_of(resources, properties['ParentId'])}/{properties['PathPart']}"


def named(role: str) -> Resource:
    return {"Fn::Sub": f"{role}-${{EnvironmentSuffix}}"}


# Routes


def test_every_route_invokes_its_function_through_the_alias(resources: dict[str, Resource]) -> None:
    """F154: the three of the original, and two more."""
    found = {}
    for method in methods(resources).values():
        _, values = method["Integration"]["Uri"]["Fn::Sub"]
        found[method["HttpMethod"], path_of(resources, method["ResourceId"])] = values["Function"]["Ref"]

    assert found == ROUTES


def test_every_route_needs_a_key_and_the_authorization_that_is_set(resources: dict[str, Resource]) -> None:
    """F155."""
    for method in methods(resources).values():
        assert method["ApiKeyRequired"] is True
        assert method["AuthorizationType"] == {"Ref": "ApiAuthorization"}
        assert method["Integration"]["Type"] == "AWS_PROXY"
        assert method["Integration"]["IntegrationHttpMethod"] == HTTPMethod.POST
        assert method["Integration"]["TimeoutInMillis"] == 29_000


def test_bodies_are_checked_whatever_type_they_say_they_are(resources: dict[str, Resource]) -> None:
    for name, model in BODIES.items():
        method = methods(resources)[name]
        validator = resources[method["RequestValidatorId"]["Ref"]]["Properties"]

        assert method["RequestModels"] == {"application/json": {"Ref": model}, "$default": {"Ref": model}}
        assert validator["ValidateRequestBody"] is True


def test_every_method_has_a_validator_and_a_model(resources: dict[str, Resource]) -> None:
    """F156."""
    for method in methods(resources).values():
        assert method["RequestModels"]
        assert (
            resources[method["RequestValidatorId"]["Ref"]]["Properties"]["ValidateRequestParameters"] is True
        )


def test_a_transaction_is_asked_for_by_its_id(resources: dict[str, Resource]) -> None:
    parameters = methods(resources)["TransactionMethod"]["RequestParameters"]

    assert parameters == {"method.request.path.transaction_id": True}


def test_each_route_and_no_other_may_invoke_its_function(resources: dict[str, Resource]) -> None:
    """F157."""
    found = {}
    for permission in of_type(resources, "AWS::Lambda::Permission").values():
        text, values = permission["SourceArn"]["Fn::Sub"]
        assert values == {"Api": {"Ref": "RestApi"}}
        assert permission["Principal"] == "apigateway.amazonaws.com"
        found[
            text.removeprefix("arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}")
        ] = permission["FunctionName"]["Ref"]

    # In such an ARN a variable part of the path is `*`.
    expected = {
        f"/prod/{verb}{path}".replace("{transaction_id}", "*"): to for (verb, path), to in ROUTES.items()
    }
    assert found == expected


# Stage


@pytest.fixture(scope="module")
def stage(resources: dict[str, Resource]) -> Resource:
    found: Resource = resources["Stage"]["Properties"]
    return found


@pytest.fixture(scope="module")
def settings(stage: Resource) -> Resource:
    (found,) = stage["MethodSettings"]
    return dict(found)


def test_the_api_and_its_stage_keep_their_names(resources: dict[str, Resource], stage: Resource) -> None:
    """F146, F148, F149."""
    properties = resources["RestApi"]["Properties"]

    assert properties["Name"] == named("payment-api")
    assert properties["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert stage["StageName"] == "prod"


def test_only_modern_tls_to_the_host_that_it_was_made_for(resources: dict[str, Resource]) -> None:
    properties = resources["RestApi"]["Properties"]

    assert properties["SecurityPolicy"].startswith("SecurityPolicy_TLS13_1_2_PFS")
    assert properties["EndpointAccessMode"] == "STRICT"


def test_the_stage_throttles_all_of_its_methods(settings: Resource) -> None:
    """F150, F151."""
    assert (settings["HttpMethod"], settings["ResourcePath"]) == ("*", "/*")
    assert settings["ThrottlingRateLimit"] == {"Ref": "ApiRateLimit"}
    assert settings["ThrottlingBurstLimit"] == {"Ref": "ApiBurstLimit"}


def test_no_body_is_traced_or_cached(settings: Resource, stage: Resource) -> None:
    """F152, F153."""
    assert settings["LoggingLevel"] == "INFO"
    assert settings["MetricsEnabled"] is True
    assert settings["DataTraceEnabled"] is False
    assert settings["CachingEnabled"] is False
    assert stage["CacheClusterEnabled"] is False


def test_the_stage_is_traced_and_shows_a_certificate(stage: Resource) -> None:
    """F153."""
    assert stage["TracingEnabled"] is True
    assert stage["ClientCertificateId"] == {"Ref": "ClientCertificate"}


def test_every_request_leaves_one_line_that_tells_how_it_went(stage: Resource) -> None:
    """F153."""
    log = stage["AccessLogSetting"]
    line = json.loads(log["Format"])

    assert log["DestinationArn"] == {"Fn::GetAtt": ["AccessLog", "Arn"]}
    assert "\n" not in log["Format"]
    assert set(line) >= {
        "requestId",
        "sourceIp",
        "apiKeyId",
        "route",
        "status",
        "latencyMs",
        "integrationError",
        "traceId",
    }


@pytest.mark.parametrize(
    "secret", ["apiKey", "body", "header", "path", "querystring", "validationErrorString"]
)
def test_the_access_log_holds_nothing_that_the_client_made_up(stage: Resource, secret: str) -> None:
    """`$context.path` would hold ids; `$context.resourcePath` is the route."""
    variables = json.loads(stage["AccessLogSetting"]["Format"]).values()

    assert not [variable for variable in variables if variable.split(".")[-1] == secret]


def test_the_execution_log_is_made_before_the_stage_that_would_make_it(
    resources: dict[str, Resource],
) -> None:
    text, values = resources["ExecutionLog"]["Properties"]["LogGroupName"]["Fn::Sub"]

    assert (text, values) == ("API-Gateway-Execution-Logs_${Api}/prod", {"Api": {"Ref": "RestApi"}})
    assert resources["Stage"]["DependsOn"] == "ExecutionLog"


def test_logs_of_requests_outlive_the_stack(resources: dict[str, Resource]) -> None:
    for name in ("AccessLog", "ExecutionLog", "WebAclLog"):
        assert resources[name]["DeletionPolicy"] == "Retain"
        assert resources[name]["UpdateReplacePolicy"] == "Retain"


# Keys


def test_the_first_key_is_enabled_and_its_value_known_to_aws_alone(resources: dict[str, Resource]) -> None:
    """F160."""
    key = resources["ApiKey"]["Properties"]

    assert key["Name"] == named("payment-api-key")
    assert key["Enabled"] is True
    assert key["StageKeys"] == [{"RestApiId": {"Ref": "RestApi"}, "StageName": {"Ref": "Stage"}}]
    assert "Value" not in key


def test_the_plan_limits_each_key(resources: dict[str, Resource]) -> None:
    """F161, F162, F163, F164."""
    plan = resources["UsagePlan"]["Properties"]

    assert plan["UsagePlanName"] == named("payment-usage-plan")
    assert plan["Throttle"] == {"RateLimit": {"Ref": "ApiRateLimit"}, "BurstLimit": {"Ref": "ApiBurstLimit"}}
    assert plan["Quota"] == {"Limit": {"Ref": "ApiMonthlyQuota"}, "Period": "MONTH"}
    assert plan["ApiStages"] == [{"ApiId": {"Ref": "RestApi"}, "Stage": {"Ref": "Stage"}}]
    assert resources["UsagePlanKey"]["Properties"] == {
        "KeyId": {"Ref": "ApiKey"},
        "KeyType": "API_KEY",
        "UsagePlanId": {"Ref": "UsagePlan"},
    }


def test_production_takes_as_much_as_the_original() -> None:
    """F151, F162, F163."""
    given = json.loads((PARAMETERS / "prod.json").read_text())["Parameters"]

    assert (given["ApiRateLimit"], given["ApiBurstLimit"], given["ApiMonthlyQuota"]) == (
        "1000",
        "2000",
        "1000000",
    )


def test_the_url_leads_to_the_stage(layer: Resource) -> None:
    text, _ = layer["Outputs"]["ApiUrl"]["Value"]["Fn::Sub"]

    assert text == "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Stage}"
