"""Account: what each account and region needs once, however many payment stacks it holds.

Built beside the root, not nested: API Gateway has one setting for its logs in an account and region,
and stacks that each owned it would overwrite one another's.
"""

from __future__ import annotations

from dataclasses import dataclass

from troposphere import Sub, Template, iam
from troposphere.accessanalyzer import Analyzer
from troposphere.apigateway import Account

from templates import grants


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What account needs: nothing."""


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What account offers: nothing that another template reads."""


def build(template: Template, _given: Inputs) -> Outputs:
    """Let API Gateway write logs, and have access from outside the account found."""
    role = template.add_resource(api_logs_role())
    template.add_resource(api_account(role))
    template.add_resource(access_analyzer())
    return Outputs()


def api_logs_role() -> iam.Role:
    """Lets API Gateway write the logs of every API in the account."""
    return iam.Role(
        "ApiLogsRole",
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
        CloudWatchRoleArn=role.get_att("Arn"),
        DeletionPolicy="RetainExceptOnCreate",
        UpdateReplacePolicy="Retain",
    )


def access_analyzer() -> Analyzer:
    """Finds what of the account is open to others."""
    return Analyzer("AccessAnalyzer", Type="ACCOUNT")
