from __future__ import annotations

import json
import re

import boto3
import pytest
from botocore.exceptions import ClientError
from troposphere import Template

from sandbox.emulator import Emulator
from sandbox.stubs import STUBS
from templates import account, root
from templates.stack import standalone
from tests.templates.samples import CODE


def kinds_of_resources() -> set[str]:
    """Every type that the templates have resources of."""
    nest = root.build(Template(), CODE)
    once, _ = standalone(account.build, account.Inputs)
    made = [nest.template, once, *nest.layers.values()]
    return {each["Type"] for template in made for each in template.to_dict()["Resources"].values()}


def test_stubbed_is_what_the_templates_use_and_the_emulator_lacks(untouched: Emulator) -> None:
    """Nothing more, so that a stub goes when the emulator learns its type; and nothing less."""
    resources = {f"Resource{number}": {"Type": kind} for number, kind in enumerate(kinds_of_resources())}
    client = boto3.client("cloudformation", **untouched.access)

    with pytest.raises(ClientError) as refused:
        client.validate_template(TemplateBody=json.dumps({"Resources": resources}))

    message = refused.value.response["Error"]["Message"]
    assert "Unrecognized resource types" in message
    assert set(re.findall(r"\w+::\w+::\w+", message)) == set(STUBS)
