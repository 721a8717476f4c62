"""Firewall: the web ACL that requests pass before they reach the API."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus

from troposphere import AWSHelperFn, Ref, Sub, logs
from troposphere.wafv2 import (
    AllowAction,
    AssociationConfig,
    BlockAction,
    CountAction,
    CustomHTTPHeader,
    CustomResponse,
    CustomResponseBody,
    DataProtect,
    DataProtectionConfig,
    DefaultAction,
    FieldToProtect,
    LoggingConfiguration,
    LoggingConfigurationFieldToMatch,
    ManagedRuleGroupStatement,
    OverrideAction,
    RateBasedStatement,
    RuleAction,
    RuleActionOverride,
    SingleHeader,
    Statement,
    VisibilityConfig,
    WebACL,
    WebACLAssociation,
    WebACLRule,
)

from templates import names
from templates.api import problems
from templates.settings import WafRateLimit

# Seconds over which the requests of one address are counted: what `WafRateLimit` says.
RATE_WINDOW_SECONDS = 300

SECRET_HEADERS = ["authorization", "cookie", "x-api-key"]

# The longest body that the API takes, so that none goes uninspected: 64 KiB.
INSPECTED_BODY = "KB_64"

TOO_MANY_REQUESTS = "TooManyRequests"


def web_acl(rate_limit: WafRateLimit) -> WebACL:
    """Lets requests in unless a rule blocks them; nothing secret reaches its logs or samples."""
    return WebACL(
        "WebAcl",
        Name=names.named(names.API),
        Description="What may reach the payment API",
        Scope="REGIONAL",
        DefaultAction=DefaultAction(Allow=AllowAction()),
        Rules=[
            rate_rule(0, rate_limit),
            managed_rule(1, "AmazonIpReputationList"),
            # Its limit of 8 KB is below what the API takes; a body over 64 KiB the functions answer 413.
            managed_rule(2, "CommonRuleSet", counted=["SizeRestrictions_BODY"]),
            managed_rule(3, "KnownBadInputsRuleSet"),
            managed_rule(4, "SQLiRuleSet"),
        ],
        CustomResponseBodies={TOO_MANY_REQUESTS: too_many_requests()},
        AssociationConfig=AssociationConfig(
            RequestBody={"API_GATEWAY": {"DefaultSizeInspectionLimit": INSPECTED_BODY}}
        ),
        DataProtectionConfig=DataProtectionConfig(
            DataProtections=[*(hidden_header(name) for name in SECRET_HEADERS), hidden_body()]
        ),
        VisibilityConfig=visible(names.named(names.API)),
    )


def rate_rule(priority: int, rate_limit: WafRateLimit) -> WebACLRule:
    """Answers 429 to an address that sends more than its share, until it slows down."""
    return WebACLRule(
        Name="RateLimit",
        Priority=priority,
        Action=RuleAction(
            Block=BlockAction(
                CustomResponse=CustomResponse(
                    ResponseCode=HTTPStatus.TOO_MANY_REQUESTS.value,
                    CustomResponseBodyKey=TOO_MANY_REQUESTS,
                    ResponseHeaders=[CustomHTTPHeader(Name="Retry-After", Value=str(RATE_WINDOW_SECONDS))],
                )
            )
        ),
        Statement=Statement(
            RateBasedStatement=RateBasedStatement(
                AggregateKeyType="IP", Limit=rate_limit, EvaluationWindowSec=RATE_WINDOW_SECONDS
            )
        ),
        VisibilityConfig=visible("RateLimit"),
    )


def managed_rule(priority: int, group: str, counted: Sequence[str] = ()) -> WebACLRule:
    """Blocks what AWS's rule group `group` blocks, but only counts what matches its rules `counted`."""
    rules = ManagedRuleGroupStatement(VendorName="AWS", Name=f"AWSManagedRules{group}")
    if counted:
        rules.RuleActionOverrides = [
            RuleActionOverride(Name=rule, ActionToUse=RuleAction(Count=CountAction())) for rule in counted
        ]
    return WebACLRule(
        Name=group,
        Priority=priority,
        OverrideAction=OverrideAction.from_dict("", {"None": {}}),
        Statement=Statement(ManagedRuleGroupStatement=rules),
        VisibilityConfig=visible(group),
    )


def too_many_requests() -> CustomResponseBody:
    """What an address over its rate is told, in the words of the API."""
    members = problems.PROBLEMS["THROTTLED"].document()
    return CustomResponseBody(ContentType="APPLICATION_JSON", Content=json.dumps(members))


def hidden_header(name: str) -> DataProtect:
    """Keep the header `name` out of logs and sampled requests."""
    return DataProtect(
        Field=FieldToProtect(FieldType="SINGLE_HEADER", FieldKeys=[name]), Action="SUBSTITUTION"
    )


def hidden_body() -> DataProtect:
    """Keep what a rule matched in a body, a card number perhaps, out of logs and sampled requests."""
    return DataProtect(Field=FieldToProtect(FieldType="BODY"), Action="SUBSTITUTION")


def visible(metric: AWSHelperFn | str) -> VisibilityConfig:
    """Count matches under the name `metric`, and keep samples of them."""
    return VisibilityConfig(CloudWatchMetricsEnabled=True, MetricName=metric, SampledRequestsEnabled=True)


def association(acl: WebACL, stage_arn: AWSHelperFn) -> WebACLAssociation:
    """Put the web ACL before the API's stage."""
    return WebACLAssociation("WebAclAssociation", ResourceArn=stage_arn, WebACLArn=acl.get_att("Arn"))


def logging(acl: WebACL, group: logs.LogGroup) -> LoggingConfiguration:
    """Log every request that the web ACL sees, without its secrets."""
    return LoggingConfiguration(
        "WebAclLogging",
        ResourceArn=acl.get_att("Arn"),
        # WAF takes the ARN without the `:*` that the group's own Arn attribute ends in.
        LogDestinationConfigs=[
            Sub(
                "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${Group}",
                Group=Ref(group),
            )
        ],
        RedactedFields=[
            LoggingConfigurationFieldToMatch(SingleHeader=SingleHeader(Name=name)) for name in SECRET_HEADERS
        ],
    )
