"""The commands of build.py, a module each, described here once; a module is loaded when its command runs.

A module has EXAMPLES, `options`, which adds options to a parser, and `run`, which returns the exit status.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent

FAILED = "failed: one error per line on stderr"
USAGE, INTERRUPTED = {2: "wrong usage"}, {130: "interrupted"}
DONE = {0: "done", 1: FAILED, **USAGE, **INTERRUPTED}
RISKS = {2: f"wrong usage, or {FAILED}", 3: "risks that nobody has accepted", **INTERRUPTED}


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command of build.py, as its help and the documents describe it."""

    purpose: str
    """The command in a line, without a capital and a full stop."""
    effect: str
    """What the command reads and changes, in sentences."""
    arguments: str
    """Arguments of a typical call."""
    statuses: Mapping[int, str] = field(default_factory=lambda: DONE)
    failure: int = 1
    """The exit status of a command that cannot be carried out."""


DEFAULT = "build"
CACHE_ONLY = "Writes nothing but the cache in dist/"
COMMANDS = {
    DEFAULT: Command(
        purpose="generate, lint and package a release; upload it with --publish",
        effect="Writes dist/ENV/; downloads the locked wheels that are not in the cache in dist/. With "
        "--publish, uploads what the artifact bucket does not have yet.",
        arguments="--env prod",
    ),
    "diff": Command(
        purpose="predict the change set of a release offline, and judge it",
        effect=f"{CACHE_ONLY}, and the review with --output.",
        arguments="--env prod --against HEAD",
        statuses={0: "no risks, or accepted ones only", **RISKS},
        failure=2,
    ),
    "review": Command(
        purpose="read a change set, nested ones included, and judge it",
        effect="Reads only: needs cloudformation:DescribeChangeSet and cloudformation:DescribeStacks.",
        arguments="release-42 --stack payments-prod",
        statuses={0: "no risks, or accepted ones only", **RISKS},
        failure=2,
    ),
    "graph": Command(
        purpose="draw the layers and their wires as a Mermaid diagram",
        effect=f"{CACHE_ONLY}.",
        arguments="--env prod",
    ),
    "preflight": Command(
        purpose="check that an account has what a stack needs",
        effect=f"Reads the account, and changes nothing there. {CACHE_ONLY}. What cannot be read is unknown.",
        arguments="--env dev",
        statuses={0: "nothing is missing", 1: f"something is, or {FAILED}", **USAGE, **INTERRUPTED},
    ),
    "plan": Command(
        purpose="create the change set of a release, and review it",
        effect="With --env, builds and publishes the release first. Checks the account as preflight does. "
        "Creates a change set and executes nothing. Writes plan and review to dist/plans/.",
        arguments="--env dev",
        statuses={0: "done, or nothing to change", **RISKS},
        failure=2,
    ),
    "execute": Command(
        purpose="execute an approved plan, if nothing changed since its review",
        effect="Changes the stack by the change set of the plan, and sets the stack policies.",
        arguments="--plan DIR ...",
    ),
    "smoke": Command(
        purpose="test that a deployed stack answers and processes payments",
        effect="Calls the stack's API: the status alone, or with --payment yes a payment of 1.00 USD.",
        arguments="--stack payments-dev",
    ),
    "deploy": Command(
        purpose="plan, confirm and execute, in an account without a pipeline",
        effect="Builds and publishes the release, checks the account as preflight does, creates the change "
        "set, shows its review, and executes it once somebody confirmed it.",
        arguments="--env dev",
        statuses={0: "done, or nothing to change", **RISKS},
        failure=2,
    ),
    "recover": Command(
        purpose="bring a stack in any state back to where a plan works",
        effect="Prints the state of the stack, what exists under the names of its release, and what it would "
        "do; does that once somebody confirmed it. Deletes nothing of a stack that was ever complete, and "
        "nothing that holds data.",
        arguments="--env dev",
        statuses={
            0: "a plan works",
            1: FAILED,
            **USAGE,
            3: "something is left for people to do, or an operation is under way",
            **INTERRUPTED,
        },
    ),
    "rehearse": Command(
        purpose="run the pipeline on this machine, stage by stage",
        effect="Writes dist/rehearsal/. AWS is emulated on this machine, with three accounts.",
        arguments="",
    ),
    "pipeline": Command(
        purpose="generate and lint the pipeline's own templates",
        effect="Writes dist/pipeline/. With --publish, uploads to the artifact bucket.",
        arguments="",
    ),
    "capacity": Command(
        purpose="estimate throughput and monthly cost; name the first bottleneck",
        effect=f"{CACHE_ONLY}.",
        arguments="--env prod --rate 100",
        statuses={
            0: "the rate can be served",
            1: f"it cannot, or {FAILED}",
            **USAGE,
            **INTERRUPTED,
        },
    ),
    "sandbox": Command(
        purpose="run the built stack on this machine",
        effect="Writes dist/dev/. AWS, the database and the payment gateway are processes of this machine.",
        arguments="",
    ),
}


def label(name: str) -> str:
    """Return the name of a command as lists show it."""
    return f"{name} (default)" if name == DEFAULT else name


def call(name: str) -> str:
    """Return a typical call of a command."""
    words = ("python build.py", "" if name == DEFAULT else name, COMMANDS[name].arguments)
    return " ".join(word for word in words if word)
