"""RDS: the engine version, instance class and certificate authority that a region offers."""

from __future__ import annotations

from botocore.exceptions import ClientError

from pipeline.preflight.account import Account
from pipeline.preflight.finding import Finding, judged
from pipeline.preflight.needs import Needs

DATABASE, AUTHORITY = "Database", "Database's authority"
# A Multi-AZ instance and its standby.
LEAST_ZONES = 2


def offered(account: Account, needs: Needs) -> Finding:
    """Find the stack's zones in which RDS offers its engine version and instance class."""
    wanted = needs.database
    pages = (
        account.client("rds")
        .get_paginator("describe_orderable_db_instance_options")
        .paginate(
            Engine=wanted.engine,
            EngineVersion=wanted.version,
            DBInstanceClass=wanted.instance_class,
            Vpc=True,
        )
    )
    zones = {
        zone["Name"]
        for page in pages
        for option in page["OrderableDBInstanceOptions"]
        if option.get("MultiAZCapable")
        for zone in option["AvailabilityZones"]
    } & set(needs.zones)
    return judged(
        DATABASE,
        f"in {', '.join(sorted(zones))}" if zones else "in no zone of the stack",
        f"{wanted.engine} {wanted.version} on {wanted.instance_class}, Multi-AZ, in {LEAST_ZONES} zones",
        f"choose another DatabaseClass, or zones, in {needs.file}",
        ok=len(zones) >= LEAST_ZONES,
    )


def authority(account: Account, needs: Needs) -> Finding:
    """Find the certificate authority that the database's certificate is to be signed by."""
    wanted = needs.database.authority
    try:
        answer = account.client("rds").describe_certificates(CertificateIdentifier=wanted)
        found = [certificate["CertificateIdentifier"] for certificate in answer["Certificates"]]
    except ClientError as error:
        if error.response["Error"]["Code"] != "CertificateNotFound":
            raise
        found = []
    return judged(
        AUTHORITY,
        ", ".join(found) or "none of that name",
        wanted,
        "use a region whose RDS offers it",
        ok=wanted in found,
    )
