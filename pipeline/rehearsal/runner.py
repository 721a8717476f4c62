"""Runner: takes a commit through the stages of the deployed pipeline, as CodePipeline would."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pipeline.delivery import names
from pipeline.rehearsal import builds
from pipeline.rehearsal.aws import Cloud
from pipeline.rehearsal.builds import Bucket, StepError, Work
from pipeline.rehearsal.commit import Commit
from pipeline.rehearsal.told import SKIPPED, Step, Story
from sandbox import stacks

VARIABLE = re.compile(r"#\{([\w-]+)\.([\w-]+)\}")
# CodePipeline takes no more of a configuration's value.
LONGEST_VALUE = 1000
Ask = Callable[[str], bool]


@dataclass
class Run:
    """One run of the pipeline: what its actions have told and made so far."""

    id: str
    variables: dict[str, dict[str, str]] = field(default_factory=dict)
    artifacts: dict[str, str] = field(default_factory=dict)

    def again(self) -> Run:
        """A run of its own with what this one knew: a rollback."""
        run = Run(new_id(), {name: dict(told) for name, told in self.variables.items()}, dict(self.artifacts))
        run.variables["codepipeline"] = {"PipelineExecutionId": run.id}
        return run


@dataclass
class Runner:
    """The deployed pipeline, and what became of earlier runs."""

    cloud: Cloud
    story: Story
    ask: Ask
    logs: Path
    gateway_key: str
    fail: str = ""
    """STAGE or STAGE/ACTION that is to fail."""
    full: bool = False
    handed_over: set[str] = field(default_factory=set)
    passed: dict[str, Run] = field(default_factory=dict)
    """The last run that passed each stage."""

    def __post_init__(self) -> None:
        self.pipeline, self.projects = self.cloud.definitions()
        store = self.pipeline["ArtifactStore"]
        self.bucket = Bucket(store["Location"], store["EncryptionKey"]["Id"])

    def run(self, commit: Commit) -> str:
        """Take the commit through every stage; return the stage that ended it, or nothing."""
        run = Run(new_id())
        run.variables["codepipeline"] = {"PipelineExecutionId": run.id}
        given = self.pipeline.get("Variables", [])
        run.variables["variables"] = {each["Name"]: each.get("DefaultValue", "") for each in given}
        self.story.say(f"\nRun {run.id} ({self.pipeline['ExecutionMode']})")
        for stage in self.pipeline["Stages"]:
            self.story.say(f"\nStage {stage['Name']}")
            if not self.entered(stage, run):
                continue
            try:
                self.stage(stage, run, commit)
            except StepError as error:
                if not self.recovered(stage, run, commit, error):
                    return str(stage["Name"])
            self.passed[stage["Name"]] = Run(
                run.id, {name: dict(told) for name, told in run.variables.items()}, dict(run.artifacts)
            )
        return ""

    def entered(self, stage: Mapping[str, Any], run: Run) -> bool:
        """Whether the conditions of a stage let the run in; one that skips leaves the stage out."""
        for condition in stage.get("BeforeEntry", {}).get("Conditions", []):
            for rule in condition["Rules"]:
                if not self.holds(rule, run):
                    with self.story.step(run.id, stage["Name"], rule["Name"]) as step:
                        step.outcome = SKIPPED
                        step.note(f"{rule['Configuration']['Variable']} says that there is nothing to do")
                    if condition["Result"] != "SKIP":
                        raise StepError(f"{stage['Name']}: {rule['Name']} does not hold")
                    return False
        return True

    def holds(self, rule: Mapping[str, Any], run: Run) -> bool:
        """Whether a rule holds."""
        if rule["RuleTypeId"]["Provider"] != "VariableCheck":
            raise StepError(f"{rule['Name']}: a rehearsal knows no rule {rule['RuleTypeId']['Provider']}")
        given = rule["Configuration"]
        same = resolved(given["Variable"], run) == given["Value"]
        return same if given["Operator"] == "EQ" else not same

    def stage(self, stage: Mapping[str, Any], run: Run, commit: Commit, *, anew: bool = False) -> None:
        """Run the actions of a stage in their order; `anew`, nothing fails on demand."""
        for action in sorted(stage["Actions"], key=lambda each: int(each.get("RunOrder", 1))):
            place = f"{stage['Name']}/{action['Name']}"
            fails = not anew and self.fail in (place, stage["Name"])
            with self.story.step(run.id, stage["Name"], action["Name"]) as step:
                self.action(action, run, commit, step, fails=fails)
                self.look_after(place, step)

    def look_after(self, place: str, step: Step) -> None:
        """Do what somebody does by hand after the first release: hand the gateway's key over."""
        environment = {"Dev/Execute": "dev", "Prod/Execute": "prod"}.get(place)
        if environment and environment not in self.handed_over:
            outputs = stacks.outputs(
                self.cloud.client("cloudformation", environment), names.stack(environment)
            )
            secrets = self.cloud.client("secretsmanager", environment)
            secrets.put_secret_value(SecretId=outputs["GatewaySecretArn"], SecretString=self.gateway_key)
            self.handed_over.add(environment)
            step.note("by hand, once: the payment gateway's key goes into the stack's secret")

    def action(self, action: Mapping[str, Any], run: Run, commit: Commit, step: Step, *, fails: bool) -> None:
        """Run one action, and keep what it tells and makes."""
        provider = action["ActionTypeId"]["Provider"]
        makes = {each["Name"]: self.key(run, each["Name"]) for each in action.get("OutputArtifacts", [])}
        if provider == "CodeBuild":
            told = self.build(action, run, makes, step, fails=fails)
        elif provider == "CodeStarSourceConnection":
            told = self.source(action, commit, makes, step, fails=fails)
        elif provider == "Manual":
            told = self.approve(action, run, step, fails=fails)
        else:
            raise StepError(f"{step.stage}/{step.action}: a rehearsal knows no {provider}")
        run.artifacts |= makes
        if action.get("Namespace"):
            run.variables[action["Namespace"]] = told

    def key(self, run: Run, artifact: str) -> str:
        """Where an artifact of the run lies."""
        return f"{self.pipeline['Name']}/{run.id}/{artifact}.zip"

    def source(
        self, action: Mapping[str, Any], commit: Commit, makes: Mapping[str, str], step: Step, *, fails: bool
    ) -> dict[str, str]:
        """Take the commit; here it comes from this checkout, over no connection."""
        given = action["Configuration"]
        step.note(f"{given['FullRepositoryId']} {given['BranchName']}: taken from this checkout")
        if fails:
            raise StepError(f"{step.stage}/{step.action}: {builds.ON_DEMAND}")
        client = self.cloud.client("s3", "tooling")
        for key in makes.values():
            self.bucket.put(client, key, builds.of_folder(commit.folder))
        return {"BranchName": given["BranchName"], "CommitId": "rehearsal"}

    def build(
        self, action: Mapping[str, Any], run: Run, makes: Mapping[str, str], step: Step, *, fails: bool
    ) -> dict[str, str]:
        """Run a project on its artifacts."""
        given = action["Configuration"]
        taken = [each["Name"] for each in action.get("InputArtifacts", [])]
        first = given.get("PrimarySource", taken[0])
        order = [first, *(name for name in taken if name != first)]
        missing = [name for name in order if name not in run.artifacts]
        if missing:
            raise StepError(f"{step.stage}/{step.action}: takes {', '.join(missing)}, which nobody made")
        environment = {
            each["name"]: resolved(each["value"], run) for each in json.loads(given["EnvironmentVariables"])
        }
        work = Work(
            project=self.projects[given["ProjectName"]],
            environment=environment,
            takes={name: run.artifacts[name] for name in order},
            makes=makes,
            log=self.logs / f"{run.id[:8]}-{step.stage}-{step.action}.log",
            fails=fails,
            full=self.full,
        )
        told = builds.run(self.cloud, self.bucket, work, step)
        for name, value in told.items():
            if len(value) > LONGEST_VALUE:
                raise StepError(
                    f"{step.stage}/{step.action}: {name} has {len(value)} characters; "
                    f"expected at most {LONGEST_VALUE}"
                )
        return told

    def approve(self, action: Mapping[str, Any], run: Run, step: Step, *, fails: bool) -> dict[str, str]:
        """Ask a person, who has the summary and the page."""
        given = action["Configuration"]
        summary = resolved(given["CustomData"], run)
        link = resolved(given["ExternalEntityLink"], run)
        page = self.page(link, f"{run.id[:8]}-{step.stage}.html")
        for line in (summary, f"review {link}", f"that page, for this machine: {page}"):
            step.note(line)
        if fails or not self.ask(f"\n{summary}\n{page}\nApprove {step.stage}? [yes/no] "):
            raise StepError(f"{step.stage}/{step.action}: rejected{' on demand' if fails else ''}")
        return {}

    def page(self, link: str, name: str) -> Path:
        """The page that an approval links to, out of the artifact bucket."""
        parts = urlsplit(link)
        bucket, key = parts.path.rpartition("/")[2], parse_qs(parts.query)["prefix"][0]
        found = self.cloud.client("s3", "tooling").get_object(Bucket=bucket, Key=key)["Body"].read()
        self.logs.mkdir(parents=True, exist_ok=True)
        (self.logs / name).write_bytes(found)
        return self.logs / name

    def recovered(self, stage: Mapping[str, Any], run: Run, commit: Commit, error: StepError) -> bool:
        """Do what the stage says of its failure; return whether the run goes on."""
        for fault in error.faults:
            self.story.say(f"  {fault}")
        result = stage.get("OnFailure", {}).get("Result", "FAIL")
        self.story.say(f"\nStage {stage['Name']} failed: {result}")
        if result == "ROLLBACK":
            before = self.passed.get(stage["Name"])
            if before is None:
                self.story.say("  no run has passed this stage: there is nothing to go back to")
                return False
            self.story.say(f"  back to run {before.id}, with its artifacts and variables")
            self.stage(stage, before.again(), commit, anew=True)
        elif result == "RETRY":
            self.story.say("  once more, for it may have been an accident")
            try:
                self.stage(stage, run, commit)
            except StepError as again:
                self.story.say(f"  {again}")
            else:
                return True
        return False


def check_place(stages: Sequence[Mapping[str, Any]], place: str) -> None:
    """Raise StepError unless `place` names a stage, or an action in one."""
    known = [
        name
        for stage in stages
        for name in (stage["Name"], *(f"{stage['Name']}/{each['Name']}" for each in stage["Actions"]))
    ]
    if place not in known:
        raise StepError(f"--fail {place}: not found; expected one of {', '.join(known)}")


def resolved(text: str, run: Run) -> str:
    """`text` with the variables of earlier actions in it; StepError where one is not known."""

    def known(match: re.Match[str]) -> str:
        namespace, name = match.groups()
        if name not in run.variables.get(namespace, {}):
            raise StepError(f"{match[0]}: nobody has told it; expected an earlier action to")
        return run.variables[namespace][name]

    return VARIABLE.sub(known, text)


def new_id() -> str:
    """The id of a run."""
    return str(uuid.uuid4())
