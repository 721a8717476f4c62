"""Runner: takes a commit through the stages of the deployed pipeline, as CodePipeline would."""

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
from sandbox.rehearsal import builds, failures
from sandbox.rehearsal.accounts import Cloud
from sandbox.rehearsal.builds import Bucket, Work
from sandbox.rehearsal.checkout import Commit
from sandbox.rehearsal.transcript import MARGIN, SKIPPED, Step, StepError, Story, shown

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

    def kept(self) -> Run:
        """What it knows by now."""
        return Run(self.id, {name: dict(told) for name, told in self.variables.items()}, dict(self.artifacts))

    def again(self) -> Run:
        """A run of its own with what this one knew: a rollback."""
        run = replace(self.kept(), id=new_id())
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
    """STAGE/ACTION that is to fail."""
    handed_over: set[str] = field(default_factory=set)
    passed: dict[str, Run] = field(default_factory=dict)
    """The last run that passed each stage."""
    latest: dict[str, dict[str, str]] = field(default_factory=dict)
    """What goes on in each stage."""

    def __post_init__(self) -> None:
        self.look_up()

    def look_up(self) -> None:
        """See what CloudFormation has made of the pipeline."""
        self.pipeline, self.projects = self.cloud.definitions()
        store = self.pipeline["ArtifactStore"]
        self.bucket = Bucket(store["Location"], store["EncryptionKey"]["Id"])

    def run(self, commit: Commit, variables: Mapping[str, str] | None = None) -> str:
        """Take the commit through every stage; return the stage that ended it, or nothing."""
        run = Run(new_id())
        run.variables["codepipeline"] = {"PipelineExecutionId": run.id}
        given = self.pipeline.get("Variables", [])
        run.variables["variables"] = {
            **{each["Name"]: each.get("DefaultValue", "") for each in given},
            **(variables or {}),
        }
        self.latest.clear()
        self.story.say(f"\nRun {run.id}")
        for stage in self.pipeline["Stages"]:
            self.story.say(f"\nStage {stage['Name']}")
            if not self.entered(stage, run):
                continue
            try:
                self.stage(stage, run, commit)
            except StepError as error:
                self.report(stage["Name"], run.id, "Failed")
                if not self.recovered(stage, run, commit, error):
                    return str(stage["Name"])
            if self.pipeline != self.cloud.definitions()[0]:
                return self.restarted(stage, commit, variables)
            self.passed[stage["Name"]] = run.kept()
        return ""

    def restarted(self, stage: Mapping[str, Any], commit: Commit, variables: Mapping[str, str] | None) -> str:
        """End a run that changed the pipeline, and start the newest commit again, as CodePipeline does."""
        self.look_up()
        # A stage goes back only to runs of the pipeline as it is.
        self.passed.clear()
        self.story.say("\nThe pipeline has changed: this run ends, and no stage can go back beyond it")
        if not self.pipeline.get("RestartExecutionOnUpdate"):
            return str(stage["Name"])
        return self.run(commit, variables)

    def report(self, stage: str, run: str, status: str) -> None:
        """Have whoever asks for the pipeline's state hear of a run in a stage."""
        self.latest[stage] = {"pipelineExecutionId": run, "status": status}
        self.cloud.tell_state(
            [{"stageName": name, "latestExecution": execution} for name, execution in self.latest.items()]
        )

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
        """Run the actions of a stage in their order; `anew`, nothing is made to fail."""
        name = stage["Name"]
        self.report(name, run.id, "InProgress")
        for action in sorted(stage["Actions"], key=lambda each: int(each.get("RunOrder", 1))):
            place = f"{name}/{action['Name']}"
            failure = failures.KNOWN[place] if self.fail == place and not anew else None
            with self.story.step(run.id, name, action["Name"]) as step:
                if failure and failure.meanwhile:
                    failure.meanwhile(self, run, step)
                self.action(action, run, commit, step, rejected=bool(failure and failure.rejected))
                self.look_after(place, step)
        self.report(name, run.id, "Succeeded")

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

    def action(
        self, action: Mapping[str, Any], run: Run, commit: Commit, step: Step, *, rejected: bool
    ) -> None:
        """Run one action, and keep what it tells and makes."""
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
        """Where an artifact of the run lies."""
        return f"{self.pipeline['Name']}/{run.id}/{artifact}.zip"

    def source(
        self, action: Mapping[str, Any], commit: Commit, makes: Mapping[str, str], step: Step
    ) -> dict[str, str]:
        """Take the commit; here it comes from this checkout, over no connection."""
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
        )
        told = builds.run(self.cloud, self.bucket, work, self.story, step)
        for name, value in told.items():
            if len(value) > LONGEST_VALUE:
                raise StepError(
                    f"{step.stage}/{step.action}: {name} has {len(value)} characters; "
                    f"expected at most {LONGEST_VALUE}"
                )
        return told

    def approve(self, action: Mapping[str, Any], run: Run, step: Step, *, rejected: bool) -> dict[str, str]:
        """Ask a person, who has the summary and the page."""
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
        """The page that an approval links to, out of the artifact bucket."""
        parts = urlsplit(link)
        bucket, key = parts.path.rpartition("/")[2], parse_qs(parts.query)["prefix"][0]
        found = self.cloud.client("s3", "tooling").get_object(Bucket=bucket, Key=key)["Body"].read()
        (self.logs / name).write_bytes(found)
        return self.logs / name

    def recovered(self, stage: Mapping[str, Any], run: Run, commit: Commit, error: StepError) -> bool:
        """Do what the stage says of its failure; return whether the run goes on."""
        for fault in error.faults:
            self.story.say(fault, MARGIN)
        result = stage.get("OnFailure", {}).get("Result", "FAIL")
        self.story.say(f"\nStage {stage['Name']} failed: {result}")
        if result == "ROLLBACK":
            before = self.passed.get(stage["Name"])
            if before is None:
                self.story.say("no run has passed this stage: there is nothing to go back to", MARGIN)
                return False
            self.story.say(f"back to run {before.id}, with its artifacts and variables", MARGIN)
            self.stage(stage, before.again(), commit, anew=True)
        elif result == "RETRY":
            self.story.say("once more, for it may have been an accident", MARGIN)
            try:
                self.stage(stage, run, commit)
            except StepError as again:
                for fault in again.faults:
                    self.story.say(fault, MARGIN)
            else:
                return True
        return False


def places(stages: Sequence[Mapping[str, Any]]) -> list[str]:
    """Every action, as STAGE/ACTION, in order."""
    return [
        f"{stage['Name']}/{each['Name']}"
        for stage in stages
        for each in sorted(stage["Actions"], key=lambda one: int(one.get("RunOrder", 1)))
    ]


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
