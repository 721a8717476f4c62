"""Deploys a release that is published to an emulator."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from pipeline.change.stack_events import Tell
from pipeline.release.package import CONFIGURATION
from sandbox import stacks
from sandbox.emulator import Emulator
from sandbox.stacks import Wanted

STACK = "payments"
ACCOUNT_STACK = "payments-account"


@dataclass(frozen=True)
class Published:
    """A release in the emulator's S3."""

    manifest: dict[str, Any]
    """Its manifest, as build.py writes it."""
    root: Wanted
    account: Wanted
    """The stack that an account needs once, beside the payment stack."""


def deploy(emulator: Emulator, published: Published, tell: Tell) -> dict[str, str]:
    """Create the account's stack, then the payment stack; return the outputs of the latter."""
    client = boto3.client("cloudformation", **emulator.access)
    stacks.create(client, ACCOUNT_STACK, published.account, tell)
    return stacks.create(client, STACK, published.root, tell)


def wanted(manifest: dict[str, Any], root_url: str, release: Path) -> Published:
    """Return the stacks of the release in the folder `release`, whose root template is at `root_url`."""
    given = json.loads((release / CONFIGURATION).read_bytes())
    keys = {each["name"]: each["key"] for each in manifest["Artifacts"]}
    return Published(
        manifest=manifest,
        root=Wanted(root_url, given["Parameters"], given["Tags"]),
        account=Wanted(root_url.removesuffix(keys["root"]) + keys["account"], {}, given["Tags"]),
    )
