"""The options of commands that work on a deployed stack."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import BuildError, console
from pipeline.change import sessions
from pipeline.change.plan import Planned
from pipeline.commands import PROJECT, releases
from pipeline.commands.verdicts import accept_option
from pipeline.review.acceptance import PolicyError
from pipeline.review.verdict import Policy, policy

if TYPE_CHECKING:
    import boto3

POLICY = PROJECT / "review.toml"
PLANS = PROJECT / "dist" / "plans"
# Changing it takes typing the name of the stack, whatever the options are.
PROTECTED = "prod"


@dataclass(frozen=True)
class RoleArguments:
    """The role to assume in the account of the stack; none without an ARN."""

    arn: str = ""
    external_id: str = ""

    @classmethod
    def parsed(cls, namespace: Namespace) -> RoleArguments:
        """Return what `role_options` added to the parser."""
        return cls(namespace.role, namespace.external_id)

    def session(self, run: str) -> boto3.Session:
        """Return a session under the role, named after `run`."""
        return sessions.session(self.arn, self.external_id, run)


@dataclass(frozen=True, kw_only=True)
class PlanArguments:
    """The release to plan, and the stack to plan it for."""

    environment: str = ""
    release: Path | None = None
    bucket: str = ""
    stack: str = ""
    execution_role: str = ""
    policy: Path | None = None
    accept: Sequence[str] = ()
    role: RoleArguments = RoleArguments()
    preflight: bool = True
    json: bool = False

    @classmethod
    def parsed(cls, namespace: Namespace) -> PlanArguments:
        """Return what `plan_options` added to the parser."""
        return cls(
            environment=namespace.env,
            release=namespace.release,
            bucket=namespace.bucket,
            stack=namespace.stack,
            execution_role=namespace.execution_role,
            policy=namespace.policy,
            accept=namespace.accept,
            role=RoleArguments.parsed(namespace),
            preflight=not namespace.no_preflight,
            json=namespace.json,
        )

    def accepted(self) -> Policy:
        """Return the accepted risks; BuildError where the file cannot be read."""
        file = self.policy or (POLICY if POLICY.exists() else None)
        try:
            return policy(file, self.accept)
        except PolicyError as error:
            raise BuildError(str(error)) from error


def role_options(parser: ArgumentParser) -> None:
    """Add the options of RoleArguments."""
    add = parser.add_argument
    add("--role", default="", metavar="ARN", help="role to assume in the account of the stack")
    add("--external-id", default="", metavar="ID", help="external ID for assuming --role")


def plan_options(parser: ArgumentParser) -> None:
    """Add the options of PlanArguments."""
    add = parser.add_argument
    add("--env", default="", metavar="ENV", help="environment to build, publish and plan")
    add("--release", type=Path, metavar="DIR", help="a published release to plan, instead of --env")
    add("--bucket", default="", metavar="BUCKET", help=releases.BUCKET)
    add("--stack", default="", metavar="STACK", help="name of the stack (payments-ENV)")
    add("--execution-role", default="", metavar="ARN", help="service role for CloudFormation")
    add("--policy", type=Path, metavar="FILE", help="file of accepted risks (review.toml)")
    accept_option(parser)
    add("--no-preflight", action="store_true", help="do not check the account first (build.py preflight)")
    role_options(parser)


def show(planned: Planned) -> None:
    """Print the review; without changes, print the resources that drifted."""
    if planned.review is not None:
        console.say(planned.rendered("text", colour=console.colour(sys.stdout)))
        return
    for line in planned.drift:
        console.say(f"drift: {line}")


def confirmed(stack: str, environment: str, effect: str, verb: str, *, yes: bool) -> bool:
    """Ask at the terminal and return the answer: a yes, for prod the name of the stack."""
    protected = PROTECTED in (environment, stack.rpartition("-")[2])
    if yes and not protected:
        return True
    expected = stack if protected else "yes"
    sys.stderr.write(f"\n{effect}\nType {expected} to {verb}: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip() == expected
