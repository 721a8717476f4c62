"""Nested stacks: changes followed down through parameters and up through outputs."""

from __future__ import annotations

import copy
import json
from typing import Any

from pipeline.review.model import Review
from tests.pipeline.review.neighbours import CASES, GONE, Template, edited, lines, reviewed, told

CASE = next(CASES.glob("176-*"))
ROOT: Template = json.loads((CASE / "old.json").read_text(encoding="utf-8"))
CHILDREN: dict[str, Template] = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (CASE / "nested" / "old").iterdir()
}
ANOTHER_URL = {"DataStack/TemplateURL": "https://x/other.json"}


def review(
    root: dict[str, Any] | None = None,
    children: dict[str, dict[str, Any]] | None = None,
    given: dict[str, Any] | None = None,
) -> Review:
    """The review of edits of the root, of its children and of the parameters."""
    nested = copy.deepcopy(CHILDREN)
    for name, edits in (children or {}).items():
        nested[name] = edited(nested[name], edits)
    return reviewed(ROOT, edited(ROOT, root or {}), ({}, given or {}), (CHILDREN, nested))


def causes(found: Review) -> dict[str, str | None]:
    """What each change comes from."""
    return {change.id: change.cause for change in found.changes}


def test_another_url_alone_changes_the_stack_alone() -> None:
    found = review(ANOTHER_URL)

    assert lines("DataStack False") == told(found)
    assert {"ApiStack", "ApiStack/ChargeFn", "ApiStack/ChargeLogs"} == {each.id for each in found.possible}


def test_a_stack_is_listed_for_what_changes_in_it() -> None:
    found = review(children={"DataStack": {"PaymentsDb/AllocatedStorage": "200"}})

    assert lines("DataStack False\nDataStack/PaymentsDb False") == told(found)


def test_a_parameter_of_the_root_is_followed_across_stacks() -> None:
    found = review(given={"VpcCidr": "10.50.0.0/16"})

    expected = """
        NetworkStack False
        NetworkStack/Vpc True
        NetworkStack/PrivateSubnetA True
        NetworkStack/PrivateSubnetB True
        NetworkStack/PrivateRouteTable True
        NetworkStack/PrivateAssocA True
        NetworkStack/PrivateAssocB True
        NetworkStack/LambdaSg True
        NetworkStack/DbSg True
        DataStack False
        DataStack/DbSubnetGroup False
        DataStack/PaymentsDb False
    """
    assert lines(expected) == told(found)
    by = causes(found)
    assert "parameter:VpcCidr" == by["NetworkStack"] == by["NetworkStack/Vpc"]
    assert "NetworkStack" == by["DataStack"] == by["DataStack/DbSubnetGroup"]


def test_a_default_within_a_stack_is_followed_out_and_into_another() -> None:
    found = review(ANOTHER_URL, {"DataStack": {"Parameters/TableNameParam/Default": "other"}})

    expected = """
        DataStack False
        DataStack/TransactionsTable True STATEFUL_REPLACEMENT
        ApiStack False
        ApiStack/ChargeFn False
        ApiStack/ChargeLogs True STATEFUL_REPLACEMENT
    """
    assert lines(expected) == told(found)
    assert "DataStack" == causes(found)["ApiStack"]
    assert "parameter:TableNameParam" == causes(found)["DataStack/TransactionsTable"]


def test_an_argument_that_the_parent_edits_is_the_childs_parameter() -> None:
    found = review({"DataStack/Parameters/DbClass": "db.r6g.large"})

    assert lines("DataStack False\nDataStack/PaymentsDb False INTERRUPTION") == told(found)
    assert {"DataStack": None, "DataStack/PaymentsDb": "parameter:DbClass"} == causes(found)


def test_each_argument_has_a_cause_of_its_own() -> None:
    found = review(given={"VpcCidr": "10.50.0.0/16", "DbInstanceId": "other"})

    (stack,) = (change for change in found.changes if change.id == "DataStack")
    assert {
        "Parameters/DbInstanceId": "parameter:DbInstanceId",
        "Parameters/SubnetIds": "NetworkStack",
        "Parameters/DbSgId": "NetworkStack",
    } == {"/".join(each.path.split("/")[:2]): each.cause for each in stack.properties}


def test_passing_the_default_changes_the_stack_and_nothing_in_it() -> None:
    assert lines("DataStack False") == told(review({"DataStack/Parameters/DbClass": "db.m6g.large"}))


def test_spelling_the_name_that_another_stack_offers_changes_nothing_in_the_stack() -> None:
    found = review({"ApiStack/Parameters/TableName": "payments-transactions"})

    assert set() == {change.id for change in found.changes}


def test_a_resource_within_a_stack_is_removed_by_its_own_policy() -> None:
    found = review(ANOTHER_URL, {"DataStack": {"PaymentsDb": GONE, "Outputs/DbEndpoint": GONE}})

    assert lines("DataStack False\nDataStack/PaymentsDb Remove STATEFUL_DELETION") == told(found)
    assert [("OUTPUT_REMOVED", ("DataStack",), "DbEndpoint")] == [
        (each.kind, each.stack, each.subject) for each in found.findings
    ]


def test_a_stack_takes_along_what_no_policy_keeps() -> None:
    found = review({"ApiStack": GONE})

    expected = """
        ApiStack Remove STATEFUL_DELETION
        ApiStack/ChargeFn Remove
        ApiStack/ChargeLogs Remove STATEFUL_DELETION
    """
    assert lines(expected) == told(found)


def test_a_stack_that_is_kept_keeps_all_that_is_in_it() -> None:
    kept = edited(ROOT, {"ApiStack.DeletionPolicy": "Retain"})

    found = reviewed(kept, edited(kept, {"ApiStack": GONE}), nested=(CHILDREN, CHILDREN))

    assert lines("ApiStack Remove ORPHAN") == told(found)


def test_a_group_opened_within_a_stack_is_found_there() -> None:
    anywhere = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "CidrIp": "0.0.0.0/0"}

    found = review(children={"NetworkStack": {"DbSg/SecurityGroupIngress/+": anywhere}})

    assert lines("NetworkStack False\nNetworkStack/DbSg False SG_OPENING") == told(found)


def test_a_parameter_that_the_child_does_not_declare_fails() -> None:
    assert lines("DataStack False UPDATE_FAILS") == told(review({"DataStack/Parameters/Nope": "x"}))


def test_a_parameter_that_the_child_misses_fails() -> None:
    assert "UPDATE_FAILS" in str(told(review({"ApiStack/Parameters/TableName": GONE})))


def test_stacks_in_stacks_are_followed_all_the_way() -> None:
    def nesting(name: str, parameter: object) -> Template:
        stack = {"TemplateURL": "x", "Parameters": {"Name": parameter}}
        return {
            "Parameters": {"Name": {"Type": "String", "Default": "a"}},
            "Resources": {name: {"Type": "AWS::CloudFormation::Stack", "Properties": stack}},
        }

    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "Name"}}}
    inmost: Template = {"Parameters": {"Name": {"Type": "String"}}, "Resources": {"Topic": topic}}
    held = {"Outer": nesting("Inner", {"Ref": "Name"}), "Outer/Inner": inmost}
    root = nesting("Outer", {"Ref": "Name"})

    found = reviewed(root, root, ({}, {"Name": "b"}), (held, held))

    assert lines("Outer False\nOuter/Inner False\nOuter/Inner/Topic True") == told(found)
    topic_change = next(change for change in found.changes if change.resource == "Topic")
    assert ("Outer/Inner/parameter:Name", "Outer/parameter:Name", "parameter:Name") == topic_change.chain
