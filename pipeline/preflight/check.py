"""Check: every check in its order. What cannot be read, for want of rights or otherwise, is unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from pipeline import BuildError
from pipeline.preflight import account as accounts
from pipeline.preflight import leftovers, places, quotas, rds, services
from pipeline.preflight.account import Account
from pipeline.preflight.finding import MISSING, Finding, unknown
from pipeline.preflight.needs import Needs, Subject
from pipeline.preflight.needs import of as needs_of

if TYPE_CHECKING:
    import boto3


class PreflightError(BuildError):
    """An account or region that lacks what a stack needs."""


Check = Callable[[Account, Needs], Finding]
CHECKS: Mapping[str, Check] = {
    places.REGION: places.region,
    places.ZONES: places.zones,
    places.PREFIX_LISTS: places.prefix_lists,
    quotas.CONCURRENCY: quotas.concurrency,
    quotas.ELASTIC_IPS: quotas.elastic_ips,
    quotas.VPCS: quotas.vpcs,
    rds.DATABASE: rds.offered,
    rds.AUTHORITY: rds.authority,
    services.ANALYZER: services.analyzer,
    services.API_ROLE: services.api_role,
    services.BUCKET: services.bucket,
    services.CONNECTION: services.connection,
    services.GATEWAY_KEY: services.gateway_key,
    leftovers.LEFTOVERS: leftovers.leftovers,
}


def check(session: boto3.Session, subject: Subject) -> list[Finding]:
    """Return a finding for each check of a payment stack; AwsError where there are no credentials."""
    account = accounts.of(session, subject.region)
    needs = needs_of(subject, account.number)
    return [checked(what, account, needs) for what in CHECKS]


def checked(what: str, account: Account, needs: Needs) -> Finding:
    """Return the finding of a check; unknown where AWS, or an emulator of it, does not answer it."""
    try:
        return CHECKS[what](account, needs)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        return unknown(what, f"{error.operation_name} answered {code}", "to be read")
    except BotoCoreError as error:
        return unknown(what, type(error).__name__, "to be read")
    except KeyError as error:
        return unknown(what, f"an answer without {error.args[0]}", "to be read")


def require(findings: Sequence[Finding]) -> None:
    """Raise PreflightError, a line for each, where findings keep a stack from being created or changed."""
    lines = [finding.line() for finding in findings if finding.status == MISSING]
    if lines:
        raise PreflightError(*lines)
