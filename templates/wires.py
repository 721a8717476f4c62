"""Wires: the kinds of value that travel between layers.

A kind is a class, so that mypy and the build both tell a key's ARN from a table's; its docstring is the
description of its Parameter. A layer's Parameter is an unconstrained String or list: while CloudFormation
makes a nested change set it does not know the outputs of sibling stacks, passes a placeholder in their
place, and refuses the set where a pattern, a bound or a special type does not admit the placeholder.
Constraints stand on the Parameters of templates that are deployed by themselves (`admits`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from troposphere import AWSHelperFn, Join

PARTITION = r"arn:aws[a-z-]*"


class Wire(AWSHelperFn):
    """A value that one layer hands to another: a reference, seen from wherever it stands."""

    admits: ClassVar[Mapping[str, object]] = {"Type": "String"}
    """Properties of its Parameter in a template that is deployed by itself."""
    carries: ClassVar[Mapping[str, object]] = {"Type": "String"}
    """Properties of its Parameter in a nested template."""

    def __init__(self, value: AWSHelperFn | str) -> None:
        self.data = value


class Several(Wire):
    """Values that travel as one, joined by commas; within a layer they are a list."""

    carries: ClassVar[Mapping[str, object]] = {"Type": "CommaDelimitedList"}

    @classmethod
    def of(cls, values: Sequence[AWSHelperFn]) -> Self:
        """Join `values`, in their order."""
        return cls(Join(",", list(values)))


def text(pattern: str, expected: str) -> Mapping[str, object]:
    """Properties of a Parameter that takes text of the form `pattern`; `expected` says it in words."""
    return {"Type": "String", "AllowedPattern": pattern, "ConstraintDescription": expected}


def number(least: int, most: int) -> Mapping[str, object]:
    """Properties of a Parameter that takes a whole number from `least` to `most`."""
    return {"Type": "Number", "MinValue": least, "MaxValue": most}


def one_of(*values: str) -> Mapping[str, object]:
    """Properties of a Parameter that takes one of `values`."""
    return {"Type": "String", "AllowedValues": list(values)}


def arn(service: str, resource: str) -> Mapping[str, object]:
    """Properties of a Parameter that takes an ARN of `service` whose resource part is `resource`."""
    return text(rf"^{PARTITION}:{service}:[a-z0-9-]*:[0-9]*:{resource}$", f"an ARN of {service}")


# Network


class VpcId(Wire):
    """The VPC."""


class SubnetIds(Several):
    """Subnets, one for each Availability Zone."""


class SecurityGroupId(Wire):
    """A security group."""


# Security


class KeyArn(Wire):
    """ARN of a KMS key."""

    admits = arn("kms", "key/.+")


# Data


class TableName(Wire):
    """Name of a DynamoDB table."""


class TableArn(Wire):
    """ARN of a DynamoDB table."""


class StreamArn(Wire):
    """ARN of a DynamoDB table's stream."""


class BucketName(Wire):
    """Name of an S3 bucket."""

    admits = text(r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", "a bucket name of 3 to 63 characters")


class BucketArn(Wire):
    """ARN of an S3 bucket."""


class QueueUrl(Wire):
    """URL of an SQS queue."""


class QueueArn(Wire):
    """ARN of an SQS queue."""


class QueueName(Wire):
    """Name of an SQS queue."""


class SecretArn(Wire):
    """ARN of a secret in Secrets Manager."""


class DatabaseHost(Wire):
    """DNS name of the database."""


class DatabasePort(Wire):
    """Port of the database."""


class DatabaseId(Wire):
    """Identifier of the database instance, as CloudWatch knows it."""


class DatabaseResourceId(Wire):
    """Resource id of the database instance, as IAM database authentication knows it."""


# Compute


class FunctionName(Wire):
    """Name of a Lambda function."""


class AliasArn(Wire):
    """ARN of a Lambda function's alias."""


# API


class ApiName(Wire):
    """Name of a REST API, as CloudWatch knows it."""


class ApiUrl(Wire):
    """Base URL of a REST API's stage."""


class ApiKeyId(Wire):
    """Identifier of an API key; its value is read with get-api-key."""


class WebAclName(Wire):
    """Name of a web ACL's metric."""


# Monitoring


class TopicArn(Wire):
    """ARN of an SNS topic."""


class AlarmArn(Wire):
    """ARN of a CloudWatch alarm."""
