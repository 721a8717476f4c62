"""Runs a commit through the stages of the deployed pipeline, as CodePipeline would."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pipeline.delivery import names
from sandbox import stacks
from sandbox.rehearsal import builds
from sandbox.rehearsal.accounts import Cloud
from sandbox.rehearsal.builds import Bucket, Work
from sandbox.rehearsal.checkout import Changes, Commit
from sandbox.rehearsal.transcript import MARGIN, SKIPPED, Step, StepError, Transcript, shown

VARIABLE = re.compile(r"#\{([\w-]+)\.([\w-]+)\}")
# CodePipeline takes no more of a configuration's value.
LONGEST_VALUE = 1000
Ask = Callable[[str], bool]


@dataclass(frozen=True, kw_only=True)
class Failure:
    """An action that is to fail: by something in the commit, or by something that happens just before it."""

    place: str
    """The action, as STAGE/ACTION."""
    why: str
    changes: Changes
    """The parameters that the failing commit changes."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """The variables that the run is started with."""
    meanwhile: Callable[[Runner, Run, Step], None] | None = None
    """Called just before the action."""
    rejected: bool = False
    """Whether the approver rejects it."""


@dataclass
class Run:
    """One run of the pipeline: the variables and artifacts of its actions so far."""

    id: str
    variables: dict[str, dict[str, str]] = field(default_factory=dict)
    """By namespace and name."""
    artifacts: dict[str, str] = field(default_factory=dict)
    """The keys in the artifact bucket, by name."""
    failure: Failure | None = None
    """The action that is to fail in this run."""

    def kept(self) -> Run:
        """Return a copy of it as it is now, in which nothing is to fail."""
        variables = {namespace: dict(values) for namespace, values in self.variables.items()}
        return Run(self.id, variables, dict(self.artifacts))

    def again(self) -> Run:
        """Return a new run with the variables and artifacts of this one: a rollback."""
        run = replace(self.kept(), id=new_id())
        run.variables["codepipeline"] = {"PipelineExecutionId": run.id}
        return run


@dataclass
class Runner:
    """The deployed pipeline, and the state that earlier runs left."""

    cloud: Cloud
    transcript: Transcript
    ask: Ask
    logs: Path
    gateway_key: str
    handed_over: set[str] = field(default_factory=set)
    passed: dict[str, Run] = field(default_factory=dict)
    """The last run that passed each stage."""
    latest: dict[str, dict[str, str]] = field(default_factory=dict)
    """The latest execution of each stage, as GetPipelineState returns it."""

    def __post_init__(self) -> None:
        self.look_up()

    def look_up(self) -> None:
        """Read the pipeline as it is deployed now."""
        self.pipeline, self.projects = self.cloud.definitions()
        store = self.pipeline["ArtifactStore"]
        self.bucket = Bucket(store["Location"], store["EncryptionKey"]["Id"])

    def run(self, commit: Commit, failure: Failure | None = None) -> str:
        """Run the commit through every stage; return the stage that ended the run, or the empty string.

        Where a `failure` is passed, its action fails; the commit is expected to have its changes already.
        """
        run = Run(new_id(), failure=failure)
        run.variables["codepipeline"] = {"PipelineExecutionId": run.id}
        declared = self.pipeline.get("Variables", [])
        run.variables["variables"] = {
            **{variable["Name"]: variable.get("DefaultValue", "") for variable in declared},
            **(failure.variables if failure else {}),
        }
        self.latest.clear()
        self.transcript.print(f"\nRun {run.id}")
        for stage in self.pipeline["Stages"]:
            self.transcript.print(f"\nStage {stage['Name']}")
            if not self.entered(stage, run):
                continue
            try:
                self.stage(stage, run, commit)
            except StepError as error:
                self.report(stage["Name"], run.id, "Failed")
                if not self.recovered(stage, run, commit, error):
                    return str(stage["Name"])
            if self.pipeline != self.cloud.definitions()[0]:
                return self.restarted(stage, commit, failure)
            self.passed[stage["Name"]] = run.kept()
        return ""

    def restarted(self, stage: Mapping[str, Any], commit: Commit, failure: Failure | None) -> str:
        """End a run that changed the pipeline, and start the newest commit again, as CodePipeline does."""
        self.look_up()
        # A stage goes back only to runs of the pipeline as it is.
        self.passed.clear()
        self.transcript.print("\nThe pipeline has changed: this run ends, and no stage can go back beyond it")
        if not self.pipeline.get("RestartExecutionOnUpdate"):
            return str(stage["Name"])
        return self.run(commit, failure)

    def report(self, stage: str, run: str, status: str) -> None:
        """Record the status of a run in a stage, for GetPipelineState."""
        self.latest[stage] = {"pipelineExecutionId": run, "status": status}
        self.cloud.write_state(
            [{"stageName": name, "latestExecution": execution} for name, execution in self.latest.items()]
        )

    def entered(self, stage: Mapping[str, Any], run: Run) -> bool:
        """Check the conditions of a stage's entry; return False where one of them skips the stage."""
        for condition in stage.get("BeforeEntry", {}).get("Conditions", []):
            for rule in condition["Rules"]:
                if not self.holds(rule, run):
                    with self.transcript.step(run.id, stage["Name"], rule["Name"]) as step:
                        step.outcome = SKIPPED
                        step.note(f"{rule['Configuration']['Variable']} says that there is nothing to do")
                    if condition["Result"] != "SKIP":
                        raise StepError(f"{stage['Name']}: {rule['Name']} does not hold")
                    return False
        return True

    def holds(self, rule: Mapping[str, Any], run: Run) -> bool:
        """Evaluate a rule of a condition."""
        if rule["RuleTypeId"]["Provider"] != "VariableCheck":
            raise StepError(f"{rule['Name']}: a rehearsal knows no rule {rule['RuleTypeId']['Provider']}")
        given = rule["Configuration"]
        same = resolved(given["Variable"], run) == given["Value"]
        return same if given["Operator"] == "EQ" else not same

    def stage(self, stage: Mapping[str, Any], run: Run, commit: Commit) -> None:
        """Run the actions of a stage in their order."""
        name = stage["Name"]
        self.report(name, run.id, "InProgress")
        for action in sorted(stage["Actions"], key=lambda each: int(each.get("RunOrder", 1))):
            place = f"{name}/{action['Name']}"
            failure = run.failure if run.failure and run.failure.place == place else None
            with self.transcript.step(run.id, name, action["Name"]) as step:
                if failure and failure.meanwhile:
                    failure.meanwhile(self, run, step)
                self.action(action, run, commit, step, rejected=bool(failure and failure.rejected))
                self.look_after(place, step)
        self.report(name, run.id, "Succeeded")

    def look_after(self, place: str, step: Step) -> None:
        """Write the gateway's key into the stack's secret, as a person does once after the first release."""
        environment = {"Dev/Execute": "dev", "Prod/Execute": "prod"}.get(place)
        if environment and environment not in self.handed_over:
            outputs = stacks.outputs(
                self.cloud.client("cloudformation", environment), names.stack(environment)
            )
            secrets = self.cloud.client("secretsmanager", environment)
            secrets.put_secret_value(SecretId=outputs["GatewaySecretArn"], SecretString=self.gateway_key)
            self.handed_over.add(environment)
            step.note("by hand, once: the payment gateway's key goes into the stack's secret")

    def action(
        self, action: Mapping[str, Any], run: Run, commit: Commit, step: Step, *, rejected: bool
    ) -> None:
        """Run one action, and record its variables and artifacts in the run."""
        provider = action["ActionTypeId"]["Provider"]
        makes = {each["Name"]: self.key(run, each["Name"]) for each in action.get("OutputArtifacts", [])}
        if provider == "CodeBuild":
            told = self.build(action, run, makes, step)
        elif provider == "CodeStarSourceConnection":
            told = self.source(action, commit, makes, step)
        elif provider == "Manual":
            told = self.approve(action, run, step, rejected=rejected)
        else:
            raise StepError(f"{step.stage}/{step.action}: a rehearsal knows no {provider}")
        run.artifacts |= makes
        if action.get("Namespace"):
            run.variables[action["Namespace"]] = told

    def key(self, run: Run, artifact: str) -> str:
        """Return the key of a run's artifact in the artifact bucket."""
        return f"{self.pipeline['Name']}/{run.id}/{artifact}.zip"

    def source(
        self, action: Mapping[str, Any], commit: Commit, makes: Mapping[str, str], step: Step
    ) -> dict[str, str]:
        """Upload the commit as the source artifact; no connection to a repository is used."""
        given = action["Configuration"]
        step.note(f"{given['FullRepositoryId']} {given['BranchName']}: taken from this checkout")
        client = self.cloud.client("s3", "tooling")
        for key in makes.values():
            self.bucket.put(client, key, builds.of_folder(commit.folder))
        return {"BranchName": given["BranchName"], "CommitId": "rehearsal"}

    def build(
        self, action: Mapping[str, Any], run: Run, makes: Mapping[str, str], step: Step
    ) -> dict[str, str]:
        """Run a project on its artifacts."""
        given = action["Configuration"]
        taken = [each["Name"] for each in action.get("InputArtifacts", [])]
        first = given.get("PrimarySource", taken[0])
        order = [first, *(name for name in taken if name != first)]
        missing = [name for name in order if name not in run.artifacts]
        if missing:
            raise StepError(
                f"{step.stage}/{step.action}: no artifact {', '.join(missing)}; expected an earlier action's"
            )
        environment = {
            each["name"]: resolved(each["value"], run) for each in json.loads(given["EnvironmentVariables"])
        }
        work = Work(
            project=self.projects[given["ProjectName"]],
            environment=environment,
            takes={name: run.artifacts[name] for name in order},
            makes=makes,
            log=self.logs / f"{run.id[:8]}-{step.stage}-{step.action}.log",
        )
        told = builds.run(self.cloud, self.bucket, work, self.transcript, step)
        for name, value in told.items():
            if len(value) > LONGEST_VALUE:
                raise StepError(
                    f"{step.stage}/{step.action}: {name} has {len(value)} characters; "
                    f"expected at most {LONGEST_VALUE}"
                )
        return told

    def approve(self, action: Mapping[str, Any], run: Run, step: Step, *, rejected: bool) -> dict[str, str]:
        """Ask a person to approve, with the summary and the page; StepError where it is rejected."""
        given = action["Configuration"]
        summary = resolved(given["CustomData"], run)
        link = resolved(given["ExternalEntityLink"], run)
        page = self.page(link, f"{run.id[:8]}-{step.stage}.html")
        for line in (summary, f"its page: {shown(page)}"):
            step.note(line)
        if rejected or not self.ask(f"\n{summary}\n{shown(page)}\nApprove {step.stage}? [yes/no] "):
            raise StepError(f"{step.stage}/{step.action}: rejected")
        return {}

    def page(self, link: str, name: str) -> Path:
        """Download the page that an approval links to from the artifact bucket."""
        parts = urlsplit(link)
        bucket, key = parts.path.rpartition("/")[2], parse_qs(parts.query)["prefix"][0]
        found = self.cloud.client("s3", "tooling").get_object(Bucket=bucket, Key=key)["Body"].read()
        (self.logs / name).write_bytes(found)
        return self.logs / name

    def recovered(self, stage: Mapping[str, Any], run: Run, commit: Commit, error: StepError) -> bool:
        """Roll back or retry as the stage's OnFailure says; return whether the run continues."""
        for fault in error.faults:
            self.transcript.print(fault, MARGIN)
        result = stage.get("OnFailure", {}).get("Result", "FAIL")
        self.transcript.print(f"\nStage {stage['Name']} failed: {result}")
        if result == "ROLLBACK":
            before = self.passed.get(stage["Name"])
            if before is None:
                self.transcript.print("no run has passed this stage: there is nothing to go back to", MARGIN)
                return False
            self.transcript.print(f"back to run {before.id}, with its artifacts and variables", MARGIN)
            self.stage(stage, before.again(), commit)
        elif result == "RETRY":
            self.transcript.print("once more, for it may have been an accident", MARGIN)
            try:
                self.stage(stage, run, commit)
            except StepError as again:
                for fault in again.faults:
                    self.transcript.print(fault, MARGIN)
            else:
                return True
        return False


def places(stages: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return every action as STAGE/ACTION, in order."""
    return [
        f"{stage['Name']}/{each['Name']}"
        for stage in stages
        for each in sorted(stage["Actions"], key=lambda one: int(one.get("RunOrder", 1)))
    ]


def resolved(text: str, run: Run) -> str:
    """Replace the variables in `text` by their values; StepError where no earlier action exported one."""

    def known(match: re.Match[str]) -> str:
        namespace, name = match.groups()
        if name not in run.variables.get(namespace, {}):
            raise StepError(f"{match[0]}: not found; expected a variable of an earlier action")
        return run.variables[namespace][name]

    return VARIABLE.sub(known, text)


def new_id() -> str:
    """Return an id for a run."""
    return str(uuid.uuid4())
