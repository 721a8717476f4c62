"""Wires: the kinds of value that travel between layers.

A kind is a class, so that mypy and the build both tell a key's ARN from a table's.
Beside each stand the properties of the Parameter that admits it; its docstring is the
Parameter's description.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

from troposphere import AWSHelperFn, Join

PARTITION = r"arn:aws[a-z-]*"


class Wire(AWSHelperFn):
    """A value that one layer hands to another: a reference, seen from wherever it stands."""

    admits: ClassVar[Mapping[str, object]] = {"Type": "String"}

    def __init__(self, value: AWSHelperFn | str) -> None:
        self.data = value


class Several(Wire):
    """Values that travel as one, joined by commas; within a layer they are a list."""

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

    admits: ClassVar[Mapping[str, object]] = {"Type": "AWS::EC2::VPC::Id"}


class SubnetIds(Several):
    """Subnets, one for each Availability Zone."""

    admits: ClassVar[Mapping[str, object]] = {"Type": "List<AWS::EC2::Subnet::Id>"}


class SecurityGroupId(Wire):
    """A security group."""

    admits: ClassVar[Mapping[str, object]] = {"Type": "AWS::EC2::SecurityGroup::Id"}


# Security


class KeyArn(Wire):
    """ARN of a KMS key."""

    admits = arn("kms", "key/.+")


# Data


class TableName(Wire):
    """Name of a DynamoDB table."""

    admits = text(r"^[A-Za-z0-9_.-]{3,255}$", "a table name of 3 to 255 characters")


class TableArn(Wire):
    """ARN of a DynamoDB table."""

    admits = arn("dynamodb", "table/[^/]+")


class StreamArn(Wire):
    """ARN of a DynamoDB table's stream."""

    admits = arn("dynamodb", "table/.+/stream/.+")


class BucketName(Wire):
    """Name of an S3 bucket."""

    admits = text(r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", "a bucket name of 3 to 63 characters")


class BucketArn(Wire):
    """ARN of an S3 bucket."""

    admits = arn("s3", "[^/]+")


class QueueUrl(Wire):
    """URL of an SQS queue."""

    admits = text(r"^https?://.+/.+$", "the URL of a queue")


class QueueArn(Wire):
    """ARN of an SQS queue."""

    admits = arn("sqs", ".+")


class QueueName(Wire):
    """Name of an SQS queue."""

    admits = text(r"^[A-Za-z0-9_-]{1,80}$", "a queue name of 1 to 80 characters")


class SecretArn(Wire):
    """ARN of a secret in Secrets Manager."""

    admits = arn("secretsmanager", "secret:.+")


class DatabaseHost(Wire):
    """DNS name of the database."""

    admits = text(r"^[A-Za-z0-9.-]{1,255}$", "a DNS name")


class DatabasePort(Wire):
    """Port of the database."""

    admits = number(1, 65535)


class DatabaseId(Wire):
    """Identifier of the database instance, as CloudWatch knows it."""

    admits = text(r"^[A-Za-z][A-Za-z0-9-]{0,62}$", "a database identifier")


class DatabaseResourceId(Wire):
    """Resource id of the database instance, as IAM database authentication knows it."""

    admits = text(r"^db-[A-Za-z0-9]+$", "a resource id that begins with db-")


# Compute


class FunctionName(Wire):
    """Name of a Lambda function."""

    admits = text(r"^[A-Za-z0-9_-]{1,64}$", "a function name of 1 to 64 characters")


class AliasArn(Wire):
    """ARN of a Lambda function's alias."""

    admits = arn("lambda", "function:[^:]+:[^:]+")


# API


class ApiName(Wire):
    """Name of a REST API, as CloudWatch knows it."""

    admits = text(r"^.{1,255}$", "the name of an API")


class ApiUrl(Wire):
    """Base URL of a REST API's stage."""

    admits = text(r"^https://.+$", "an https URL")


class ApiKeyId(Wire):
    """Identifier of an API key; its value is read with get-api-key."""

    admits = text(r"^[a-z0-9]+$", "the identifier of an API key")


class WebAclName(Wire):
    """Name of a web ACL's metric."""

    admits = text(r"^[A-Za-z0-9_-]{1,128}$", "the name of a web ACL")


# Monitoring


class TopicArn(Wire):
    """ARN of an SNS topic."""

    admits = arn("sns", ".+")


class AlarmArn(Wire):
    """ARN of a CloudWatch alarm."""

    admits = arn("cloudwatch", "alarm:.+")
