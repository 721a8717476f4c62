"""Where a stack is follows one setting, and a region that it cannot run in is refused by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest
from botocore.session import get_session

from handlers.payments.adapters import tls
from pipeline import BuildError
from pipeline.delivery import build as delivery
from pipeline.release import region
from pipeline.release.configuration import Configuration, read
from pipeline.release.region import RegionError
from tests import checkouts
from tests.paths import CHECKOUT
from tests.pipeline.release.projects import Project

IRELAND = "eu-west-1a,eu-west-1b,eu-west-1c"
PIPELINE_PARAMETERS = "parameters/tooling/pipeline.json"


def given(zones: str) -> Configuration:
    prod = read(CHECKOUT, "prod")
    return replace(prod, parameters={**prod.parameters, "AvailabilityZones": zones})


def refusal(zones: str) -> str:
    with pytest.raises(RegionError) as refused:
        region.supported(CHECKOUT, given(zones))
    (line,) = refused.value.faults
    assert "\n" not in line
    return line


def set_parameters(project: Project, name: str, values: Mapping[str, str]) -> None:
    document = json.loads((project.folder / name).read_bytes())
    document["Parameters"] |= values
    project.write(name, json.dumps(document))


def pipeline_refusal(project: Project) -> list[str]:
    with pytest.raises(BuildError) as refused:
        delivery.region_of(project.folder, delivery.read(project.folder))
    return list(refused.value.faults)


@pytest.fixture
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The parameters of this checkout, and what says which regions there are."""
    project = Project(tmp_path_factory.mktemp("project"))
    for name in (region.AUTHORITIES, "parameters/dev.json", "parameters/prod.json", PIPELINE_PARAMETERS):
        project.write(name, (CHECKOUT / name).read_text())
    return project


def test_the_zones_say_the_region() -> None:
    assert "eu-west-1" == region.supported(CHECKOUT, given(IRELAND))
    assert "us-gov-west-1" == region.of(given("us-gov-west-1a,us-gov-west-1b,us-gov-west-1c"))


@pytest.mark.parametrize("zones", ["", "eu-west-1", "Ireland", ","])
def test_ill_formed_zones_are_left_to_the_check_of_their_form(zones: str) -> None:
    assert not region.supported(CHECKOUT, given(zones))


def test_a_region_without_authorities_is_refused_with_those_that_have_some() -> None:
    line = refusal("il-central-1a,il-central-1b,il-central-1c")

    assert line.startswith(
        "parameters/prod.json: AvailabilityZones: found il-central-1, expected a region whose RDS "
        f"authorities are in {region.AUTHORITIES}: af-south-1, "
    )
    assert line.endswith("us-west-2")


def test_regions_of_every_other_partition_are_refused() -> None:
    session = get_session()
    others = {
        name
        for partition in session.get_available_partitions()
        if partition not in ("aws", "aws-us-gov")
        for name in session.get_available_regions("sts", partition, allow_non_regional=False)
    }

    assert others >= {"cn-north-1", "us-iso-east-1", "us-isob-east-1"}
    for name in others:
        assert region.OTHER_PARTITIONS.match(name), name
    for partition in ("aws", "aws-us-gov"):
        for name in session.get_available_regions("ec2", partition):
            assert not region.OTHER_PARTITIONS.match(name), name
    assert refusal("cn-north-1a,cn-north-1b,cn-north-1d") == (
        "parameters/prod.json: AvailabilityZones: found cn-north-1, "
        "expected a region of the partition aws or aws-us-gov"
    )


def test_a_region_that_is_let_in_is_one_whose_databases_the_functions_trust() -> None:
    for name in region.authorities(CHECKOUT):
        assert tls.authorities(name)


def test_the_pipeline_is_of_the_environments_region(project: Project) -> None:
    assert "us-east-1" == delivery.region_of(project.folder, delivery.read(project.folder))


def test_one_pipeline_deploys_to_one_region(project: Project) -> None:
    set_parameters(project, "parameters/prod.json", {"AvailabilityZones": IRELAND})

    assert pipeline_refusal(project) == [
        (
            "parameters/prod.json: AvailabilityZones: found eu-west-1, expected us-east-1 as in "
            "parameters/dev.json: one pipeline deploys to one region"
        )
    ]


def test_what_the_pipeline_uses_is_of_its_region(project: Project) -> None:
    for environment in ("dev", "prod"):
        set_parameters(project, f"parameters/{environment}.json", {"AvailabilityZones": IRELAND})

    assert pipeline_refusal(project) == [
        f"{PIPELINE_PARAMETERS}: {name}: found an ARN of us-east-1, expected one of eu-west-1, the region "
        "of AvailabilityZones in the environments' parameters"
        for name in ("ConnectionArn", "ArtifactKeyArn")
    ]


def test_another_region_builds_the_same_templates_and_is_linted_for_itself(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """The findings of one region, which the cache holds, are not those of another."""
    project = checkouts.of(tmp_path_factory)
    before = project.files()
    set_parameters(project, "parameters/dev.json", {"AvailabilityZones": IRELAND})

    done = project.run("--env", "dev")

    assert done.returncode == 0, done.stderr
    assert "8 of 8 templates judged, 0 findings" in done.stderr
    after = project.files()
    changed = {name for name in before if before[name] != after.get(name)}
    assert changed == {"configuration.json"}


def test_an_unsupported_region_fails_a_build_in_one_line(tmp_path_factory: pytest.TempPathFactory) -> None:
    project = checkouts.of(tmp_path_factory)
    zones = "il-central-1a,il-central-1b,il-central-1c"
    set_parameters(project, "parameters/dev.json", {"AvailabilityZones": zones})

    done = project.run("--env", "dev")

    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: parameters/dev.json: AvailabilityZones: found il-central-1, expected")
