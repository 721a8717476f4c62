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


def named(role: str) -> Sub:
    """The physical name of what plays `role` in this environment: `payment-api-prod`."""
    return Sub(f"{role}-${{EnvironmentSuffix}}")


def alerts_topic_arn() -> Sub:
    """ARN of the alerts topic, for alarms of layers that come before the one that holds it."""
    return Sub(
        "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:" + ALERTS + "-${EnvironmentSuffix}"
    )
