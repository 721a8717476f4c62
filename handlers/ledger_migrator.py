"""Migrator: a custom resource that brings the ledger's schema up to the version in the template."""

from __future__ import annotations

from handlers.payments import metrics
from handlers.payments.adapters.migrate import Migration, MigrationError, migrations
from handlers.payments.adapters.secrets import SecretError
from handlers.payments.adapters.upgrade import patient, upgrade
from handlers.payments.clock import Deadline, SystemClock
from handlers.runtime import cloudformation, telemetry
from handlers.runtime.api_gateway import Event
from handlers.runtime.context import Context
from handlers.runtime.settings import SettingsError
from handlers.runtime.wiring.migrator import sign_in, transport

# The physical id: were it to change, CloudFormation would delete this resource as replaced.
SCHEMA = "ledger-schema"

# Time for the migrations once the database answers; until then it is waited for.
MIGRATING_SECONDS = 300.0
# Time to report a failure to CloudFormation, with every retry.
ANSWERING_SECONDS = 45.0


def handler(event: Event, context: Context) -> None:
    """Create, update or keep the schema, and report to CloudFormation before Lambda ends the function."""
    failure, applied = None, []
    try:
        # The ledger outlives its stack: nothing is deleted.
        if event["RequestType"] != "Delete" and not goes_back(event):
            seconds = context.get_remaining_time_in_millis() / 1000 - ANSWERING_SECONDS
            connect = patient(sign_in, Deadline.after(seconds - MIGRATING_SECONDS, SystemClock()))
            applied = upgrade(seconds, connect, requested(event), ANSWERING_SECONDS / 3)
    except (MigrationError, SettingsError) as wrong:
        failure = str(wrong)
    except SecretError as wrong:
        failure = f"the database's secret could not be read: {wrong}"
    except Exception as unexpected:
        # Without an answer CloudFormation waits until its own time is up, and then again to roll back.
        cloudformation.answer(
            transport(), event, SCHEMA, f"unexpected {type(unexpected).__name__}; see the log"
        )
        raise
    names = [migration.name for migration in applied]
    telemetry.log(
        "schema_failed" if failure else "schema_stands",
        counts={metrics.HANDLED_FAILURE: 1 if failure else 0},
        correlation_id=context.aws_request_id,
        reason=failure,
        applied=names,
    )
    cloudformation.answer(transport(), event, SCHEMA, failure, {"Applied": ",".join(names)})


def goes_back(event: Event) -> bool:
    """Return true for an update to a schema that is older than, or the same as, the one before it.

    Migrations are never undone, so there is nothing to do. A stack that rolls back over a migration must not
    need the database: whatever kept it from answering may be what failed the update.
    """
    if event["RequestType"] != "Update":
        return False
    old = number_of(event.get("OldResourceProperties", {}).get("SchemaVersion", ""))
    new = number_of(event["ResourceProperties"].get("SchemaVersion", ""))
    return old is not None and new is not None and new <= old


def requested(event: Event) -> list[Migration]:
    """Return the migrations up to the version that CloudFormation asks for."""
    known = migrations()
    version = event["ResourceProperties"].get("SchemaVersion", "")
    number = number_of(version)
    if number is None or not 1 <= number <= len(known):
        raise MigrationError(f"SchemaVersion: found {version!r}, expected 0001 to {len(known):04}")
    return known[:number]


def number_of(version: str) -> int | None:
    """Return the number of a schema version; after it comes a digest that makes every change visible."""
    number = version.partition("-")[0]
    return int(number) if number.isascii() and number.isdecimal() else None
