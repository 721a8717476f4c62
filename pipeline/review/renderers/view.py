"""The view model of a review: what all renderers show is selected, grouped, counted and named here, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.evaluation.stack import STACK_TYPE
from pipeline.evaluation.values import StackPath, references
from pipeline.review.model import NOT_JUDGED, STACK_TAGS, Change, PropertyChange, Review, Risk
from pipeline.review.renderers import wording
from pipeline.review.verdict import ERROR, RISKS, RISKY, Verdict

NESTED_STACKS = "listed as nested stacks, for what may change in them"
READERS = "that AWS may list, for they read from what changes in place"


@dataclass(frozen=True)
class RiskView:
    """A risk, and the resources that carry it in the same way: the first one, and the ids of the others.

    `mode` is "blocks", "warns" or "accepted"; `meaning` describes the class of risk.
    """

    kind: str
    mode: str
    meaning: str
    resource: str
    type: str
    reason: str
    before: str
    after: str
    because: str
    others: list[str]


@dataclass(frozen=True)
class PlaceView:
    """A place of a resource that changes; its values are whole, with secrets concealed.

    `follows` says that the new value refers to a resource.
    """

    name: str
    before: str
    after: str
    hidden: bool
    requires: str
    cause: str | None
    follows: bool

    def values(self, longest: int) -> tuple[str, str]:
        """Return both values, cut to a length."""
        if self.hidden:
            return wording.NOT_TOLD, wording.NOT_TOLD
        return wording.cut(self.before, self.after, longest, caused=self.follows)

    def edit(self, longest: int = wording.LONGEST) -> str:
        """Return the place with its value before and after, on one line."""
        before, after = self.values(longest)
        return f"{self.name}: {wording.NOT_TOLD if self.hidden else f'{before} → {after}'}"


@dataclass(frozen=True)
class ResourceView:
    """A resource that changes: what happens to it, why, and every place of it."""

    name: str
    type: str
    doing: str
    sign: str
    fate: str
    because: str
    places: list[PlaceView]
    notes: list[str]


@dataclass(frozen=True)
class StackView:
    """A stack: the counts of all its changes, and the resources that change in more than stack tags."""

    name: str
    counts: str
    resources: list[ResourceView]


@dataclass(frozen=True)
class TagsView:
    """Edits of stack tags, and the ids of the resources in which nothing else changes."""

    edits: list[str]
    resources: list[str]


@dataclass(frozen=True)
class PossibleView:
    """Resources that AWS lists, or may list, for one reason; each id with what the resource reads."""

    reason: str
    resources: list[tuple[str, str]]


@dataclass(frozen=True)
class FindingView:
    """A finding about a stack, and its place in it."""

    kind: str
    place: str
    reason: str


@dataclass(frozen=True)
class SettingView:
    """A setting of change sets, and the stacks for which it has this value."""

    name: str
    value: str
    stacks: list[str]


@dataclass(frozen=True)
class View:
    """A review with its verdict, in the order in which people read it."""

    code: int
    headline: str
    title: str
    tally: str
    faults: list[str]
    risks: list[RiskView]
    nothing_changes: bool
    stacks: list[StackView]
    tagged: list[TagsView]
    possible: list[PossibleView]
    findings: list[FindingView]
    unused: list[str]
    notes: list[str]
    settings: list[SettingView]


def of(review: Review, verdict: Verdict) -> View:
    """Return the view of a review under its verdict."""
    return View(
        code=verdict.code,
        headline=headline(review, verdict),
        title=review.title,
        tally=tally(review),
        faults=verdict.faults,
        risks=risks(verdict),
        nothing_changes=not review.changes,
        stacks=stacks(review),
        tagged=tagged(review.changes),
        possible=possible(review),
        findings=[
            FindingView(found.kind, f"{wording.stack_name(found.stack)}/{found.subject}", found.reason)
            for found in review.findings
        ],
        unused=unused(verdict),
        notes=review.notes,
        settings=settings(review),
    )


def headline(review: Review, verdict: Verdict) -> str:
    """Return the verdict in a line."""
    if verdict.code == ERROR:
        return "Cannot be judged"
    if verdict.code == RISKY:
        number = len(verdict.blocking)
        together = len({risk for _, risk in verdict.blocking})
        listed = f", listed as {together}" if together < number else ""
        return f"Stop: {number} {'risk' if number == 1 else 'risks'} not accepted{listed}"
    if not review.changes and all(found.kind == "NO_CHANGES" for found in review.findings):
        return "No changes"
    seen_whole = all(found.kind != NOT_JUDGED for found in review.findings)
    if not review.changes and not seen_whole:
        return "No changes in what was seen"
    if (
        not review.changes
        and not verdict.risks()
        and any(found.kind == "MAY_HAVE_MOVED" for found in review.findings)
    ):
        return "Nothing changes but what may have moved outside the templates"
    number = len(verdict.warnings) + len(verdict.accepted)
    known = f", with {number} known" if number else ""
    return f"Safe to execute{known}{'' if seen_whole else ', as far as it was seen'}"


def summary(review: Review, verdict: Verdict) -> str:
    """Return verdict and counts in one line, for where there is room for no more."""
    return f"{headline(review, verdict)}; {wording.counts(certain(review.changes))}"


def tally(review: Review) -> str:
    """Return the counts of what happens to resources, and of unchanged ones where that is known."""
    changes = certain(review.changes)
    counts = wording.counts(changes)
    if review.changes and not changes:
        counts = "nothing that is known to change"
    return f"{counts}; {review.unchanged} unchanged" if review.unchanged else counts


def certain(changes: Sequence[Change]) -> list[Change]:
    """Return the changes that AWS does not list on mere suspicion."""
    return [change for change in changes if not change.uncertain]


def risks(verdict: Verdict) -> list[RiskView]:
    """Return the risks of a verdict, the blocking ones first; those that read the same are one."""
    grouped: dict[tuple[Risk, str], list[Change]] = {}
    for change, risk, mode in verdict.risks():
        grouped.setdefault((risk, mode), []).append(change)
    return [risk_view(risk, mode, changes) for (risk, mode), changes in grouped.items()]


def risk_view(risk: Risk, mode: str, changes: Sequence[Change]) -> RiskView:
    """Return a risk and the changes that carry it."""
    first, *others = changes
    return RiskView(
        kind=risk.kind,
        mode=mode,
        meaning=RISKS.get(risk.kind, ""),
        resource=first.id,
        type=first.type,
        reason=wording.later(risk.reason),
        before=wording.later(risk.before),
        after=wording.later(risk.after),
        because=common_cause(changes),
        others=[change.id for change in others],
    )


def common_cause(changes: Sequence[Change]) -> str:
    """Return what all the changes come from: the whole chain or only its end, as far as they share it."""
    chains = [wording.chain(change.cause, change.chain) for change in changes]
    ends = {chain.rpartition(" ← ")[2] for chain in chains}
    if len(set(chains)) == 1:
        return chains[0]
    return ends.pop() if len(ends) == 1 else ""


def stacks(review: Review) -> list[StackView]:
    """Return the stacks in which something certainly changes, the root first."""
    found = []
    for path, changes in review.stacks().items():
        own = certain(changes)
        if own:
            found.append(stack_view(path, own))
    return found


def stack_view(path: StackPath, changes: Sequence[Change]) -> StackView:
    """Return one stack with its changes."""
    resources = [resource_view(change) for change in changes if not only_tagged(change)]
    return StackView(wording.stack_name(path), wording.counts(changes), resources)


def resource_view(change: Change) -> ResourceView:
    """Return one resource with each place that changes."""
    doing = wording.doing(change)
    return ResourceView(
        name=change.resource,
        type=change.type,
        doing=doing,
        sign=wording.SIGNS[doing],
        fate=wording.fate(change),
        because=wording.chain(change.cause, change.chain),
        places=[place_view(change, place) for place in change.properties],
        notes=change.notes,
    )


def place_view(change: Change, place: PropertyChange) -> PlaceView:
    """Return one place with its values."""
    before, after = wording.before_and_after(change, place)
    return PlaceView(
        name=wording.place_name(place),
        before=before,
        after=after,
        hidden=place.hidden,
        requires=place.requires,
        cause=place.cause,
        follows=bool(references(place.after)),
    )


def tagged(changes: Sequence[Change]) -> list[TagsView]:
    """Return the resources in which only tags of their stack change, by the edits of these tags."""
    found: dict[tuple[str, ...], list[str]] = {}
    for change in changes:
        if only_tagged(change):
            edits = tuple(place_view(change, place).edit() for place in change.properties)
            found.setdefault(edits, []).append(change.id)
    return [TagsView(list(edits), resources) for edits, resources in found.items()]


def only_tagged(change: Change) -> bool:
    """Return true where nothing changes in a resource but the tags that its stack hands down."""
    return (
        change.action == "Modify"
        and bool(change.properties)
        and not change.risks
        and not change.notes
        and all(place.cause == STACK_TAGS for place in change.properties)
    )


def possible(review: Review) -> list[PossibleView]:
    """Return the resources that AWS lists, or may list, although nothing is known to change in them."""
    found: dict[str, list[tuple[str, str]]] = {}
    for change in review.changes:
        if change.uncertain:
            reason = NESTED_STACKS if change.type == STACK_TYPE else READERS
            found.setdefault(reason, []).append((change.id, ", ".join(change.chain)))
    for resource in review.possible:
        found.setdefault(READERS, []).append((resource.id, resource.because))
    return [PossibleView(reason, resources) for reason, resources in sorted(found.items(), reverse=True)]


def unused(verdict: Verdict) -> list[str]:
    """Return a line for each accepted risk that was not found: a slip, or a risk that is gone."""
    if not verdict.unused:
        return []
    import difflib  # noqa: PLC0415 # nothing else compares words

    known = sorted(f"{risk.kind}:{change.id}" for change, risk, _ in verdict.risks())
    lines = []
    for accepted in verdict.unused:
        near = difflib.get_close_matches(accepted, known, 1)
        lines.append(f"accepted but not found: {accepted}{f'; did you mean {near[0]}?' if near else ''}")
    return lines


def settings(review: Review) -> list[SettingView]:
    """Return the settings of the change sets; one that several stacks share is listed once."""
    found: dict[tuple[str, str], list[str]] = {}
    for setting in review.settings:
        found.setdefault((setting.name, setting.value), []).append(setting.stack)
    return [SettingView(name, value, stacks) for (name, value), stacks in found.items()]
