"""Bootstrap: what the operations guide does once in each account, done here in the same order."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from pipeline.change.stack_events import Watch
from pipeline.delivery import names
from sandbox import stacks
from sandbox.rehearsal.accounts import ACCOUNTS, Cloud, person
from sandbox.rehearsal.checkout import PIPELINE_PARAMETERS, Commit
from sandbox.rehearsal.transcript import StepError, Transcript

STORE_STACK = "payments-artifacts"
ACCOUNT_STACK = "payments-account"
BEFORE = "before"
REVIEW_DAYS, LOG_DAYS = "365", "90"
# Whom the smoke tests charge; in prod only where somebody asks for it.
CUSTOMERS = {"DevCustomer": "cus_rehearsaldev", "ProdCustomer": "cus_rehearsalprod"}


def bootstrap(cloud: Cloud, commit: Commit, gateway_url: str, transcript: Transcript) -> None:
    """Make the store, the roles of each environment's account, and the pipeline."""
    targets = {"DevAccount": ACCOUNTS["dev"], "ProdAccount": ACCOUNTS["prod"]}
    for environment in names.ENVIRONMENTS:
        given = {"PaymentGatewayUrl": gateway_url, **prefix_lists(cloud, environment)}
        commit.set(f"parameters/{environment}.json", given)
    with transcript.step(BEFORE, "Bootstrap", "build") as step:
        build(cloud, commit, "pipeline")
        build(cloud, commit, "--env", "dev")
        step.note("the commit is this checkout, told of the rehearsal's accounts and payment gateway")
    with transcript.step(BEFORE, "Bootstrap", "store") as step:
        at = commit.folder / "dist/pipeline/store.template.json"
        given = {**targets, "ReviewDays": REVIEW_DAYS, "LogRetentionDays": LOG_DAYS}
        kept = create(cloud, "tooling", STORE_STACK, at, given)
        step.note(f"tooling account {ACCOUNTS['tooling']}: {STORE_STACK}")
    for environment in names.ENVIRONMENTS:
        with transcript.step(BEFORE, "Bootstrap", environment) as step:
            add_target(cloud, commit.folder, environment, kept)
            step.note(f"account {ACCOUNTS[environment]}: {ACCOUNT_STACK}, payments-target-{environment}")
    with transcript.step(BEFORE, "Bootstrap", "pipeline") as step:
        own = {"ArtifactBucket": kept["ArtifactBucket"], "ArtifactKeyArn": kept["ArtifactKeyArn"]}
        commit.set(PIPELINE_PARAMETERS, {**targets, **own, **CUSTOMERS})
        build(cloud, commit, "pipeline", "--publish")
        build(cloud, commit, "deploy", "--release", "dist/pipeline", "--yes")
        step.note("the emulator has no CodePipeline and CodeBuild: this rehearsal is both")
        step.note("it sends no notifications")
        step.note("its CloudFormation works under no execution role; tests prove what that may do")


def prefix_lists(cloud: Cloud, account: str) -> dict[str, str]:
    """Return the parameters that hold the prefix lists of the account's region, as preflight says them."""
    region = cloud.emulator.region
    parameters = {
        f"com.amazonaws.{region}.s3": "S3PrefixListId",
        f"com.amazonaws.{region}.dynamodb": "DynamodbPrefixListId",
    }
    answer = cloud.client("ec2", account).describe_managed_prefix_lists(
        Filters=[{"Name": "prefix-list-name", "Values": list(parameters)}]
    )
    return {parameters[found["PrefixListName"]]: found["PrefixListId"] for found in answer["PrefixLists"]}


def add_target(cloud: Cloud, folder: Path, environment: str, kept: Mapping[str, str]) -> None:
    """Make what an account needs once, and what it needs for one environment."""
    create(cloud, environment, ACCOUNT_STACK, folder / "dist/dev/account.template.json", {})
    given = {
        "EnvironmentSuffix": environment,
        "ToolingAccount": ACCOUNTS["tooling"],
        "ExternalId": external_id(folder),
        "ArtifactBucketArn": f"arn:aws:s3:::{kept['ArtifactBucket']}",
        "ArtifactKeyArn": kept["ArtifactKeyArn"],
    }
    stack = f"payments-target-{environment}"
    create(cloud, environment, stack, folder / "dist/pipeline/target.template.json", given)


def external_id(folder: Path) -> str:
    """The external id that the pipeline will know."""
    from pipeline.delivery import build as making  # noqa: PLC0415 -- the linter comes with it

    return making.read(folder).parameters["ExternalId"]


def build(cloud: Cloud, commit: Commit, *arguments: str) -> None:
    """Run build.py of the commit, as somebody in the tooling account."""
    done = subprocess.run(
        [sys.executable, "build.py", *arguments],
        cwd=commit.folder,
        env=person(cloud.environment()),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("error: ")] or [done.stderr]
        raise StepError(*(f"build.py {' '.join(arguments)}: {line.removeprefix('error: ')}" for line in said))


def create(
    cloud: Cloud, account: str, stack: str, template: Path, given: Mapping[str, str]
) -> dict[str, str]:
    """Make a stack of the template, and return its outputs."""
    client = cloud.client("cloudformation", account)
    with stacks.refusals(stack):
        made = client.create_stack(
            StackName=stack,
            TemplateBody=template.read_text(encoding="utf-8"),
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()],
            Capabilities=stacks.CAPABILITIES,
        )
    Watch(client, stack).follow(made["StackId"], lambda _event: None)
    return stacks.outputs(client, stack)
