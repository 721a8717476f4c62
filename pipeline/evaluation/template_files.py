"""Templates and parameters read from files; nested templates are looked up in a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline import BuildError
from pipeline.evaluation.documents import Document
from pipeline.evaluation.stack import Load, Raw, Stack
from pipeline.evaluation.transforms.expansion import Transforms
from pipeline.evaluation.transforms.includes import Includes
from pipeline.evaluation.values import ABSENT, Atom, NoValue, StackPath, Unknown, Value


class UnreadableError(BuildError):
    """A file that a review cannot use; the message names it, what was found and what was expected."""


def content(file: Path) -> Any:  # whatever a file holds
    """What a JSON or YAML file holds; raises UnreadableError for one that is not there, or no text."""
    try:
        source = file.read_text(encoding="utf-8")
    except OSError as fault:
        raise UnreadableError(f"{file}: cannot be read: {fault.strerror}; expected a file") from fault
    except UnicodeDecodeError as fault:
        raise UnreadableError(f"{file}: cannot be read: no UTF-8 at byte {fault.start}") from fault
    return parsed(file, source)


def document(file: Path) -> Document:
    """The mapping in a JSON or YAML file."""
    found = content(file)
    if not isinstance(found, dict):
        raise UnreadableError(f"{file}: found {type(found).__name__}, expected a mapping")
    return found if isinstance(found, Document) else Document(found, file)


def parsed(file: Path, source: str) -> Any:  # whatever a file holds
    """What a file says, in JSON or, unless it looks like JSON, in CloudFormation's YAML."""
    if not source.lstrip().startswith(("{", "[")):
        return parsed_yaml(file, source)
    repeats = False

    def member(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeats
        found = dict(pairs)
        repeats = repeats or len(found) != len(pairs)
        return found

    try:
        found = json.loads(source, object_pairs_hook=member)
    except json.JSONDecodeError as fault:
        raise UnreadableError(f"{file}: line {fault.lineno}: {fault.msg}, expected JSON") from fault
    if repeats and isinstance(found, dict):
        from pipeline.evaluation.yaml_templates import repeated  # noqa: PLC0415 # JSON pays nothing for YAML

        return Document(found, file, repeated(source))
    return found


def parsed_yaml(file: Path, source: str) -> Any:  # whatever a file holds
    """Return the content of a file in CloudFormation's YAML."""
    import yaml  # noqa: PLC0415 # JSON pays nothing for YAML

    from pipeline.evaluation.yaml_templates import Loader, repeated  # noqa: PLC0415

    try:
        loader = Loader(source)
        try:
            found = loader.get_single_data()
        finally:
            loader.dispose()
    except yaml.YAMLError as fault:
        raise UnreadableError(f"{file}: {' '.join(str(fault).split())}, expected YAML") from fault
    if loader.repeats and isinstance(found, dict):
        return Document(found, file, repeated(source))
    return found


def template(file: Path) -> Document:
    """The template in a file."""
    found = document(file)
    if "Transform" in found:
        found.setdefault("Resources", {})  # a transform may add them all
    if not isinstance(found.get("Resources"), dict):
        raise UnreadableError(f"{file}: found no Resources, expected a CloudFormation template")
    return found


def parameters(file: Path) -> dict[str, Value]:
    """Parameter values from a file: plain, CodePipeline's configuration, or the CLI's list.

    What keeps its previous value is an unknown; `carried` looks it up on the other side.
    """
    found = content(file)
    if isinstance(found, dict) and isinstance(found.get("Parameters"), dict | list):
        found = found["Parameters"]
    if isinstance(found, list) and all(isinstance(each, dict) and "ParameterKey" in each for each in found):
        found = dict(listed(file, each) for each in found)
    if not isinstance(found, dict):
        raise UnreadableError(f"{file}: found {type(found).__name__}, expected parameters by name")
    return found


def stack_policy(file: Path | None) -> object:
    """The stack policy in a configuration of CodePipeline; None where there is none."""
    found = content(file) if file else None
    return found.get("StackPolicy") if isinstance(found, dict) else None


def listed(file: Path, told: dict[str, Any]) -> tuple[str, Value]:
    """A parameter as the CLI lists it: with its value, or told to keep the one it has."""
    name = str(told["ParameterKey"])
    if "ParameterValue" in told:
        return name, told["ParameterValue"]
    if str(told.get("UsePreviousValue")).lower() == "true":
        return name, previous(name)
    raise UnreadableError(f"{file}: {name}: found no ParameterValue, expected one, or UsePreviousValue")


def previous(name: str) -> Unknown:
    """The value that a parameter had when the stack was last updated."""
    key = ("previous", name)
    label = f"previous value of {name} (not given)"
    return Unknown(label, key, atom=Atom(key, label))


def carried(given: Mapping[str, Value], before: Stack) -> dict[str, Value]:
    """Return the parameters of the new side, with the old side's value for each that keeps it.

    A value that the old side has no default for and was not given is one symbol, the same on both sides.
    """
    made = dict(given)
    for name in keeping(given):
        default = before.resolve(before.parameters.get(name, {}).get("Default", ABSENT))
        if name in before.given:
            made[name] = before.given[name]
        elif not isinstance(default, NoValue):
            made[name] = default
        elif name in before.parameters:
            made[name] = before.parameter(name)
    return made


def left_open(given: Mapping[str, Value], before: Stack) -> list[str]:
    """Return the parameters that keep a previous value which nobody gave."""
    after = carried(given, before)
    return [name for name in keeping(given) if isinstance(after[name], Unknown)]


def keeping(given: Mapping[str, Value]) -> list[str]:
    """The parameters that keep their previous value, whatever it is."""
    return [name for name, value in given.items() if value == previous(name)]


def nested_in(folder: Path | None) -> Load:
    """Find nested templates in a folder: by logical ids (`Outer/Inner.json`), or by the TemplateURL."""

    def load(path: StackPath, url: str | None) -> Raw | None:
        if folder is None:
            return None
        names = ["/".join(path), ".".join(path), path[-1]]
        candidates = [
            folder / f"{name}{suffix}" for name in names for suffix in (".json", ".yaml", ".yml", ".template")
        ]
        if url:
            candidates += [folder / url, folder / url.rsplit("/", 1)[-1]]
        found = next((each for each in candidates if each.is_file()), None)
        return template(found) if found else None

    return load


def stack(
    root: Path,
    nested: Path | None = None,
    given: Mapping[str, Value] | None = None,
    told: Mapping[str, str] | None = None,
    included: Mapping[str, Path] | None = None,
) -> Stack:
    """One side of a comparison: the root template in a file, its nested templates in a folder.

    `included` are the files that stand for locations of AWS::Include.
    """
    return Stack(template(root), given or {}, nested_in(nested), told=told, transforms=transforms(included))


def transforms(included: Mapping[str, Path] | None = None) -> Transforms:
    """The means to apply the transforms of templates in files."""
    return Transforms(Includes(included or {}), content)
