"""Versions: when a new one is published, how it takes over, and what takes its traffic back."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from templates import compute, names, settings
from templates.artifacts import Code
from templates.compute import function, rollout
from templates.stack import camel, kinds
from templates.wires import SecurityGroupId
from tests.templates.layers import rendered
from tests.templates.samples import CODE, MODULES, archive

Resource = dict[str, Any]

LAYER = "Compute"

MOVING_GRADUALLY = ["Validator", "Processor", "AuditLogger", "Retrier"]
PUBLISHED = [*MOVING_GRADUALLY, "Sweeper"]


def built(code: Code = CODE) -> dict[str, Resource]:
    found: dict[str, Resource] = rendered(LAYER, code)["Resources"]
    return found


def versions(resources: dict[str, Resource]) -> dict[str, str]:
    """Logical id of each function's version, by the function's title."""
    found = [name for name, each in resources.items() if each["Type"] == "AWS::Lambda::Version"]
    return {name.rsplit("Version", 1)[0]: name for name in found}


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {title for title in before if before[title] != after[title]}


def refs(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if "Ref" in value:
            yield value["Ref"]
        for inner in value.values():
            yield from refs(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from refs(inner)


def version(resources: dict[str, Resource], title: str) -> Resource:
    return resources[versions(resources)[title]]


def with_code(module: str, digest: str) -> Code:
    return dataclasses.replace(CODE, functions={**CODE.functions, module: archive(module, digest)})


def test_every_function_but_the_migrator_is_published(resources: dict[str, Resource]) -> None:
    """A migration is run by the newest code there is, before any other function moves on."""
    assert set(PUBLISHED) == set(versions(resources))


def test_the_same_build_publishes_nothing_new(resources: dict[str, Resource]) -> None:
    """Lambda refuses to publish what it has published last."""
    assert versions(resources) == versions(built())


def test_new_code_is_a_new_version_of_that_function_alone(resources: dict[str, Resource]) -> None:
    after = built(with_code("payment_processor", "1" * 64))

    assert {"Processor"} == changed(versions(resources), versions(after))


def test_new_code_changes_no_other_logical_id(resources: dict[str, Resource]) -> None:
    after = built(with_code("payment_processor", "1" * 64))

    assert {versions(resources)["Processor"]} == set(resources) - set(after)
    assert {versions(after)["Processor"]} == set(after) - set(resources)


def test_the_same_code_elsewhere_is_no_new_version(resources: dict[str, Resource]) -> None:
    moved = {
        name: dataclasses.replace(each, key=f"elsewhere/{name}") for name, each in CODE.functions.items()
    }

    after = built(dataclasses.replace(CODE, functions=moved))

    assert versions(resources) == versions(after)


def test_new_libraries_are_a_new_version_of_every_function(resources: dict[str, Resource]) -> None:
    after = built(dataclasses.replace(CODE, libraries=archive("libraries", "1" * 64)))

    assert set(PUBLISHED) == changed(versions(resources), versions(after))


def test_a_new_schema_alone_is_no_new_version(resources: dict[str, Resource]) -> None:
    assert versions(resources) == versions(built(dataclasses.replace(CODE, schema_version="0009")))


def a_shorter_timeout(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(compute, "RETRIER_TIMEOUT_SECONDS", 40)


def another_database(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(names, "LEDGER_DATABASE", "otherdb")


def another_runtime(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(function, "RUNTIME", "python3.14")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (a_shorter_timeout, {"Retrier"}),
        (another_database, {"Processor", "Retrier", "AuditLogger"}),
        (another_runtime, set(PUBLISHED)),
    ],
)
def test_new_configuration_is_a_new_version(
    resources: dict[str, Resource],
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[pytest.MonkeyPatch], None],
    expected: set[str],
) -> None:
    """Otherwise the alias would go on pointing to the version that has the old one."""
    change(monkeypatch)

    assert expected == changed(versions(resources), versions(built()))


def test_what_no_version_holds_is_no_new_version(
    resources: dict[str, Resource], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compute, "RETRIES_AT_ONCE", 4)

    after = built()

    assert 4 == after["RetrierFunction"]["Properties"]["ReservedConcurrentExecutions"]
    assert versions(resources) == versions(after)


@pytest.mark.parametrize("title", PUBLISHED)
def test_a_setting_that_a_version_holds_replaces_it_when_it_changes(
    resources: dict[str, Resource], title: str
) -> None:
    """Settings change without the templates; a version is replaced when its description changes."""
    properties = resources[f"{title}Function"]["Properties"]
    held = {name: value for name, value in properties.items() if name not in rollout.UNVERSIONED}
    may_change = {camel(name) for name in kinds(settings.Settings)} - {"EnvironmentSuffix"}
    may_change |= {camel(name) for name, kind in kinds(compute.Inputs).items() if kind is SecurityGroupId}
    may_change |= {"DatabaseHost"}

    described = set(refs(version(resources, title)["Properties"]["Description"]))

    assert may_change & set(refs(held)) == described


LONGEST = {
    "FunctionMemoryMb": "10240",
    "FunctionSecurityGroupId": "sg-" + "0" * 17,
    "GatewaySecurityGroupId": "sg-" + "0" * 17,
    "AcceptedCurrencies": ",".join(["USD"] * 50),
    "PaymentGatewayUrl": "https://" + "g" * 60 + "/" + "v" * 30,
    # The longest identifier that a database can have, which its DNS name begins with.
    "DatabaseHost": "d" * 63,
}


@pytest.mark.parametrize("title", PUBLISHED)
def test_the_longest_settings_fit_into_a_description(resources: dict[str, Resource], title: str) -> None:
    described = [LONGEST[name] for name in refs(version(resources, title)["Properties"]["Description"])]

    assert len(", ".join(described)) + len(" MB") <= 256


@pytest.mark.parametrize("name", ["AcceptedCurrencies", "PaymentGatewayUrl"])
def test_a_setting_is_no_longer_than_a_description_has_room_for(name: str) -> None:
    pattern = str(getattr(settings, name).admits["AllowedPattern"])

    assert re.match(pattern, LONGEST[name])
    assert not re.match(pattern, LONGEST[name] + ",USD" * 30)


@pytest.mark.parametrize("title", PUBLISHED)
def test_versions_stay_to_go_back_to(resources: dict[str, Resource], title: str) -> None:
    """But not one whose own update failed: the next attempt could not publish the same again."""
    published = version(resources, title)

    assert "RetainExceptOnCreate" == published["DeletionPolicy"]
    assert "Retain" == published["UpdateReplacePolicy"]


@pytest.mark.parametrize("title", PUBLISHED)
def test_callers_know_a_function_by_an_alias(resources: dict[str, Resource], title: str) -> None:
    alias = resources[f"{title}Alias"]["Properties"]

    assert "live" == alias["Name"]
    assert {"Ref": f"{title}Function"} == alias["FunctionName"]
    assert {"Fn::GetAtt": [versions(resources)[title], "Version"]} == alias["FunctionVersion"]


@pytest.mark.parametrize("title", MOVING_GRADUALLY)
def test_traffic_moves_as_the_environment_says(resources: dict[str, Resource], title: str) -> None:
    update = resources[f"{title}Alias"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
    group = resources[f"{title}Rollout"]["Properties"]

    assert {
        "ApplicationName": {"Ref": "Rollout"},
        "DeploymentGroupName": {"Ref": f"{title}Rollout"},
    } == update
    assert {"Ref": "CanaryDeployment"} == group["DeploymentConfigName"]


@pytest.mark.parametrize("title", MOVING_GRADUALLY)
def test_traffic_moves_back_when_the_new_version_fails(resources: dict[str, Resource], title: str) -> None:
    group = resources[f"{title}Rollout"]["Properties"]

    alarms = {"Enabled": True, "Alarms": [{"Name": {"Ref": f"{title}CanaryAlarm"}}]}
    assert alarms == group["AlarmConfiguration"]
    assert group["AutoRollbackConfiguration"]["Enabled"] is True
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]


@pytest.mark.parametrize("title", MOVING_GRADUALLY)
def test_the_canary_alarm_watches_the_new_version_alone(resources: dict[str, Resource], title: str) -> None:
    alarm = resources[f"{title}CanaryAlarm"]["Properties"]

    number = {"Fn::GetAtt": [versions(resources)[title], "Version"]}
    assert {
        "FunctionName": {"Ref": f"{title}Function"},
        "Resource": {"Fn::Join": [":", [{"Ref": f"{title}Function"}, "live"]]},
        "ExecutedVersion": number,
    } == {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
    assert ("AWS/Lambda", "Errors", "Sum") == (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"])
    assert "notBreaching" == alarm["TreatMissingData"]


@pytest.mark.parametrize("title", MOVING_GRADUALLY)
def test_a_bad_versions_alarm_does_not_stop_its_fix(resources: dict[str, Resource], title: str) -> None:
    """An alarm keeps its state when it is changed; one with another name is another alarm."""
    name = resources[f"{title}CanaryAlarm"]["Properties"]["AlarmName"]["Fn::Sub"]

    assert name[0].endswith("-${Number}")
    assert {"Number": {"Fn::GetAtt": [versions(resources)[title], "Version"]}} == name[1]


@pytest.mark.parametrize("title", MOVING_GRADUALLY)
def test_people_hear_of_a_failed_canary(resources: dict[str, Resource], title: str) -> None:
    topic = "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:payment-critical-alerts"

    actions = resources[f"{title}CanaryAlarm"]["Properties"]["AlarmActions"]

    assert [{"Fn::Sub": f"{topic}-${{EnvironmentSuffix}}"}] == actions


@pytest.mark.parametrize("title", ["Processor", "Retrier"])
def test_what_posts_to_the_ledger_takes_over_after_the_migration(
    resources: dict[str, Resource], title: str
) -> None:
    assert ["LedgerSchema"] == resources[f"{title}Alias"]["DependsOn"]


def test_the_sample_holds_code_for_every_function(resources: dict[str, Resource]) -> None:
    handlers = {
        each["Properties"]["Handler"].split(".")[1]
        for each in resources.values()
        if each["Type"] == "AWS::Lambda::Function"
    }

    assert set(MODULES) == handlers
