"""Entries: each with its own cause, the worst first, one for what belongs together, and what accepts it."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from pipeline.review.model import Change, PropertyChange, Review, Risk
from pipeline.review.renderers import entries, rendered, view
from pipeline.review.renderers.entries import RiskView
from pipeline.review.reviews import of_answers
from pipeline.review.verdict import Policy, Verdict, decide, policy
from tests.pipeline.review.renderers.rendering import FORMATS, release, rendering
from tests.pipeline.review.templates import Template
from tests.pipeline.review.verdicts import reviewed

PEOPLE = [name for name in FORMATS if name != "json"]


def found(review: Review, policy_: Policy | None = None) -> dict[str, RiskView]:
    """Return the entries of a review by class and subject."""
    return {
        f"{risk.kind} {risk.subject}": risk for risk in entries.risks(decide(review, policy_ or Policy()))
    }


def log_groups(days: int, stacks: tuple[str, ...] = ("Api", "Compute")) -> Template:
    """Return a template with log groups of one parameter, and a bucket whose objects expire with them."""
    logs = {
        f"{stack}Log": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": {"Ref": "LogDays"}}}
        for stack in stacks
    }
    rule = {"Status": "Enabled", "ExpirationInDays": {"Ref": "LogDays"}}
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"LifecycleConfiguration": {"Rules": [rule]}}}
    return {
        "Parameters": {"LogDays": {"Type": "Number", "Default": days}},
        "Resources": {**logs, "Archive": bucket},
    }


def test_an_edit_is_not_put_down_to_a_parameter_of_another_property() -> None:
    review = reviewed(*release())
    shown = found(review)

    assert "" == shown["PROTECTION_LOSS Database"].because
    assert "parameter:Storage" == shown["UPDATE_FAILS Database"].because
    assert next(change for change in review.changes if change.id == "Database").cause is None


def test_a_place_has_its_own_cause_in_json() -> None:
    database = next(
        each for each in json.loads(rendering(reviewed(*release()), "json")) if each["id"] == "Database"
    )
    reasons = {each["risk"]: each["cause"] for each in database["reasons"]}

    assert "parameter:Storage" == database["properties"]["AllocatedStorage"]["changes"][0]["cause"]
    assert database["properties"]["DeletionProtection"]["cause"] is None
    assert ("parameter:Storage", None) == (reasons["UPDATE_FAILS"], reasons["PROTECTION_LOSS"])


def test_a_cause_is_said_of_a_risk_that_names_no_place_only_where_all_places_share_it() -> None:
    def carried(*causes: str | None) -> RiskView:
        places = [
            PropertyChange("Properties", f"P{number}", "a", "b", cause=cause)
            for number, cause in enumerate(causes)
        ]
        change = Change(
            (), "R", "AWS::X::Y", "Modify", properties=places, risks=[Risk("SG_OPENING", "is open")]
        )
        return found(Review("t", [change]))["SG_OPENING R"]

    assert "parameter:A" == carried("parameter:A", "parameter:A").because
    assert "" == carried("parameter:A", None).because
    assert "" == carried("parameter:A", "parameter:B").because


def test_the_worst_risk_of_a_verdict_comes_first() -> None:
    kinds = ["UNJUDGED", "ORPHAN", "DATA_EXPIRY", "STATEFUL_DELETION", "INTERRUPTION"]
    changes = [Change((), f"R{kind}", "AWS::X::Y", "Modify", risks=[Risk(kind, "x")]) for kind in kinds]

    shown = entries.risks(decide(Review("t", changes), Policy()))

    assert ["STATEFUL_DELETION", "DATA_EXPIRY", "UNJUDGED", "INTERRUPTION", "ORPHAN"] == [
        risk.kind for risk in shown
    ]


def test_the_order_is_that_of_the_risks_and_not_of_the_templates() -> None:
    review = reviewed(*release())
    turned = replace(review, changes=review.changes[::-1])

    assert list(found(review)) == list(found(turned))


def test_resources_are_listed_by_their_worst_risk_then_by_what_happens_to_them() -> None:
    listed = [
        Change((), "Added", "AWS::X::A", "Add"),
        Change((), "Gone", "AWS::X::B", "Remove"),
        Change((), "Warned", "AWS::X::C", "Modify", risks=[Risk("ORPHAN", "x")]),
        Change((), "Replaced", "AWS::X::D", "Modify", replacement="True"),
        Change((), "Blocked", "AWS::X::E", "Add", risks=[Risk("DISCLOSURE", "x")]),
    ]
    review = Review("t", listed)

    (stack,) = view.of(review, decide(review, Policy())).stacks

    assert ["Blocked", "Warned", "Replaced", "Gone", "Added"] == [
        resource.names[0] for resource in stack.resources
    ]


def test_all_of_a_class_that_comes_from_one_parameter_is_one_entry() -> None:
    (risk,) = found(reviewed(log_groups(90), log_groups(30))).values()

    assert ("DATA_EXPIRY", "2 log groups and 1 bucket", "parameter:LogDays") == (
        risk.kind,
        risk.subject,
        risk.because,
    )
    assert ["--accept DATA_EXPIRY@LogDays"] == risk.accept
    assert [["ApiLog", "ComputeLog"], ["Archive"]] == [fact.resources for fact in risk.facts]


def test_risks_that_read_alike_are_one_entry_whatever_their_resource_is_called() -> None:
    changes = [
        Change(
            ("Net",),
            name,
            "AWS::EC2::SecurityGroup",
            "Modify",
            risks=[Risk("SG_OPENING", f"Net/{name} admits all")],
        )
        for name in ("A", "B")
    ]

    (risk,) = found(Review("t", changes)).values()

    assert ("2 security groups", ["--accept 'SG_OPENING:Net/*'"]) == (risk.subject, risk.accept)


def test_a_wildcard_that_would_accept_another_entry_is_not_offered() -> None:
    changes = [
        Change(("Net",), name, "AWS::EC2::SecurityGroup", "Modify", risks=[Risk("SG_OPENING", reason)])
        for name, reason in (("A", "admits all"), ("B", "admits all"), ("C", "admits some"))
    ]

    shown = found(Review("t", changes))

    assert ["--accept SG_OPENING:Net/A", "--accept SG_OPENING:Net/B"] == shown[
        "SG_OPENING 2 security groups"
    ].accept


def test_functions_with_a_new_version_are_one_entry_with_all_that_follows() -> None:
    review = reviewed(*release())

    (stack,) = view.of(review, decide(review, Policy())).stacks

    assert stack.versions is not None
    assert "2 functions get a new version" == stack.versions.title
    assert {
        name: {member for resource in members for member in resource.names}
        for name, members in stack.versions.functions
    } == {
        f"{name}Function": {
            f"{name}{suffix}" for suffix in ("Function", "Versiona", "Versionb", "Alias", "CanaryAlarm")
        }
        for name in ("First", "Second")
    }


@pytest.mark.parametrize("kind", PEOPLE)
def test_no_resource_is_lost_in_an_entry(kind: str) -> None:
    review = reviewed(*release())
    text = rendering(review, kind)

    assert [] == [change.resource for change in review.changes if change.resource not in text]


def test_a_change_with_a_risk_is_read_by_itself_and_not_among_the_versions() -> None:
    review = reviewed(*release())
    alias = next(change for change in review.changes if change.resource == "FirstAlias")
    alias.risks.append(Risk("AVAILABILITY_LOSS", "x"))

    (stack,) = view.of(review, decide(review, Policy())).stacks

    assert "FirstAlias" in {name for resource in stack.resources for name in resource.names}


def options(text: str) -> list[str]:
    """Return what is accepted by the options that a rendered review shows."""
    words = shlex.split(" ".join(re.findall(r"--accept [^`<\n]+", text.replace("&#x27;", "'"))))
    return [word for word in words if word != "--accept"]


@pytest.mark.parametrize("kind", PEOPLE)
def test_the_options_that_a_review_shows_accept_all_of_it(kind: str) -> None:
    review = reviewed(*release())

    shown = options(rendering(review, kind))

    assert shown
    assert 3 == decide(review, policy(accept=shown[1:])).code, "no option is there twice"
    assert 0 == decide(review, policy(accept=shown)).code


@pytest.mark.parametrize("kind", [*PEOPLE, "json"])
def test_a_risk_says_what_to_give_to_have_it_judged(kind: str) -> None:
    unread = Risk("UNJUDGED", "its template was not read", remedy="give --new-nested templates")
    review = Review("t", [Change((), "R", "AWS::X::Y", "Modify", risks=[unread])])

    assert "give --new-nested templates" in rendering(review, kind).replace("\\", "")


class Links(HTMLParser):
    """The ids of a page, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: list[str] = []

    def handle_starttag(self, _tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Take note of an id and a link."""
        self.ids += [value for name, value in attributes if name == "id" and value]
        self.targets += [value for name, value in attributes if name == "href" and value]


def test_every_link_of_a_page_leads_to_one_place_in_it() -> None:
    page = Links()
    page.feed(rendering(reviewed(*release()), "html"))

    assert len(page.ids) == len(set(page.ids))
    assert {target.removeprefix("#") for target in page.targets} <= set(page.ids)
    assert {"at-Database", "at-FirstLogGroup", "class-data_expiry"} <= {
        target.removeprefix("#") for target in page.targets
    }


def test_every_link_of_a_comment_leads_to_a_row_or_to_the_document_of_the_classes() -> None:
    comment = rendering(reviewed(*release()), "markdown")
    targets = set(re.findall(r"\]\(([^)]+)\)", comment))

    assert "docs/risks.md#data_expiry" in targets
    rows = {target for target in targets if target.startswith("#")}
    assert "#at-Database" in rows
    assert rows <= {f"#{name}" for name in re.findall(r'<a name="([^"]+)"', comment)}


def test_a_page_says_the_meaning_of_a_class_once() -> None:
    review = reviewed(*release())
    for change in review.changes:
        if change.type == "AWS::Logs::LogGroup":
            change.risks.append(Risk("PROTECTION_LOSS", f"of {change.id}"))

    assert 1 == rendering(review, "html").count("a guard against mistakes or misuse is gone")


def test_what_becomes_of_a_risk_is_a_word_and_a_shape_and_not_only_a_colour() -> None:
    review = reviewed(*release())
    chosen = policy(accept=["IAM_WIDENING:Role"])
    chosen.modes["BACKUP_LOSS"] = "warn"

    page = rendered(review, decide(review, chosen), "html")

    for shape, word in (("■", "blocks"), ("▲", "warns"), ("✓", "accepted")):
        assert f'<span class="mode"><span aria-hidden="true">{shape}</span> {word}</span>' in page


def test_a_long_page_has_a_table_of_contents_and_a_short_one_has_none() -> None:
    short = Review("t", [Change((), "R", "AWS::X::Y", "Modify", risks=[Risk("SG_OPENING", "is open")])])

    assert "<nav" in rendering(reviewed(*release()), "html")
    assert "<nav" not in rendering(short, "html")


@pytest.mark.parametrize("columns", [80, 120])
def test_a_terminal_line_is_never_wider_than_the_terminal_and_no_reason_is_lost(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    review = reviewed(*release())
    text = rendering(review, "text")

    assert max(len(line) for line in text.splitlines()) <= columns
    flat = " ".join(text.split())
    assert [] == [risk.reason for _, risk in review.risks() if risk.reason not in flat]


def test_a_headline_counts_entries() -> None:
    review = reviewed(log_groups(90), log_groups(30))
    verdict: Verdict = decide(review, Policy())

    assert "Stop: 3 risks not accepted, listed as 1" == view.of(review, verdict).headline


def topic(name: str, shown: str) -> Template:
    """Return a template with a topic whose name is a parameter, and whose display name is not."""
    properties = {"TopicName": {"Ref": "Name"}, "DisplayName": shown}
    return {
        "Parameters": {"Name": {"Type": "String", "Default": name}},
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": properties}},
    }


def test_a_resource_has_a_cause_only_if_no_property_of_it_was_edited() -> None:
    (alone,), (edited,) = (
        reviewed(topic("a", "x"), topic("b", shown)).changes for shown in ("x", "edited by hand")
    )

    assert ("True", "parameter:Name") == (alone.replacement, alone.cause)
    assert ("True", None) == (edited.replacement, edited.cause)


def test_a_resource_of_a_change_set_has_a_cause_only_if_no_property_of_it_was_edited() -> None:
    def detail(name: str, recreation: str, **source: str) -> dict[str, object]:
        target = {"Attribute": "Properties", "Name": name, "RequiresRecreation": recreation}
        return {"Target": target, "Evaluation": "Static", **source}

    parameter = detail("TopicName", "Always", ChangeSource="ParameterReference", CausingEntity="Name")
    edit = detail("DisplayName", "Never", ChangeSource="DirectModification")

    assert "parameter:Name" == of_answers([answer([parameter])]).changes[0].cause
    assert of_answers([answer([parameter, edit])]).changes[0].cause is None


def answer(details: list[dict[str, object]]) -> dict[str, object]:
    """Return an answer of DescribeChangeSet about one topic."""
    resource_change = {
        "Action": "Modify",
        "LogicalResourceId": "Topic",
        "ResourceType": "AWS::SNS::Topic",
        "Replacement": "True",
        "Details": details,
    }
    changes = [{"Type": "Resource", "ResourceChange": resource_change}]
    return {"ChangeSetId": "c", "StackName": "s", "Status": "CREATE_COMPLETE", "Changes": changes}


def test_a_property_has_a_cause_in_json_only_if_all_places_in_it_share_it() -> None:
    places = [
        PropertyChange("Properties", f"Limits/{name}", 1, 2, cause=cause)
        for name, cause in (("A", "parameter:A"), ("B", None))
    ]
    review = Review("t", [Change((), "R", "AWS::X::Y", "Modify", properties=places)])

    (shown,) = json.loads(rendering(review, "json"))

    limits = shown["properties"]["Limits"]
    assert limits["cause"] is None
    assert ["parameter:A", None] == [place["cause"] for place in limits["changes"]]


@pytest.mark.parametrize("columns", [80, 120])
def test_values_too_long_for_a_line_of_a_terminal_stand_on_two(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    risk = Risk("SG_OPENING", "is open", before="old " * 20, after="new " * 20)
    text = rendering(Review("t", [Change((), "R", "AWS::X::Y", "Modify", risks=[risk])]), "text")

    assert max(len(line) for line in text.splitlines()) <= columns
    assert (20, 20) == (text.count("old"), text.count("new"))
