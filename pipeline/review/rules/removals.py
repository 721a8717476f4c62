"""Rules on alarms, backups and guards that are removed, and on policies that no longer retain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pipeline.evaluation.values import ABSENT, Value, at, listed, mapping, plain, references, spelt
from pipeline.review.model import Change, Risk
from pipeline.review.prediction import deletion_policy
from pipeline.review.rules.context import Context, risk
from pipeline.review.rules.stateful import is_stateful

GUARDS = {
    "AWS::Backup::BackupPlan": ("BACKUP_LOSS", "what it backed up is no longer backed up"),
    "AWS::Backup::BackupSelection": ("BACKUP_LOSS", "what it selected is no longer backed up"),
    "AWS::CloudTrail::Trail": ("MONITORING_LOSS", "what is done in the account is no longer recorded by it"),
    "AWS::CloudWatch::Alarm": ("MONITORING_LOSS", "nobody hears any more of what it watched"),
    "AWS::CloudWatch::CompositeAlarm": ("MONITORING_LOSS", "nobody hears any more of what it watched"),
    "AWS::EC2::FlowLog": ("MONITORING_LOSS", "traffic is no longer recorded by it"),
    "AWS::GuardDuty::Detector": ("MONITORING_LOSS", "threats are no longer looked for"),
    "AWS::Logs::MetricFilter": ("MONITORING_LOSS", "what it counted is no longer counted"),
    "AWS::Logs::SubscriptionFilter": ("MONITORING_LOSS", "log events no longer go where it sent them"),
    "AWS::SNS::Subscription": ("MONITORING_LOSS", "its endpoint hears nothing any more"),
    "AWS::SecretsManager::RotationSchedule": ("PROTECTION_LOSS", "the secret is no longer rotated"),
    "AWS::WAFv2::LoggingConfiguration": ("MONITORING_LOSS", "what the firewall sees is no longer logged"),
    "AWS::WAFv2::WebACL": ("PROTECTION_LOSS", "its rules no longer stop requests"),
    "AWS::WAFv2::WebACLAssociation": ("PROTECTION_LOSS", "the firewall no longer stands before it"),
}
KEEPS = {"Delete": 0, "Snapshot": 1, "Retain": 2, "RetainExceptOnCreate": 2}


def guard_removed(change: Change, context: Context) -> Iterator[Risk]:
    """Something that watched, backed up or protected goes, and what it guarded stays."""
    if change.action != "Remove" or change.type not in GUARDS or change.target in context.renamed:
        return
    guarded = [each.target for each in references(change.old()) if each.target in context.review.before]
    if not any(target not in context.review.after for target in guarded):
        kind, reason = GUARDS[change.type]
        yield Risk(kind, reason)


def policy_weakened(change: Change, _context: Context) -> Iterator[Risk]:
    """A policy would have kept the resource or a snapshot of it, and no longer does."""
    if change.before is None or change.after is None:
        return
    for attribute in ("DeletionPolicy", "UpdateReplacePolicy"):
        before, after = effective(attribute, change.before), effective(attribute, change.after)
        if KEEPS.get(after, 0) < KEEPS.get(before, 0):
            yield risk("PROTECTION_LOSS", f"{attribute} keeps less than it did", before, after)


def effective(attribute: str, resource: Mapping[str, Value]) -> str:
    """What a policy comes to, written or not."""
    if attribute == "DeletionPolicy":
        return deletion_policy.on_removal(resource)
    return plain(resource.get(attribute)) or "Delete"


def approval_removed(change: Change, context: Context) -> Iterator[Risk]:
    """A pipeline asks fewer people before it goes on."""
    if change.type == "AWS::CodePipeline::Pipeline" and context.existed(change):
        old, new = (approvals(side) for side in context.sides(change))
        missing = [name for name in old if name not in new]
        if len(new) < len(old):
            yield Risk(
                "APPROVAL_REMOVED",
                f"nobody is asked any more at {', '.join(missing)}",
                ", ".join(old),
                ", ".join(new),
            )


def rollout_given_up(change: Change, _context: Context) -> Iterator[Risk]:
    """New versions of a function no longer take calls step by step, under the eyes of a deployment."""
    if change.type != "AWS::Lambda::Alias" or change.before is None or change.after is None:
        return
    before, after = (
        at(mapping(side.get("UpdatePolicy")), "CodeDeployLambdaAliasUpdate")
        for side in (change.before, change.after)
    )
    if before is not ABSENT and after is ABSENT:
        yield risk("PROTECTION_LOSS", "UpdatePolicy: a new version takes all calls at once", before, after)


def approvals(pipeline: Mapping[str, Value]) -> list[str]:
    """The manual approvals of a pipeline, by stage and action."""
    return [
        f"{spelt(at(stage, 'Name'))}/{spelt(at(action, 'Name'))}"
        for stage in listed(pipeline.get("Stages"))
        for action in listed(mapping(stage).get("Actions"))
        if plain(at(action, "ActionTypeId/Category")) == "Approval"
    ]


def credentials_replaced(change: Change, _context: Context) -> Iterator[Risk]:
    """What callers identify themselves with is another after a replacement, or is gone."""
    held = {
        "AWS::ApiGateway::ApiKey": "callers need the new key",
        "AWS::Cognito::UserPoolClient": "callers need the new client's id and secret",
        "AWS::IAM::AccessKey": "its holder needs the new key",
        "AWS::SecretsManager::Secret": "readers need the new secret's name, and its value is generated anew",
    }
    if change.type in held and change.replacement == "True":
        yield Risk("CREDENTIAL_CHANGE", held[change.type])
    if change.type in held and change.action == "Remove" and not is_stateful(change.type):
        yield Risk("CREDENTIAL_CHANGE", "whoever still uses it is refused")


def deletion_refused(change: Change, _context: Context) -> Iterator[Risk]:
    """The service protects from deletion what this change deletes."""
    deletes = change.policy_action in ("Delete", "Snapshot", "ReplaceAndDelete", "ReplaceAndSnapshot")
    certain = change.action == "Remove" or change.replacement == "True"
    protected = any(
        plain(change.old().get(name)) == "true"
        for name in ("DeletionProtection", "DeletionProtectionEnabled")
    )
    if deletes and certain and protected and is_stateful(change.type):
        yield Risk(
            "DELETE_FAILS", "is protected from deletion: to delete the old one fails until that is turned off"
        )
