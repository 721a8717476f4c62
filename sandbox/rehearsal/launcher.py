"""The emulator's own process in a rehearsal: the sandbox's emulator, extended by what a pipeline needs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox import launcher

# What CloudFormation made of the pipeline's own template, by type and logical id.
DEFINITIONS = "definitions.json"
# The state of the pipeline's stages, which the rehearsal writes and GetPipelineState returns.
STATE = "state.json"
SERVICE = "codepipeline"
PIPELINE = "AWS::CodePipeline::Pipeline"
PROJECT = "AWS::CodeBuild::Project"
# Recorded and not run by the emulator: the rehearsal runs what they say.
RECORDED = (PIPELINE, PROJECT, "AWS::CodeStarNotifications::NotificationRule")
# CodeBuild's name for the sessions in which it is a project's role.
BUILD_SESSION = "AWSCodeBuild"
BUILDS = "codebuild.amazonaws.com"
SESSION = re.compile(r"arn:aws:sts::(?P<account>\d+):assumed-role/(?P<role>[^/]+)/.+")

Created = tuple[str, dict[str, str]]


class Recorder:
    """Keeps what CloudFormation resolved the definitions of pipeline and projects to."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / DEFINITIONS
        self.known: dict[str, dict[str, Any]] = {kind: {} for kind in RECORDED}

    def handlers(self, kind: str) -> dict[str, Any]:
        """What the emulator calls for resources of the type `kind`."""

        def create(title: str, properties: dict[str, Any], _stack: str) -> Created:
            return self.keep(kind, title, properties)

        def update(
            name: str, _before: Any, properties: dict[str, Any], _stack: str, title: str = ""
        ) -> Created:
            return self.keep(kind, title or name, properties)

        def delete(_name: str, _properties: dict[str, Any]) -> None:
            """Nothing to do: the record is all there is."""

        return {"create": create, "update": update, "delete": delete}

    def keep(self, kind: str, title: str, properties: dict[str, Any]) -> Created:
        """Record a resource, and answer with its name and ARN."""
        # Imported only here: the emulator reads its environment as it is imported.
        from ministack.core.responses import get_account_id, get_region  # noqa: PLC0415

        name = str(properties.get("Name", title))
        self.known[kind][name] = properties
        self.file.write_text(json.dumps(self.known, default=str))
        service = "codebuild" if kind == PROJECT else "codepipeline"
        path = f"project/{name}" if kind == PROJECT else name
        return name, {"Arn": f"arn:aws:{service}:{get_region()}:{get_account_id()}:{path}"}


def share_buckets() -> None:
    """Templates and archives in the bucket of another account are not found, whatever its policy says."""
    from ministack.services import s3  # noqa: PLC0415

    find = s3._get_object_data  # noqa: SLF001 -- the fault lies within

    def find_anywhere(bucket: str, key: str, version_id: str | None = None) -> bytes | None:
        from ministack.core import responses  # noqa: PLC0415

        own = responses.get_account_id()
        # Names of buckets are the world's, not an account's.
        owners = [account for account, name in list(s3._buckets._data) if name == bucket]  # noqa: SLF001
        for account in [own, *(each for each in owners if each != own)]:
            token = responses._request_account_id.set(account)  # noqa: SLF001
            try:
                found: bytes | None = find(bucket, key, version_id)
            finally:
                responses._request_account_id.reset(token)  # noqa: SLF001
            if found is not None:
                return found
        return None

    s3._get_object_data = find_anywhere  # noqa: SLF001


def stand_in_for_builds() -> None:
    """Nobody is CodeBuild here: the account's root user may be, where it says that it is."""
    from ministack.core import iam_evaluator  # noqa: PLC0415

    evaluate = iam_evaluator.evaluate_trust_policy

    def evaluate_builds(document: Any, caller: str, context: Any) -> bool:
        session = str(context.service_context.get("sts:rolesessionname", ""))
        trusted = json.loads(document) if isinstance(document, str) else document
        services = [
            each.get("Principal", {}).get("Service")
            for each in trusted.get("Statement", [])
            if isinstance(each.get("Principal"), dict)
        ]
        if caller.endswith(":root") and session.startswith(BUILD_SESSION) and BUILDS in services:
            return True
        return bool(evaluate(document, caller, context))

    iam_evaluator.evaluate_trust_policy = evaluate_builds


def find_apis_of_all_accounts() -> None:
    """An API of another account than the first is not found: callers of an API show no account."""
    from ministack.core import responses  # noqa: PLC0415
    from ministack.services import apigateway_v1  # noqa: PLC0415

    def find_anywhere(wanted: str) -> tuple[str, str] | None:
        for (account, region, name), _api in apigateway_v1._rest_apis.all_items():  # noqa: SLF001
            if name == wanted:
                # What the request does from here on, it does in that account.
                responses._request_account_id.set(account)  # noqa: SLF001
                return account, region
        return None

    apigateway_v1.find_api_scope = find_anywhere


def know_roles_of_sessions() -> None:
    """Conditions see the ARN of a session where AWS shows them the ARN of its role."""
    from ministack.core import iam_evaluator  # noqa: PLC0415

    resolve = iam_evaluator._resolve_condition_key  # noqa: SLF001

    def resolve_role(key: str, context: Any) -> Any:
        session = SESSION.fullmatch(str(context.principal_arn))
        if key.lower() == "aws:principalarn" and session:
            return f"arn:aws:iam::{session['account']}:role/{session['role']}"
        return resolve(key, context)

    iam_evaluator._resolve_condition_key = resolve_role  # noqa: SLF001


def answer_for_pipelines(folder: Path) -> None:
    """CodePipeline is not served: nobody can ask what a pipeline is at."""
    from ministack import app  # noqa: PLC0415
    from ministack.core import iam_actions, router  # noqa: PLC0415
    from ministack.core.responses import error_response_json, json_response  # noqa: PLC0415

    name_resource = iam_actions.extract_resource_arn

    def name_pipeline(service: str, *asked: Any) -> str:
        if service != SERVICE:
            return str(name_resource(service, *asked))
        _method, _path, _headers, body, _query, region, account = asked
        return f"arn:aws:{SERVICE}:{region}:{account}:{json.loads(body).get('name', '*')}"

    async def answer(_method: str, _path: str, headers: Mapping[str, str], *_asked: Any) -> Any:
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        if operation != "GetPipelineState":
            return error_response_json("UnknownOperationException", f"{operation} is not rehearsed")
        return json_response(json.loads((folder / STATE).read_bytes()))

    router.SERVICE_PATTERNS[SERVICE] = {"target_prefixes": ["CodePipeline_20150709"]}
    iam_actions.SERVICE_TO_IAM_NAMESPACE[SERVICE] = SERVICE
    iam_actions.extract_resource_arn = name_pipeline
    app.SERVICE_HANDLERS[SERVICE] = answer


@contextmanager
def rehearsing(folder: Path) -> Iterator[None]:
    """Mend the emulator as the sandbox does, and extend it by what a pipeline needs."""
    with launcher.mended(folder):
        from ministack.services.cloudformation import provisioners  # noqa: PLC0415

        recorder = Recorder(folder)
        for kind in RECORDED:
            provisioners._RESOURCE_HANDLERS[kind] = recorder.handlers(kind)  # noqa: SLF001
        share_buckets()
        stand_in_for_builds()
        know_roles_of_sessions()
        find_apis_of_all_accounts()
        answer_for_pipelines(folder)
        yield


if __name__ == "__main__":
    launcher.main(rehearsing)
