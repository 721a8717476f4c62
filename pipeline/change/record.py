"""The record of a plan: plan.json for the step that executes it, variables.env for the shell."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pipeline.change.sessions import ChangeError
from pipeline.release.configuration import Configuration

FILE = "plan.json"
VARIABLES = "variables.env"
NONE, SOME = "none", "some"


@dataclass(frozen=True)
class StackState:
    """The status of a stack and the time of its last change; both empty where there is no stack."""

    status: str = ""
    updated: str = ""

    def __str__(self) -> str:
        """Return it as people read it."""
        return f"{self.status} since {self.updated}" if self.status else "not there"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A change set, and what it was created from."""

    run: str
    """The run of the pipeline that planned; the change set's name carries it."""
    release: str
    stack: str
    change_set: str
    """Its id; empty where there was nothing to change."""
    digest: str
    """Of the root template, as it lies in the artifact bucket."""
    nested: Mapping[str, str]
    """Digests of the nested templates, by logical id."""
    template_url: str
    given: Configuration
    execution_role: str
    state: StackState
    """The state of the stack when the change set was created."""
    blocking: list[str] = field(default_factory=list)
    """Risks that nobody has accepted in the commit, as CLASS:Stack/Id."""
    accepted: list[str] = field(default_factory=list)
    """Risks of this change that somebody has accepted, each by itself, whatever pattern accepts it."""
    protected: Mapping[str, list[str]] = field(default_factory=dict)
    """Resources that hold data, which stack policies protect, by logical id of their nested stack."""
    unprotected: list[str] = field(default_factory=list)
    """Those of them that this change may replace or delete, as Stack/Id: somebody accepted it."""

    @property
    def changes(self) -> str:
        """Return whether there is something to execute: "some" or "none"."""
        return SOME if self.change_set else NONE

    def write(self, folder: Path) -> None:
        """Write the plan to `folder`."""
        (folder / FILE).write_text(json.dumps(asdict(self), indent=2, sort_keys=True) + "\n")


def read(folder: Path) -> Plan:
    """Return the plan in `folder`; ChangeError where there is none."""
    try:
        found = json.loads((folder / FILE).read_bytes())
        parts = {"given": Configuration(**found["given"]), "state": StackState(**found["state"])}
        return Plan(**{**found, **parts})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ChangeError(f"{folder / FILE}: cannot be read; expected what `build.py plan` writes") from error


def write_variables(folder: Path, variables: Mapping[str, str]) -> None:
    """Write the variables of later steps of the pipeline to a file that the shell exports."""
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in variables.items()]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / VARIABLES).write_text("".join(lines), encoding="utf-8")
