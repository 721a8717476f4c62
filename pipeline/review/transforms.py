"""Transforms that nobody applied: what they may make of a change is not judged, and the review says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.evaluation.stack import Stack
from pipeline.evaluation.transforms.calls import EMBEDDED, INCLUDE, SAM, TOP_LEVEL, identity
from pipeline.evaluation.transforms.expansion import Expansion, Unapplied
from pipeline.evaluation.transforms.sam import TYPES as SAM_TYPES
from pipeline.evaluation.values import StackPath
from pipeline.review.model import Change, Review, Risk, StackFinding

MODULE = "::MODULE"
PROCESSED = "the processed template (aws cloudformation get-template --template-stage Processed)"
# The transforms of AWS that touch resources of some types alone, by the beginning of their names.
TOUCHES = {
    SAM: (SAM_TYPES,),
    "AWS::CodeDeployBlueGreen": ("AWS::CodeDeploy::", "AWS::ECS::", "AWS::ElasticLoadBalancingV2::"),
    "AWS::SecretsManager-": ("AWS::SecretsManager::RotationSchedule",),
}
ANYTHING = ("",)
NOTHING = Expansion({}, {})
# What says that nothing is known to change, and that something may.
NOT_APPLIED = "NOT_APPLIED"


@dataclass
class Unjudged:
    """One stack on both sides, and the review that the risks of its transforms are added to."""

    path: StackPath
    old: Expansion
    new: Expansion
    review: Review
    listed: dict[str, Change] = field(init=False)

    def __post_init__(self) -> None:
        self.listed = {each.resource: each for each in self.review.changes if each.stack == self.path}

    def add(self, names: Sequence[str], reason: str, kind: str = "") -> None:
        """Add the risk to resources, or to the entry of the transform itself, whose `kind` is its name."""
        for name in names:
            if name not in self.listed:
                if not kind:
                    self.review.unchanged -= 1
                change = Change(self.path, name, kind or self.type_of(name), "Dynamic")
                self.listed[name] = change
                self.review.changes.append(change)
            risk = Risk("UNJUDGED", reason)
            if risk not in self.listed[name].risks:
                self.listed[name].risks.append(risk)

    def type_of(self, name: str) -> str:
        """The type of a resource as it is written, on the new side if it is there."""
        return next((str(type_of(side.get(name))) for side in self.sides() if name in side), "")

    def sides(self) -> tuple[Mapping[str, object], Mapping[str, object]]:
        """The resources as they are written, of the new side and of the old one."""
        return section(self.new.written, "Resources"), section(self.old.written, "Resources")


def judge(review: Review, old: Stack, new: Stack) -> None:
    """Add the risks, findings and notes of all transforms that were not applied."""
    before = {stack.path: stack.expansion for stack in old.tree()}
    after = {stack.path: stack.expansion for stack in new.tree()}
    for path in [*after, *(path for path in before if path not in after)]:
        both = Unjudged(path, before.get(path, NOTHING), after.get(path, NOTHING), review)
        embedded(both)
        whole(both)
        modules(both)
        local_files(both)


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
    before, after = (
        {(each.place, str(each.call), identity(each.call.parameters), each.beside): each for each in side}
        for side in (
            [each for each in both.old.unapplied if not each.whole],
            [each for each in both.new.unapplied if not each.whole],
        )
    )
    for key, each in {**before, **after}.items():
        if key in before and key in after:
            may_differ(both, each, "/".join(each.place))
            continue
        happens = "differs or is gone" if key in before else "is new, or differs"
        reason = (
            f"{each.call} {happens}, and was not applied: what it makes of {'/'.join(each.place)} is open"
        )
        names = readers(both, each)
        kind = each.call.name if names == [entry(each)] else ""
        both.add(names, f"{reason}; {how(each)}", kind)


def entry(each: Unapplied) -> str:
    """What a transform within a section is listed as."""
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


def how(each: Unapplied) -> str:
    """What to give to have a transform judged."""
    if each.call.name == INCLUDE:
        location = each.call.location
        name = location if isinstance(location, str) else "LOCATION"
        return f"give what it includes with --include {name}=FILE, or {PROCESSED}"
    if each.why:
        return f"{each.why}, or give {PROCESSED}" if "pip" in each.why else f"{each.why}; give {PROCESSED}"
    return f"give {PROCESSED} of both sides"


def whole(both: Unjudged) -> None:
    """Judge the transforms of a whole template: any difference that they see is a risk."""
    before, after = (
        {identity([each.call.name, each.call.parameters]): each for each in side.unapplied if each.whole}
        for side in (both.old, both.new)
    )
    for key, each in {**before, **after}.items():
        same_call = key in before and key in after
        if each.call.name == INCLUDE:
            if same_call:
                may_differ(both, each, "the template")
            else:
                both.add([TOP_LEVEL], f"{each.call} is new, gone or another; {how(each)}", each.call.name)
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
    """The resources that a transform touches and that differ, or all of them where it is not on both sides."""
    new, old = both.sides()
    types = prefixes(each)
    shared = shared_types(both) if each.call.name == SAM else ()
    found = []
    for name, resource in all_resources(both).items():
        mine = {str(type_of(side.get(name))) for side in (new, old) if name in side}
        if not any(kind.startswith(types) for kind in mine):
            continue
        differs = name in both.listed or identity(new.get(name)) != identity(old.get(name))
        all_of_it = everything and types != ANYTHING
        if differs or all_of_it or any(kind.startswith(shared) for kind in mine if shared):
            found.append(name)
    return found


def shared_types(both: Unjudged) -> tuple[str, ...]:
    """The types of SAM whose shared properties differ; all of them where no resource is of these types."""
    old, new = (section(side.written, "Globals") for side in (both.old, both.new))
    names = [name for name in {**old, **new} if identity(old.get(name)) != identity(new.get(name))]
    wanted = tuple(f"{SAM_TYPES}{name}" for name in names)
    if wanted and not any(str(type_of(each)).startswith(wanted) for each in all_resources(both).values()):
        return (SAM_TYPES,)
    return wanted


def seen(side: Expansion) -> tuple[object, ...]:
    """What a macro sees of a stack, in a form to compare."""
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
    finding = StackFinding(NOT_APPLIED, both.path, subject, reason)
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
