"""Findings: what the checks of a build found wrong with its templates, and their reports for CI systems."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from pipeline import BuildError


@dataclass(frozen=True, order=True)
class Rule:
    """What a template is checked for."""

    id: str
    """As suppressions name it: `E3002`."""
    title: str
    """In a few words."""
    description: str
    url: str
    """Of the page that explains it."""


@dataclass(frozen=True, order=True)
class Finding:
    """Something in a template that breaks a rule."""

    template: str
    """Name of the template: `data`."""
    title: str
    """Logical id of the resource, or what else of the template it is about."""
    rule: Rule
    severity: str
    """`error`, `warning` or `informational`."""
    message: str
    origin: str = ""
    """Where in the sources: `templates/data/postgres.py:88`."""

    def line(self) -> str:
        """Return the finding as one line."""
        return f"{self.origin or self.template}: {self.title}: {self.rule.id}: {self.message}"

    def document(self) -> dict[str, str]:
        """Return the finding as `--json` prints it, with the id of its rule."""
        return {**asdict(self), "rule": self.rule.id}


class FindingsError(BuildError):
    """Templates that the checks refuse."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = findings
        super().__init__(*(finding.line() for finding in findings))

    def document(self) -> dict[str, object]:
        """Return the error as `--json` prints it, with every finding."""
        return {**super().document(), "Findings": [finding.document() for finding in self.findings]}


def dump(findings: Iterable[Finding]) -> bytes:
    """Return the findings as the cache holds them."""
    return json.dumps([asdict(finding) for finding in findings]).encode()


def load(data: bytes) -> list[Finding]:
    """Return the findings that `dump` wrote."""
    return [Finding(**{**finding, "rule": Rule(**finding["rule"])}) for finding in json.loads(data)]


def junit(findings: Iterable[Finding], templates: Iterable[str]) -> bytes:
    """Return the findings as JUnit reads them: one case for each template."""
    by_template: Mapping[str, list[Finding]] = {name: [] for name in sorted(templates)}
    for finding in findings:
        by_template[finding.template].append(finding)
    failures = sum(1 for found in by_template.values() if found)
    suite = ET.Element("testsuite", name="lint", tests=str(len(by_template)), failures=str(failures))
    for name, found in by_template.items():
        case = ET.SubElement(suite, "testcase", classname="lint", name=f"{name}.template.json")
        if found:
            failure = ET.SubElement(case, "failure", message=f"{len(found)} findings")
            failure.text = "\n".join(finding.line() for finding in found)
    suites = ET.Element("testsuites")
    suites.append(suite)
    ET.indent(suites)
    return bytes(ET.tostring(suites, "utf-8", xml_declaration=True)) + b"\n"


def sarif(findings: Sequence[Finding], product: str, version: str) -> bytes:
    """Return the findings in `product` as SARIF 2.1.0, at their source lines, so that CI can annotate them.

    `version` is that of cfn-lint.
    """
    run = {
        # Tells the runs of several products apart where one analysis takes them all.
        "automationDetails": {"id": f"cfn-lint/{product}/"},
        "tool": {
            "driver": {
                "name": "cfn-lint",
                "version": version,
                "informationUri": "https://github.com/aws-cloudformation/cfn-lint",
                "rules": [descriptor(rule) for rule in sorted({finding.rule for finding in findings})],
            }
        },
        "results": [result(finding) for finding in findings],
    }
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return (json.dumps(document, indent=2, sort_keys=True) + "\n").encode()


def descriptor(rule: Rule) -> dict[str, object]:
    """Return a rule as SARIF describes it; code scanning shows `help` beside an alert."""
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.description},
        "help": {"text": f"{rule.description} See {rule.url}"},
        "helpUri": rule.url,
    }


def result(finding: Finding) -> dict[str, object]:
    """Return a finding as a result of a SARIF run."""
    path, _, line = finding.origin.partition(":")
    return {
        "ruleId": finding.rule.id,
        "level": {"informational": "note"}.get(finding.severity, finding.severity),
        "message": {"text": f"{finding.title}: {finding.message}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": path or f"{finding.template}.template.json"},
                    "region": {"startLine": int(line or 1)},
                },
                "logicalLocations": [
                    {"fullyQualifiedName": f"{finding.template}/{finding.title}", "kind": "resource"}
                ],
            }
        ],
    }
