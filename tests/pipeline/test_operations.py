"""The operations guide: every command in it exists, with the options that it is given."""

from __future__ import annotations

import argparse
import re
from importlib import import_module

import botocore.session
import pytest
from botocore import xform_name

from pipeline.commands import DEFAULT
from sandbox.rehearsal import failures
from tests.pipeline.delivery import made
from tests.pipeline.guide import TEXT, commands, words

# A customisation of the AWS CLI, which is no operation of the service.
DEPLOY = {"--stack-name", "--template-file", "--parameter-overrides", "--capabilities"}
# Options of the AWS CLI itself.
OF_THE_CLI = {"--query", "--output"}


def test_the_guide_has_commands() -> None:
    assert len(commands("aws ")) > 15
    assert len(commands("python build.py ")) > 4


@pytest.mark.parametrize("command", sorted(set(commands("aws "))))
def test_aws_knows_the_command_and_its_options(command: str) -> None:
    _, service, operation, *rest = words(command)
    given = {each for each in rest if each.startswith("--")} - OF_THE_CLI
    if (service, operation) == ("cloudformation", "deploy"):
        assert given <= DEPLOY
        return
    model = botocore.session.get_session().get_service_model(service)
    known = {xform_name(each, "-"): each for each in model.operation_names}
    assert operation in known

    shape = model.operation_model(known[operation]).input_shape
    members = {xform_name(each, "-") for each in (shape.members if shape else ())}
    options = {f"--{each}" for each in members} | {f"--no-{each}" for each in members}
    assert given - options == set()


@pytest.mark.parametrize("command", sorted(set(commands("python build.py "))))
def test_build_py_takes_the_command(command: str) -> None:
    _, _, *rest = words(command)
    if rest == ["COMMAND", "--help"]:
        return
    name = DEFAULT if rest[0].startswith("--") else rest.pop(0)
    parser = argparse.ArgumentParser(exit_on_error=False)
    import_module(f"pipeline.commands.{name}").options(parser)

    parser.parse_args(rest)


def test_what_is_given_by_hand_is_what_the_templates_ask_for() -> None:
    """The parameters of the two templates that are deployed by hand."""
    for name in ("store", "target"):
        (command,) = [
            each for each in commands("aws cloudformation deploy") if f"{name}.template.json" in each
        ]
        given = {each.partition("=")[0] for each in words(command) if re.match(r"[A-Z]\w+=", each)}
        assert given == set(made.rendered()[name]["Parameters"])


def test_stages_that_are_named_are_there() -> None:
    named = set(re.findall(r"--stage-name (\w+)", TEXT))

    assert named
    assert named <= set(made.stages())


def test_the_failures_that_are_told_are_those_that_can_be_rehearsed() -> None:
    """In the order of the pipeline, with what the stage does then."""
    rows = [line.split("|")[1:4] for line in TEXT.splitlines() if re.match(r"\| \w+/\w+ \|", line)]

    assert [place.strip() for place, _, _ in rows] == list(failures.KNOWN)
    for place, _, then in rows:
        result = made.stages()[place.strip().partition("/")[0]].get("OnFailure", {}).get("Result")
        expected = {"ROLLBACK": "back", "RETRY": "tried once more", None: "the run ends"}[result]
        assert then.strip().startswith(expected), place
