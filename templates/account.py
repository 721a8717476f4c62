"""Account: what each account and region needs once, however many payment stacks it holds.

Built beside the root, not nested: API Gateway has one setting for its logs in an account and region,
and stacks that each owned it would overwrite one another's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from troposphere import Equals, Sub, Template, iam
from troposphere.accessanalyzer import Analyzer
from troposphere.apigateway import Account

from templates import grants
from templates.settings import Switch

CREATE_API_LOGS_ROLE, CREATE_ANALYZER = "CreateApiLogsRole", "CreateAnalyzer"


class ExistingApiLogsRole(Switch):
    """Whether API Gateway has a role for its logs in this account and region already (get-account)."""

    admits: ClassVar[Mapping[str, object]] = {**Switch.admits, "Default": "false"}


class ExistingAnalyzer(Switch):
    """Whether the account has an access analyzer in this region already; AWS admits one."""

    admits: ClassVar[Mapping[str, object]] = {**Switch.admits, "Default": "false"}


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What the account has already, which is left alone."""

    existing_api_logs_role: ExistingApiLogsRole
    existing_analyzer: ExistingAnalyzer


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What account offers: nothing that another template reads."""


def build(template: Template, given: Inputs) -> Outputs:
    """Let API Gateway write logs, and find access from outside the account, as far as nobody else has."""
    template.add_condition(CREATE_API_LOGS_ROLE, Equals(given.existing_api_logs_role, "false"))
    template.add_condition(CREATE_ANALYZER, Equals(given.existing_analyzer, "false"))
    role = template.add_resource(api_logs_role())
    template.add_resource(api_account(role))
    template.add_resource(access_analyzer())
    return Outputs()


def api_logs_role() -> iam.Role:
    """Lets API Gateway write the logs of every API in the account."""
    return iam.Role(
        "ApiLogsRole",
        Condition=CREATE_API_LOGS_ROLE,
        AssumeRolePolicyDocument=grants.trust("apigateway"),
        ManagedPolicyArns=[
            Sub("arn:${AWS::Partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs")
        ],
        # Without it every API of the account falls silent, those of other stacks too.
        DeletionPolicy="RetainExceptOnCreate",
        UpdateReplacePolicy="Retain",
    )


def api_account(role: iam.Role) -> Account:
    """Tells API Gateway which role it writes logs under."""
    return Account(
        "ApiAccount",
        Condition=CREATE_API_LOGS_ROLE,
        CloudWatchRoleArn=role.get_att("Arn"),
        DeletionPolicy="RetainExceptOnCreate",
        UpdateReplacePolicy="Retain",
    )


def access_analyzer() -> Analyzer:
    """Finds what of the account is open to others."""
    return Analyzer("AccessAnalyzer", Condition=CREATE_ANALYZER, Type="ACCOUNT")
