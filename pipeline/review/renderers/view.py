"""The view model of a review: what all renderers show is selected, grouped, counted and named here, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.evaluation.stack import STACK_TYPE
from pipeline.evaluation.values import StackPath, references
from pipeline.review.model import NOT_JUDGED, STACK_TAGS, Change, PropertyChange, Review
from pipeline.review.renderers import entries, wording
from pipeline.review.renderers.entries import RiskView
from pipeline.review.renderers.new_versions import new_versions
from pipeline.review.verdict import ERROR, RISKY, Verdict

NESTED_STACKS = "listed as nested stacks, for what may change in them"
FEWEST_VERSIONS = 2
"""So many functions with a new version are read more easily together than apart."""
SEVERAL = 2
READERS = "that AWS may list, for they read from what changes in place"


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
        return wording.cut(self.before, self.after, longest, self.cause, follows=self.follows)

    def edit(self, longest: int = wording.LONGEST) -> str:
        """Return the place with its value before and after, on one line."""
        before, after = self.values(longest)
        return f"{self.name}: {wording.NOT_TOLD if self.hidden else f'{before} → {after}'}"


@dataclass(frozen=True)
class ResourceView:
    """Resources in which the same happens for the same reason, most often one: what, why, and every place.

    `ids` and `names` are theirs, with and without the stack. `because` is empty where places differ in it.
    """

    ids: list[str]
    names: list[str]
    type: str
    doing: str
    sign: str
    fate: str
    because: str
    places: list[PlaceView]
    notes: list[str]


@dataclass(frozen=True)
class VersionsView:
    """The functions of a stack that get a new version, each with all that changes because of it."""

    title: str
    functions: list[tuple[str, list[ResourceView]]]


@dataclass(frozen=True)
class StackView:
    """A stack: the counts of all its changes, and the resources that change in more than stack tags."""

    id: str
    name: str
    counts: str
    resources: list[ResourceView]
    versions: VersionsView | None = None


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
    risks = entries.risks(verdict)
    return View(
        code=verdict.code,
        headline=headline(review, verdict, sum(risk.mode == "blocks" for risk in risks)),
        title=review.title,
        tally=tally(review),
        faults=verdict.faults,
        risks=risks,
        nothing_changes=not review.changes,
        stacks=stacks(review, verdict),
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


def headline(review: Review, verdict: Verdict, together: int) -> str:
    """Return the verdict in a line; `together` is the number of entries that list the blocking risks."""
    if verdict.code == ERROR:
        return "Cannot be judged"
    if verdict.code == RISKY:
        number = len(verdict.blocking)
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
    verdict_line = headline(review, verdict, entries.number(verdict.blocking))
    return f"{verdict_line}; {wording.counts(certain(review.changes))}"


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


def stacks(review: Review, verdict: Verdict) -> list[StackView]:
    """Return the stacks in which something certainly changes, the root first."""
    ranks: dict[str, int] = {}
    for rank, (change, _, _) in enumerate(verdict.risks()):
        ranks.setdefault(change.id, rank)
    found = []
    for path, changes in review.stacks().items():
        own = certain(changes)
        if own:
            found.append(stack_view(path, sorted(own, key=lambda change: severity(change, ranks))))
    return found


def severity(change: Change, ranks: dict[str, int]) -> tuple[int, int]:
    """Return the rank of a change, the worst first: by its risks, then by what happens to the resource."""
    return ranks.get(change.id, len(ranks)), wording.WORST_FIRST.index(wording.doing(change))


def stack_view(path: StackPath, changes: Sequence[Change]) -> StackView:
    """Return one stack with its changes, the worst first."""
    released = new_versions(changes)
    released = released if len(released) >= FEWEST_VERSIONS else {}
    elsewhere = {change.id for members in released.values() for change in members}
    shown = [change for change in changes if not only_tagged(change) and change.id not in elsewhere]
    return StackView(
        id="/".join(path),
        name=wording.stack_name(path),
        counts=wording.counts(changes),
        resources=alike([resource_view(change) for change in shown]),
        versions=versions_view(released) if released else None,
    )


def versions_view(released: dict[str, list[Change]]) -> VersionsView:
    """Return the functions that get a new version."""
    return VersionsView(
        f"{len(released)} functions get a new version",
        [(name, [resource_view(change) for change in members]) for name, members in sorted(released.items())],
    )


def alike(resources: Sequence[ResourceView]) -> list[ResourceView]:
    """Return the resources, those of a type in which the same happens for the same reason as one."""
    found: dict[tuple[object, ...], list[ResourceView]] = {}
    for resource in resources:
        place = (resource.type, resource.doing, resource.fate, resource.because)
        found.setdefault((*place, *resource.places, *resource.notes), []).append(resource)
    return [
        group[0]
        if len(group) == 1
        else replace(
            group[0],
            ids=[id_ for resource in group for id_ in resource.ids],
            names=[name for resource in group for name in resource.names],
        )
        for group in found.values()
    ]


def resource_view(change: Change) -> ResourceView:
    """Return one resource with each place that changes."""
    doing = wording.doing(change)
    causes = {(place.cause, place.chain) for place in change.properties}
    return ResourceView(
        ids=[change.id],
        names=[change.resource],
        type=change.type,
        doing=doing,
        sign=wording.SIGNS[doing],
        fate=wording.fate(change),
        because=wording.chain(change.cause, change.chain) if len(causes) < SEVERAL else "",
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
