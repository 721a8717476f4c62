"""Grants that are resources of their own: each lets somebody do what a policy somewhere else allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from pipeline.evaluation.values import Target, Value, at, listed, mapping, spelt
from pipeline.review.rules.patterns import EVERYTHING, Patterns
from pipeline.review.rules.statements import Statement, word

Grant: TypeAlias = "tuple[str, list[Statement]]"
"""Who is granted something, and what."""


def allows(what: str, source: Target) -> Statement:
    """Return the statement that allows what is known by its name only."""
    return Statement(True, Patterns((what,)), EVERYTHING, EVERYTHING, frozenset(), source)


def assignment(target: Target, properties: Mapping[str, Value]) -> Grant:
    """A user or group of IAM Identity Center with a permission set in an account."""
    who, kind, permissions, account = (
        word(properties.get(name, "?"))
        for name in ("PrincipalId", "PrincipalType", "PermissionSetArn", "TargetId")
    )
    return f"{kind} {who}", [allows(f"permission set {permissions} in account {account}", target)]


def access_entry(target: Target, properties: Mapping[str, Value]) -> Grant:
    """A principal of IAM with access to a cluster of EKS, its access policies and Kubernetes groups."""
    cluster = word(properties.get("ClusterName", "?"))
    found = [allows(f"access to cluster {cluster}", target)]
    for policy in listed(properties.get("AccessPolicies")):
        scope = mapping(at(policy, "AccessScope"))
        names = [spelt(name) for name in listed(scope.get("Namespaces"))]
        where = f"in {', '.join(sorted(names))} of" if names else "in all of"
        found.append(allows(f"{spelt(at(policy, 'PolicyArn'))} {where} cluster {cluster}", target))
    for name in ("KubernetesGroups", "Username"):
        members = listed(properties.get(name))
        found += [allows(f"{name} {spelt(member)} of cluster {cluster}", target) for member in members]
    return word(properties.get("PrincipalArn", "?")), found


GRANTS: dict[str, Callable[[Target, Mapping[str, Value]], Grant]] = {
    "AWS::EKS::AccessEntry": access_entry,
    "AWS::SSO::Assignment": assignment,
}


def granted(kind: str, target: Target, properties: Mapping[str, Value]) -> Iterator[Grant]:
    """Yield what a resource grants to somebody, if it is a grant."""
    if kind in GRANTS:
        yield GRANTS[kind](target, properties)
