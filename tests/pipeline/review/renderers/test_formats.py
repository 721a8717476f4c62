"""Formats: the verdict first, nothing of others taken for markup, no secret shown."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from pipeline.review.masks import HIDDEN
from pipeline.review.model import Review
from pipeline.review.renderers import html, markdown, wording
from tests.pipeline.review.renderers.rendering import FORMATS, rendering
from tests.pipeline.review.templates import Template, base, edited
from tests.pipeline.review.verdicts import reviewed

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'`|*_[a](javascript:x)@team\n# h\033[2J"


def risky() -> Review:
    """A review with risks of every kind."""
    old = base("004")
    return reviewed(old, edited(old, {"PaymentsDb/StorageEncrypted": False, "PaymentsDb/MultiAZ": False}))


def hostile() -> Review:
    """A review of a template full of markup."""

    def template(name: str) -> Template:
        properties = {"TopicName": f"{name}{MARKUP}", MARKUP: name, "Tags": [{"Key": MARKUP, "Value": name}]}
        return {
            "Resources": {f"T{MARKUP}": {"Type": "AWS::SNS::Topic", "Properties": properties}},
            "Outputs": {MARKUP: {"Value": name, "Export": {"Name": f"{MARKUP}{name}"}}},
        }

    return reviewed(template("a"), template("b"))


class Tags(HTMLParser):
    """The tags of a page, and whether they are nested well."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of a tag."""
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Hold that it closes the tag that was opened last."""
        assert tag == self.open.pop()


def parsed(told: str) -> Tags:
    """A page, parsed."""
    tags = Tags()
    tags.feed(told)
    return tags


def test_the_verdict_comes_first() -> None:
    review = risky()

    assert rendering(review, "text").startswith("Stop: ")
    assert "Stop: " in rendering(review, "markdown").splitlines()[0]
    assert "Stop: " in rendering(review, "html").split("<h1>")[1]


def test_counts_tell_replacements_on_their_own() -> None:
    assert "3 to change, 1 to replace" == wording.counts(risky().changes)


def test_each_risk_shows_before_and_after() -> None:
    told = rendering(risky(), "text")

    assert "\n     true → false\n" in told


def test_json_is_a_list_of_resources() -> None:
    found = {each["id"]: each for each in json.loads(rendering(risky(), "json"))}

    database = found["PaymentsDb"]
    assert ("", "Modify", "True", "ReplaceAndSnapshot") == tuple(
        database[name] for name in ("stack", "action", "replacement", "policy_action")
    )
    assert {"STATEFUL_REPLACEMENT", "ENCRYPTION_LOSS"} <= set(database["risks"])
    assert "Always" == database["properties"]["StorageEncrypted"]["requires_recreation"]
    assert "PaymentsDb" == found["DbCpuAlarm"]["cause"]


def test_a_page_holds_nothing_of_others_as_markup() -> None:
    told = rendering(hostile(), "html")
    tags = parsed(told)

    assert not tags.open
    assert not {"script", "img", "a"} - {"a"} & tags.seen
    assert not {name for name in tags.attributes if name.startswith("on")}
    assert "javascript:x" in told, "it is there, as text"
    assert 'href="javascript' not in told


def test_a_page_needs_nothing_else() -> None:
    told = rendering(risky(), "html")

    assert "http" not in told.replace("http-equiv", "")
    assert {"script", "link", "iframe"}.isdisjoint(parsed(told).seen)


def test_a_page_can_be_read_by_ear_and_by_keyboard() -> None:
    tags = parsed(rendering(risky(), "html"))

    assert {"main", "h1", "h2", "details", "summary", "caption", "th"} <= tags.seen
    assert {"lang", "scope", "tabindex"} <= tags.attributes


def test_a_comment_holds_nothing_of_others_as_markup() -> None:
    told = rendering(hostile(), "markdown")
    outside_code = re.sub(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", "", told)

    assert "<script" not in outside_code
    assert "<img" not in outside_code
    assert "@team" not in outside_code
    assert all(line.count("|") < 100 for line in told.splitlines())


def test_a_terminal_is_sent_no_control_characters_of_others() -> None:
    assert "\033" not in rendering(hostile(), "text")


def many(prefix: str) -> Template:
    """Five hundred topics."""
    return {
        "Resources": {
            f"T{number}": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": f"{prefix}{number}" * 9}}
            for number in range(500)
        }
    }


def test_a_comment_stays_within_the_limit_and_says_what_is_left_out() -> None:
    told = rendering(reviewed(many("a"), many("b")), "markdown")

    assert len(told.encode()) < markdown.LIMIT < 65_536
    assert re.search(r"\*\*Left out here, for length: \d+ resources\.\*\*", told)
    assert told.count("<details>") == told.count("</details>")
    assert "`T0`" in told


def secret_template(secret: str) -> Template:
    """A template with secrets wherever one may put them."""
    variables = {"STRIPE_API_KEY": secret, "DB_PASSWORD": secret, "SECRET_ARN": "arn:aws:x:y"}
    listed = [{"Name": "AUTH_TOKEN", "Value": secret}, {"Name": "LEVEL", "Value": "INFO"}]
    return {
        "Parameters": {"Given": {"Type": "String", "NoEcho": True, "Default": secret}},
        "Resources": {
            "Fn": {"Type": "AWS::Lambda::Function", "Properties": {"Environment": {"Variables": variables}}},
            "Build": {
                "Type": "AWS::CodeBuild::Project",
                "Properties": {"Environment": {"EnvironmentVariables": listed}},
            },
            "Db": {
                "Type": "AWS::RDS::DBInstance",
                "Properties": {
                    "MasterUserPassword": secret,
                    "MasterUsername": f"{{{{resolve:secretsmanager:{secret}}}}}",
                },
            },
            "Key": {"Type": "AWS::ApiGateway::ApiKey", "Properties": {"Value": secret}},
            "Stored": {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": secret}},
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Sub": "x-${Given}"}}},
        },
    }


@pytest.mark.parametrize("kind", FORMATS)
def test_no_secret_is_shown(kind: str) -> None:
    review = reviewed(secret_template("hunter22"), secret_template("hunter23"))

    told = rendering(review, kind)

    assert {"Fn", "Build", "Db", "Key", "Stored", "Topic"} == {change.id for change in review.changes}
    assert "hunter2" not in told
    assert HIDDEN in told


def test_what_is_about_a_secret_is_shown() -> None:
    def template(name: str) -> Template:
        properties: dict[str, Any] = {
            "SecretArn": name,
            "PasswordLength": 32,
            "ManageMasterUserPassword": True,
        }
        return {"Resources": {"R": {"Type": "AWS::RDS::DBInstance", "Properties": properties}}}

    assert "arn:b" in rendering(reviewed(template("arn:a"), template("arn:b")), "text")


def test_a_risk_that_many_carry_is_told_once() -> None:
    def template(days: int) -> Template:
        properties = {"RetentionInDays": {"Ref": "Days"}}
        logs = {
            f"Log{number}": {"Type": "AWS::Logs::LogGroup", "Properties": properties} for number in range(9)
        }
        return {"Parameters": {"Days": {"Type": "Number", "Default": days}}, "Resources": logs}

    review = reviewed(template(90), template(30))

    assert 1 == rendering(review, "text").count("  1. DATA_EXPIRY  9 log groups")
    assert "  2. " not in rendering(review, "text")
    assert "Log0, Log1, Log2" in rendering(review, "text")
    assert "Stop: 9 risks" in rendering(review, "html")


def test_noise_is_counted_and_folded() -> None:
    old = base("028")
    told = rendering(
        reviewed(old, edited(old, {"TransactionsTable/DeletionProtectionEnabled": False})), "text"
    )

    assert "2 more that AWS may list, for they read from what changes in place" in told


def test_colour_only_where_it_is_wanted() -> None:
    assert "\033[" in rendering(risky(), "text", colour=True)
    assert "\033[" not in rendering(risky(), "text")


def contrast(one: str, other: str) -> float:
    """How well one colour reads on another, as WCAG reckons it."""

    def luminance(colour: str) -> float:
        parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
        red, green, blue = (
            each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_colour_of_a_page_reads_on_what_it_stands_on(scheme: int) -> None:
    css = html.STYLE.read_text(encoding="utf-8").split("@media")[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#\w{6})", css))
    grounds = {
        "ink": ("page", "panel", "stop-soft", "safe-soft"),
        "quiet": ("page", "panel"),
        "stop": ("page", "panel", "stop-soft"),
        "safe": ("page", "safe-soft"),
        "warn": ("page", "panel", "warn-soft"),
        "link": ("page",),
    }

    for ink, under in grounds.items():
        assert all(contrast(colours[ink], colours[each]) >= 4.5 for each in under), ink


def test_headings_of_a_page_go_down_one_step_at_a_time() -> None:
    levels = [int(each) for each in re.findall(r"<h(\d)", rendering(risky(), "html"))]

    assert 1 == levels[0] == levels.count(1)
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("columns", ["40", "80"])
def test_a_terminal_is_never_too_narrow(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    lines = [*rendering(risky(), "text").splitlines(), *rendering(hostile(), "text").splitlines()]

    assert max(len(line) for line in lines) <= int(columns)


@pytest.mark.parametrize("kind", ["text", "html", "markdown"])
def test_nothing_of_others_turns_the_direction_of_reading(kind: str) -> None:
    def template(name: str) -> Template:
        properties = {"TopicName": f"{name}\u202egnihtyna\u2066\u200f", "DisplayName": f"\x9b31m{name}"}
        return {"Resources": {"T\u202e": {"Type": "AWS::SNS::Topic\u202e", "Properties": properties}}}

    told = rendering(reviewed(template("a"), template("b")), kind)

    assert not {"\u202e", "\u2066", "\u200f", "\x9b", "\x1b"} & set(told)
    assert "gnihtyna" in told


@pytest.mark.parametrize(
    ("cause", "follows", "after"),
    [
        ("Table", True, "its successor's"),
        (None, True, "its successor's"),
        ("Table", False, "another value"),
        ("mapping:Images", False, "another value"),
        ("parameter:Image", True, "another value"),
        ("stack tags", False, "another value"),
        (None, False, "${X}"),
    ],
)
def test_a_value_that_is_spelt_as_before_is_said_to_be_another_by_its_cause(
    cause: str | None, follows: bool, after: str
) -> None:
    assert ("${X}", after) == wording.cut("${X}", "${X}", 60, cause, follows=follows)


def test_a_nested_stack_that_was_not_read_says_how_to_give_its_template() -> None:
    def template(url: str) -> Template:
        nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
        return {"Resources": {"Nested": nested}}

    text = rendering(reviewed(template("https://a/b"), template("https://a/c")), "text")

    assert "to have it judged: give its template (--old-nested, --new-nested)" in text
