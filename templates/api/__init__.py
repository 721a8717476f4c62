"""API: the front door, its keys, limits and firewall."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from troposphere import AWSObject, Condition, Equals, If, Not, Ref, Sub, Template, logs
from troposphere.apigateway import (
    AccessLogSetting,
    ApiKey,
    ApiStage,
    ClientCertificate,
    Deployment,
    EndpointConfiguration,
    MethodSetting,
    QuotaSettings,
    RestApi,
    Stage,
    StageKey,
    ThrottleSettings,
    UsagePlan,
    UsagePlanKey,
)

from handlers.payments import contract
from templates import names
from templates.api import firewall, problems, routes
from templates.api.routes import Route
from templates.settings import (
    ApiAuthorization,
    ApiBurstLimit,
    ApiMonthlyQuota,
    ApiRateLimit,
    EnvironmentSuffix,
    LogRetentionDays,
    WafRateLimit,
)
from templates.wires import AliasArn, ApiKeyId, ApiName, ApiUrl, KeyArn, WebAclName

STAGE = "prod"

# The conditions that callers sign their requests, besides holding an API key, and that they do not.
SIGNED = "SignedRequests"
UNSIGNED = "UnsignedRequests"

# TLS 1.2 and 1.3 with forward secrecy and hybrid post-quantum key exchange; the default takes TLS 1.0.
TLS_POLICY = "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"

# What payments answer must not lie in a cache.
NOT_CACHED = {"checkov": {"skip": [{"id": "CKV_AWS_120", "comment": "payment data must not be cached"}]}}

# Bytes below which compressing an answer costs more than it saves.
COMPRESSION_THRESHOLD = 1024

# One line for each request: who asked for what, when, and how it went. The route stands for the path,
# and no body, header or parameter of the client's is among it.
ACCESS_LOG = {
    "requestId": "$context.requestId",
    "extendedRequestId": "$context.extendedRequestId",
    "time": "$context.requestTimeEpoch",
    "sourceIp": "$context.identity.sourceIp",
    "apiKeyId": "$context.identity.apiKeyId",
    "userArn": "$context.identity.userArn",
    "method": "$context.httpMethod",
    "route": "$context.resourcePath",
    "protocol": "$context.protocol",
    "tlsVersion": "$context.tlsVersion",
    "status": "$context.status",
    "error": "$context.error.responseType",
    "wafStatus": "$context.waf.status",
    "latencyMs": "$context.responseLatency",
    "integrationStatus": "$context.integration.status",
    "integrationLatencyMs": "$context.integration.latency",
    "integrationError": "$context.integration.error",
    "integrationRequestId": "$context.integration.requestId",
    "responseBytes": "$context.responseLength",
    "traceId": "$context.xrayTraceId",
}


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What api needs from the layers before it."""

    environment_suffix: EnvironmentSuffix
    api_authorization: ApiAuthorization
    api_rate_limit: ApiRateLimit
    api_burst_limit: ApiBurstLimit
    api_monthly_quota: ApiMonthlyQuota
    waf_rate_limit: WafRateLimit
    log_retention_days: LogRetentionDays
    logs_key_arn: KeyArn
    validator_alias_arn: AliasArn
    processor_alias_arn: AliasArn
    audit_logger_alias_arn: AliasArn


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What api offers to the layers after it."""

    api_name: ApiName
    api_url: ApiUrl
    api_key_id: ApiKeyId
    web_acl_name: WebAclName


def build(template: Template, given: Inputs) -> Outputs:
    """Add the API with its routes, the stage that serves it, and what guards that stage."""
    template.add_condition(SIGNED, Equals(given.api_authorization, "AWS_IAM"))
    template.add_condition(UNSIGNED, Not(Condition(SIGNED)))
    api = template.add_resource(rest_api())
    offered = served_routes(given)
    parts, methods = routes.resources(api, offered, given.api_authorization)
    answers = problems.responses(api, SIGNED)
    for each in [*parts, *methods, *answers]:
        template.add_resource(each)
    # A copy of the API holds what stands when it is made; methods wait for all that they refer to.
    digest = definition_digest([api, *parts, *methods, *answers])
    awaited = [*methods, *answers]
    signed = template.add_resource(deployment(api, SIGNED, digest, awaited))
    unsigned = template.add_resource(deployment(api, UNSIGNED, digest, awaited))

    served = template.add_resource(
        stage(
            given,
            api,
            deployment_id=If(SIGNED, Ref(signed), Ref(unsigned)),
            certificate=template.add_resource(client_certificate()),
            access=template.add_resource(access_log(given)),
            execution=template.add_resource(execution_log(given, api)),
        )
    )
    for route in offered:
        template.add_resource(routes.permission(api, route, STAGE))

    key = template.add_resource(api_key(api, served))
    plan = template.add_resource(usage_plan(given, api, served))
    template.add_resource(usage_plan_key(key, plan))

    web_acl = template.add_resource(firewall.web_acl(given.waf_rate_limit))
    template.add_resource(firewall.association(web_acl, stage_arn(api, served)))
    template.add_resource(firewall.logging(web_acl, template.add_resource(web_acl_log(given))))

    return Outputs(
        api_name=ApiName(names.named(names.API)),
        api_url=ApiUrl(stage_url(api, served)),
        api_key_id=ApiKeyId(Ref(key)),
        web_acl_name=WebAclName(names.named(names.API)),
    )


def served_routes(given: Inputs) -> list[Route]:
    """Every route of the API."""
    return [
        Route("Validate", "POST", "/validate", given.validator_alias_arn, contract.ValidateRequest),
        Route("Process", "POST", "/process", given.processor_alias_arn, contract.ProcessRequest),
        Route("Status", "GET", "/status", given.audit_logger_alias_arn),
        Route("Audit", "POST", "/audit", given.audit_logger_alias_arn, contract.AuditRequest),
        Route("Transaction", "GET", "/transactions/{transaction_id}", given.audit_logger_alias_arn),
    ]


def rest_api() -> RestApi:
    """The API, reached over modern TLS only."""
    return RestApi(
        "RestApi",
        Name=names.named(names.API),
        Description="Validates and processes payments",
        EndpointConfiguration=EndpointConfiguration(Types=["REGIONAL"]),
        SecurityPolicy=TLS_POLICY,
        # A request's host must be the one that its TLS handshake named.
        EndpointAccessMode="STRICT",
        ApiKeySourceType="HEADER",
        MinimumCompressionSize=COMPRESSION_THRESHOLD,
    )


def definition_digest(defined: Sequence[AWSObject]) -> str:
    """Ten characters that change with any property of what defines the API, and with nothing else."""
    properties = {each.title: each.to_dict().get("Properties", {}) for each in defined}
    return hashlib.sha256(json.dumps(properties, sort_keys=True).encode()).hexdigest()[:10]


def deployment(api: RestApi, condition: str, digest: str, awaited: Sequence[AWSObject]) -> Deployment:
    """A copy of the API, for the stage to serve, where `condition` holds.

    Changes reach callers only by a new copy, so its logical id holds the digest of what is copied.
    One parameter, the authorization, changes the API too, hence a deployment for each of its values.
    """
    return Deployment(
        f"{condition}Deployment{digest}",
        Condition=condition,
        RestApiId=Ref(api),
        Description="The API as its template defines it",
        DependsOn=[each.title for each in awaited],
    )


def access_log(given: Inputs) -> logs.LogGroup:
    """Where each request leaves a line."""
    return log_group("AccessLog", names.named(f"/aws/apigateway/{names.API}"), given)


def execution_log(given: Inputs, api: RestApi) -> logs.LogGroup:
    """Where API Gateway tells what it does; it would make the group itself, unencrypted and for ever."""
    name = Sub(f"API-Gateway-Execution-Logs_${{Api}}/{STAGE}", Api=Ref(api))
    return log_group("ExecutionLog", name, given)


def web_acl_log(given: Inputs) -> logs.LogGroup:
    """Where the firewall tells of each request; WAF takes no other beginning of the name."""
    return log_group("WebAclLog", names.named(f"aws-waf-logs-{names.API}"), given)


def log_group(title: str, name: Sub, given: Inputs) -> logs.LogGroup:
    """A log group that is encrypted, and forgets in time."""
    return logs.LogGroup(
        title,
        LogGroupName=name,
        KmsKeyId=given.logs_key_arn,
        RetentionInDays=given.log_retention_days,
        DeletionPolicy="RetainExceptOnCreate",
        UpdateReplacePolicy="Retain",
    )


def client_certificate() -> ClientCertificate:
    """What API Gateway shows of itself to a backend that asks for it."""
    return ClientCertificate("ClientCertificate", Description=names.named(names.API))


def stage(
    given: Inputs,
    api: RestApi,
    *,
    deployment_id: If,
    certificate: ClientCertificate,
    access: logs.LogGroup,
    execution: logs.LogGroup,
) -> Stage:
    """Serves the API, within its limits, watched but with no body in any log."""
    return Stage(
        "Stage",
        RestApiId=Ref(api),
        StageName=STAGE,
        DeploymentId=deployment_id,
        ClientCertificateId=Ref(certificate),
        TracingEnabled=True,
        CacheClusterEnabled=False,
        AccessLogSetting=AccessLogSetting(
            DestinationArn=access.get_att("Arn"), Format=json.dumps(ACCESS_LOG)
        ),
        MethodSettings=[
            MethodSetting(
                HttpMethod="*",
                ResourcePath="/*",
                ThrottlingRateLimit=given.api_rate_limit,
                ThrottlingBurstLimit=given.api_burst_limit,
                MetricsEnabled=True,
                LoggingLevel="INFO",
                # It would write every body into the execution log.
                DataTraceEnabled=False,
                CachingEnabled=False,
            )
        ],
        # Nothing refers to the group that API Gateway would otherwise make for itself.
        DependsOn=execution,
        Metadata=NOT_CACHED,
    )


def api_key(api: RestApi, served: Stage) -> ApiKey:
    """The first caller's key; AWS makes its value, which no template holds."""
    return ApiKey(
        "ApiKey",
        Name=names.named("payment-api-key"),
        Enabled=True,
        StageKeys=[StageKey(RestApiId=Ref(api), StageName=Ref(served))],
    )


def usage_plan(given: Inputs, api: RestApi, served: Stage) -> UsagePlan:
    """How much each holder of a key may ask for."""
    return UsagePlan(
        "UsagePlan",
        UsagePlanName=names.named("payment-usage-plan"),
        Description="Requests of one caller of the payment API",
        ApiStages=[ApiStage(ApiId=Ref(api), Stage=Ref(served))],
        Throttle=ThrottleSettings(RateLimit=given.api_rate_limit, BurstLimit=given.api_burst_limit),
        Quota=QuotaSettings(Limit=given.api_monthly_quota, Period="MONTH"),
    )


def usage_plan_key(key: ApiKey, plan: UsagePlan) -> UsagePlanKey:
    """Puts the key under the plan."""
    return UsagePlanKey("UsagePlanKey", KeyId=Ref(key), KeyType="API_KEY", UsagePlanId=Ref(plan))


def stage_arn(api: RestApi, served: Stage) -> Sub:
    """ARN of the stage, as WAF knows it."""
    return Sub(
        "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/${Api}/stages/${Stage}",
        Api=Ref(api),
        Stage=Ref(served),
    )


def stage_url(api: RestApi, served: Stage) -> Sub:
    """Where callers reach the stage; a route's path follows."""
    return Sub(
        "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/${Stage}",
        Api=Ref(api),
        Stage=Ref(served),
    )
