"""Descriptions of the rules: the classes of risk that each raises, and when, in words for docs/risks.md."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.review.rules.weakening_table import LOSSES


@dataclass(frozen=True)
class Description:
    """When a rule raises risks of some classes; `rule` is its module and name."""

    rule: str
    kinds: tuple[str, ...]
    when: str


REFUSALS = "refusals.refusals"
"""No rule, but it raises risks: the checks that CloudFormation makes before an update."""
PARAMETERS = "predict.refused"
"""No rule, but it raises risks: the parameters of nested stacks."""
POSSIBILITIES = "possibilities.judge_each"
"""No rule, but it raises risks: a change that hangs on too much that nobody knows."""
TRANSFORMS = "transforms.judge"
"""No rule, but it raises risks: the transforms that nobody applied."""
LOST = tuple(dict.fromkeys(row.kind for row in LOSSES))
DESCRIPTIONS = (
    Description(
        "stateful.stateful_replacement",
        ("STATEFUL_REPLACEMENT",),
        "A resource that holds data is replaced, or may be: the new one is empty. Members of a database "
        "cluster hold none, and properties that AWS updates in place raise INTERRUPTION instead.",
    ),
    Description(
        "stateful.stateful_deletion",
        ("STATEFUL_DELETION",),
        "A resource that holds data is removed, and its DeletionPolicy does not retain it.",
    ),
    Description(
        "stateful.created_anew",
        ("STATEFUL_DELETION",),
        "A drift-aware change set creates again, empty, what somebody deleted outside CloudFormation.",
    ),
    Description(
        "stateful.member_goes",
        ("INTERRUPTION", "AVAILABILITY_LOSS"),
        "A member of a database cluster is replaced (INTERRUPTION) or removed (AVAILABILITY_LOSS).",
    ),
    Description(
        "stateful.orphan", ("ORPHAN",), "A resource that holds data is removed from the stack and retained."
    ),
    Description(
        "permissions.widening",
        ("IAM_WIDENING",),
        "All policies of a principal or a resource together allow what they did not, or a Deny is gone: "
        "policies of IAM, resources, SCPs and IoT, permission sets, assignments of Identity Center, access "
        "entries of EKS, permissions of functions and shares.",
    ),
    Description(
        "permissions.boundary",
        ("IAM_WIDENING",),
        "The permissions boundary of a role or user is taken away, or is another.",
    ),
    Description(
        "roles.another_role",
        ("IAM_WIDENING", "UNJUDGED"),
        "A function, task or instance runs under another role, or an identity pool or profile hands one "
        "out, that allows more (IAM_WIDENING), or that is not known before deployment (UNJUDGED).",
    ),
    Description(
        "permissions.public",
        ("PUBLIC_EXPOSURE",),
        "A policy of a resource, or a trust policy, newly allows something to anyone.",
    ),
    Description(
        "permissions.encryption_not_asked_for",
        ("ENCRYPTION_LOSS",),
        "A policy no longer turns away what comes without TLS, or what is to be stored unencrypted.",
    ),
    Description(
        "groups.opening",
        ("SG_OPENING",),
        "A security group admits traffic that it did not; a new group, traffic from the internet.",
    ),
    Description(
        "network_acls.opening",
        ("SG_OPENING",),
        "A network ACL that was there lets traffic through that it did not, or no longer denies some.",
    ),
    Description(
        "destinations.destination",
        ("DESTINATION_CHANGE",),
        "A destination changes, or one outside of the stack is added to what exists: a property of the "
        "table below; a setting whose name ends in url, endpoint, host, gateway, webhook and the like and "
        "whose value is an address; who is paid. What only follows a replacement does not count.",
    ),
    Description(
        "encryption.switched_off", ("ENCRYPTION_LOSS",), "A switch of encryption that was on is off."
    ),
    Description(
        "encryption.default_refused",
        ("ENCRYPTION_LOSS",),
        "A queue that was encrypted by default turns that off.",
    ),
    Description(
        "encryption.key_given_up",
        ("ENCRYPTION_LOSS",),
        "A customer managed key gives way to one of AWS's, or to none.",
    ),
    Description(
        "encryption.weaker_kind", ("ENCRYPTION_LOSS",), "A kind of encryption gives way to a weaker one."
    ),
    Description(
        "encryption.plaintext_listener",
        ("ENCRYPTION_LOSS",),
        "A listener, target or origin that spoke TLS speaks in the clear.",
    ),
    Description("encryption.tls_not_forced", ("ENCRYPTION_LOSS",), "A database no longer requires TLS."),
    Description("encryption.older_tls", ("ENCRYPTION_LOSS",), "An older version of TLS is accepted."),
    Description(
        "collisions.replaced_under_its_name",
        ("NAME_COLLISION",),
        "A resource is replaced and keeps its physical name, which the old one still has.",
    ),
    Description(
        "collisions.added_under_a_taken_name",
        ("NAME_COLLISION",),
        "A new resource needs a physical name that another one has until the update is over.",
    ),
    Description(
        "collisions.place_taken",
        ("UPDATE_FAILS",),
        "A new subnet, route or the like needs a place that another one has until the update is over.",
    ),
    Description(
        "operations.refused_property",
        ("UPDATE_FAILS",),
        "A property changes that AWS does not update: of keys, volumes, accounts.",
    ),
    Description(
        "operations.type_changed", ("UPDATE_FAILS",), "A logical id becomes a resource of another type."
    ),
    Description(
        "operations.service_token_changed", ("UPDATE_FAILS",), "A custom resource changes its ServiceToken."
    ),
    Description(
        "operations.indexes_refused",
        ("UPDATE_FAILS",),
        "Indexes of a DynamoDB table change in place, or more than one comes or goes.",
    ),
    Description("operations.storage_refused", ("UPDATE_FAILS",), "The storage of a database shrinks."),
    Description(
        "operations.version_refused",
        ("UPDATE_FAILS",),
        "The version of a database goes back, or to another major one without AllowMajorVersionUpgrade.",
    ),
    Description(
        REFUSALS,
        ("UPDATE_FAILS",),
        "A parameter breaks its AllowedValues, AllowedPattern, length or bounds; an assertion of the Rules "
        "section fails; a template has more than 500 resources, or 200 parameters, outputs or mappings, or "
        "1 MB; a stack policy is over 16,384 bytes.",
    ),
    Description(
        PARAMETERS,
        ("UPDATE_FAILS",),
        "A nested stack passes a parameter that its template does not declare, or misses one.",
    ),
    Description(
        "removals.deletion_refused",
        ("DELETE_FAILS",),
        "A resource that is deleted, or replaced and deleted, is protected from deletion.",
    ),
    Description("weakening.weakened", LOST, "A property becomes weaker, as the table below has it."),
    Description(
        "weakening.exposed_from_the_start",
        ("PUBLIC_EXPOSURE",),
        "A new resource has a property that opens it, as the table below has it.",
    ),
    Description(
        "api_definitions.open_operation",
        ("PUBLIC_EXPOSURE",),
        "An operation in the OpenAPI definition of an API asks for no security, and did, or is new.",
    ),
    Description(
        "api_definitions.definition_elsewhere",
        ("UNJUDGED",),
        "The definition of an API is in another file than before, which the review does not read.",
    ),
    Description(
        "api_definitions.no_authorization",
        ("PUBLIC_EXPOSURE",),
        "A method or route of an API has no authorization, and had one, or is new without a key.",
    ),
    Description(
        "removals.policy_weakened",
        ("PROTECTION_LOSS",),
        "A DeletionPolicy or UpdateReplacePolicy keeps less than it did.",
    ),
    Description(
        "removals.guard_removed",
        ("BACKUP_LOSS", "MONITORING_LOSS", "PROTECTION_LOSS"),
        "An alarm, trail, subscription (MONITORING_LOSS), backup plan (BACKUP_LOSS), firewall or rotation "
        "(PROTECTION_LOSS) is removed, and what it guarded stays.",
    ),
    Description("removals.approval_removed", ("APPROVAL_REMOVED",), "A pipeline has fewer manual approvals."),
    Description(
        "removals.rollout_given_up",
        ("PROTECTION_LOSS",),
        "New versions of a function no longer take calls step by step under CodeDeploy.",
    ),
    Description(
        "removals.credentials_replaced",
        ("CREDENTIAL_CHANGE",),
        "An API key, access key, client or secret is replaced or removed.",
    ),
    Description(
        "operations.route_to_internet",
        ("PUBLIC_EXPOSURE",),
        "A route of subnets that were there leads to an internet gateway.",
    ),
    Description(
        "operations.interruption",
        ("INTERRUPTION",),
        "A property changes whose update AWS describes as one with some interruptions: classes, versions and "
        "parameters of databases, backups and windows, types of instances.",
    ),
    Description(
        "unjudged.nested_set_not_read",
        ("UNJUDGED",),
        "Nobody read the template or change set of a nested stack.",
    ),
    Description(
        "unjudged.values_not_told",
        ("UNJUDGED",),
        "A change set without property values changes a property that rules look at.",
    ),
    Description(
        "unjudged.values_cut_off",
        ("UNJUDGED",),
        "AWS cut off the values of a property that rules look at.",
    ),
    Description(
        "unjudged.values_left_open",
        ("UNJUDGED",),
        "A setting that rules look at changes from or to a value that nobody gave: a parameter, or what is "
        "read when the change set is created.",
    ),
    Description(
        POSSIBILITIES,
        ("UNJUDGED",),
        "A change hangs on more values that nobody gave than can be tried one by one.",
    ),
    Description(
        TRANSFORMS,
        ("UNJUDGED",),
        "A macro, an include or SAM that nobody applied sees something else than before.",
    ),
)
