"""Needs: what a stack needs of its account and region, read from its templates under its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.evaluation.resolved import Deployed
from pipeline.evaluation.stack import Raw
from pipeline.release import region
from pipeline.release.configuration import Configuration


@dataclass(frozen=True, kw_only=True)
class Database:
    """What the stack asks of RDS."""

    engine: str
    version: str
    instance_class: str
    authority: str


@dataclass(frozen=True, kw_only=True)
class Named:
    """A resource with a fixed name that may outlive its stack."""

    path: tuple[str, ...]
    """Its logical id, after those of the stacks around it."""
    type: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What a stack needs."""

    stack: str
    file: str
    """The file of its parameters."""
    region: str
    zones: Sequence[str]
    bucket: str
    prefix_lists: Mapping[str, str]
    """Ids by the service that the lists are of: s3, dynamodb."""
    reserved: Mapping[str, int]
    """Concurrent executions that each function reserves, by its name."""
    elastic_ips: int
    vpcs: int
    database: Database
    named: Sequence[Named]
    connection: str = ""
    """ARN of the connection that the pipeline has its source by; empty where there is no pipeline."""
    key_readers: Sequence[str] = ()
    """Functions that read the payment gateway's key, as they are called in their metrics."""
    live: bool = False
    """True for a stack that charges real money: that of prod, and no other."""
    bucket_owner: str = ""
    """Account that owns the artifact bucket; empty for the caller's own."""


# The types that outlive a stack, or a creation that failed, with the property that names them.
NAME_PROPERTIES = {
    "AWS::Backup::BackupVault": "BackupVaultName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::RDS::DBInstance": "DBInstanceIdentifier",
    "AWS::SQS::Queue": "QueueName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SecretsManager::Secret": "Name",
}


# The variable that a function has the ARN of the gateway's key in.
GATEWAY_SECRET = "GATEWAY_SECRET_ARN"  # noqa: S105 # the name of a variable
PRODUCTION = "prod"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The stack that checks are about: its templates and parameters, and the settings of its pipeline."""

    stack: str
    root: Raw
    documents: Mapping[str, Raw]
    """The nested templates, by the logical id of their stack in lower case."""
    given: Configuration
    """Its parameters, under the name of their file."""
    pipeline: Configuration | None = None

    @property
    def region(self) -> str:
        """Its region; empty where its parameters name no zones, as those of a payment stack do."""
        return region.of(self.given)


def of(subject: Subject, account: str) -> Needs:
    """Return what a stack needs in the account of that number."""
    parameters = subject.given.parameters
    pseudo = {"AWS::AccountId": account, "AWS::Region": subject.region}
    deployed = Deployed(subject.root, subject.documents, parameters, pseudo)
    own_pipeline = subject.pipeline.parameters if subject.pipeline else {}
    owned = parameters["ArtifactBucket"] == own_pipeline.get("ArtifactBucket")
    return Needs(
        stack=subject.stack,
        file=subject.given.name,
        region=subject.region,
        zones=region.zones(subject.given),
        bucket=parameters["ArtifactBucket"],
        prefix_lists={"s3": parameters["S3PrefixListId"], "dynamodb": parameters["DynamodbPrefixListId"]},
        reserved={
            name: int(function.number("ReservedConcurrentExecutions") or 0)
            for function in deployed.all("AWS::Lambda::Function")
            if (name := function.text("FunctionName"))
        },
        elastic_ips=len(deployed.all("AWS::EC2::EIP")),
        vpcs=len(deployed.all("AWS::EC2::VPC")),
        database=database(deployed),
        named=named(deployed),
        connection=own_pipeline.get("ConnectionArn", ""),
        key_readers=[
            name
            for function in deployed.all("AWS::Lambda::Function")
            if GATEWAY_SECRET in function.holds("Environment/Variables")
            and (name := function.text("Environment/Variables/POWERTOOLS_SERVICE_NAME"))
        ],
        live=parameters["EnvironmentSuffix"] == PRODUCTION,
        bucket_owner=account_of(own_pipeline.get("ArtifactKeyArn", "")) if owned else "",
    )


def database(deployed: Deployed) -> Database:
    """Return what the stack asks of RDS."""
    (instance,) = deployed.all("AWS::RDS::DBInstance")
    return Database(
        engine=instance.text("Engine") or "",
        version=instance.text("EngineVersion") or "",
        instance_class=instance.text("DBInstanceClass") or "",
        authority=instance.text("CACertificateIdentifier") or "",
    )


def named(deployed: Deployed) -> list[Named]:
    """Return the resources whose names are known before they exist."""
    return [
        Named(path=(*resource.target[0], resource.target[1]), type=kind, name=name)
        for kind, name_property in NAME_PROPERTIES.items()
        for resource in deployed.all(kind)
        if (name := resource.text(name_property))
    ]


def account_of(arn: str) -> str:
    """Return the account that an ARN names; empty where it names none."""
    return (arn.split(":") + [""] * 5)[4]
