"""Migrator: a custom resource that brings the ledger's schema up to the version in the template."""

from __future__ import annotations

from handlers.payments import metrics
from handlers.payments.adapters.migrate import Migration, MigrationError, migrations
from handlers.payments.adapters.secrets import SecretError
from handlers.payments.adapters.upgrade import upgrade
from handlers.runtime import cloudformation, telemetry
from handlers.runtime.api_gateway import Event
from handlers.runtime.context import Context
from handlers.runtime.settings import SettingsError
from handlers.runtime.wiring.migrator import sign_in, transport

# The physical id: were it to change, CloudFormation would delete this resource as replaced.
SCHEMA = "ledger-schema"

# Time to report a failure to CloudFormation, with every retry.
ANSWERING_SECONDS = 45.0


def handler(event: Event, context: Context) -> None:
    """Create, update or keep the schema, and report to CloudFormation before Lambda ends the function."""
    failure, applied = None, []
    try:
        # The ledger outlives its stack: nothing is deleted.
        if event["RequestType"] != "Delete":
            seconds = context.get_remaining_time_in_millis() / 1000 - ANSWERING_SECONDS
            applied = upgrade(seconds, sign_in, requested(event), ANSWERING_SECONDS / 3)
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


def requested(event: Event) -> list[Migration]:
    """Return the migrations up to the version that CloudFormation asks for.

    While a stack rolls back, the code may still be the one whose newest migration failed; the version
    asked for is the one before, which is applied already, so the rollback succeeds.
    """
    known = migrations()
    version = event["ResourceProperties"].get("SchemaVersion", "")
    # A number, and a digest that makes CloudFormation see every change.
    number = version.partition("-")[0]
    if not (number.isascii() and number.isdecimal() and 1 <= int(number) <= len(known)):
        raise MigrationError(f"SchemaVersion: found {version!r}, expected 0001 to {len(known):04}")
    return known[: int(number)]
