"""docs/security.md names tests, resources and parameters that exist, and a reason for whatever stays."""

from __future__ import annotations

import pytest

from tests.documents import findings, security
from tests.documents.findings import FINDINGS, Finding, Verdict
from tests.pipeline.delivery import made
from tests.templates.rendered import TEMPLATES


def test_every_control_names_a_test_that_exists() -> None:
    assert [] == [control.test for control in security.CONTROLS if not security.exists(control.test)]


def test_every_suppression_has_a_reason() -> None:
    found = list(security.suppressions())

    assert found
    assert [] == [check for check, _, reason in found if len(reason) < len("a true reason")]


ALL_TEMPLATES = [*TEMPLATES.values(), *made.rendered().values()]
PARAMETERS = {name for template in ALL_TEMPLATES for name in template.get("Parameters", {})}
TYPES = {resource["Type"] for template in ALL_TEMPLATES for resource in template["Resources"].values()}


def kind(finding: Finding) -> str:
    return finding.kind


@pytest.mark.parametrize("finding", FINDINGS, ids=kind)
def test_a_finding_is_about_resources_that_the_templates_have(finding: Finding) -> None:
    assert finding.types
    assert set() == {f"AWS::{name}" for name in finding.types} - TYPES


@pytest.mark.parametrize("finding", FINDINGS, ids=kind)
def test_what_changes_a_finding_is_a_parameter_of_the_templates(finding: Finding) -> None:
    assert set() == set(finding.parameters) - PARAMETERS
    assert finding.parameters or finding.verdict is not Verdict.OPTION


@pytest.mark.parametrize("finding", FINDINGS, ids=kind)
def test_a_row_has_a_cell_in_each_column(finding: Finding) -> None:
    """A bar in a text would shift what stands after it into the next column."""
    assert len(security.FINDINGS.splitlines()[-1].split("|")) == len(finding.row().split("|"))


def test_parameters_are_told_from_files_and_permissions() -> None:
    text = "`LogRetentionDays` in `parameters/prod.json`, `kms:GrantIsForAWSResource`"

    assert ["LogRetentionDays"] == findings.PARAMETER.findall(text)
