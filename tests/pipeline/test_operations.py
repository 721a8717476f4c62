"""The guides of operations and of the first deployment: every command exists, with its options."""

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
from tests.pipeline.guide import FIRST_DEPLOYMENT, GUIDES, TEXT, commands, commands_of_all, words
from tests.templates.rendered import TEMPLATES

# A customisation of the AWS CLI, which is no operation of the service.
DEPLOY = {"--stack-name", "--template-file", "--parameter-overrides", "--capabilities"}
# Options of the AWS CLI itself.
OF_THE_CLI = {"--query", "--output"}


@pytest.mark.parametrize("text", GUIDES, ids=("operations", "first-deployment"))
def test_a_guide_has_commands(text: str) -> None:
    assert len(commands("aws ", text)) > 15
    assert len(commands("python build.py ", text)) > 4


def test_what_a_block_shows_of_the_output_is_no_command() -> None:
    assert ["aws a"] == commands("aws", "```\naws a\n```\n```text\naws b\n```\n")


@pytest.mark.parametrize("command", commands_of_all("aws "))
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


@pytest.mark.parametrize("command", commands_of_all("python build.py "))
def test_build_py_takes_the_command(command: str) -> None:
    _, _, *rest = words(command)
    if rest == ["COMMAND", "--help"]:
        return
    name = DEFAULT if rest[0].startswith("--") else rest.pop(0)
    parser = argparse.ArgumentParser(exit_on_error=False)
    import_module(f"pipeline.commands.{name}").options(parser)

    parser.parse_args(rest)


@pytest.mark.parametrize("text", GUIDES, ids=("operations", "first-deployment"))
def test_what_is_given_by_hand_is_what_the_templates_ask_for(text: str) -> None:
    """The parameters of the two templates that are deployed by hand."""
    for name in ("store", "target"):
        (command,) = [
            command
            for command in commands("aws cloudformation deploy", text)
            if f"{name}.template.json" in command
        ]
        given = {each.partition("=")[0] for each in words(command) if re.match(r"[A-Z]\w+=", each)}
        assert given == set(made.rendered()[name]["Parameters"])


@pytest.mark.parametrize("text", GUIDES, ids=("operations", "first-deployment"))
def test_stages_that_are_named_are_there(text: str) -> None:
    named = set(re.findall(r"--stage-name (\w+)", text))

    assert named
    assert named <= set(made.stages())


def test_both_guides_bring_up_the_pipeline_by_the_same_commands() -> None:
    """What is copied from one to the other stays alike: the stacks that are deployed by hand."""
    by_hand = [commands("aws cloudformation deploy", text) for text in GUIDES]

    assert by_hand[0] == by_hand[1]


def test_parameters_that_the_first_deployment_names_are_there() -> None:
    """The table of decisions, against the root's and the pipeline's Parameters."""
    rows = FIRST_DEPLOYMENT.partition("| parameter | choose |")[2].partition("\n\n")[0]
    named = set(re.findall(r"`([A-Z]\w+)`", "\n".join(row.split("|")[1] for row in rows.splitlines()[2:])))

    assert named
    assert named <= {*TEMPLATES["Root"]["Parameters"], *made.rendered()["pipeline"]["Parameters"]}


def test_the_failures_that_are_told_are_those_that_can_be_rehearsed() -> None:
    """In the order of the pipeline, with what the stage does then."""
    rows = [line.split("|")[1:4] for line in TEXT.splitlines() if re.match(r"\| \w+/\w+ \|", line)]

    assert [place.strip() for place, _, _ in rows] == list(failures.KNOWN)
    for place, _, then in rows:
        result = made.stages()[place.strip().partition("/")[0]].get("OnFailure", {}).get("Result")
        expected = {"ROLLBACK": "back", "RETRY": "tried once more", None: "the run ends"}[result]
        assert then.strip().startswith(expected), place
