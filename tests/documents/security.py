"""docs/security.md: where each control is satisfied, and the reason for every finding that stays."""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from tests.documents import Document, findings, main
from tests.paths import CHECKOUT
from tests.templates.rendered import every_resource

HEAD = """\
# Security

The controls of the stack (PCI DSS, NIST 800-53, CIS and AWS foundational practice ask for these), the
resources that satisfy them in the generated templates, and the tests that keep it so. Written by
`python -m tests.documents.security` from the templates. `python -m tests.mutations` spoils them one edit at
a time and shows which test notices; `tox -e scan` runs checkov, over the pipeline's templates too. What each
role may do is in `templates/grants.py`; what bounds it, and the roles of a release, in decision 16; how
changes are judged, in decision 10.

## Controls

| control | where | held by |
| --- | --- | --- |
"""
SUPPRESSIONS = """
## Suppressions

What a scanner finds and is not sensible here. Each stands in the metadata of its resource.

| check | where | reason |
| --- | --- | --- |
"""
FINDINGS = """
## Findings of other scanners

What scanners find beyond checkov and cfn-lint, which run on every commit, and why it stays: by design, a
false positive, or an option that a parameter changes. Found once, in November 2026, by cdk-nag 2.38.2 (seven
packs; a rule of several is named without its pack), the Guard rules registry, the proactive controls of
Control Tower, cfn_nag, trivy 0.59.1, cfripper 1.22.1 and parliament. Counts: the payment stack, then the
pipeline's templates. The Guard registry repeats some of these kinds under names of its own; those are not
counted again.

| what is found | rules | count | verdict | reason | changed by |
| --- | --- | --- | --- | --- | --- |
"""
LEFT = """
## Left to whoever operates the stack

- `AuditLockMode` `COMPLIANCE` and a final lock on the backup vault bind everybody, the account's root
  included: for production to choose (decision 8).
- `ApiAuthorization` `AWS_IAM` asks callers for signed requests besides their key.
- Replication of audit objects to another region wants a bucket there (`AuditReplicaBucketArn`,
  `AuditReplicaKeyArn`).
- `LogRetentionDays` is the original's 90 in prod; PCI DSS 10.5.1 asks for twelve months: 400.
- CloudTrail, GuardDuty, Security Hub, Shield Advanced and service control policies are the organisation's.
- `PermissionsBoundaryArn` bounds the stack's roles; without a pipeline it is empty, and nothing does.
- The gateway's API key is put into its secret by hand, and rotated with the payment gateway.
"""


@dataclass(frozen=True)
class Control:
    """Something that is asked of the stack."""

    words: str
    kinds: tuple[str, ...]
    """Types of resource that satisfy it."""
    test: str
    """`test_file.py::test_name`, or the file if all of it."""
    has: str = ""
    """A property, slash-separated, that tells those that do."""


CONTROLS = (
    Control("all traffic of the VPC is on record", ("EC2::FlowLog",), "test_flow_logs.py"),
    Control(
        "no public addresses on launch",
        ("EC2::Subnet",),
        "test_network.py::test_each_tier_has_a_subnet_in_each_zone",
        "MapPublicIpOnLaunch",
    ),
    Control(
        "traffic goes where it must, and nowhere else",
        ("EC2::SecurityGroup",),
        "test_security_groups.py::test_functions_reach_the_database_the_endpoints_and_nothing_else",
    ),
    Control(
        "the default security group is closed",
        ("SSM::Association",),
        "test_default_security_group.py",
    ),
    Control("AWS is reached inside of its network", ("EC2::VPCEndpoint",), "test_endpoints.py"),
    Control("keys rotate", ("KMS::Key",), "test_security.py::test_keys_rotate"),
    Control(
        "each service uses a key through itself, for this account",
        ("KMS::Key",),
        "test_security.py::test_services_use_the_data_key_for_this_account_only",
    ),
    Control(
        "the database is encrypted, under its own key",
        ("RDS::DBInstance",),
        "test_data.py::test_the_database_is_encrypted_under_its_own_key",
    ),
    Control(
        "the database takes TLS only", ("RDS::DBParameterGroup",), "test_postgres.py::test_tls_is_forced"
    ),
    Control(
        "its log holds nothing of customers",
        ("RDS::DBParameterGroup",),
        "test_postgres.py::test_the_log_does_not_tell_what_customers_told_us",
    ),
    Control(
        "RDS makes and rotates the master password",
        ("RDS::DBInstance",),
        "test_data.py::test_rds_makes_and_rotates_the_master_password",
        "ManageMasterUserPassword",
    ),
    Control(
        "the table is encrypted under a customer key",
        ("DynamoDB::Table",),
        "test_data.py::test_the_table_is_encrypted_under_a_customer_key",
    ),
    Control(
        "the table can be restored to any second",
        ("DynamoDB::Table",),
        "test_data.py::test_the_table_is_paid_for_by_request_and_restorable",
    ),
    Control(
        "table and database are copied daily into a locked vault",
        ("Backup::BackupVault", "Backup::BackupPlan", "Backup::BackupSelection"),
        "test_backups.py",
    ),
    Control(
        "what holds data outlives the stack",
        (
            "RDS::DBInstance",
            "DynamoDB::Table",
            "S3::Bucket",
            "SQS::Queue",
            "KMS::Key",
            "SecretsManager::Secret",
        ),
        "test_sweeps.py::test_what_holds_data_outlives_the_stack",
    ),
    Control(
        "audit objects cannot be changed or deleted",
        ("S3::Bucket",),
        "test_audit_bucket.py::test_audit_objects_are_locked_as_they_come_in",
        "ObjectLockConfiguration",
    ),
    Control(
        "audit objects come under the right key or not at all",
        ("S3::BucketPolicy",),
        "test_audit_bucket.py::test_audit_objects_come_under_the_right_key_or_not_at_all",
    ),
    Control(
        "buckets are closed to the public",
        ("S3::Bucket",),
        "test_audit_bucket.py::test_buckets_are_closed_to_the_public",
        "PublicAccessBlockConfiguration",
    ),
    Control(
        "TLS only",
        ("SQS::QueuePolicy", "SNS::TopicPolicy", "S3::BucketPolicy"),
        "test_sweeps.py::test_queues_topics_and_buckets_take_tls_only",
    ),
    Control(
        "secrets are encrypted under a customer key",
        ("SecretsManager::Secret",),
        "test_data.py::test_the_gateways_key_is_encrypted_under_a_customer_key",
    ),
    Control(
        "each function has a role of its own, for just the actions that it calls",
        ("IAM::Role",),
        "test_grants.py::test_a_function_may_do_what_it_calls_and_nothing_else",
    ),
    Control(
        "no role could be given more than a boundary holds, where one is given",
        ("IAM::Role",),
        "test_bounds.py::test_every_role_of_the_stack_is_bounded_where_a_boundary_is_given",
        "PermissionsBoundary",
    ),
    Control(
        "no action is granted by a wildcard",
        ("IAM::ManagedPolicy",),
        "test_sweeps.py::test_no_action_is_granted_by_a_wildcard",
    ),
    Control(
        "functions live in private subnets",
        ("Lambda::Function",),
        "test_compute.py::test_a_function_lives_in_the_private_subnets",
        "VpcConfig",
    ),
    Control(
        "functions are traced, and their environment is encrypted",
        ("Lambda::Function",),
        "test_compute.py::test_a_function_is_traced_and_its_environment_encrypted",
        "KmsKeyArn",
    ),
    Control(
        "logs are kept for a set time under a customer key",
        ("Logs::LogGroup",),
        "test_sweeps.py::test_logs_are_kept_for_a_set_time_under_a_customer_key",
    ),
    Control(
        "every method has a validator and a model",
        ("ApiGateway::Method",),
        "test_api.py::test_every_method_has_a_validator_and_a_model",
    ),
    Control(
        "no body is traced or cached",
        ("ApiGateway::Stage",),
        "test_api.py::test_no_body_is_traced_or_cached",
    ),
    Control(
        "only modern TLS",
        ("ApiGateway::RestApi",),
        "test_api.py::test_only_modern_tls_to_the_host_that_it_was_made_for",
    ),
    Control(
        "each caller has a key and a share",
        ("ApiGateway::UsagePlan", "ApiGateway::ApiKey"),
        "test_api.py::test_the_plan_limits_each_key",
    ),
    Control(
        "a firewall stands before the API", ("WAFv2::WebACL",), "test_firewall.py::test_managed_rules_block"
    ),
    Control(
        "its log holds no secrets",
        ("WAFv2::LoggingConfiguration",),
        "test_firewall.py::test_logs_hold_no_key_and_no_credentials",
    ),
    Control(
        "every alarm tells somebody what to do",
        ("CloudWatch::Alarm", "CloudWatch::CompositeAlarm"),
        "test_sweeps.py::test_every_alarm_tells_somebody_what_to_do",
    ),
    Control("alerts are encrypted", ("SNS::Topic",), "test_monitoring.py::test_alerts_are_encrypted"),
    Control("access from outside of the account is found", ("AccessAnalyzer::Analyzer",), "test_account.py"),
)
# So many are named; of more, the number by layer.
NAMED = 6


def document() -> str:
    """Return the text of docs/security.md."""
    controls = [
        f"| {control.words} | {where(control)} | `tests/templates/{control.test}` |\n" for control in CONTROLS
    ]
    found = [f"| {check} | {places} | {reason} |\n" for check, places, reason in suppressions()]
    others = "".join(findings.rows())
    return HEAD + "".join(controls) + SUPPRESSIONS + "".join(found) + FINDINGS + others + LEFT


def where(control: Control) -> str:
    """Return the resources that satisfy the control, as the table has them."""
    found = [
        (template, title)
        for template, title, resource in every_resource()
        if resource["Type"].removeprefix("AWS::") in control.kinds
        and (not control.has or control.has in resource["Properties"])
    ]
    if not found:
        raise LookupError(f"{control.words}: no resource satisfies it")
    if len(found) <= NAMED:
        return ", ".join(f"`{template}.{title}`" for template, title in found)
    counted = Counter(template for template, _ in found)
    return ", ".join(f"{count} in `{template}`" for template, count in sorted(counted.items()))


def suppressions() -> Iterator[tuple[str, str, str]]:
    """Yield every suppressed check with the resources and the reason for it."""
    places: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for template, title, resource in every_resource():
        metadata = resource.get("Metadata", {})
        for skipped in metadata.get("checkov", {}).get("skip", []):
            places[f"checkov {skipped['id']}", skipped.get("comment", "")].append(f"`{template}.{title}`")
        linter = metadata.get("cfn-lint", {})
        for check in linter.get("config", {}).get("ignore_checks", []):
            places[f"cfn-lint {check}", linter.get("comment", "")].append(f"`{template}.{title}`")
    for (check, reason), found in sorted(places.items()):
        yield check, ", ".join(found), reason


def exists(test: str) -> bool:
    """Return whether the tests of the templates include `test`."""
    file, _, function = test.partition("::")
    path = CHECKOUT / "tests/templates" / file
    return path.is_file() and bool(re.search(rf"^def {function or 'test_'}", path.read_text(), re.MULTILINE))


DOCUMENT = Document("security", "docs/security.md", document)


if __name__ == "__main__":
    sys.exit(main(DOCUMENT))
