"""API: the front door, its keys, limits and firewall."""

from __future__ import annotations

from dataclasses import dataclass

from troposphere import Template

from templates.settings import ApiAuthorization, ApiBurstLimit, ApiMonthlyQuota, ApiRateLimit, EnvironmentSuffix, LogRetentionDays, WafRateLimit
from templates.wires import AliasArn, ApiKeyId, ApiName, ApiUrl, KeyArn, WebAclName


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
    """Add api."""
    raise SystemExit("skeleton")
