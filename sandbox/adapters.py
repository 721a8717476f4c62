"""Adapters: faults of the emulator that are stepped round, each until the emulator is mended.

Imported in the emulator's own process only. A docstring states the fault as it stands without the adapter.
"""
# ruff: noqa: SLF001 -- the faults lie within the emulator, and so must what steps round them

from __future__ import annotations

import json
import platform
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

from ministack import app
from ministack.core import iam_actions, lambda_runtime
from ministack.services import (
    apigateway_v1,
    cloudformation,
    eventbridge,
    iam,
    lambda_svc,
    rds,
    secretsmanager,
)
from ministack.services.cloudformation import helpers, provisioners, stacks

from sandbox import clock
from sandbox.database import Server
from sandbox.processes import LOOPBACK

Properties = dict[str, Any]
# What CloudFormation records of a resource: its physical id and its attributes.
Created = tuple[str, Properties]

HANDLERS = provisioners._RESOURCE_HANDLERS
NESTED = "AWS::CloudFormation::Stack"
# The name of a nested stack is its parent's, its title there, and these characters.
NESTED_SUFFIX = len("-0123456789ab")
BUCKET_IN_HOST = re.compile(r"^https?://([^/]+)\.s3[.-][^/]*/")


def install(databases: Server) -> None:
    """Step round every fault; `databases` stands in for those that nobody listens for."""
    count_loopback_as_tls()
    read_buckets_from_hosts()
    announce_children()
    keep_attributes()
    keep_what_children_retain()
    clear_failed_children()
    refer_to_secrets_by_arn()
    make_master_secrets()
    serve_databases(databases)
    validate_requests()
    say_what_was_invalid()
    keep_settings_of_functions()
    leave_out_foreign_layers()
    bring_back_failed_records()
    tell_policies_of_keys()
    keep_boundaries_of_roles()
    look_at_schedules_often()
    give_functions_the_clock()


def count_loopback_as_tls() -> None:
    """Calls come without TLS, which policies that demand TLS refuse; on the loopback, nobody listens in."""
    pin = app.pin_request_origin
    app.pin_request_origin = lambda address, _secure: pin(address, True)


def read_buckets_from_hosts() -> None:
    """A TemplateURL whose host names the bucket is taken for one whose path begins with it."""
    resolve = helpers._resolve_document

    def resolve_either(parameters: Properties, body: str, url: str, label: str) -> Any:
        by_path = BUCKET_IN_HOST.sub(r"https://s3/\1/", helpers._p(parameters, url))
        return resolve({**parameters, url: [by_path]}, body, url, label)

    helpers._resolve_document = resolve_either


def announce_children() -> None:
    """The events of a stack do not name a nested stack before that is complete, nor ever if it fails."""
    add = stacks._add_event

    def add_and_announce(stack_id: str, name: str, title: str, *rest: str, **named: str) -> None:
        add(stack_id, name, title, *rest, **named)
        own = cloudformation._stacks.get(name, {})
        parent = cloudformation._stacks.get(own.get("_parent_stack_name"))
        if parent and title == name and own["StackStatus"] == "CREATE_IN_PROGRESS":
            nested_title = name.removeprefix(f"{parent['StackName']}-")[:-NESTED_SUFFIX]
            event = (parent["StackId"], parent["StackName"], nested_title, NESTED, own["StackStatus"])
            add(*event, "Resource creation Initiated", physical_id=stack_id)

    stacks._add_event = add_and_announce


def keep_attributes() -> None:
    """A resource of a nested stack loses its attributes in an update that leaves it as it was."""
    update = provisioners._update_resource

    def update_and_keep(*given: Any) -> Created:
        *_, stack, title = given
        attributes = cloudformation._stacks[stack]["_resources"][title]["Attributes"]
        made: Created = update(*given, attributes)
        return made

    provisioners._update_resource = update_and_keep


def keep_what_children_retain() -> None:
    """Deleting a nested stack deletes what its template retains, and takes no snapshot."""
    delete = HANDLERS[NESTED]["delete"]

    def delete_the_rest(physical_id: str, properties: Properties) -> None:
        child = cloudformation._stacks.get(provisioners._nested_stack_lookup_name(physical_id))
        if child is not None:
            keep_retained(child)
        delete(physical_id, properties)

    HANDLERS[NESTED]["delete"] = delete_the_rest


def keep_retained(child: Properties) -> None:
    """Let go of what the template of the nested stack `child` retains; take the snapshots that it wants."""
    resources = child["_resources"]
    for title, resource in list(resources.items()):
        kind, physical_id = resource["ResourceType"], resource["PhysicalResourceId"]
        policy = deletion_policy(child, title)
        if policy == "Snapshot":
            provisioners._snapshot_resource(kind, physical_id, resource["Properties"])
        if policy in provisioners._RETAINING_POLICIES:
            del resources[title]
            event = (child["StackId"], child["StackName"], title, kind, "DELETE_SKIPPED")
            stacks._add_event(*event, physical_id=physical_id)


def deletion_policy(child: Properties, title: str) -> str:
    """What the template of the nested stack `child` says of deleting `title`."""
    template = child["_template"]
    policy: str = stacks._resource_policy(
        template["Resources"].get(title),
        "DeletionPolicy",
        child["_resources"],
        child["_resolved_params"],
        child["_conditions"],
        template.get("Mappings", {}),
        child["StackName"],
        child["StackId"],
    )
    return policy


def clear_failed_children() -> None:
    """A nested stack that could not be created leaves behind what it had made by then."""
    create = HANDLERS[NESTED]["create"]

    def create_or_clear(title: str, properties: Properties, parent: str) -> Created:
        before = set(cloudformation._stacks)
        try:
            made: Created = create(title, properties, parent)
        except Exception:
            for name in set(cloudformation._stacks) - before:
                if cloudformation._stacks[name].get("_parent_stack_name") == parent:
                    HANDLERS[NESTED]["delete"](name, properties)
            raise
        return made

    HANDLERS[NESTED]["create"] = create_or_clear


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


def validate_requests() -> None:
    """An API takes whatever is sent: request validators are not made, and methods forget theirs."""

    def keep(validator: str, properties: Properties, _stack: str) -> Properties:
        apigateway_v1._request_validators.setdefault(properties["RestApiId"], {})[validator] = {
            "id": validator,
            "name": properties.get("Name", ""),
            "validateRequestBody": provisioners._cfn_bool(properties.get("ValidateRequestBody")),
            "validateRequestParameters": provisioners._cfn_bool(properties.get("ValidateRequestParameters")),
        }
        return {}

    def attach(_method: str, properties: Properties, _stack: str) -> Properties:
        resource = apigateway_v1._resources[properties["RestApiId"]][properties["ResourceId"]]
        method = resource["resourceMethods"][properties["HttpMethod"]]
        method["requestValidatorId"] = properties.get("RequestValidatorId")
        return {}

    complete("AWS::ApiGateway::RequestValidator", keep)
    complete("AWS::ApiGateway::Method", attach)


def say_what_was_invalid() -> None:
    """An API's own answers to invalid requests leave their variable for what was wrong as it stands."""
    answer = apigateway_v1._gateway_error_response
    variable = b"$context.error.validationErrorString"

    def answer_whole(error: Any, request: Properties) -> Any:
        status, headers, body = answer(error, request)
        # Escaped, as API Gateway fills it in. The emulator knows no more than that, of a body.
        return status, headers, body.replace(variable, json.dumps(error.message or "")[1:-1].encode())

    apigateway_v1._gateway_error_response = answer_whole


def keep_settings_of_functions() -> None:
    """A function forgets its reserved concurrency, and where the events go that it was not handed."""

    def keep(name: str, properties: Properties, _stack: str) -> Properties:
        reserved = properties.get("ReservedConcurrentExecutions")
        function = lambda_svc._functions[name]
        function["concurrency"] = None if reserved is None else int(reserved)
        function["config"]["DeadLetterConfig"] = properties.get("DeadLetterConfig", {})
        return {}

    complete("AWS::Lambda::Function", keep)


def leave_out_foreign_layers() -> None:
    """A layer for another processor or Python hides this machine's own packages, and fails to load.

    Left out, the function finds the same libraries among what this Python has installed.
    """
    resolve = lambda_svc._resolve_layer_zip

    def resolve_own(attachment: Any) -> bytes | None:
        arn = attachment["Arn"] if isinstance(attachment, dict) else attachment
        layer, fault = lambda_svc._resolve_layer_version_for_attachment(arn)
        archive: bytes | None = resolve(attachment) if fault or runs_here(layer) else None
        return archive

    lambda_svc._resolve_layer_zip = resolve_own


def bring_back_failed_records() -> None:
    """Records of a stream that a function names as failed do not come back: they are lost.

    The whole batch comes back here, from its first record; Lambda begins with the first that failed.
    """
    execute = lambda_svc._execute_function

    def execute_and_look(function: Properties, event: Any) -> Properties:
        result: Properties = execute(function, event)
        records = event.get("Records") or [{}] if isinstance(event, dict) else [{}]
        answer = result.get("body")
        partly = isinstance(answer, dict) and answer.get("batchItemFailures")
        if partly and records[0].get("eventSource") == "aws:dynamodb":
            failed = {"errorType": "ReportBatchItemFailures", "errorMessage": "records are to come back"}
            return {**result, "error": True, "body": failed}
        return result

    lambda_svc._execute_function = execute_and_look


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


def keep_boundaries_of_roles() -> None:
    """A role that a stack makes is under no boundary, whatever its template says."""
    handlers = HANDLERS["AWS::IAM::Role"]
    # The properties come after the logical id, and in an update after what they were.
    handlers["create"] = under_its_boundary(handlers["create"], 1)
    handlers["update"] = under_its_boundary(handlers["update"], 2)


def under_its_boundary(make: Callable[..., Created], place: int) -> Callable[..., Created]:
    """`make`, which is given the properties of a role at `place`, and the boundary that they name."""

    def make_bounded(*given: Any) -> Created:
        name, attributes = make(*given)
        iam._roles[name]["PermissionsBoundary"] = given[place].get("PermissionsBoundary")
        return name, attributes

    return make_bounded


def look_at_schedules_often() -> None:
    """A schedule is looked at every ten seconds: what is due each minute comes up to ten seconds late."""
    eventbridge._SCHEDULER_TICK_INTERVAL = 1


def give_functions_the_clock() -> None:
    """Functions tell the time by the machine's clock, also where the emulator's own is ahead."""
    load = (
        "import importlib.util as _u\n"
        f"_s = _u.spec_from_file_location('sandbox_clock', {clock.__file__!r})\n"
        "_m = _u.module_from_spec(_s)\n_s.loader.exec_module(_m)\n_m.install()\n"
    )
    lambda_runtime._PYTHON_WORKER_SCRIPT = load + lambda_runtime._PYTHON_WORKER_SCRIPT


def runs_here(layer: Mapping[str, Any]) -> bool:
    """Whether `layer` was made for this machine's processor and this Python."""
    processor = {"aarch64": "arm64", "AMD64": "x86_64"}.get(platform.machine(), platform.machine())
    runtime = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return processor in (layer["CompatibleArchitectures"] or [processor]) and runtime in (
        layer["CompatibleRuntimes"] or [runtime]
    )


def complete(kind: str, mend: Callable[[str, Properties, str], Properties]) -> None:
    """Have `mend` see each resource of the type `kind` that is made or updated, and add to its attributes.

    It takes the physical id, the properties and the name of the stack.
    """
    create, update = HANDLERS[kind]["create"], HANDLERS[kind]["update"]

    def create_whole(title: str, properties: Properties, stack: str) -> Created:
        physical_id, attributes = create(title, properties, stack)
        return physical_id, attributes | mend(physical_id, properties, stack)

    def update_whole(
        physical_id: str, before: Properties, properties: Properties, stack: str, *title: str
    ) -> Created:
        physical_id, attributes = update(physical_id, before, properties, stack, *title)
        return physical_id, attributes | mend(physical_id, properties, stack)

    HANDLERS[kind].update(create=create_whole, update=update_whole)
