"""Configuration: `parameters/<env>.json`, held against the Parameters that the root template declares.

The file has the form that CodePipeline takes as a template configuration: Parameters, Tags, StackPolicy.
"""

from __future__ import annotations

import difflib
import fnmatch
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handlers.payments.json_objects import noting_repeated
from pipeline import BuildError
from pipeline.release.sources import content

SECTIONS = ("Parameters", "Tags", "StackPolicy")
# The file that declares the parameters of the payment stack's root.
SETTINGS = "templates/settings.py"
# Limits of CloudFormation.
VALUE_BYTES = 4096
TAGS = 50
POLICY_BYTES = 16_384
POLICY_ACTIONS = ("Update:*", "Update:Modify", "Update:Replace", "Update:Delete")
TAG_KEY = re.compile(r"^(?!aws:)[\w .:/=+@-]{1,128}$")
TAG_VALUE = re.compile(r"^[\w .:/=+@-]{0,256}$")


class ConfigurationError(BuildError):
    """A parameters file that no stack can be made from."""


@dataclass(frozen=True)
class Configuration:
    """One environment's numbers, as its file states them."""

    name: str
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    stack_policy: Mapping[str, Any]

    def document(self) -> dict[str, object]:
        """The template configuration that CodePipeline takes."""
        values = (dict(self.parameters), dict(self.tags), dict(self.stack_policy))
        return dict(zip(SECTIONS, values, strict=True))


def read(project: Path, environment: str, folder: str = "parameters") -> Configuration:
    """Return the configuration of `environment`; the ConfigurationError has a line for each fault of it."""
    name = f"{folder}/{environment}.json"
    known = sorted(path.stem for path in (project / folder).glob("*.json"))
    if environment not in known:
        expected = f"one of {', '.join(known)}" if known else "a file of this name"
        raise ConfigurationError(f"{name}: not found; expected {expected}")
    document = parse(content(project / name, name), name)
    faults = [f"{name}: {fault}" for fault in misshapen(document)]
    if faults:
        raise ConfigurationError(*faults)
    return Configuration(name, *(document[section] for section in SECTIONS))


def parse(data: bytes, name: str) -> Any:
    """Return the JSON in `data`; raises ConfigurationError where an object repeats a name."""
    repeated: list[str] = []
    try:
        document = json.loads(data.decode(), object_pairs_hook=noting_repeated(repeated))
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"{name}: byte {error.start} is not UTF-8; expected JSON in UTF-8"
        ) from error
    except json.JSONDecodeError as error:
        place = f"{name}:{error.lineno}:{error.colno}"
        raise ConfigurationError(f"{place}: {error.msg[:1].lower()}{error.msg[1:]}; expected JSON") from error
    if repeated:
        faults = (f"{name}: {member} stands there twice; expected it once" for member in repeated)
        raise ConfigurationError(*faults)
    return document


def misshapen(document: Any) -> Iterator[str]:
    """What keeps `document` from being a template configuration."""
    if not isinstance(document, dict):
        yield f"found {kind(document)}, expected an object of {', '.join(SECTIONS)}"
        return
    for section in SECTIONS:
        if section not in document:
            yield f"{section}: missing; expected {', '.join(SECTIONS)}"
        elif not isinstance(document[section], dict):
            yield f"{section}: found {kind(document[section])}, expected an object"
        elif section != "StackPolicy":
            yield from texts(section, document[section])
    for section in document.keys() - set(SECTIONS):
        yield f"{section}: unknown{close(section, SECTIONS)}; expected {', '.join(SECTIONS)}"
    if isinstance(document.get("Tags"), dict):
        yield from bad_tags(document["Tags"])


def texts(section: str, values: Mapping[str, object]) -> Iterator[str]:
    """The values of `section` that are no strings, the only thing that CodePipeline takes."""
    for name, value in values.items():
        if not isinstance(value, str):
            plain = isinstance(value, int | float)
            hint = f" in quotes: {json.dumps(json.dumps(value))}" if plain else ""
            yield f"{section}: {name}: found {kind(value)}, expected a string{hint}"


def bad_tags(tags: Mapping[str, object]) -> Iterator[str]:
    """What CloudFormation would refuse of `tags`."""
    if len(tags) > TAGS:
        yield f"Tags: found {len(tags)}, expected at most {TAGS}"
    for name, value in tags.items():
        if not TAG_KEY.search(name):
            yield f'Tags: found the key "{name}", expected 1 to 128 letters, digits or _.:/=+@-, not aws:'
        if isinstance(value, str) and not TAG_VALUE.search(value):
            yield f'Tags: {name}: found "{value}", expected up to 256 letters, digits or _ . : / = + @ -'


def check(given: Configuration, root: Mapping[str, Any], declared_in: str = SETTINGS) -> None:
    """Raise ConfigurationError unless a stack of the template `root` can be made from `given`.

    The error of an unknown name refers to the file that its parameters are `declared_in`.
    """
    faults = list(wrong_parameters(given.parameters, root.get("Parameters", {}), declared_in))
    faults += wrong_policy(given.stack_policy, set(root["Resources"]))
    if faults:
        raise ConfigurationError(*(f"{given.name}: {fault}" for fault in faults))


def wrong_parameters(
    values: Mapping[str, str], declared: Mapping[str, Mapping[str, Any]], declared_in: str
) -> Iterator[str]:
    """What is unknown, missing or ill-formed in `values`."""
    for name in sorted(values.keys() - declared.keys()):
        yield f"{name}: unknown{close(name, declared)}; expected only what {declared_in} declares"
    for name, properties in declared.items():
        if name in values:
            expected = refused(values[name], properties)
            if expected:
                yield f'{name}: found "{values[name]}", expected {expected}'
        elif "Default" not in properties:
            yield f"{name}: missing; expected {expectation(properties)} ({properties.get('Description', '')})"


def refused(value: str, properties: Mapping[str, Any]) -> str:
    """What CloudFormation expects instead of `value`; nothing where it takes it."""
    if len(value.encode()) > VALUE_BYTES:
        return f"at most {VALUE_BYTES} bytes"
    allowed = properties.get("AllowedValues")
    pattern = properties.get("AllowedPattern")
    if allowed is not None and value not in [str(each) for each in allowed]:
        return expectation(properties)
    if pattern is not None and not re.fullmatch(pattern, value):
        return expectation(properties)
    if properties["Type"] == "Number" and not within(value, properties):
        return expectation(properties)
    return ""


def within(value: str, properties: Mapping[str, Any]) -> bool:
    """Whether `value` is a whole number between the bounds that `properties` set."""
    if not re.fullmatch(r"-?[0-9]{1,18}", value):
        return False
    least, most = properties.get("MinValue"), properties.get("MaxValue")
    return (least is None or int(least) <= int(value)) and (most is None or int(value) <= int(most))


def expectation(properties: Mapping[str, Any]) -> str:
    """What a Parameter with these `properties` takes, in words."""
    if "AllowedValues" in properties:
        return "one of " + ", ".join(str(each) for each in properties["AllowedValues"])
    if properties["Type"] == "Number":
        words = {"MinValue": "from", "MaxValue": "to"}
        bounds = [f"{word} {properties[name]}" for name, word in words.items() if name in properties]
        return " ".join(["a whole number", *bounds])
    return str(properties.get("ConstraintDescription") or properties.get("AllowedPattern") or "a string")


def wrong_policy(policy: Mapping[str, Any], resources: set[str]) -> Iterator[str]:
    """What is ill-formed in a stack policy, or protects a resource that the root does not have."""
    size = len(json.dumps(policy))
    if size > POLICY_BYTES:
        yield f"StackPolicy: found {size:,} bytes, expected at most {POLICY_BYTES:,}"
    statements = policy.get("Statement")
    if not isinstance(statements, list):
        yield "StackPolicy: found no list named Statement, expected one"
        return
    for place, statement in enumerate(statements):
        where = f"StackPolicy: Statement {place}"
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            yield f"{where}: expected an object whose Effect is Allow or Deny"
            continue
        actions = listed(statement, "Action") + listed(statement, "NotAction")
        targets = listed(statement, "Resource") + listed(statement, "NotResource")
        if not actions or not targets or statement.get("Principal") != "*":
            yield f'{where}: expected an Action, a Resource and the Principal "*"'
        for action in set(actions) - set(POLICY_ACTIONS):
            yield f"{where}: found the action {action}, expected one of {', '.join(POLICY_ACTIONS)}"
        for target in targets:
            if not fnmatch.filter(["*", *(f"LogicalResourceId/{title}" for title in resources)], target):
                expected = ", ".join(f"LogicalResourceId/{title}" for title in sorted(resources))
                yield f"{where}: found the resource {target}, expected * or one of {expected}"


def listed(statement: Mapping[str, Any], name: str) -> list[str]:
    """The strings under `name`, where IAM's grammar lets one stand alone."""
    found = statement.get(name, [])
    return [found] if isinstance(found, str) else [str(each) for each in found]


def kind(value: object) -> str:
    """What `value` is, in the words of JSON."""
    if value is None or isinstance(value, bool | int | float):
        return json.dumps(value)
    return "a string" if isinstance(value, str) else "a list" if isinstance(value, list) else "an object"


def close(name: str, known: Iterable[str]) -> str:
    """A hint at the known name that `name` may be a slip of."""
    near = difflib.get_close_matches(name, known, 1)
    return f" (did you mean {near[0]}?)" if near else ""
