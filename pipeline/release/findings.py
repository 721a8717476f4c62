"""Findings: what the checks of a build have to say, and the reports of it that CI systems read."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from pipeline import BuildError


@dataclass(frozen=True, order=True)
class Finding:
    """Something in a template that should not be as it is."""

    template: str
    """Name of the template: `data`."""
    title: str
    """Logical id of the resource, or what else of the template it is about."""
    rule: str
    severity: str
    """`error`, `warning` or `informational`."""
    message: str
    origin: str = ""
    """Where in the sources: `templates/data/postgres.py:88`."""

    def line(self) -> str:
        """The finding, told in one line."""
        return f"{self.origin or self.template}: {self.title}: {self.rule}: {self.message}"


class FindingsError(BuildError):
    """Templates that the checks refuse."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = findings
        super().__init__(*(finding.line() for finding in findings))


def dump(findings: Iterable[Finding]) -> bytes:
    """The findings, for the cache."""
    return json.dumps([asdict(each) for each in findings]).encode()


def load(data: bytes) -> list[Finding]:
    """The findings that `dump` wrote."""
    return [Finding(**each) for each in json.loads(data)]


def junit(findings: Iterable[Finding], templates: Iterable[str]) -> bytes:
    """The findings as JUnit reads them: one case for each template."""
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


def sarif(findings: Iterable[Finding], version: str) -> bytes:
    """The findings as SARIF 2.1.0: each at the source line that it comes from, so that CI can annotate it."""
    found = list(findings)
    driver = {
        "name": "cfn-lint",
        "version": version,
        "rules": [{"id": rule} for rule in sorted({finding.rule for finding in found})],
    }
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": [result(finding) for finding in found]}],
    }
    return (json.dumps(document, indent=2, sort_keys=True) + "\n").encode()


def result(finding: Finding) -> dict[str, object]:
    """One result of a SARIF run."""
    path, _, line = finding.origin.partition(":")
    return {
        "ruleId": finding.rule,
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
