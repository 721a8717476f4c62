from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pipeline.release.findings import Finding, Rule, dump, load
from pipeline.release.lint import environment
from tests.pipeline.release.projects import Project

TEXT = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string", "minLength": 1, "maxLength": 1024}},
}
LINK = {"type": "string", "pattern": "^https://[^ ]+$"}
# Of the schema of SARIF 2.1.0, what this report has, and what code scanning requires besides.
SARIF = {
    "type": "object",
    "required": ["$schema", "version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "minItems": 1,
            "items": {
                "required": ["tool", "results", "automationDetails"],
                "properties": {
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name", "version", "rules"],
                                "properties": {
                                    "informationUri": LINK,
                                    "rules": {
                                        "uniqueItems": True,
                                        "items": {
                                            "required": [
                                                "id",
                                                "shortDescription",
                                                "fullDescription",
                                                "help",
                                                "helpUri",
                                            ],
                                            "properties": {
                                                "id": {"type": "string", "minLength": 1},
                                                "shortDescription": TEXT,
                                                "fullDescription": TEXT,
                                                "help": TEXT,
                                                "helpUri": LINK,
                                            },
                                        },
                                    },
                                },
                            }
                        },
                    },
                    "results": {
                        "minItems": 1,
                        "items": {
                            "required": ["ruleId", "level", "message", "locations"],
                            "properties": {
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": TEXT,
                                "locations": {"minItems": 1, "items": {"required": ["physicalLocation"]}},
                            },
                        },
                    },
                },
            },
        },
    },
}
IGNORED = """        Metadata={"cfn-lint": {"config": {"ignore_checks": ["I3011"]}}},
"""


def findings(project: Project, **environment: str) -> list[dict[str, Any]]:
    done = project.run("--env", "dev", "--json", **environment)
    found: list[dict[str, Any]] = json.loads(done.stdout).get("Findings", [])
    assert done.returncode == (1 if found else 0), done.stderr
    return found


def junit(project: Project) -> ET.Element:
    return ET.fromstring((project.folder / "dist/lint.junit.xml").read_text())  # noqa: S314 - our own


@dataclass(frozen=True)
class Refused:
    """A build with something wrong in each layer, and what it told; a lint takes seconds, so there is one."""

    project: Project
    before: dict[str, bytes]
    clean: ET.Element
    found: list[dict[str, Any]]

    def of(self, template: str) -> list[dict[str, Any]]:
        """What was found in `template`."""
        return [each for each in self.found if each["template"] == template]


@pytest.fixture(scope="module")
def refused(built: Project, tmp_path_factory: pytest.TempPathFactory) -> Refused:
    folder = tmp_path_factory.mktemp("refused")
    project = built.copy(folder / "project")
    before, clean = project.files(), junit(project)
    project.edit("templates/layer0.py", "days=given.days, ", "")
    project.edit("templates/layer1.py", '        DeletionPolicy="Delete",\n', "")
    project.edit("templates/layer2.py", '        DeletionPolicy="Delete",\n', IGNORED)
    project.edit("templates/layer2.py", "last: QueueArn", "last: QueueArn\n    idle: QueueArn")
    project.edit("templates/layer2.py", "Outputs(last=", 'Outputs(idle=QueueArn(GetAtt(queue, "Arn")), last=')
    project.edit("templates/stack.py", "camel(name): value", '"Wrong" + camel(name): value')
    home = a_home_that_would_hide_it(folder)
    found = findings(project, HOME=str(home), XDG_CACHE_HOME=str(home / ".cache"))
    return Refused(project, before, clean, found)


def a_home_that_would_hide_it(folder: Path) -> Path:
    """A newer copy of the schemas would win over the wheel's, and no two machines would agree."""
    home = folder / "home"
    schemas = home / ".cache/aws/cfn-lint/schemas"
    (schemas / "providers").mkdir(parents=True)
    (schemas / "version.json").write_text('{"schema_date": "2999-01-01"}')
    (schemas / "providers/us-east-1.json").write_text("{}")
    (home / ".cfnlintrc").write_text("ignore_checks: [I3011]\n")
    return home


def test_an_informational_finding_fails_the_build_with_its_source_line(refused: Refused) -> None:
    found = refused.of("layer1")

    assert 30 == len(found)
    assert {("I3011", "informational")} == {(each["rule"], each["severity"]) for each in found}
    assert "templates/layer1.py:27" == found[0]["origin"]


def test_a_refused_build_leaves_the_release_as_it_was(refused: Refused) -> None:
    assert refused.before == refused.project.files()


def test_a_suppression_in_the_resources_metadata_is_heeded(refused: Refused) -> None:
    assert "I3011" not in {each["rule"] for each in refused.of("layer2")}


def test_the_users_own_cache_and_configuration_do_not_count(refused: Refused) -> None:
    assert {"I3011"} == {each["rule"] for each in refused.of("layer1")}


def test_parameters_of_nested_stacks_are_checked_across_templates(refused: Refused) -> None:
    """The machinery wires rightly; a template that is bent afterwards is still caught."""
    assert "E3043" in {each["rule"] for each in refused.of("root")}


def test_an_output_that_nobody_reads_is_a_finding(refused: Refused) -> None:
    assert [("Outputs/Idle", "unread-output")] == [
        (each["title"], each["rule"]) for each in refused.of("layer2")
    ]


def test_an_input_that_is_not_used_is_a_finding(refused: Refused) -> None:
    assert ["W2001"] == [each["rule"] for each in refused.of("layer0")]


def test_a_template_that_was_found_wrong_stays_wrong(refused: Refused) -> None:
    assert refused.found == findings(refused.project) != []


def test_reports_for_ci_are_written_whether_or_not_something_is_found(refused: Refused) -> None:
    found = junit(refused.project)
    sarif = json.loads((refused.project.folder / "dist/lint.sarif").read_bytes())

    assert ("5", "0") == (refused.clean[0].attrib["tests"], refused.clean[0].attrib["failures"])
    assert ("5", "4") == (found[0].attrib["tests"], found[0].attrib["failures"])
    result = next(each for each in sarif["runs"][0]["results"] if each["ruleId"] == "I3011")
    assert "note" == result["level"]
    place = result["locations"][0]["physicalLocation"]
    assert {"artifactLocation": {"uri": "templates/layer1.py"}, "region": {"startLine": 27}} == place


def test_every_finding_has_a_rule_that_is_described_and_linked(refused: Refused) -> None:
    """cfn-lint's and the build's own, as SARIF 2.1.0 and code scanning want them."""
    report = json.loads((refused.project.folder / "dist/lint.sarif").read_bytes())

    Draft202012Validator(SARIF).validate(report)
    (run,) = report["runs"]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in run["results"]} == rules.keys() >= {"I3011", "unread-output"}
    assert rules["I3011"]["helpUri"].startswith("https://docs.aws.amazon.com/AWSCloudFormation/")


def test_a_finding_that_is_remembered_still_has_its_rule() -> None:
    rule = Rule("E1", "Short", "At length.", "https://example.com/E1")
    found = [Finding("data", "Table", rule, "error", "wrong", "templates/data/__init__.py:3")]

    assert found == load(dump(found))
    assert {"rule": "E1"}.items() <= found[0].document().items()


def test_the_linter_sees_no_home() -> None:
    assert {"/dev/null"} == {environment()[name] for name in ("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA")}


def test_a_linter_that_dies_is_told(project: Project) -> None:
    project.edit("templates/layer1.py", "86400", "3600")
    project.write(".cfnlintrc.yaml", "no_such_key: true\n")

    done = project.run("--env", "dev")

    assert 1 == done.returncode
    assert done.stderr.splitlines()[-1].startswith("error: cfn-lint: ended with ")
