from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

from pipeline.release.lint import environment
from tests.release.projects import Project

IGNORED = """        Metadata={"cfn-lint": {"config": {"ignore_checks": ["I3011"]}}},
"""


def findings(project: Project, **environment: str) -> list[dict[str, Any]]:
    done = project.run("--env", "dev", "--json", **environment)
    found: list[dict[str, Any]] = json.loads(done.stdout).get("Findings", [])
    assert done.returncode == (1 if found else 0), done.stderr
    return found


def junit(project: Project) -> ET.Element:
    return ET.fromstring((project.folder / "dist/lint.junit.xml").read_text())  # noqa: S314 - our own


def without_policy(project: Project) -> None:
    project.edit("templates/layer1.py", '        DeletionPolicy="Delete",\n', "")


def test_an_informational_finding_fails_the_build_with_its_source_line(project: Project) -> None:
    before = project.files()
    without_policy(project)

    found = findings(project)

    assert 30 == len(found)
    assert ("layer1", "I3011", "informational") == tuple(
        found[0][key] for key in ("template", "rule", "severity")
    )
    assert "templates/layer1.py:27" == found[0]["origin"]
    assert before == project.files()


def test_a_suppression_in_the_resources_metadata_is_heeded(project: Project) -> None:
    project.edit("templates/layer1.py", '        DeletionPolicy="Delete",\n', IGNORED)

    assert [] == findings(project)


def test_parameters_of_nested_stacks_are_checked_across_templates(project: Project) -> None:
    """The machinery wires rightly; a template that is bent afterwards is still caught."""
    project.edit("templates/stack.py", "camel(name): value", '"Wrong" + camel(name): value')

    rules = {each["rule"] for each in findings(project) if each["template"] == "root"}

    assert "E3043" in rules


def test_an_output_that_nobody_reads_is_a_finding(project: Project) -> None:
    project.edit("templates/layer2.py", "last: QueueArn", "last: QueueArn\n    idle: QueueArn")
    project.edit("templates/layer2.py", "Outputs(last=", 'Outputs(idle=QueueArn(GetAtt(queue, "Arn")), last=')

    found = findings(project)

    assert [("layer2", "Outputs/Idle", "unread-output")] == [
        (each["template"], each["title"], each["rule"]) for each in found
    ]


def test_an_input_that_is_not_used_is_a_finding(project: Project) -> None:
    project.edit("templates/layer1.py", "days=given.days, ", "")

    assert ["W2001"] == [each["rule"] for each in findings(project)]


def test_a_template_that_was_found_wrong_stays_wrong(project: Project) -> None:
    without_policy(project)

    assert findings(project) == findings(project) != []


def test_reports_for_ci_are_written_whether_or_not_something_is_found(project: Project) -> None:
    clean = junit(project)
    without_policy(project)
    findings(project)

    found = junit(project)
    sarif = json.loads((project.folder / "dist/lint.sarif").read_bytes())

    assert ("5", "0") == (clean[0].attrib["tests"], clean[0].attrib["failures"])
    assert ("5", "1") == (found[0].attrib["tests"], found[0].attrib["failures"])
    result = sarif["runs"][0]["results"][0]
    assert ("I3011", "note") == (result["ruleId"], result["level"])
    place = result["locations"][0]["physicalLocation"]
    assert {"artifactLocation": {"uri": "templates/layer1.py"}, "region": {"startLine": 27}} == place


def test_the_users_own_cache_and_configuration_do_not_count(project: Project, tmp_path: Path) -> None:
    """A newer copy of the schemas would win over the wheel's, and no two machines would agree."""
    home = tmp_path / "home"
    schemas = home / ".cache/aws/cfn-lint/schemas"
    (schemas / "providers").mkdir(parents=True)
    (schemas / "version.json").write_text('{"schema_date": "2999-01-01"}')
    (schemas / "providers/us-east-1.json").write_text("{}")
    (home / ".cfnlintrc").write_text("ignore_checks: [I3011]\n")
    without_policy(project)

    found = findings(project, HOME=str(home), XDG_CACHE_HOME=str(home / ".cache"))

    assert {"I3011"} == {each["rule"] for each in found}


def test_the_linter_sees_no_home() -> None:
    assert {"/dev/null"} == {environment()[name] for name in ("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA")}


def test_a_linter_that_dies_is_told(project: Project) -> None:
    project.edit("templates/layer1.py", "86400", "3600")
    project.write(".cfnlintrc.yaml", "no_such_key: true\n")

    done = project.run("--env", "dev")

    assert 1 == done.returncode
    assert done.stderr.splitlines()[-1].startswith("error: cfn-lint: ended with ")
