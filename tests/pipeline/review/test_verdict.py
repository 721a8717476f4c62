"""Verdict: what blocks, what is accepted, and what a command exits with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.review.acceptance import PolicyError
from pipeline.review.model import Change, PropertyChange, Review, Risk
from pipeline.review.renderers import view
from pipeline.review.reviews import RuleError, judge
from pipeline.review.rules import RULES
from pipeline.review.rules.context import Context
from pipeline.review.verdict import RISKS, Policy, decide, policy
from tests.pipeline.review.templates import base, edited
from tests.pipeline.review.verdicts import reviewed


def opened() -> Review:
    """A review with one risk, of a group."""
    old = base("076")
    return reviewed(old, edited(old, {"DbSg/SecurityGroupIngress/0/CidrIp": "0.0.0.0/0"}))


def test_a_risk_stops() -> None:
    assert 3 == decide(opened(), Policy()).code


def test_a_risk_that_somebody_accepted_does_not() -> None:
    verdict = decide(opened(), policy(accept=["SG_OPENING:DbSg"]))

    assert (0, 1) == (verdict.code, len(verdict.accepted))


def test_to_accept_one_risk_accepts_no_other() -> None:
    verdict = decide(opened(), policy(accept=["SG_OPENING:LambdaSg"]))

    assert (3, ["SG_OPENING:LambdaSg"]) == (verdict.code, verdict.unused)


def of_parameter() -> Review:
    """A review with two classes of risks of three resources, all of one parameter but one edit."""
    days = PropertyChange("Properties", "Days", 90, 30, cause="parameter:Days", chain=("parameter:Days",))
    edit = PropertyChange("Properties", "Protection", True, False)
    expiry, loss = Risk("DATA_EXPIRY", "Days: fewer"), Risk("PROTECTION_LOSS", "Protection: gone")
    changes = [
        Change((stack,), name, "AWS::X::Y", "Modify", properties=[days, edit], risks=[expiry])
        for stack, name in (("Compute", "A"), ("Compute", "B"), ("Data", "C"))
    ]
    changes[0].risks.append(loss)
    return Review("t", changes)


@pytest.mark.parametrize(
    ("accept", "left"),
    [
        ("DATA_EXPIRY:Compute/*", ["PROTECTION_LOSS:Compute/A", "DATA_EXPIRY:Data/C"]),
        ("DATA_EXPIRY:Compute/?", ["PROTECTION_LOSS:Compute/A", "DATA_EXPIRY:Data/C"]),
        ("DATA_EXPIRY:*", ["PROTECTION_LOSS:Compute/A"]),
        ("DATA_EXPIRY@Days", ["PROTECTION_LOSS:Compute/A"]),
    ],
)
def test_a_pattern_accepts_all_that_it_matches_of_the_class_that_it_names(
    accept: str, left: list[str]
) -> None:
    verdict = decide(of_parameter(), policy(accept=[accept]))

    assert left == [f"{risk.kind}:{change.id}" for change, risk in verdict.blocking]
    assert [] == verdict.unused


@pytest.mark.parametrize(
    "accept",
    [
        "DATA_EXPIRY:compute/*",
        "DATA_EXPIRY:Compute",
        "DATA_EXPIRY@Hours",
        "DATA_EXPIRY@days",
        "PROTECTION_LOSS@Days",
        "SG_OPENING:*",
    ],
)
def test_a_pattern_that_matches_nothing_is_said(accept: str) -> None:
    verdict = decide(of_parameter(), policy(accept=[accept]))

    assert ([], [accept]) == (verdict.accepted, verdict.unused)
    assert view.unused(verdict)[0].startswith(f"accepted but not found: {accept}")


def test_a_parameter_of_a_nested_stack_is_named_with_its_stack() -> None:
    review = of_parameter()
    for change in review.changes:
        change.properties[0] = replace(change.properties[0], chain=("Compute/parameter:Days",))

    assert decide(review, policy(accept=["DATA_EXPIRY@Days"])).unused
    assert 3 == len(decide(review, policy(accept=["DATA_EXPIRY@Compute/Days"])).accepted)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("*:Compute/A", r"found the class \*, expected the name of one"),
        ("*", r"found the class \*, expected the name of one"),
        ("DATA_*:Compute/A", r"found the class DATA_\*, expected the name of one"),
        ("DATA_[A-Z]*@Days", r"found the class DATA_\[A-Z\]\*, expected the name of one"),
        ("DATA_EXPIRY@*", r"found the parameter \*, expected the name of one"),
        ("DATA_EXPIRY:", "expected CLASS:Stack/Id"),
        ("DATA_EXPIRY@", "expected CLASS:Stack/Id"),
        (":Compute/A", "found , expected one of"),
    ],
)
def test_what_names_no_class_or_no_place_is_refused_in_one_line(accept: str, expected: str) -> None:
    with pytest.raises(PolicyError, match=expected) as raised:
        policy(accept=[accept])

    assert "\n" not in str(raised.value)


def test_a_policy_file_may_hold_patterns(tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").write_text("[review]\naccept =\n    DATA_EXPIRY@Days\n    PROTECTION_LOSS:*/A\n")

    assert 0 == decide(of_parameter(), policy(tmp_path / "setup.cfg")).code


def test_nothing_to_say_is_safe() -> None:
    old = base("076")

    assert 0 == decide(reviewed(old, old), Policy()).code


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("review.toml", 'warn = ["SG_OPENING"]'),
        ("review.toml", '[review]\nignore = ["SG_OPENING"]'),
        ("review.toml", 'accept = ["SG_OPENING:DbSg"]'),
        ("setup.cfg", "[review]\nwarn =\n    SG_OPENING\n    ORPHAN\n"),
        ("setup.cfg", "[review]\naccept = SG_OPENING:DbSg"),
    ],
)
def test_a_policy_file_sets_what_blocks(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")

    assert 0 == decide(opened(), policy(tmp_path / name)).code


def test_a_policy_file_can_block_what_only_warns(tmp_path: Path) -> None:
    old = base("024")
    review = reviewed(old, edited(old, {"TransactionsTable.UpdateReplacePolicy": "Retain"}))
    review.changes += [Change((), "T", "AWS::X::Y", "Remove", risks=[Risk("ORPHAN", "x")])]
    (tmp_path / "review.toml").write_text('block = ["ORPHAN"]', encoding="utf-8")

    assert 0 == decide(review, Policy()).code
    assert 3 == decide(review, policy(tmp_path / "review.toml")).code


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('block = ["SG_OPENINGS"]', "found SG_OPENINGS, expected one of"),
        ('blocks = ["SG_OPENING"]', "found blocks, expected block, warn, ignore, accept"),
        ("block = [", "cannot be read"),
        ('accept = ["SG_OPENING"]', "expected CLASS:Stack/Id"),
    ],
)
def test_a_policy_file_that_makes_no_sense_is_refused(tmp_path: Path, content: str, expected: str) -> None:
    (tmp_path / "review.toml").write_text(content, encoding="utf-8")

    with pytest.raises(PolicyError, match=expected):
        policy(tmp_path / "review.toml")


def test_a_policy_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read"):
        policy(tmp_path / "review.toml")


def broken(change: Change, _context: Context) -> Iterator[Risk]:
    """A rule that crashes."""
    yield Risk("ORPHAN", str(change.properties[99]))


def test_a_rule_that_crashes_fails_the_review() -> None:
    old = base("076")
    review = reviewed(old, edited(old, {"DbSg/GroupDescription": "x"}))

    with pytest.raises(RuleError, match=r"rule test_verdict\.broken failed on DbSg: IndexError"):
        judge(review, (*RULES, broken))


def test_every_class_of_risk_that_rules_name_is_known() -> None:
    named = set()
    for file in Path(__file__).parents[3].joinpath("pipeline/review").rglob("*.py"):
        source = file.read_text(encoding="utf-8")
        named |= {word for word in RISKS if f'"{word}"' in source and "verdict" not in file.name}

    assert set(RISKS) == named
