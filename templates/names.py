"""Names: the physical names that people and other systems know the stack's parts by.

Every name ends in the environment's suffix, so one account can hold several environments.
A layer that names something has `environment_suffix` among its Inputs.
"""

from troposphere import Sub

# What CloudWatch, CodeDeploy and operators know the functions by.
VALIDATOR = "payment-validator"
PROCESSOR = "payment-processor"
AUDIT_LOGGER = "audit-logger"
RETRIER = "payment-retrier"
SWEEPER = "payment-sweeper"
MIGRATOR = "ledger-migrator"

ALERTS = "payment-critical-alerts"
API = "payment-api"

# Queues for payments to try again, and for those that nothing could be done for.
RETRY_QUEUE = "payment-retry-queue"
RETRY_DEAD_LETTERS = "payment-retry-dlq"
# Queues for what could not be handed over: stream records to the audit logger, and events to functions.
AUDIT_DEAD_LETTERS = "payment-audit-dlq"
UNDELIVERED_EVENTS = "payment-events-dlq"
# And for alerts that reached nobody.
UNDELIVERED_ALERTS = "payment-alerts-dlq"

# The alias that callers know every function by; it points to a version.
LIVE = "live"

# The namespace of the functions' own metrics (handlers/payments/metrics.py); their dimension `service` is
# the function's name.
METRICS = "Payments"

# The database within the instance; an instance serves one environment.
LEDGER_DATABASE = "paymentdb"


def named(role: str) -> Sub:
    """The physical name of what plays `role` in this environment: `payment-api-prod`."""
    return Sub(f"{role}-${{EnvironmentSuffix}}")


def named_worldwide(role: str) -> Sub:
    """The physical name of what plays `role`, where names are shared by all accounts and regions."""
    return Sub(f"{role}-${{EnvironmentSuffix}}-${{AWS::AccountId}}-${{AWS::Region}}")


def alerts_topic_arn() -> Sub:
    """ARN of the alerts topic, for alarms of layers that come before the one that holds it."""
    return Sub(
        "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:" + ALERTS + "-${EnvironmentSuffix}"
    )
