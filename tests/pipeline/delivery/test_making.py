"""dist/pipeline/ is built as every release is: the same bytes each time, linted, and nothing over a quota."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest

from pipeline.console import Silence
from pipeline.delivery import build
from pipeline.delivery.build import PIPELINE
from pipeline.release import configuration, quotas
from pipeline.release.configuration import ConfigurationError
from pipeline.release.findings import Finding, FindingsError
from pipeline.release.quotas import QuotaError
from pipeline.release.sources import read
from pipeline.release.synthesize import synthesize
from pipeline.release.templates import Template, template
from tests import checkouts
from tests.paths import CHECKOUT

PARAMETERS = "parameters/tooling/pipeline.json"


def synthesized() -> dict[str, Template]:
    return synthesize(PIPELINE, CHECKOUT, None)


def check(project: Path) -> None:
    root = synthesized()[PIPELINE.root].document
    configuration.check(build.read(project), root, PIPELINE.declared_in)


def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CHECKOUT / PARAMETERS).read_bytes())
    return found


def project(folder: Path, text: str) -> Path:
    path = folder / PARAMETERS
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return folder


def test_the_templates_are_the_same_bytes_each_time() -> None:
    assert synthesized() == synthesized()


def test_the_parameters_suit_the_template() -> None:
    """The file sets every parameter that the template declares, and no other; `check` accepts the values."""
    check(CHECKOUT)


def test_what_is_made_by_hand_needs_no_bucket() -> None:
    """`aws cloudformation deploy` takes up to 51,200 bytes by itself."""
    limits = {
        use.place: use.limit
        for use in quotas.of_templates(synthesized(), PIPELINE.inline)
        if use.quota == "bytes of a template passed inline"
    }

    assert limits == {"store.template.json": 51_200, "target.template.json": 51_200}


def test_the_template_of_a_target_account_has_room_for_more() -> None:
    """A fifth of it, or the next grants would end the command that the guide gives."""
    uses = quotas.of_templates(synthesized(), PIPELINE.inline)
    (use,) = [
        use
        for use in uses
        if (use.quota, use.place) == ("bytes of a template passed inline", "target.template.json")
    ]

    assert use.used <= 0.8 * use.limit


def test_a_template_that_is_too_large_is_told() -> None:
    large = template("store", json.dumps({"Description": "x" * 51_200, "Resources": {}}).encode())

    with pytest.raises(QuotaError, match=r"store\.template\.json: found 51,2.. .*expected at most 51,200"):
        quotas.check({"store": large}, {}, inline=PIPELINE.inline)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DevAccount", "1234", 'DevAccount: found "1234", expected an account id of 12 digits'),
        ("ExternalId", "short", 'ExternalId: found "short", expected 16 to 128'),
        (
            "Brunch",
            "main",
            r"Brunch: unknown \(did you mean Branch\?\); expected only what pipeline/template\.py declares",
        ),
    ],
)
def test_a_parameter_that_makes_no_sense_is_told(
    tmp_path: Path, name: str, value: str, expected: str
) -> None:
    given = document()
    given["Parameters"][name] = value

    with pytest.raises(ConfigurationError, match=rf"parameters/tooling/pipeline\.json: {expected}"):
        check(project(tmp_path, json.dumps(given)))


@pytest.mark.parametrize(("text", "expected"), [("{", "expected JSON"), ("[]", "found a list")])
def test_a_file_that_is_none_is_told(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(ConfigurationError, match=expected):
        build.read(project(tmp_path, text))


@pytest.mark.parametrize(
    ("path", "old", "new", "expected"),
    [
        (
            "pipeline/delivery/notices.py",
            '            DisplayName="Payment releases",\n',
            '            Colour="red",\n',
            r"pipeline/delivery/notices\.py:\d+: AttributeError: .*Colour",
        ),
        (
            "pipeline/template.py",
            "TEST_PAYMENT = ",
            "TEST_PAYMENT == ",
            r"pipeline/template\.py:\d+: NameError: .*TEST_PAYMENT",
        ),
        (
            "pipeline/delivery/settings.py",
            "class PipelineName(",
            "class PipelineName((",
            r"pipeline/delivery/settings\.py:\d+: SyntaxError",
        ),
    ],
)
def test_a_fault_in_a_template_is_one_line_with_its_place(
    tmp_path: Path, path: str, old: str, new: str, expected: str
) -> None:
    project = checkouts.copied(tmp_path / "project")
    project.edit(path, old, new)

    done = project.run("pipeline")

    assert 1 == done.returncode
    assert "Traceback" not in done.stderr
    (error,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert re.match(f"error: {expected}", error)


RULE = {"id": "E3002", "title": "Properties", "description": "They are known.", "url": "https://example.com"}


class Linter:
    """A linter that loads nothing and has an answer for each template."""

    answers: Mapping[str, list[dict[str, object]]] = {}
    asked: ClassVar[list[str]] = []

    def __init__(self, project: Path, region: str) -> None:
        del project, region

    def __enter__(self) -> Self:
        """Start nothing."""
        return self

    def __exit__(self, *_: object) -> None:
        """End nothing."""

    def judge(self, templates: Iterable[Path]) -> Iterator[tuple[Path, list[dict[str, object]]]]:
        """Yield the answer for each of `templates`."""
        for path in templates:
            self.asked.append(path.name)
            yield path, self.answers.get(path.name, [])


@pytest.fixture
def linter(monkeypatch: pytest.MonkeyPatch) -> type[Linter]:
    """What the build asks in the place of cfn-lint."""
    monkeypatch.setattr("pipeline.release.assemble.Linter", Linter)
    monkeypatch.setattr(Linter, "asked", [])
    return Linter


@pytest.fixture
def refused(linter: type[Linter], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Finding]:
    """The findings of a build in `tmp_path` whose release topic breaks a rule."""
    answer = {"title": "ReleaseTopic", "rule": RULE, "severity": "error", "message": "found a colour"}
    monkeypatch.setattr(linter, "answers", {"pipeline.template.json": [answer]})
    with pytest.raises(FindingsError) as error:
        build.build(CHECKOUT, tmp_path, "", Silence())
    return list(error.value.findings)


def test_a_finding_leads_to_the_line_that_makes_the_resource(refused: list[Finding]) -> None:
    (finding,) = refused

    path, _, line = finding.origin.partition(":")
    assert path == "pipeline/delivery/notices.py"
    assert '"ReleaseTopic"' in (CHECKOUT / path).read_text().splitlines()[int(line) - 1]


def test_reports_are_written_beside_those_of_the_stack(refused: list[Finding], tmp_path: Path) -> None:
    run = json.loads((tmp_path / "lint-pipeline.sarif").read_bytes())["runs"][0]
    cases = ET.fromstring((tmp_path / "lint-pipeline.junit.xml").read_text()).iter("testcase")  # noqa: S314 - our own

    assert [finding.rule.id for finding in refused] == [result["ruleId"] for result in run["results"]]
    assert run["automationDetails"] == {"id": "cfn-lint/pipeline/"}
    assert [case.attrib["name"] for case in cases] == [
        f"{name}.template.json" for name in sorted(build.MODULES)
    ]
    assert not (tmp_path / "lint.sarif").exists()


def test_a_build_with_nothing_changed_makes_nothing(linter: type[Linter], tmp_path: Path) -> None:
    first = build.build(CHECKOUT, tmp_path, "", Silence())
    asked = list(linter.asked)
    second = build.build(CHECKOUT, tmp_path, "", Silence())

    assert (first.unchanged, second.unchanged) == (False, True)
    assert asked == linter.asked != []


def test_another_bucket_is_linted_no_second_time(linter: type[Linter], tmp_path: Path) -> None:
    build.build(CHECKOUT, tmp_path, "", Silence())
    asked = list(linter.asked)

    assert build.build(CHECKOUT, tmp_path, "other-artifacts", Silence()).bucket == "other-artifacts"
    assert asked == linter.asked


def test_what_the_templates_are_made_from_is_among_the_sources() -> None:
    """An edited module makes the templates again."""
    listing = (
        "import sys; from pathlib import Path; from pipeline.delivery.build import PIPELINE\n"
        "for _ in PIPELINE.layers(None): pass\n"
        "print(*(found for each in sys.modules.values() if (found := getattr(each, '__file__', ''))), "
        "sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", listing], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    loaded = [Path(line) for line in done.stdout.splitlines()]
    own = {path.relative_to(CHECKOUT).as_posix() for path in loaded if path.is_relative_to(CHECKOUT)}
    # A virtual environment may lie in the checkout: its modules are no sources.
    own = {path for path in own if not path.startswith(".")}
    modules = {path for path in own if not path.endswith("/__init__.py") or path.startswith("templates/")}

    assert "pipeline/delivery/notices.py" in modules
    assert modules - set(read(CHECKOUT, *PIPELINE.sources).files) == {"pipeline/console.py"}
