"""What other scanners find in the templates and is not changed, by kind, each with its reason.

The scanners ran once over all templates, in November 2026: cdk-nag 2.38.2 (seven packs), the AWS Guard
rules registry, the proactive controls of AWS Control Tower, cfn_nag, trivy 0.59.1, cfripper 1.22.1 and
parliament. checkov and cfn-lint run on every commit; what they find stands in the metadata of resources.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

# A name in backticks that can only be a Parameter's: two capitals or more, and no separator.
PARAMETER = re.compile(r"`([A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+)`")


class Verdict(Enum):
    """Why a finding stays."""

    BY_DESIGN = "by design"
    FALSE_POSITIVE = "false positive"
    OPTION = "option"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A kind of finding."""

    kind: str
    rules: str
    """The scanners' ids; a rule that several packs of cdk-nag have is named without its pack."""
    count: str
    """Of the payment stack, then of the pipeline's templates; a total where they were not counted apart."""
    verdict: Verdict
    reason: str
    changed_by: str = "-"
    """What changes it, if anything: Parameters and files in backticks."""
    types: tuple[str, ...]
    """Types of the resources that it is about, without `AWS::`."""

    @property
    def parameters(self) -> list[str]:
        """The Parameters that change it."""
        return PARAMETER.findall(self.changed_by)

    def row(self) -> str:
        """Return the finding as a row of the table."""
        cells = (self.kind, self.rules, self.count, self.verdict.value, self.reason, self.changed_by)
        return f"| {' | '.join(cells)} |\n"


def rows() -> Iterator[str]:
    """Yield a row for each kind."""
    for finding in FINDINGS:
        yield finding.row()


FINDINGS = (
    Finding(
        kind="explicit names",
        rules="cfn_nag W28, Guard CFN_NO_EXPLICIT_RESOURCE_NAMES",
        count="96, 36",
        verdict=Verdict.BY_DESIGN,
        reason="The original's names are kept, with the environment's suffix. Operators, alarms and "
        "boundaries go by them, and for what holds data a taken name stops a replacement, which would be "
        "empty (decisions 8 and 16).",
        changed_by="`EnvironmentSuffix` is the last part of every name",
        types=("DynamoDB::Table", "RDS::DBInstance", "SQS::Queue", "Lambda::Function", "CloudWatch::Alarm"),
    ),
    Finding(
        kind="logs kept for less than a year",
        rules="Control Tower CT.CLOUDWATCH.PR.2; PCI DSS 10.5.1",
        count="12, 9",
        verdict=Verdict.OPTION,
        reason="90 days is the original's number. PCI DSS asks for twelve months of audit logs, three of "
        "them at hand. The audit objects stay for `AuditLockDays`; logs of functions, API, firewall and "
        "network are what an assessor asks about. Choose 400 for prod: it is the next value above a year "
        "that CloudWatch takes after 365, and leaves time to look.",
        changed_by="`LogRetentionDays` in `parameters/prod.json` and `parameters/tooling/pipeline.json`; "
        "values of CloudWatch: 30, 60, 90, 120, 150, 180, 365, 400, 545, 731 and more",
        types=("Logs::LogGroup",),
    ),
    Finding(
        kind="methods without an authorizer",
        rules="cdk-nag AwsSolutions-APIG4, AwsSolutions-COG4; cfn_nag W59",
        count="15, 0",
        verdict=Verdict.OPTION,
        reason="Every method asks for an API key, as the original's do. Requests are signed as well with "
        "AWS_IAM.",
        changed_by="`ApiAuthorization`",
        types=("ApiGateway::Method",),
    ),
    Finding(
        kind="routes to the internet gateway",
        rules="cdk-nag VPCNoUnrestrictedRouteToIGW",
        count="9, 0",
        verdict=Verdict.BY_DESIGN,
        reason="Public subnets hold the NAT gateways and nothing else; functions and database are in "
        "subnets without such a route. The payment gateway is on the internet.",
        types=("EC2::Route", "EC2::NatGateway"),
    ),
    Finding(
        kind="the default security group is not closed",
        rules="cdk-nag VPCDefaultSecurityGroupClosed",
        count="4, 0",
        verdict=Verdict.FALSE_POSITIVE,
        reason="CloudFormation has no property for its rules. AWS's runbook removes them, at creation and "
        "every day; a run that fails is mailed (decision 5). A scanner of templates cannot see that.",
        types=("SSM::Association", "Events::Rule"),
    ),
    Finding(
        kind="egress of the gateway group to any address",
        rules="trivy AVD-AWS-0104",
        count="1, 0",
        verdict=Verdict.BY_DESIGN,
        reason="Only the functions that charge have it, and only port 443. The payment gateway publishes "
        "names, and its addresses change; by name, AWS Network Firewall could narrow it, at its price.",
        types=("EC2::SecurityGroup",),
    ),
    Finding(
        kind="the database listens on the usual port",
        rules="cdk-nag AwsSolutions-RDS11",
        count="1, 0",
        verdict=Verdict.BY_DESIGN,
        reason="Nothing but the functions' group reaches it, by TLS and with a token. Another port hides "
        "nothing.",
        types=("RDS::DBInstance",),
    ),
    Finding(
        kind="dead-letter queues without one of their own",
        rules="cdk-nag AwsSolutions-SQS3, Serverless-SQSRedrivePolicy",
        count="6, 0",
        verdict=Verdict.FALSE_POSITIVE,
        reason="They are dead-letter queues themselves, of sources in other templates, which the rule does "
        "not see. An alarm rings at the first message in each.",
        types=("SQS::Queue",),
    ),
    Finding(
        kind="functions without a dead-letter queue",
        rules="cdk-nag LambdaDLQ",
        count="12, 0",
        verdict=Verdict.BY_DESIGN,
        reason="They are called synchronously, or by a mapping that keeps what failed: Lambda uses a "
        "dead-letter queue for asynchronous calls only. The two functions that are called so have one.",
        types=("Lambda::Function",),
    ),
    Finding(
        kind="asynchronous calls without a destination",
        rules="cdk-nag Serverless-LambdaAsyncFailureDestination",
        count="2, 0",
        verdict=Verdict.BY_DESIGN,
        reason="Sweeper and migrator have a dead-letter queue instead, with an alarm. A destination would "
        "add the error to the event and take one more permission.",
        types=("Lambda::EventInvokeConfig", "SQS::Queue"),
    ),
    Finding(
        kind="a mapping without a destination",
        rules="cdk-nag Serverless-LambdaEventSourceMappingDestination",
        count="1, 0",
        verdict=Verdict.FALSE_POSITIVE,
        reason="It reads the retry queue, whose own redrive policy keeps what fails; Lambda takes a "
        "destination for streams only. The table's stream has one.",
        types=("Lambda::EventSourceMapping",),
    ),
    Finding(
        kind="not the latest runtime",
        rules="cdk-nag AwsSolutions-L1, Serverless-LambdaLatestVersion",
        count="12, 0",
        verdict=Verdict.BY_DESIGN,
        reason="Libraries are locked and bytecode is compiled for Python 3.13, which AWS maintains. A newer "
        "one is a change of its own, with its own measurements (decisions 6 and 7).",
        types=("Lambda::Function", "Lambda::LayerVersion"),
    ),
    Finding(
        kind="no replication",
        rules="cdk-nag S3BucketReplicationEnabled",
        count="8, 0",
        verdict=Verdict.OPTION,
        reason="Audit objects are copied where a bucket and a key elsewhere are named. The log of who read "
        "them is not: it can be lost without losing a payment.",
        changed_by="`AuditReplicaBucketArn`, `AuditReplicaKeyArn`",
        types=("S3::Bucket",),
    ),
    Finding(
        kind="the access-log bucket is not under a customer key",
        rules="cdk-nag S3DefaultEncryptionKMS; trivy AVD-AWS-0132",
        count="4, 1",
        verdict=Verdict.BY_DESIGN,
        reason="S3 delivers access logs to buckets with SSE-S3 only. They hold keys of objects, and no "
        "content.",
        types=("S3::Bucket",),
    ),
    Finding(
        kind="the access-log bucket logs no access",
        rules="trivy AVD-AWS-0089",
        count="1, 1",
        verdict=Verdict.BY_DESIGN,
        reason="It would log the delivery of its own logs, without end.",
        types=("S3::Bucket",),
    ),
    Finding(
        kind="the access-log bucket has no Object Lock",
        rules="cdk-nag S3BucketDefaultLockEnabled",
        count="1, 0",
        verdict=Verdict.BY_DESIGN,
        reason="S3 delivers no access logs to a bucket with default retention. Evidence is in the audit "
        "bucket.",
        changed_by="`AuditLockDays`, `AuditLockMode` of the audit bucket",
        types=("S3::Bucket",),
    ),
    Finding(
        kind="the stage has no cache",
        rules="cdk-nag APIGWCacheEnabledAndEncrypted; trivy AVD-AWS-0190",
        count="5, 0",
        verdict=Verdict.BY_DESIGN,
        reason="Payment data must not be cached, and a status that is old helps nobody.",
        types=("ApiGateway::Stage",),
    ),
    Finding(
        kind="a secret without rotation",
        rules="cdk-nag AwsSolutions-SMG4, SecretsManagerRotationEnabled",
        count="3, 0",
        verdict=Verdict.BY_DESIGN,
        reason="The payment gateway issues the key, and rolls it in its dashboard. Functions read it again "
        "as soon as it is rejected. RDS rotates the database's password; KMS keys rotate yearly.",
        types=("SecretsManager::Secret",),
    ),
    Finding(
        kind="policies that AWS manages",
        rules="cdk-nag AwsSolutions-IAM4",
        count="2, 0",
        verdict=Verdict.BY_DESIGN,
        reason="AWS Backup's and API Gateway's service-role policies, which AWS extends with the service. "
        "The boundary holds the first to what copies of table and database need (decision 16).",
        types=("IAM::Role",),
    ),
    Finding(
        kind="wildcards in resources",
        rules="cdk-nag AwsSolutions-IAM5; cfn_nag W13",
        count="15, 233",
        verdict=Verdict.BY_DESIGN,
        reason="Actions for which AWS knows no resource (X-Ray, network interfaces of functions, Describe), "
        "or names that end in what AWS appends. The source says which, beside each. Actions have no "
        "wildcards, and a test keeps that so. In the pipeline's templates they are ARNs of an environment's "
        "names.",
        types=("IAM::ManagedPolicy",),
    ),
    Finding(
        kind="a boundary that names whole services",
        rules="cfn_nag F5; cfripper WildcardResourceRule; parliament",
        count="0, 2,736",
        verdict=Verdict.FALSE_POSITIVE,
        reason="A permissions boundary grants nothing: `service:*` in it bounds what other policies grant, "
        "in one region, and IAM action by action. cfripper reports it once for each action (2,704).",
        types=("IAM::ManagedPolicy",),
    ),
    Finding(
        kind="actions that do not exist",
        rules="parliament, policy_sentry",
        count="14 in all",
        verdict=Verdict.FALSE_POSITIVE,
        reason="They are newer than the scanner's data; AWS's Service Authorization Reference has them, and "
        "tests hold every action against it (decision 19).",
        types=("IAM::ManagedPolicy",),
    ),
    Finding(
        kind="a function may not write logs",
        rules="cfn_nag W58",
        count="6, 0",
        verdict=Verdict.FALSE_POSITIVE,
        reason="The permission is in a managed policy of its role, where the rule does not look.",
        types=("Lambda::Function", "IAM::ManagedPolicy"),
    ),
    Finding(
        kind="a function that anybody may call",
        rules="Control Tower CT.LAMBDA.PR.2",
        count="5, 0",
        verdict=Verdict.FALSE_POSITIVE,
        reason="SourceArn names the API, and with it the account; the rule wants SourceAccount beside it.",
        types=("Lambda::Permission",),
    ),
    Finding(
        kind="grants of keys to others than AWS services",
        rules="Control Tower CT.KMS.PR.3",
        count="4, 1",
        verdict=Verdict.FALSE_POSITIVE,
        reason="The key policies deny grants unless `kms:GrantIsForAWSResource`; the rule looks for another "
        "spelling of the same condition.",
        types=("KMS::Key",),
    ),
    Finding(
        kind="an endpoint that reaches a bucket of another account",
        rules="cfripper",
        count="1, 0",
        verdict=Verdict.FALSE_POSITIVE,
        reason="The bucket is CloudFormation's own, where custom resources answer by a signed URL. All else "
        "that passes is held to this account on both sides.",
        types=("EC2::VPCEndpoint",),
    ),
)
