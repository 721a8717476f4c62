"""Planning: a change set of the whole release, its review in every form, and the record that binds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.aws import answering
from pipeline.change import change_set, drift, reviewing, summary
from pipeline.change.change_set import Wanted
from pipeline.change.record import Plan, tell
from pipeline.change.releases import Releasable
from pipeline.change.sessions import RETRIES, ChangeError
from pipeline.evaluation.template_files import UnreadableError
from pipeline.release.publish import Target
from pipeline.review import renderers
from pipeline.review.model import Review
from pipeline.review.reviews import RuleError
from pipeline.review.verdict import Policy, Verdict, decide

if TYPE_CHECKING:
    import boto3

FACES = {"html": "review.html", "markdown": "review.md", "json": "review.json"}
# What people open, and what a browser makes of it.
TYPES = {"review.html": "text/html", "review.md": "text/markdown", "review.json": "application/json"}
PAGE = "review.html"


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be planned, and for whom."""

    release: Releasable
    stack: str
    run: str
    execution_role: str = ""
    policy: Policy = field(default_factory=Policy)
    ran: str = ""
    """Digest of the root that ran before, and that this one has to be; empty where any will do."""


@dataclass(frozen=True)
class Planned:
    """A plan, with its review if there is anything to review."""

    plan: Plan
    review: Review | None
    verdict: Verdict | None
    drift: list[str]
    predicted: bool

    @property
    def summary(self) -> str:
        """The plan in as many words as an approval has room for."""
        if self.review is None or self.verdict is None:
            return summary.unchanged(self.plan, self.drift)
        return summary.summary(self.plan, self.review, self.verdict, self.drift, predicted=self.predicted)

    def face(self, name: str, *, colour: bool = False) -> str:
        """The review in one of its faces."""
        if self.review is None or self.verdict is None:
            return f"{self.summary}\n"
        return renderers.rendered(self.review, self.verdict, name, colour=colour)


def plan(session: boto3.Session, order: Order) -> Planned:
    """Make the change set, review it, and look for drift; raise ChangeError where that cannot be done."""
    release = order.release
    if order.ran and order.ran != release.digest:
        raise ChangeError(
            f"{order.stack}: the release has the root {release.digest}; expected {order.ran}, which has run"
        )
    with answering(order.stack):
        client = session.client("cloudformation", config=RETRIES)
        url = template_url(session, release)
        made = change_set.make(
            client,
            order.stack,
            Wanted(
                name=f"run-{order.run}",
                description=f"release {release.name}, root {release.digest}",
                template_url=url,
                given=release.given,
                execution_role=order.execution_role,
            ),
        )
        found = Plan(
            run=order.run,
            release=release.name,
            stack=order.stack,
            change_set=made.change_set,
            digest=release.digest,
            nested=release.digests,
            template_url=url,
            given=release.given,
            execution_role=order.execution_role,
            state=made.state,
        )
        moved = [] if made.creating else list(drift.drifted(client, order.stack))
        if not made.change_set:
            return Planned(found, None, None, moved, predicted=False)
        try:
            reviewed = reviewing.review(client, order.stack, made.change_set, release, creating=made.creating)
        except (RuleError, UnreadableError) as fault:
            raise ChangeError(f"{order.stack}: the change set cannot be reviewed: {fault}") from fault
    review = reviewed.review
    review.notes += [f"drift: {each}" for each in moved]
    verdict = decide(review, order.policy)
    blocking = sorted({f"{risk.kind}:{change.id}" for change, risk in verdict.blocking})
    blocking += [f"fault: {fault}" for fault in verdict.faults]
    return Planned(replace(found, blocking=blocking), review, verdict, moved, reviewed.predicted)


def template_url(session: boto3.Session, release: Releasable) -> str:
    """Where CloudFormation finds the root of a published release."""
    return Target(session.client("s3", config=RETRIES), release.bucket, "", Path()).url(release.key)


def write(planned: Planned, folder: Path, link: str) -> Mapping[str, str]:
    """Keep the plan, its reviews, and what later steps are told, in `folder`."""
    variables = summary.variables(planned.plan, planned.summary, link)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for face, name in FACES.items():
            (folder / name).write_text(planned.face(face), encoding="utf-8")
        planned.plan.write(folder)
        tell(folder, variables)
    except OSError as error:
        raise ChangeError(
            f"{error.filename}: {error.strerror}; expected a folder to keep plans in"
        ) from error
    return variables


def link(session: boto3.Session, planned: Planned, place: str) -> str:
    """Where people will find the page once `store` has put it under `place`: s3://bucket/prefix."""
    bucket, prefix = address(planned, place)
    return summary.console_link(str(session.region_name), bucket, f"{prefix}/{PAGE}")


def store(session: boto3.Session, planned: Planned, folder: Path, place: str) -> None:
    """Put the reviews in `folder` under `place`, as the caller."""
    bucket, prefix = address(planned, place)
    with answering(place):
        client = session.client("s3", config=RETRIES)
        for name, kind in TYPES.items():
            client.put_object(
                Bucket=bucket,
                Key=f"{prefix}/{name}",
                Body=(folder / name).read_bytes(),
                ContentType=f"{kind}; charset=utf-8",
            )


def address(planned: Planned, place: str) -> tuple[str, str]:
    """The bucket of `place`, and what the keys of this plan begin with there."""
    bucket, _, prefix = place.removeprefix("s3://").partition("/")
    return bucket, "/".join(part for part in (prefix, planned.plan.stack, planned.plan.run) if part)
