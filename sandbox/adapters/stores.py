"""Stores: faults of databases and their secrets, and of what policies say of whoever reaches a store."""
# ruff: noqa: SLF001 -- the faults lie within the emulator, and so must what steps round them

from __future__ import annotations

import json
from typing import Any

from ministack import app
from ministack.core import iam_actions
from ministack.services import rds, secretsmanager
from ministack.services.cloudformation import drift, provisioners

from sandbox.adapters.resources import HANDLERS, Created, Properties, complete
from sandbox.database import Server
from sandbox.processes import LOOPBACK


def count_loopback_as_tls() -> None:
    """Calls come without TLS, which policies that demand TLS refuse; on the loopback, nobody listens in."""
    pin = app.pin_request_origin
    app.pin_request_origin = lambda address, _secure: pin(address, True)


def tell_policies_of_keys() -> None:
    """Policies of buckets do not see the key that an object is to be encrypted with, and take it for none."""
    tell = iam_actions._s3_object_context
    header = "x-amz-server-side-encryption-aws-kms-key-id"

    def tell_all(action: str, query: Properties, path: str, headers: Properties) -> Properties:
        context: Properties = tell(action, query, path, headers)
        if action == "s3:PutObject" and headers.get(header):
            context[f"s3:{header}"] = headers[header]
        return context

    iam_actions._s3_object_context = tell_all


def refer_to_secrets_by_arn() -> None:
    """A Ref to a secret is its name; AWS gives the ARN."""
    handler = HANDLERS["AWS::SecretsManager::Secret"]
    create, update, delete = handler["create"], handler["update"], handler["delete"]

    def create_by_arn(*given: Any) -> Created:
        _, attributes = create(*given)
        return attributes["Arn"], attributes

    def update_by_arn(arn: str, *given: Any) -> Created:
        name, attributes = update(name_of_secret(arn), *given)
        return secretsmanager._secrets[name]["ARN"], attributes

    def delete_by_arn(arn: str, properties: Properties) -> None:
        delete(name_of_secret(arn), properties)

    handler.update(create=create_by_arn, update=update_by_arn, delete=delete_by_arn)
    read, compared = drift._DRIFT_READERS["AWS::SecretsManager::Secret"]

    def read_by_arn(arn: str, properties: Properties) -> Any:
        return read(name_of_secret(arn), properties)

    drift._DRIFT_READERS["AWS::SecretsManager::Secret"] = (read_by_arn, compared)


def name_of_secret(arn: str) -> str:
    """The name of the secret `arn`, under which the emulator keeps it."""
    names = (name for name, secret in secretsmanager._secrets.items() if secret["ARN"] == arn)
    return next(names, arn)


def make_master_secrets() -> None:
    """A database that manages the password of its master user has no secret, and no attribute naming it."""
    complete("AWS::RDS::DBInstance", master_secret)


def master_secret(database: str, properties: Properties, stack: str) -> Properties:
    """The secret that RDS would make for `database`, made here if it is not there yet."""
    if not provisioners._cfn_bool(properties.get("ManageMasterUserPassword", False)):
        return {}
    name = f"rds!{database}"
    if name not in secretsmanager._secrets:
        generated = {
            "SecretStringTemplate": json.dumps({"username": properties.get("MasterUsername", "")}),
            "GenerateStringKey": "password",
            "ExcludeCharacters": "/@\"' ",
        }
        key = properties.get("MasterUserSecret", {}).get("KmsKeyId")
        secret = {"Name": name, "KmsKeyId": key, "GenerateSecretString": generated}
        HANDLERS["AWS::SecretsManager::Secret"]["create"](name, secret, stack)
    arn = secretsmanager._secrets[name]["ARN"]
    rds._instances[database]["MasterUserSecret"] = {"SecretArn": arn, "SecretStatus": "active"}
    return {"MasterUserSecret.SecretArn": arn}


def serve_databases(server: Server) -> None:
    """A database is a record, and nobody listens at its endpoint."""

    def serve(database: str, properties: Properties, _stack: str) -> Properties:
        server.provide(properties["DBName"], properties["MasterUsername"])
        rds._instances[database]["Endpoint"].update(Address=LOOPBACK, Port=server.port)
        return {"Endpoint.Address": LOOPBACK, "Endpoint.Port": str(server.port)}

    complete("AWS::RDS::DBInstance", serve)
