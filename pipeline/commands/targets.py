"""Targets: the options of every command that works on a stack."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import BuildError, console
from pipeline.change import sessions
from pipeline.change.plan import Planned
from pipeline.commands import PROJECT
from pipeline.review.verdict import Policy, PolicyError, policy

if TYPE_CHECKING:
    import boto3

POLICY = PROJECT / "review.toml"
PLANS = PROJECT / "dist" / "plans"


def role_options(parser: ArgumentParser) -> None:
    """Let `parser` take who the command is to be."""
    add = parser.add_argument
    add("--role", default="", metavar="ARN", help="role to assume in the account of the stack")
    add("--external-id", default="", metavar="ID", help="what its trust policy asks for")


def plan_options(parser: ArgumentParser) -> None:
    """Let `parser` take what planning takes."""
    add = parser.add_argument
    add("--env", default="", metavar="E", help="environment: built and published first, then planned")
    add("--release", type=Path, default=None, metavar="DIR", help="a release as it was built and published")
    add("--bucket", default="", metavar="B", help="artifact bucket, instead of the one in the parameters")
    add("--stack", default="", metavar="S", help="the stack (payments-E)")
    add("--execution-role", default="", metavar="ARN", help="role that CloudFormation works under")
    add("--policy", type=Path, default=None, metavar="FILE", help="accepted risks (review.toml)")
    add("--accept", action="append", default=[], metavar="CLASS:Stack/Id", help="accept one risk")
    role_options(parser)


def session(given: Namespace, run: str) -> boto3.Session:
    """Who the command is."""
    return sessions.session(given.role, given.external_id, run)


def accepted(given: Namespace) -> Policy:
    """The risks that were accepted; BuildError where the file makes no sense."""
    file = given.policy or (POLICY if POLICY.exists() else None)
    try:
        return policy(file, given.accept)
    except PolicyError as error:
        raise BuildError(str(error)) from error


def show(planned: Planned) -> None:
    """Print the review; where nothing changes, what drifted all the same."""
    if planned.review is not None:
        console.say(planned.rendered("text", colour=colour()))
        return
    for each in planned.drift:
        console.say(f"drift: {each}")


def colour() -> bool:
    """Whether people read this on a terminal that shows colours."""
    return console.on_terminal(sys.stdout) and not os.environ.get("NO_COLOR")
