"""Review: what `build.py diff` costs, of the whole stack and of many replacements."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from pipeline.console import table
from pipeline.release.wiring import SUFFIX
from tests.bench import costs, peers
from tests.paths import CHECKOUT

ROUNDS = 5
REPLACED, ROLES, POLICIES, FUNCTIONS = 500, 500, 5, 50
# Nothing to stop for, and risks that nobody accepted.
JUDGED = (0, 3)
# What was compared, CPU seconds, wall seconds, megabytes.
Row = tuple[str, float, float, float]


def tables() -> None:
    """Measure, and print what a review costs beyond Python's own start."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bare = measured([sys.executable, "-c", "pass"])
        rows: list[Row] = [("python itself", *bare)]
        for what, arguments in (
            ("the whole stack against itself", whole_stack(folder / "same")),
            ("the whole stack, its table renamed", whole_stack(folder / "renamed", rename)),
            (f"{REPLACED} replaced resources", replaced(folder)),
            (f"{ROLES} roles, all their policies changed", sides(folder / "roles", roles)),
            (f"SAM: {FUNCTIONS} functions", sides(folder / "sam", sam)),
        ):
            rows.append((what, *measured([sys.executable, "build.py", "diff", *arguments])))
        try:
            rows += list(of_peers(folder))
        except peers.MissingError as missing:
            print(missing, "\n")
    shown = [(what, f"{used:.2f}", f"{wall:.2f}", f"{memory:.0f}") for what, used, wall, memory in rows]
    print(table(("diff of", "CPU s", "wall s", "MB"), shown), "\n")


def of_peers(folder: Path) -> Iterator[Row]:
    """CDK's diff engine, which compares one template with one, and follows nothing into another."""
    data = (folder / "renamed" / "old" / "Data.json", folder / "renamed" / "new" / "Data.json")
    yield "CDK: the table's template alone", *measured(peers.diff(*data), peers.HERE)
    many = (folder / "a.json", folder / "b.json")
    yield f"CDK: {REPLACED} replaced resources", *measured(peers.diff(*many), peers.HERE)


# A process inherits the most that its parent held, so the one that counts is a Python that holds nothing.
COUNTING = """
import os, sys, time
begun = time.monotonic()
silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
process = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=silent)
_, status, used = os.wait4(process, 0)
told = (used.ru_utime + used.ru_stime, time.monotonic() - begun, used.ru_maxrss / 1024)
print(os.waitstatus_to_exitcode(status), *told)
"""


def measured(command: Sequence[str | Path], where: Path = CHECKOUT) -> tuple[float, float, float]:
    """CPU seconds, the system's included, wall seconds and megabytes at most of `command`; medians.

    The first run compiles what the others load, as it does for whoever uses the command, and does not count.
    """
    found = []
    for _ in range(1 + ROUNDS):
        counting = [sys.executable, "-I", "-S", "-c", COUNTING, *command]
        told = subprocess.run(
            counting, cwd=where, env=costs.environment(), stdout=subprocess.PIPE, check=True
        )
        status, *figures = told.stdout.split()
        if int(status) not in JUDGED:
            raise SystemExit(f"{command}: ended with {int(status)}; expected a review")
        found.append([float(each) for each in figures])
    del found[0]
    used, wall, memory = zip(*found, strict=True)
    return median(used), median(wall), max(memory)


def whole_stack(folder: Path, edit: Callable[[dict[str, Any]], None] = lambda _data: None) -> list[str]:
    """The built templates of prod on both sides, the new one's data layer edited."""
    release = CHECKOUT / "dist" / "prod"
    if not release.is_dir():
        subprocess.run([sys.executable, "build.py", "--env", "prod"], cwd=CHECKOUT, check=True)
    sides = []
    for side in ("old", "new"):
        nested = folder / side
        nested.mkdir(parents=True)
        for path in release.glob(f"*{SUFFIX}"):
            template = json.loads(path.read_bytes())
            if side == "new" and path.name == f"data{SUFFIX}":
                edit(template)
            title = path.name.removesuffix(SUFFIX).capitalize()
            (nested / f"{title}.json").write_text(json.dumps(template))
        sides += [
            f"--{side}-nested",
            str(nested),
            f"--{side}-parameters",
            str(release / "configuration.json"),
        ]
    return [str(folder / "old" / "Root.json"), str(folder / "new" / "Root.json"), *sides]


def rename(data: dict[str, Any]) -> None:
    """Give the payments table another name, which every layer after it hears of."""
    data["Resources"]["PaymentsTable"]["Properties"]["TableName"] = "renamed"


def sides(folder: Path, template: Callable[[int], Mapping[str, object]]) -> list[str]:
    """Write a template in two variants, and return their files."""
    folder.mkdir()
    files = [folder / f"{variant}.json" for variant in (0, 1)]
    for variant, file in enumerate(files):
        file.write_text(json.dumps(template(variant)))
    return [str(file) for file in files]


def roles(variant: int) -> Mapping[str, object]:
    """Return a template of roles with policies, all of which allow something else in each variant."""
    resources: dict[str, object] = {}
    for role in range(ROLES):
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        document = {"Version": "2012-10-17", "Statement": [trust]}
        resources[f"R{role}"] = {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": document},
        }
        for policy in range(POLICIES):
            actions = ["s3:GetObject", f"dynamodb:{('GetItem', 'Query')[variant]}"]
            allowed = {"Effect": "Allow", "Action": actions, "Resource": f"arn:aws:s3:::b{role}/{policy}/*"}
            properties = {
                "PolicyName": f"p{policy}",
                "Roles": [{"Ref": f"R{role}"}],
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [allowed]},
            }
            resources[f"P{role}x{policy}"] = {"Type": "AWS::IAM::Policy", "Properties": properties}
    return {"Resources": resources}


def sam(variant: int) -> Mapping[str, object]:
    """Return a template of SAM's functions, each with a schedule, that differ in their time limit."""
    schedule = {"Type": "Schedule", "Properties": {"Schedule": "rate(1 day)"}}
    properties = {
        "Handler": "app.main",
        "Runtime": "python3.12",
        "CodeUri": "s3://b/k.zip",
        "Policies": ["AdministratorAccess"],
        "Timeout": 3 + variant,
        "Events": {"A": schedule},
    }
    function = {"Type": "AWS::Serverless::Function", "Properties": properties}
    resources = {f"F{number}": function for number in range(FUNCTIONS)}
    return {"Transform": "AWS::Serverless-2016-10-31", "Resources": resources}


def replaced(folder: Path) -> list[str]:
    """A topic under two names, and the subscriptions that follow it."""
    for name in ("a", "b"):
        (folder / f"{name}.json").write_text(json.dumps(many(name)))
    return [str(folder / "a.json"), str(folder / "b.json")]


def many(name: str) -> Mapping[str, object]:
    """A template of REPLACED resources, all of which a change of `name` replaces."""
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}}
    follower = {"Protocol": "sqs", "Endpoint": "arn:aws:sqs:x", "TopicArn": {"Ref": "Topic"}}
    subscription = {"Type": "AWS::SNS::Subscription", "Properties": follower}
    return {"Resources": {"Topic": topic, **{f"S{each}": subscription for each in range(REPLACED - 1)}}}
