"""Builds: runs a project's buildspec as it is written, as CodeBuild would, in a shell of this machine."""

from __future__ import annotations

import io
import json
import re
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from pipeline.aws import refusal
from sandbox.rehearsal.accounts import Cloud, client_of, person
from sandbox.rehearsal.transcript import Step, StepError, Transcript, shown

PHASES = ("install", "pre_build", "build", "post_build")
INSTALLS = re.compile(r"^python -m pip install\b")
CHECKS = "tox"
LAST_LINES = 2
LAST_LINES_OF_FAILURE = 6


@dataclass(frozen=True)
class Bucket:
    """Where CodePipeline keeps artifacts, and under which key."""

    name: str
    key_arn: str

    def put(self, client: Any, key: str, data: bytes) -> None:
        """Put an artifact, as CodePipeline and CodeBuild do."""
        client.put_object(
            Bucket=self.name, Key=key, Body=data, ServerSideEncryption="aws:kms", SSEKMSKeyId=self.key_arn
        )


@dataclass(frozen=True, kw_only=True)
class Work:
    """One build that is to run."""

    project: Mapping[str, Any]
    environment: Mapping[str, str]
    """What the action adds to the project's own."""
    takes: Mapping[str, str]
    """The keys of the artifacts that it takes, by name, the one that its commands run in first."""
    makes: Mapping[str, str]
    """The keys of those that it makes."""
    log: Path


def run(cloud: Cloud, bucket: Bucket, work: Work, transcript: Transcript, step: Step) -> dict[str, str]:
    """Run a build under its project's role; return what it exports. Raises StepError where it fails."""
    spec = json.loads(work.project["Source"]["BuildSpec"])
    role = cloud.as_project(work.project["ServiceRole"])
    with tempfile.TemporaryDirectory(prefix="payment-build-") as name:
        folder = Path(name)
        with refusals(step):
            fetch(client_of(role, "s3"), bucket, work.takes, folder)
        first = folder / next(iter(work.takes))
        exported = spec.get("env", {}).get("exported-variables", [])
        values = folder / "exported"
        script = "\n".join(["set -e", *commands(spec, transcript, step), keep(exported, values)])
        environment = {**own_environment(work.project), **work.environment, **places(work.takes, folder)}
        shell(script, first, {**person(role), **environment}, work, step)
        with refusals(step):
            for key in work.makes.values():
                bucket.put(client_of(role, "s3"), key, packed(spec["artifacts"], first))
        pairs = values.read_bytes().split(b"\0")[:-1]
        return dict(pair.decode().partition("=")[::2] for pair in pairs)


@contextmanager
def refusals(step: Step) -> Iterator[None]:
    """Tell what AWS refuses to a build's role as the failure of its action."""
    try:
        yield
    except ClientError as error:
        raise StepError(f"{step.stage}/{step.action}: {refusal(error)}") from error


def fetch(client: Any, bucket: Bucket, takes: Mapping[str, str], folder: Path) -> None:
    """Unpack the artifacts that a build takes, each in a folder of its name."""
    for name, key in takes.items():
        data = client.get_object(Bucket=bucket.name, Key=key)["Body"].read()
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            archive.extractall(folder / name)


def own_environment(project: Mapping[str, Any]) -> dict[str, str]:
    """What the project itself puts into the environment."""
    return {each["Name"]: str(each["Value"]) for each in project["Environment"]["EnvironmentVariables"]}


def places(takes: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Where a build finds its artifacts, as CodeBuild tells it."""
    first, *others = takes
    found = {f"CODEBUILD_SRC_DIR_{name}": str(folder / name) for name in others}
    return {"CODEBUILD_SRC_DIR": str(folder / first), **found}


def commands(spec: Mapping[str, Any], transcript: Transcript, step: Step) -> Iterator[str]:
    """The commands of every phase, but for what they install, which is here, and the checks."""
    for phase in PHASES:
        for command in spec["phases"].get(phase, {}).get("commands", []):
            if INSTALLS.match(command):
                transcript.note_once(step, "what `pip` would install is taken from this environment")
                continue
            if command == CHECKS:
                transcript.note_once(step, "`tox` is left out: it is a command of its own, and takes longer")
                continue
            yield command


def keep(exported: Sequence[str], values: Path) -> str:
    """The command that keeps what a build exports."""
    pairs = " ".join(f'"{name}=${name}"' for name in exported)
    return f"printf '%s\\0' {pairs} > '{values}'" if exported else f": > '{values}'"


def shell(script: str, folder: Path, environment: Mapping[str, str], work: Work, step: Step) -> None:
    """Run the script in one shell, as CodeBuild does; all that it says goes to the log, the end is told."""
    try:
        done = subprocess.run(
            ["/bin/bash", "-c", script],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60 * int(work.project["TimeoutInMinutes"]),
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise StepError(f"{step.stage}/{step.action}: took longer than its time-out") from late
    work.log.write_text(done.stdout, encoding="utf-8")
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    last = LAST_LINES_OF_FAILURE if done.returncode else LAST_LINES
    for line in lines[-last:]:
        step.note(f"| {' '.join(line.split())}")
    if done.returncode:
        raise StepError(
            f"{step.stage}/{step.action}: ended with {done.returncode}; its log is {shown(work.log)}"
        )


def packed(wanted: Mapping[str, Any], folder: Path) -> bytes:
    """The archive of the files that a buildspec wants."""
    base = folder / wanted.get("base-directory", ".")
    files = {path for pattern in wanted["files"] for path in base.glob(pattern) if path.is_file()}
    return archive({path.relative_to(base).as_posix(): path for path in files})


def archive(files: Mapping[str, Path]) -> bytes:
    """An archive of `files`, by their names in it."""
    made = io.BytesIO()
    # On one machine, to compress takes longer than to copy.
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as target:
        for name in sorted(files):
            target.write(files[name], name)
    return made.getvalue()


def of_folder(folder: Path) -> bytes:
    """An archive of all that is in `folder`."""
    files = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return archive({path.relative_to(folder).as_posix(): path for path in files})
