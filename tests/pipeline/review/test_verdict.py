"""Verdict: what blocks, what is accepted, and what a command exits with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.review.acceptance import PolicyError
from pipeline.review.model import Change, Review, Risk
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
