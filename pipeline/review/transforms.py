"""Transforms that nobody applied: what they may make of a change is not judged, and the review says so."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from pipeline.evaluation.stack import ATTRIBUTES, Stack
from pipeline.evaluation.transforms.calls import EMBEDDED, INCLUDE, SAM, TOP_LEVEL, identity
from pipeline.evaluation.transforms.expansion import Expansion, Unapplied
from pipeline.evaluation.transforms.sam import TYPES as SAM_TYPES
from pipeline.evaluation.values import StackPath, canonical
from pipeline.review.model import NOT_JUDGED, Change, Review, Risk, StackFinding
from pipeline.review.prediction.replacement import CUSTOM
from pipeline.review.prediction.schemas import schema

MODULE = "::MODULE"
PROCESSED = "the processed templates (aws cloudformation get-template --template-stage Processed)"
# The transforms of AWS that touch resources of some types alone, by the beginning of their names.
TOUCHES = {
    SAM: (SAM_TYPES,),
    "AWS::CodeDeployBlueGreen": ("AWS::CodeDeploy::", "AWS::ECS::", "AWS::ElasticLoadBalancingV2::"),
    "AWS::SecretsManager-": ("AWS::SecretsManager::RotationSchedule",),
}
ANYTHING = ("",)
# The parts of a resource that a review compares by their values.
EVALUATED = ("Type", "Properties", "Condition", "DependsOn", *ATTRIBUTES)
NOTHING = Expansion({}, {})


@dataclass
class Unjudged:
    """One stack on both sides, and the review that the risks of its transforms are added to."""

    before: Stack | None
    after: Stack | None
    review: Review
    path: StackPath = field(init=False)
    old: Expansion = field(init=False)
    new: Expansion = field(init=False)
    listed: dict[str, Change] = field(init=False)

    def __post_init__(self) -> None:
        self.path = next((stack.path for stack in (self.after, self.before) if stack is not None), ())
        self.old, self.new = (
            NOTHING if stack is None else stack.expansion for stack in (self.before, self.after)
        )
        self.listed = {each.resource: each for each in self.review.changes if each.stack == self.path}

    def add(self, names: Sequence[str], reason: str, kind: str = "") -> None:
        """Add the risk to resources, or to the entry of the transform itself, whose `kind` is its name."""
        for name in names:
            if name not in self.listed:
                if not kind:
                    self.uncount(name)
                change = Change(self.path, name, kind or self.type_of(name), "Dynamic")
                self.listed[name] = change
                self.review.changes.append(change)
            risk = Risk("UNJUDGED", reason)
            if risk not in self.listed[name].risks:
                self.listed[name].risks.append(risk)

    def uncount(self, name: str) -> None:
        """Take a resource out of those that stay as they are, or that AWS may list for what they read."""
        possible = [each for each in self.review.possible if (each.stack, each.resource) != (self.path, name)]
        if len(possible) < len(self.review.possible):
            self.review.possible = possible
        elif all(stack is not None and name in stack.resources for stack in (self.before, self.after)):
            self.review.unchanged -= 1

    def type_of(self, name: str) -> str:
        """The type of a resource as it is written, on the new side if it is there."""
        return next((str(type_of(side.get(name))) for side in self.sides() if name in side), "")

    def sides(self) -> tuple[Mapping[str, object], Mapping[str, object]]:
        """The resources as they are written, of the new side and of the old one."""
        return section(self.new.written, "Resources"), section(self.old.written, "Resources")


def judge(review: Review, old: Stack, new: Stack) -> None:
    """Add the risks, findings and notes of all transforms that were not applied."""
    before = {stack.path: stack for stack in old.tree()}
    after = {stack.path: stack for stack in new.tree()}
    for path in [*after, *(path for path in before if path not in after)]:
        both = Unjudged(before.get(path), after.get(path), review)
        embedded(both)
        whole(both)
        modules(both)
        hooks(both)
        local_files(both)
    for change in review.changes:
        if change.action in ("Add", "Modify", "Remove") and not change.type.endswith(MODULE):
            unknown_type(review, change)


def unknown_type(review: Review, change: Change) -> None:
    """Add what is not known of a type that the registry does not have here: a note, a finding or a risk."""
    if change.type.startswith(CUSTOM):
        change.notes.append("a custom resource: its provider decides what happens")
        return
    if schema(change.type) is not None or change.type.startswith(SAM_TYPES):
        return
    kind = "a type that is not" if change.type.startswith("AWS::") else "a private or third-party type, not"
    reason = f"{kind} in the registry schemas here: "
    if change.action == "Add":
        reason += "what it allows or opens is not known"
        review.findings.append(StackFinding(NOT_JUDGED, change.stack, change.resource, reason))
    else:
        change.risks.append(Risk("UNJUDGED", f"{reason}whether it is replaced, or holds data, is not known"))


def hooks(both: Unjudged) -> None:
    """Find the hooks that differ; they decide how an update goes, and change no resource."""
    old, new = (section(side.written, "Hooks") for side in (both.old, both.new))
    for name in {**new, **old}:
        if identity(old.get(name)) != identity(new.get(name)):
            what = "is new" if name not in old else "is gone" if name not in new else "differs"
            kind = type_of(new.get(name, old.get(name)))
            found(both, f"Hooks/{name}", f"the hook {kind} {what}; how it changes an update is not judged")


def local_files(both: Unjudged) -> None:
    """Note the local files of SAM resources, which are known by their paths alone."""
    paths = dict.fromkeys((*both.old.local, *both.new.local))
    if paths:
        both.review.notes.append(
            f"{stack_name(both.path)}: {', '.join(paths)}: local files are compared by their paths; "
            "what they hold is not seen"
        )


def embedded(both: Unjudged) -> None:
    """Judge the transforms within a template: one that differs is a risk, one that does not is a finding."""
    before, after = ([each for each in side.unapplied if not each.whole] for side in (both.old, both.new))
    places = dict.fromkeys(each.place for each in (*after, *before))
    for place in places:
        old = {key(each): each for each in before if each.place == place}
        new = {key(each): each for each in after if each.place == place}
        for name in new.keys() & old.keys():
            may_differ(both, new[name], "/".join(place))
        gone = [each for name, each in old.items() if name not in new]
        come = [each for name, each in new.items() if name not in old]
        for was, becomes in zip_longest(gone, come):
            differs(both, was, becomes)


def key(each: Unapplied) -> tuple[Hashable, ...]:
    """Return the parts that distinguish one transform from another at the same place."""
    return each.call.name, each.given, each.beside


def differs(both: Unjudged, was: Unapplied | None, becomes: Unapplied | None) -> None:
    """Add the risk of a transform that is new, gone, or given something else."""
    either = [each for each in (becomes, was) if each is not None]
    first = either[0]
    what = "is new" if was is None else "is gone" if becomes is None else "is given something else"
    if becomes and was and str(was.call) != str(becomes.call):
        what = f"was {was.call}"
    reason = (
        f"{first.call} {what}; it was not applied, so what it makes of {'/'.join(first.place)} is not "
        f"judged; {how(*either)}"
    )
    names = readers(both, first)
    both.add(names, reason, first.call.name if names == [entry(first)] else "")


def entry(each: Unapplied) -> str:
    """Return the id that a transform within a section is listed under."""
    first, *_ = each.place
    return EMBEDDED if first == "Resources" else f"{first}/{EMBEDDED}"


def readers(both: Unjudged, each: Unapplied) -> list[str]:
    """The resources that hold what a transform makes, or read it; the transform itself where none does."""
    first, *rest = each.place
    names: list[str] = []
    if first == "Resources" and rest:
        return [rest[0]]
    if first == "Mappings":
        known = set(rest[:1]) if rest else None
        declared = (
            section(both.new.template, "Mappings").keys() | section(both.old.template, "Mappings").keys()
        )
        names = [
            name
            for name, resource in all_resources(both).items()
            if any(found in known if known else found not in declared for found in looked_up(resource))
        ]
    if first == "Conditions":
        known = (
            section(both.new.template, "Conditions").keys() & section(both.old.template, "Conditions").keys()
        )
        names = [
            name
            for name, resource in all_resources(both).items()
            if any(found not in known or found in rest for found in conditions_in(resource))
        ]
    return names or [entry(each)]


def all_resources(both: Unjudged) -> dict[str, object]:
    """The resources of both sides as they are written, the new ones first."""
    new, old = both.sides()
    found = {**new, **{name: resource for name, resource in old.items() if name not in new}}
    return {name: resource for name, resource in found.items() if isinstance(resource, dict)}


def looked_up(node: object) -> Iterator[str]:
    """The mappings that an expression looks something up in."""
    if isinstance(node, list):
        for item in node:
            yield from looked_up(item)
    elif isinstance(node, dict):
        for name, argument in node.items():
            if name == "Fn::FindInMap" and isinstance(argument, list) and argument:
                yield str(argument[0])
            yield from looked_up(argument)


def conditions_in(node: object) -> Iterator[str]:
    """The conditions that a resource hangs on."""
    if isinstance(node, list):
        for item in node:
            yield from conditions_in(item)
    elif isinstance(node, dict):
        for name, argument in node.items():
            if name == "Condition" and isinstance(argument, str):
                yield argument
            elif name == "Fn::If" and isinstance(argument, list) and argument:
                yield str(argument[0])
            yield from conditions_in(argument)


def how(*either: Unapplied) -> str:
    """Return the remedy for a transform that is not judged: of either side, where they differ."""
    first = either[0]
    if first.call.name == INCLUDE:
        names = dict.fromkeys(
            each.call.location if isinstance(each.call.location, str) else "LOCATION" for each in either
        )
        options = " ".join(f"--include {name}=FILE" for name in names)
        return f"give what it includes with {options}, or {PROCESSED}"
    return f"{first.why}; or give {PROCESSED}" if first.why else f"give {PROCESSED}"


def whole(both: Unjudged) -> None:
    """Judge the transforms of a whole template: any difference that they see is a risk."""
    before, after = (
        {(each.call.name, each.given): each for each in side.unapplied if each.whole}
        for side in (both.old, both.new)
    )
    for name, each in {**before, **after}.items():
        same_call = name in before and name in after
        if each.call.name == INCLUDE:
            if same_call:
                may_differ(both, each, "the template")
            else:
                reason = f"{each.call} is new, gone or another; what it adds is not judged; {how(each)}"
                both.add([TOP_LEVEL], reason, each.call.name)
            continue
        names = touched(both, each, everything=not same_call)
        reason = f"{each.call} was not applied: what it makes is not judged; {how(each)}"
        if names:
            both.add(names, reason)
        elif not same_call or (prefixes(each) == ANYTHING and seen(both.old) != seen(both.new)):
            both.add([TOP_LEVEL], reason, each.call.name)
        else:
            may_differ(both, each, "the template")


def prefixes(each: Unapplied) -> tuple[str, ...]:
    """The beginnings of the types that a transform touches."""
    return next((types for name, types in TOUCHES.items() if each.call.name.startswith(name)), ANYTHING)


def touched(both: Unjudged, each: Unapplied, *, everything: bool) -> list[str]:
    """The resources that a transform touches and that differ; all of them where it is not on both sides."""
    new, old = both.sides()
    types = prefixes(each)
    shared = shared_types(both) if each.call.name == SAM else ()
    found = []
    for name in all_resources(both):
        mine = {str(type_of(side.get(name))) for side in (new, old) if name in side}
        if not any(kind.startswith(types) for kind in mine):
            continue
        differs = name in both.listed or unread(new.get(name)) != unread(old.get(name))
        all_of_it = everything and types != ANYTHING
        if differs or all_of_it or any(kind.startswith(shared) for kind in mine if shared):
            found.append(name)
    return found


def unread(resource: object) -> str:
    """Return the part of a resource that only a transform sees, in a form to compare."""
    if not isinstance(resource, dict):
        return ""
    return identity({name: part for name, part in resource.items() if name not in EVALUATED})


def shared_types(both: Unjudged) -> tuple[str, ...]:
    """The types of SAM whose shared properties differ; all of them where no resource is of these types."""
    old, new = (shared(stack) for stack in (both.before, both.after))
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    wanted = tuple(f"{SAM_TYPES}{name}" for name in names)
    if wanted and not any(str(type_of(each)).startswith(wanted) for each in all_resources(both).values()):
        return (SAM_TYPES,)
    return wanted


def shared(stack: Stack | None) -> dict[str, Hashable]:
    """The properties that resources of SAM share, by kind, in a form to compare."""
    if stack is None:
        return {}
    written = section(stack.expansion.written, "Globals")
    return {name: canonical(stack.resolve(part)) for name, part in written.items()}


def seen(side: Expansion) -> tuple[object, ...]:
    """Return the part of a stack that a macro sees, in a form to compare."""
    return identity({name: part for name, part in side.written.items() if name != "Description"}), side.values


def modules(both: Unjudged) -> None:
    """Judge modules, which AWS expands into resources that nobody here sees."""
    for name, resource in all_resources(both).items():
        kind = str(type_of(resource))
        if kind.endswith(MODULE):
            if name in both.listed:
                reason = f"the resources that the module {kind} stands for are not judged; give {PROCESSED}"
                both.add([name], reason)
            else:
                found(both, name, f"the module {kind} is expanded by AWS, and may have another version since")


def may_differ(both: Unjudged, each: Unapplied, place: str) -> None:
    """Find of a transform that is the same on both sides that its outcome may be another."""
    what = "what it holds may have changed" if each.call.name == INCLUDE else "it may answer otherwise now"
    subject = "/".join(each.place) or TOP_LEVEL
    found(both, subject, f"{each.call} was not applied to {place}, and {what}; {how(each)}")


def found(both: Unjudged, subject: str, reason: str) -> None:
    """Add a finding, once."""
    finding = StackFinding(NOT_JUDGED, both.path, subject, reason)
    if finding not in both.review.findings:
        both.review.findings.append(finding)


def section(template: Mapping[str, object], name: str) -> Mapping[str, object]:
    """A section of a template, empty where there is none."""
    written = template.get(name)
    return written if isinstance(written, dict) else {}


def type_of(resource: object) -> object:
    """The type of a resource as it is written."""
    return resource.get("Type", "") if isinstance(resource, dict) else ""


def stack_name(path: StackPath) -> str:
    """A stack by where it is nested."""
    return "/".join(path) or "root"
