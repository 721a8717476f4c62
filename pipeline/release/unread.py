"""Unread: outputs of layers that the root feeds to no other layer."""

from __future__ import annotations

from pipeline.release import wiring
from pipeline.release.findings import Finding, Rule
from pipeline.release.templates import Templates

UNREAD = Rule(
    "unread-output",
    "A layer's output has no reader",
    "Every output of a nested stack is read by the root, by a GetAtt of Outputs; one that is not is dead.",
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html",
)


def findings(templates: Templates, root: str) -> list[Finding]:
    """Return a finding for each output of a template that `root` nests and does not read."""
    document = templates[root].document
    layers = {title: templates[title.lower()].document for title in wiring.nested(document)}
    message = "the output has no reader; expected a GetAtt in the root, or no output"
    return [
        Finding(title.lower(), f"Outputs/{output}", UNREAD, "warning", message)
        for title, output in wiring.unread(document, layers)
    ]
