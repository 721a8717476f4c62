"""Every call to AWS that the suite makes through botocore, held against the service's model.

botocore checks types, required members and minimum lengths, unless a client is told not to. The rest of what
a model says, patterns, maximum lengths and values of enums, is checked here: a call that breaks it raises,
and its test fails, whether or not something catches what was raised. tests/conftest.py installs this for all
clients of the process: of moto, of stubs, of emulators and of the CloudFormation in tests/aws/cloudformation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import Any, TypeAlias

from botocore.client import BaseClient
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape
from botocore.session import get_session
from botocore.validate import ParamValidationDecorator, ParamValidator

# Classes of characters that a model may name and Python's patterns lack, by what contains them there.
CLASSES = {r"\p{L}": r"\w", r"\p{N}": r"\d", r"\p{Z}": r"\s", r"\w-": r"\w\-"}

# All calls of a client pass the one, and the other says whether botocore validates them; neither is public.
CALL, SERIALIZER = "_make_api_call", "_serializer"

Parameters: TypeAlias = dict[str, Any]  # of any operation

faults: list[str] = []
"""What was wrong with calls so far, in the order of the calls."""


class ModelError(AssertionError):
    """A call that breaks the service's model."""


@contextmanager
def watched() -> Iterator[None]:
    """Raise ModelError at the end if a call within broke a model, also where the call's error was caught."""
    before = len(faults)
    try:
        yield
    finally:
        found = faults[before:]
        del faults[before:]
    if found:
        raise ModelError("\n".join(found))


def install() -> None:
    """Check the calls of all clients from now on."""
    unchecked: Callable[[BaseClient, str, Parameters], object] = getattr(BaseClient, CALL)

    @wraps(unchecked)
    def checked(client: BaseClient, operation_name: str, api_params: Parameters) -> object:
        check(client, operation_name, api_params)
        return unchecked(client, operation_name, api_params)

    setattr(BaseClient, CALL, checked)


def check(client: BaseClient, operation: str, parameters: Parameters) -> None:
    """Raise ModelError where the parameters of a call break the model of its operation."""
    validated = isinstance(getattr(client, SERIALIZER), ParamValidationDecorator)
    hold(client.meta.service_model, operation, parameters, validated=validated)


def check_fake(service: str, operation: str, parameters: Parameters) -> None:
    """Do the same for something that stands in for a client: it calls this itself."""
    hold(service_model(service), operation, parameters, validated=False)


@cache
def service_model(service: str) -> ServiceModel:
    """Return the model of a service."""
    return get_session().get_service_model(service)


def hold(service: ServiceModel, operation: str, parameters: Parameters, *, validated: bool) -> None:
    """Raise ModelError where parameters break the model; botocore checks a part of it unless told not to."""
    shape = service.operation_model(operation).input_shape
    if shape is None:
        return
    found = list(shape_faults(shape, parameters, ""))
    if not validated:
        report = ParamValidator().validate(parameters, shape)
        found += report.generate_report().splitlines() if report.has_errors() else []
    if found:
        lines = [f"{service.service_name}.{operation}: {fault}" for fault in found]
        faults.extend(lines)
        raise ModelError("\n".join(lines))


def shape_faults(shape: Shape, value: object, path: str) -> Iterator[str]:
    """Yield what a value has that its shape does not allow; the value may be a secret, and is left out."""
    if isinstance(shape, StringShape) and isinstance(value, str):
        yield from text_faults(shape, value, path)
        return
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high = shape.metadata.get("min", value), shape.metadata.get("max", value)
        if not low <= value <= high:
            yield f"{path}: found {value}, expected {low} to {high}"
    if isinstance(value, bytes | bytearray | dict | list | tuple):
        yield from length_faults(shape, len(value), path)
    for inner, member, place in members(shape, value, path):
        yield from shape_faults(inner, member, place)


def members(shape: Shape, value: object, path: str) -> Iterator[tuple[Shape, object, str]]:
    """Yield what is within a value, each with its shape and its path."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        for name in value.keys() & shape.members.keys():
            yield shape.members[name], value[name], f"{path}.{name}".lstrip(".")
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        for name, member in value.items():
            yield shape.key, name, f"{path} (key)"
            yield shape.value, member, f"{path}.{name}"
    elif isinstance(shape, ListShape) and isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield shape.member, item, f"{path}[{number}]"


def length_faults(shape: Shape, length: int, path: str) -> Iterator[str]:
    """Yield a fault where a length is out of bounds."""
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", length)
    if not low <= length <= high:
        yield f"{path}: found a length of {length}, expected {low} to {high}"


def text_faults(shape: StringShape, value: str, path: str) -> Iterator[str]:
    """Yield what is wrong with a text: its length, its characters, or that no enum has it."""
    yield from length_faults(shape, len(value), path)
    if shape.enum and value not in shape.enum:
        yield f"{path}: found none of the model's values, expected one of {', '.join(shape.enum)}"
    pattern = compiled(str(shape.metadata.get("pattern", "")))
    if pattern is not None and not pattern.fullmatch(value):
        yield f"{path}: does not match {pattern.pattern}"


@cache
def compiled(pattern: str) -> re.Pattern[str] | None:
    """Return a model's pattern; None for none, and for the few that Python cannot express."""
    for unknown, known in CLASSES.items():
        pattern = pattern.replace(unknown, known)
    try:
        return re.compile(pattern) if pattern else None
    except re.error:
        return None
