"""A plan: the change set of a release, its review in every format, and the record that an execution needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.aws import answering
from pipeline.change import change_set, drift, reviewing, stack_policy, summary
from pipeline.change.change_set import ChangeSetRequest
from pipeline.change.record import Plan, write_variables
from pipeline.change.releases import Releasable
from pipeline.change.sessions import RETRIES, ChangeError
from pipeline.change.states import PRESERVED
from pipeline.evaluation.template_files import UnreadableError
from pipeline.release.publish import Target
from pipeline.review import renderers
from pipeline.review.model import Review
from pipeline.review.reviews import RuleError
from pipeline.review.verdict import Policy, Verdict, decide

if TYPE_CHECKING:
    import boto3

PAGE = "review.html"
FILES = {"html": PAGE, "markdown": "review.md", "json": "review.json"}
CONTENT_TYPES = {"html": "text/html", "markdown": "text/markdown", "json": "application/json"}


@dataclass(frozen=True, kw_only=True)
class PlanRequest:
    """A release to plan, and the stack to plan it for."""

    release: Releasable
    stack: str
    run: str
    execution_role: str = ""
    policy: Policy = field(default_factory=Policy)
    required_digest: str = ""
    """The digest that the root template has to have; empty where any will do."""


@dataclass(frozen=True)
class Planned:
    """A plan, with its review if there is anything to review."""

    plan: Plan
    review: Review | None
    verdict: Verdict | None
    drift: list[str]
    predicted: bool
    notes: list[str] = field(default_factory=list)
    """What went wrong beside it, where there is no review to note it."""

    @property
    def summary(self) -> str:
        """The plan in one line that fits into an approval."""
        if self.review is None or self.verdict is None:
            return summary.unchanged(self.plan, self.drift)
        return summary.summary(self.plan, self.review, self.verdict, self.drift, predicted=self.predicted)

    def rendered(self, format_name: str, *, colour: bool = False) -> str:
        """Return the review in one of its formats."""
        if self.review is None or self.verdict is None:
            return "".join(f"{line}\n" for line in (self.summary, *self.notes))
        return renderers.rendered(self.review, self.verdict, format_name, colour=colour)


def plan(session: boto3.Session, request: PlanRequest) -> Planned:
    """Create the change set, review it, and detect drift; raise ChangeError where that cannot be done."""
    release, stack = request.release, request.stack
    if request.required_digest and request.required_digest != release.digest:
        raise ChangeError(
            f"{stack}: the release has the root {release.digest}; expected {request.required_digest}, "
            "which has run"
        )
    with answering(stack):
        client = session.client("cloudformation", config=RETRIES)
        url = template_url(session, release)
        created = change_set.create(
            client,
            stack,
            ChangeSetRequest(
                name=f"run-{request.run}",
                description=f"release {release.name}, root {release.digest}",
                template_url=url,
                configuration=release.configuration,
                execution_role=request.execution_role,
            ),
        )
        record = Plan(
            run=request.run,
            release=release.name,
            stack=stack,
            change_set=created.id,
            digest=release.digest,
            nested=release.digests,
            template_url=url,
            given=release.configuration,
            execution_role=request.execution_role,
            state=created.state,
            protected=stack_policy.protected(release.layers),
        )
        # CloudFormation detects no drift in a stack whose creation failed.
        unfinished = created.creates_stack or created.state.status in PRESERVED
        drifted = [] if unfinished else list(drift.drifted(client, stack))
        if not created.id:
            return Planned(record, None, None, drifted, predicted=False, notes=created.notes)
        try:
            reviewed = reviewing.review(client, stack, created.id, release, creating=unfinished)
        except (RuleError, UnreadableError) as fault:
            raise ChangeError(f"{stack}: the change set cannot be reviewed: {fault}") from fault
    review = reviewed.review
    review.notes += [f"drift: {line}" for line in drifted]
    verdict = decide(review, request.policy)
    blocking = sorted({f"{risk.kind}:{change.id}" for change, risk in verdict.blocking})
    blocking += [f"fault: {fault}" for fault in verdict.faults]
    accepted = sorted({f"{risk.kind}:{change.id}" for change, risk in verdict.accepted})
    unprotected = stack_policy.unprotected(verdict, record.protected)
    review.notes += [
        f"stack policy: {resource} is not protected from this change, whose risk is accepted"
        for resource in unprotected
    ]
    record = replace(record, blocking=blocking, accepted=accepted, unprotected=unprotected)
    return Planned(record, review, verdict, drifted, reviewed.predicted)


def template_url(session: boto3.Session, release: Releasable) -> str:
    """Return the URL of the root template of a published release."""
    return Target(session.client("s3", config=RETRIES), release.bucket, "", Path()).url(release.key)


def write(planned: Planned, folder: Path, link: str) -> Mapping[str, str]:
    """Write the plan, its reviews and the variables of later steps to `folder`; return the variables."""
    variables = summary.variables(planned.plan, planned.summary, link)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for format_name, file in FILES.items():
            (folder / file).write_text(planned.rendered(format_name), encoding="utf-8")
        planned.plan.write(folder)
        write_variables(folder, variables)
    except OSError as error:
        raise ChangeError(
            f"{error.filename}: {error.strerror}; expected a folder to keep plans in"
        ) from error
    return variables


def link(session: boto3.Session, planned: Planned, place: str) -> str:
    """Return the URL of the page once `store` has put it under `place`: s3://bucket/prefix."""
    bucket, prefix = address(planned, place)
    return summary.console_link(str(session.region_name), bucket, f"{prefix}/{PAGE}")


def store(session: boto3.Session, planned: Planned, folder: Path, place: str) -> None:
    """Upload the reviews in `folder` to `place`, with the caller's own credentials."""
    bucket, prefix = address(planned, place)
    with answering(place):
        client = session.client("s3", config=RETRIES)
        for format_name, file in FILES.items():
            client.put_object(
                Bucket=bucket,
                Key=f"{prefix}/{file}",
                Body=(folder / file).read_bytes(),
                ContentType=f"{CONTENT_TYPES[format_name]}; charset=utf-8",
            )


def address(planned: Planned, place: str) -> tuple[str, str]:
    """Return the bucket of `place`, and the prefix of this plan's keys there."""
    bucket, _, prefix = place.removeprefix("s3://").partition("/")
    return bucket, "/".join(part for part in (prefix, planned.plan.stack, planned.plan.run) if part)
