"""What an approval is told fits into it, the worst first, and names what will be executed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import template
from pipeline.change import record, summary
from pipeline.change.sessions import ChangeError
from pipeline.review.model import Change, Review, Risk
from pipeline.review.verdict import Policy, decide
from tests.pipeline.change.deployments import CHANGE_SET, plan


def review(number: int) -> Review:
    changes = [
        Change(("Network",), f"Group{index}", "AWS::EC2::SecurityGroup", "Modify") for index in range(number)
    ]
    for index, change in enumerate(changes):
        change.risks.append(Risk("SG_OPENING", f"port {index} is open"))
    return Review("a change set", changes)


def told(number: int, blocking: list[str], *, predicted: bool = False) -> str:
    made = review(number)
    nested = {f"Layer{index}": "0" * 64 for index in range(6)}
    made_of = plan(blocking=blocking, nested=nested)
    return summary.summary(made_of, made, decide(made, Policy()), [], predicted=predicted)


@pytest.mark.parametrize("predicted", [False, True])
@pytest.mark.parametrize("number", [0, 1, 40, 400])
def test_a_summary_fits_into_an_approval_with_what_is_said_before_it(number: int, predicted: bool) -> None:
    line = told(number, ["SG_OPENING:Network/Group0"], predicted=predicted)

    assert len(template.RESTARTS + line) < 1000
    assert line.endswith(summary.PREDICTED) is predicted


def test_risks_come_before_what_is_executed() -> None:
    line = told(400, ["SG_OPENING:Network/Group0"])

    assert line.startswith("payments-dev: Stop: 400 risks not accepted")
    assert line.index("Approving is not enough") < line.index("SG_OPENING Network/Group0")
    assert line.index("SG_OPENING Network/Group0") < line.index("change set run-7")
    assert "and " in line


def test_it_names_the_change_set_and_the_digests_of_root_and_children() -> None:
    line = told(0, [])

    assert CHANGE_SET.rpartition("changeSet/")[2] in line
    assert f"root {plan().digest[:12]}" in line
    assert "Layer5 000000000000" in line


def test_the_link_needs_a_sign_in_and_no_signature() -> None:
    link = summary.console_link("us-east-1", "bucket", "reviews/payments-prod/7/review.html")

    assert link == (
        "https://us-east-1.console.aws.amazon.com/s3/object/bucket"
        "?region=us-east-1&prefix=reviews%2Fpayments-prod%2F7%2Freview.html"
    )


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    made = plan(blocking=["SG_OPENING:Network/Group"])
    made.write(tmp_path)

    assert record.read(tmp_path) == made


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"run": 1}'])
def test_a_plan_that_cannot_be_read_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / record.FILE).write_text(text)

    with pytest.raises(ChangeError, match=r"plan\.json: cannot be read; expected"):
        record.read(tmp_path)


def test_what_steps_are_told_survives_the_shell(tmp_path: Path) -> None:
    """Names and reasons come from templates: nothing in them is a command."""
    record.write_variables(tmp_path, {"SUMMARY": 'it\'s $HOME `id` "quoted"'})

    assert (tmp_path / record.VARIABLES).read_text() == "SUMMARY='it'\"'\"'s $HOME `id` \"quoted\"'\n"
