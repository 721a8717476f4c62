"""The execution roles may do what each type of resource in the templates asks for, and reach no further."""

from __future__ import annotations

import copy
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import pytest

# cfn-lint carries annotations but does not say so.
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER  # type: ignore[import-untyped]

from pipeline.delivery.permissions import looks
from tests.pipeline.delivery import identities, made, unneeded
from tests.templates.rendered import LAYERS, TEMPLATES

REGION = "us-east-1"
# What a managed policy may hold.
POLICY_CHARACTERS = 6144
# The longest that an environment is called, and AWS's longest partition and region.
LONGEST = {"EnvironmentSuffix": "e" * 12}
FARTHEST = {"AWS::Partition": "aws-us-gov", "AWS::Region": "ap-southeast-1"}


def known_actions() -> dict[str, dict[str, Any]]:
    """Every action that IAM knows, by service, as cfn-lint ships them."""
    text = (files("cfnlint") / "data/AdditionalSpecs/Policies.json").read_text()
    found: dict[str, dict[str, Any]] = json.loads(text)
    return found


KNOWN = known_actions()


def types(*templates: Any) -> list[str]:
    return sorted(
        {
            each["Type"]
            for template in templates
            for each in template["Resources"].values()
            if not each["Type"].startswith("Custom::")
        }
    )


# What may become of a resource; tags have permissions of their own, which a stack's tags call upon.
HANDLERS = ("create", "read", "update", "delete", "tagging")


def asked_for(kind: str, names: Sequence[str] = HANDLERS) -> Iterator[str]:
    """The actions that the registry says a type asks for, of those that there are."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    asking = {**schema.get("handlers", {}), "tagging": schema.get("tagging", {})}
    for name in names:
        for action in asking.get(name, {}).get("permissions", []):
            service, _, verb = action.partition(":")
            if verb.lower() in KNOWN.get(service.lower(), {}).get("Actions", {}):
                yield f"{service.lower()}:{verb}"


def granted(name: str, prefix: str) -> set[str]:
    return {
        action
        for title, statement in made.policy_statements(name)
        if title.startswith(prefix) and statement["Effect"] == "Allow"
        for action in statement["Action"]
    }


@dataclass(frozen=True)
class Maker:
    """A role that CloudFormation makes a stack under, and what that asks for."""

    template: str
    policies: str
    """What the logical ids of its policies begin with."""
    kinds: Sequence[str]
    besides: frozenset[str]
    """What CloudFormation itself does under the role, for which no type asks."""

    @property
    def granted(self) -> set[str]:
        """Every action that it is granted."""
        return granted(self.template, self.policies)

    @property
    def asked(self) -> set[str]:
        """Every action that some type asks for."""
        return {each for kind in self.kinds for each in asked_for(kind)}


RELEASES = {"s3:GetObject", "s3:GetObjectVersion", "kms:Decrypt"}
STACK = Maker(
    "target",
    "Execution",
    types(*TEMPLATES.values()),
    frozenset(
        {
            "lambda:InvokeFunction",
            "cloudformation:CreateChangeSet",
            "cloudformation:DeleteChangeSet",
            "cloudformation:DescribeChangeSet",
            "cloudformation:ExecuteChangeSet",
        }
    ),
)
# It reads its own template, hands the connection on, and lets notifications make their role. The registry
# does not say what a project asks for.
PIPELINE = Maker(
    "pipeline",
    "PipelineExecution",
    types(made.rendered()["pipeline"]),
    frozenset(
        {
            "codebuild:BatchGetProjects",
            "codebuild:CreateProject",
            "codebuild:DeleteProject",
            "codebuild:UpdateProject",
            "codeconnections:PassConnection",
            "iam:CreateServiceLinkedRole",
            "kms:Decrypt",
            "s3:GetObject",
        }
    ),
)
MAKERS = {"stack": STACK, "pipeline": PIPELINE}


def excused(action: str) -> bool:
    return action.partition(":")[0] in unneeded.SERVICES or action in unneeded.ACTIONS


def small(actions: set[str]) -> set[str]:
    """IAM does not tell large letters from small, and one schema takes other ones."""
    return {each.lower() for each in actions}


@pytest.mark.parametrize(
    ("maker", "kind"), [(name, kind) for name, maker in MAKERS.items() for kind in maker.kinds]
)
def test_an_execution_role_may_do_what_a_type_asks_for(maker: str, kind: str) -> None:
    found = small(MAKERS[maker].granted)

    assert not {each for each in asked_for(kind) if each.lower() not in found and not excused(each)}


def test_the_registry_says_of_every_type_but_one_what_it_asks_for() -> None:
    silent = {kind for maker in MAKERS.values() for kind in maker.kinds if not list(asked_for(kind))}

    assert silent == {"AWS::CodeBuild::Project"}


@pytest.mark.parametrize("maker", MAKERS)
def test_it_reaches_no_service_that_the_templates_do_not_hold(maker: str) -> None:
    services = {each.partition(":")[0] for each in MAKERS[maker].asked | MAKERS[maker].besides}

    assert {each.partition(":")[0] for each in MAKERS[maker].granted} <= services - set(unneeded.SERVICES)


@pytest.mark.parametrize("maker", MAKERS)
def test_it_is_granted_nothing_that_no_type_asks_for(maker: str) -> None:
    assert small(MAKERS[maker].granted) - small(MAKERS[maker].asked) == small(set(MAKERS[maker].besides))


def test_what_is_unneeded_is_asked_for_and_not_granted() -> None:
    """An entry that nobody asks for any more, or that is granted after all, has to go."""
    services = {each.partition(":")[0] for each in STACK.asked}

    assert set(unneeded.ACTIONS) <= STACK.asked - STACK.granted
    assert set(unneeded.SERVICES) <= services


def test_reading_a_release_does_not_make_it_read_other_buckets() -> None:
    reading = [
        statement
        for title, statement in made.policy_statements("target")
        if title.startswith("Execution") and "s3:GetObject" in statement["Action"]
    ]

    assert [each["Sid"] for each in reading] == ["ReadReleases"]


def test_grants_name_resources_wherever_iam_knows_them() -> None:
    broad = defaultdict(list)
    for title, statement in made.policy_statements("target"):
        if title == "Boundary" or "*" not in statement["Resource"]:
            continue
        for action in statement["Action"]:
            service, _, verb = action.partition(":")
            if KNOWN[service]["Actions"][verb.lower()].get("Resources"):
                broad[title].append(action)

    assert not broad


def test_who_plans_sees_drift_of_every_type_and_no_content() -> None:
    """Drift is detected with the rights of who asks: all that reading a type takes, but for secrets."""
    looks = granted("target", "Drift")
    asked = {each for kind in STACK.kinds for each in asked_for(kind, ["read"])}

    assert {each for each in asked - looks if not excused(each)} == {
        "apigateway:SetWebACL",
        "iam:PassRole",
        "kms:Decrypt",
        "secretsmanager:GetSecretValue",
        "wafv2:AssociateWebACL",
        "wafv2:DisassociateWebACL",
    }
    assert {each.partition(":")[2][:3] for each in looks} <= {"Des", "GET", "Get", "Lis"}


@pytest.mark.parametrize("name", ["pipeline", "target"])
def test_every_policy_fits(name: str) -> None:
    """As IAM is given it, wherever that is."""
    for arn, policy in identities.documents(identities.deployed(name, LONGEST, FARTHEST)).items():
        size = len(json.dumps(policy["PolicyDocument"], separators=(",", ":")))
        assert size <= POLICY_CHARACTERS, arn


def test_a_role_has_no_more_policies_than_iam_attaches() -> None:
    attached = made.resources("target")["ExecutionRole"]["Properties"]["ManagedPolicyArns"]

    assert len(attached) <= 10


def patterns(action: str) -> list[re.Pattern[str]]:
    """The forms of the ARNs that IAM holds an action to; none where it knows no resource for it."""
    service, _, verb = action.partition(":")
    known = KNOWN[service]
    kinds = known["Actions"][verb.lower()].get("Resources", [])
    resources = {kind.lower(): each for kind, each in known["Resources"].items()}
    forms = [form for kind in kinds for form in resources[kind.lower()]["ARNFormats"]]
    return [re.compile(re.sub(r"\$\{[^}]*\}", "[^:]*", form)) for form in forms]


def refused(templates: dict[str, Any]) -> set[tuple[str, str]]:
    """Where the execution role is refused what making, changing or removing a named resource asks for."""
    role = identities.of_template("target")["ExecutionRole"]
    found = set()
    for kind, arn in identities.named(templates):
        for action in asked_for(kind):
            held = [each for each in patterns(action) if each.fullmatch(arn)]
            if held and not excused(action) and not role.may(action, arn, identities.AS_ASKED):
                found.add((action, arn))
    return found


def test_it_may_do_so_to_each_resource_by_the_name_that_it_will_have() -> None:
    """Boundary, conditions and ARNs included."""
    layers = {title: TEMPLATES[title] for title in LAYERS}
    kinds = {kind for kind, _ in identities.named(layers)}

    assert {
        "AWS::DynamoDB::Table",
        "AWS::IAM::Role",
        "AWS::Lambda::Function",
        "AWS::RDS::DBInstance",
    } <= kinds
    assert not refused(layers)


def test_it_may_not_where_the_name_is_another() -> None:
    layers = copy.deepcopy({title: TEMPLATES[title] for title in LAYERS})
    layers["Data"]["Resources"]["PaymentsTable"]["Properties"]["TableName"] = "ledger-of-others"

    actions = {action for action, arn in refused(layers) if arn.endswith("table/ledger-of-others")}
    assert {"dynamodb:CreateTable", "dynamodb:DeleteTable", "dynamodb:UpdateTable"} <= actions


# Ids that are made up, and say nothing of the environment.
GENERATED = {"AWS::KMS::Key", "AWS::EC2::VPC"}


def test_it_changes_nothing_of_another_environment() -> None:
    """In an account that holds both; what has a generated id is told from others by nobody."""
    role = identities.of_template("target")["ExecutionRole"]
    for kind, arn in identities.named({title: TEMPLATES[title] for title in LAYERS}):
        other = re.sub(r"\bdev\b", "prod", arn)
        if kind not in GENERATED and "API-Gateway-Execution-Logs" not in arn:
            assert other != arn
            for action in asked_for(kind, ["create", "update", "delete"]):
                if any(each.fullmatch(other) for each in patterns(action)) and not looks(
                    action.split(":")[1]
                ):
                    assert not role.may(action, other, identities.AS_ASKED), (action, other)
