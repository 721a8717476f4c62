"""Rules: what each looks for in a change."""

from __future__ import annotations

from pipeline.review.rules import (
    collisions,
    encryption,
    groups,
    losses,
    operations,
    permissions,
    removals,
    stateful,
    unjudged,
)
from pipeline.review.rules.context import Rule

RULES: tuple[Rule, ...] = (
    stateful.stateful_replacement,
    stateful.stateful_deletion,
    permissions.widening,
    permissions.boundary,
    groups.opening,
    encryption.switched_off,
    encryption.default_refused,
    encryption.key_given_up,
    encryption.weaker_kind,
    encryption.plaintext_listener,
    encryption.tls_not_forced,
    permissions.encryption_not_asked_for,
    permissions.public,
    collisions.replaced_under_its_name,
    collisions.added_under_a_taken_name,
    collisions.place_taken,
    operations.refused_property,
    operations.type_changed,
    operations.service_token_changed,
    operations.indexes_refused,
    operations.storage_refused,
    operations.version_refused,
    removals.deletion_refused,
    losses.weakened,
    losses.exposed_from_the_start,
    removals.policy_weakened,
    removals.guard_removed,
    removals.approval_removed,
    removals.credentials_replaced,
    operations.route_to_internet,
    operations.interruption,
    stateful.orphan,
    unjudged.nested_set_not_read,
    unjudged.values_not_told,
    unjudged.values_cut_off,
)
