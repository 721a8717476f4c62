"""Change sets as AWS describes them: read whole, nothing lost, nested ones in their place."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

import pytest

from pipeline.evaluation.template_files import UnreadableError
from pipeline.review.change_set import parse
from pipeline.review.change_set import read as changesets
from pipeline.review.model import Change, Review
from pipeline.review.reviews import judge
from pipeline.review.verdict import Policy, decide
from tests.pipeline.review.change_set.recorded import FILES, FOLDER, answer
from tests.pipeline.review.renderers.rendering import FORMATS, rendering


def read(*names: str) -> Review:
    """The judged review of some recorded answers."""
    return judge(changesets.review(parse.read(FOLDER / f"{name}.json" for name in names)))


def only(review: Review, resource: str) -> Change:
    """The one change of a resource."""
    (change,) = (each for each in review.changes if each.resource == resource)
    return change


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_nothing_is_lost(file: Path) -> None:
    recorded = json.loads(file.read_text(encoding="utf-8"))
    review = judge(changesets.review(parse.read([file])))
    renderings = {kind: rendering(review, kind) for kind in FORMATS}

    for change in recorded["Changes"]:
        told = change["ResourceChange"]
        mine = only(review, told["LogicalResourceId"])
        assert (told["Action"], told["ResourceType"]) == (mine.action, mine.type)
        assert told.get("PolicyAction") == mine.policy_action
        for detail in told["Details"]:
            target = detail["Target"]
            scope = target["Attribute"]
            name = target.get("Name") or scope
            assert any(scope == each.scope and name in (each.name, each.scope) for each in mine.properties)
        assert all(told["LogicalResourceId"] in text for text in renderings.values())
    if recorded.get("StatusReason"):
        reason = recorded["StatusReason"].split(".")[0].split("'")[0]
        assert escape(reason) in renderings["html"] or "nothing to change" in renderings["html"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_console_spells_keys_with_a_small_letter(file: Path, tmp_path: Path) -> None:
    def camel(node: Any) -> Any:
        if isinstance(node, dict):
            return {name[:1].lower() + name[1:]: camel(member) for name, member in node.items()}
        return [camel(item) for item in node] if isinstance(node, list) else node

    recorded = json.loads(file.read_text(encoding="utf-8"))
    (tmp_path / file.name).write_text(json.dumps(camel(recorded)), encoding="utf-8")

    one, other = (changesets.review(parse.read([path])) for path in (file, tmp_path / file.name))

    assert one.changes == other.changes


def test_the_consoles_list_of_changes_will_do(tmp_path: Path) -> None:
    changes = [
        {"resourceChange": {"action": "Add", "logicalResourceId": "A", "resourceType": "AWS::SNS::Topic"}}
    ]
    (tmp_path / "tab.json").write_text(json.dumps(changes), encoding="utf-8")

    review = changesets.review(parse.read([tmp_path / "tab.json"]))

    assert ["A"] == [change.id for change in review.changes]


def test_a_nested_change_set_stands_in_its_stack() -> None:
    review = read("trek10-nested-root", "trek10-nested-child")

    assert "Stack/BucketToReplace" in [change.id for change in review.changes]
    assert "Stack" in [change.id for change in review.changes]


def test_a_nested_change_set_that_was_not_read_cannot_be_judged() -> None:
    (risk,) = only(read("docs-nested-root"), "ChildStack").risks

    assert "UNJUDGED" == risk.kind


def test_nested_change_sets_belong_together_by_any_of_their_ids() -> None:
    review = read("docs-nested-root", "docs-nested-child")

    assert ["ChildStack", "ChildStack/function"] == [change.id for change in review.changes]
    assert not list(review.risks())


def test_sets_of_several_stacks_go_by_their_names() -> None:
    review = read("trek10-import", "docs-parameter")

    assert {("import",), ("SampleStack",)} == set(review.stacks())


def test_an_edit_told_twice_is_one_with_its_cause() -> None:
    (place,) = only(read("aws-recorded-parameter-default-replaces"), "Foo").properties

    assert ("Always", "parameter:TopicName", False) == (place.requires, place.cause, place.dynamic)


def test_a_reference_to_a_replaced_resource_names_it() -> None:
    change = only(read("aws-recorded-getatt-of-replaced"), "Topic2")

    assert ("Topic1", ("Topic1.DisplayName",)) == (change.cause, change.chain)


def test_an_added_resource_is_not_replaced_whatever_older_answers_say() -> None:
    assert only(read("aws-recorded-condition-removes"), "TopicPlaceholder").replacement is None


def test_stack_tags_are_their_own_cause() -> None:
    (place, *_) = only(read("trek10-stack-tags"), "Bucket").properties

    assert ("Tags", "stack tags") == (place.scope, place.cause)


def test_what_reads_from_a_change_in_place_is_noise() -> None:
    review = read("aws-recorded-getatt-chain-plain")

    assert ["Topic2", "Topic3"] == [change.id for change in review.changes if change.uncertain]


def test_with_and_without_values_are_one_change_set() -> None:
    review = read("aws-recorded-ref-of-replaced", "aws-recorded-ref-of-replaced-plain")

    assert ["Topic1", "Topic2"] == [change.id for change in review.changes]
    assert [1] == [len(change.properties) for change in review.changes if change.resource == "Topic2"]


def test_what_values_leave_out_is_kept_but_cannot_replace(tmp_path: Path) -> None:
    with_values, plain = answer("aws-recorded-getatt-prop-values"), answer("aws-recorded-getatt-plain")
    plain["Changes"][1]["ResourceChange"]["Replacement"] = "Conditional"
    for name, told in (("with", with_values), ("plain", plain)):
        (tmp_path / f"{name}.json").write_text(json.dumps(told), encoding="utf-8")

    review = changesets.review(parse.read(sorted(tmp_path.iterdir())))

    assert [("Topic1", "False"), ("Topic2", "False")] == [
        (each.id, each.replacement) for each in review.changes
    ]


def test_pages_are_put_together(tmp_path: Path) -> None:
    whole = answer("trek10-multiple")
    first = whole | {"Changes": whole["Changes"][:2], "NextToken": "2"}
    second = whole | {"Changes": whole["Changes"][2:]}
    for name, told in (("1", first), ("2", second)):
        (tmp_path / f"{name}.json").write_text(json.dumps(told), encoding="utf-8")

    review = changesets.review(parse.read(sorted(tmp_path.iterdir())))
    half = changesets.review(parse.read([tmp_path / "1.json"]))

    assert changesets.review(parse.read([FOLDER / "trek10-multiple.json"])).changes == review.changes
    assert not review.faults
    assert "NextToken" in str(half.faults)


def test_a_failed_change_set_cannot_be_judged() -> None:
    verdict = decide(read("aws-recorded-failed-transform"), Policy())

    assert 2 == verdict.code
    assert "does not exist" in str(verdict.faults)


def test_a_change_set_without_changes_is_safe() -> None:
    assert 0 == decide(read("aws-recorded-failed-no-changes"), Policy()).code


def test_a_warning_of_aws_is_told() -> None:
    assert ["INCOMPLETE_VALUES"] == [each.kind for each in read("aws-recorded-warn-incomplete").findings]


def test_policies_are_judged_by_the_values_that_aws_tells() -> None:
    review = read("cdk-iam-changes")

    assert {
        "MyRoleDefaultPolicy": ["IAM_WIDENING"],
        "MyRole": [],
        "Queue": ["STATEFUL_REPLACEMENT"],
        "mySsmParameter": [],
    } == {change.id: [risk.kind for risk in change.risks] for change in review.changes}


def test_a_policy_whose_values_were_not_told_cannot_be_judged(tmp_path: Path) -> None:
    told = answer("docs-direct-tag")
    told["Changes"][0]["ResourceChange"]["Details"][0]["Target"] = {
        "Attribute": "Properties",
        "Name": "PolicyDocument",
        "RequiresRecreation": "Never",
    }
    (tmp_path / "plain.json").write_text(json.dumps(told), encoding="utf-8")

    review = judge(changesets.review(parse.read([tmp_path / "plain.json"])))

    assert ["UNJUDGED"] == [risk.kind for _, risk in review.risks()]


def test_values_that_aws_cut_off_cannot_be_judged(tmp_path: Path) -> None:
    told = answer("cdk-iam-changes")
    change = told["Changes"][0]["ResourceChange"]
    change["AfterContext"] = change["AfterContext"][:200]
    (tmp_path / "cut.json").write_text(json.dumps(told), encoding="utf-8")

    review = judge(changesets.review(parse.read([tmp_path / "cut.json"])))

    assert "UNJUDGED" in [risk.kind for risk in only(review, "MyRoleDefaultPolicy").risks]


def test_a_fact_that_has_no_place_in_the_model_is_told_as_a_note() -> None:
    told = answer("trek10-import")
    told["Changes"][0]["ResourceChange"]["SomethingNew"] = {"Level": "HIGH", "AuthToken": "hunter22"}

    (change,) = changesets.review([told]).changes

    assert ["SomethingNew: AuthToken=••••••, Level=HIGH"] == change.notes


def test_a_file_that_is_no_answer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"Resources": {}}', encoding="utf-8")

    with pytest.raises(UnreadableError, match="expected the answer of DescribeChangeSet"):
        parse.read([tmp_path / "x.json"])
