"""Region: the one setting that says where a stack is, and the regions that a stack can be in.

The parameter AvailabilityZones names three zones of a region; everything else follows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline import BuildError
from pipeline.release.configuration import Configuration
from pipeline.release.sources import content

SETTING = "AvailabilityZones"
# A zone's name is its region's and a letter.
ZONE = re.compile(r"([a-z]{2}(?:-[a-z]+){1,2}-[0-9])[a-z]")
# Keys are granted to services by names under amazonaws.com, which those of China and of the isolated and
# sovereign partitions do not have.
OTHER_PARTITIONS = re.compile(r"cn-|us-iso|eu-iso|eusc-")
# The functions verify the database's certificate with these.
AUTHORITIES = "handlers/payments/adapters/authorities.pem"
AUTHORITY = re.compile(r"^# Amazon RDS (\S+) Root CA ", re.MULTILINE)


class RegionError(BuildError):
    """A region that no stack can be in, or a resource of another one."""


def zones(given: Configuration) -> Sequence[str]:
    """Return the zones that a configuration names, in its order."""
    return [zone.strip() for zone in given.parameters.get(SETTING, "").split(",") if zone.strip()]


def of(given: Configuration) -> str:
    """Return the region of a configuration's zones; empty where it names none of a zone's form."""
    named = zones(given)
    match = ZONE.fullmatch(named[0]) if named else None
    return match[1] if match else ""


def supported(project: Path, given: Configuration) -> str:
    """Return the region of a payment stack; RegionError where it cannot run there.

    Empty where the configuration names no zones, or ill-formed ones, which its own check refuses.
    """
    region = of(given)
    if not region:
        return region
    place = f"{given.name}: {SETTING}: found {region}"
    if OTHER_PARTITIONS.match(region):
        raise RegionError(f"{place}, expected a region of the partition aws or aws-us-gov")
    certified = authorities(project)
    if region not in certified:
        raise RegionError(
            f"{place}, expected a region whose RDS authorities are in {AUTHORITIES}: {', '.join(certified)}"
        )
    return region


def authorities(project: Path) -> list[str]:
    """Return the regions whose databases' certificates the functions can verify."""
    return sorted(set(AUTHORITY.findall(content(project / AUTHORITIES, AUTHORITIES).decode())))


def check_arns(given: Configuration, names: Sequence[str], region: str) -> None:
    """Raise RegionError where a parameter of `names` holds the ARN of a resource in another region."""
    faults = list(elsewhere(given, names, region))
    if faults:
        raise RegionError(*faults)


def elsewhere(given: Configuration, names: Sequence[str], region: str) -> Iterator[str]:
    """Yield a line for each parameter of `names` whose ARN names another region."""
    for name in names:
        # arn:partition:service:region:account:resource. What is no ARN is for the check of its form.
        parts = given.parameters.get(name, "").split(":")
        if len(parts) > 5 and parts[3] and parts[3] != region:  # noqa: PLR2004 # an ARN's parts
            yield (
                f"{given.name}: {name}: found an ARN of {parts[3]}, expected one of {region}, "
                f"the region of {SETTING} in the environments' parameters"
            )
