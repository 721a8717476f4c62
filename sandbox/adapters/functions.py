"""Functions: faults of Lambda, and of what calls functions."""
# ruff: noqa: SLF001 -- the faults lie within the emulator, and so must what steps round them

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import eventbridge, lambda_svc

from sandbox import clock
from sandbox.adapters.resources import Properties, complete


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


def runs_here(layer: Mapping[str, Any]) -> bool:
    """Whether `layer` was made for this machine's processor and this Python."""
    processor = {"aarch64": "arm64", "AMD64": "x86_64"}.get(platform.machine(), platform.machine())
    runtime = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return processor in (layer["CompatibleArchitectures"] or [processor]) and runtime in (
        layer["CompatibleRuntimes"] or [runtime]
    )


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
