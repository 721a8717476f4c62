"""Processes: a part of the sandbox in a process of its own, which ends with the one that started it.

Its standard input is its lifeline: when the other end is gone, so is whoever wanted the part.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from fcntl import F_DUPFD_CLOEXEC, fcntl
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
LOOPBACK = "127.0.0.1"
# Of this machine's environment, what any process needs; nothing that tells of AWS accounts or proxies.
PASSED_ON = ("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TZ")
# Settings under which a client of AWS finds no account, key or profile of the user's.
NO_ACCOUNTS = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
# How many file descriptors have a meaning of their own: input, output, errors.
STANDARD = 3
STOP_SECONDS = 10
TAIL_LINES = 20


def plain_environment() -> dict[str, str]:
    """This machine's environment without a way out of it."""
    return {
        **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
        **NO_ACCOUNTS,
        "NO_PROXY": f"{LOOPBACK},localhost",
    }


@contextlib.contextmanager
def without_accounts() -> Iterator[None]:
    """Let this process know nothing of the user's AWS accounts: no profile, key or setting of a client."""
    before = dict(os.environ)
    for name in before:
        if name.startswith("AWS_"):
            del os.environ[name]
    os.environ.update(NO_ACCOUNTS)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def start(
    module: str,
    arguments: Sequence[str],
    listening: socket.socket,
    environment: Mapping[str, str],
    log: Path,
) -> subprocess.Popen[bytes]:
    """Run `module`, which serves on `listening` and lives no longer than this process.

    It leads a group of its own, which its own processes belong to, and writes to `log`.
    """
    # Where this process has no standard input, the socket may stand in its place, which the lifeline takes.
    with (
        log.open("wb") as written,
        socket.socket(fileno=fcntl(listening, F_DUPFD_CLOEXEC, STANDARD)) as given,
    ):
        return subprocess.Popen(
            [sys.executable, "-m", module, str(given.fileno()), *arguments],
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=written,
            stderr=subprocess.STDOUT,
            pass_fds=[given.fileno()],
            start_new_session=True,
        )


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the part that `start` made, and every process that it still has."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def end_with_parent(told: Callable[[], None], late: Callable[[], None] = lambda: None) -> None:
    """Within a part: leave no process behind once the parent is gone, in whatever way it went.

    `told` is called first, from a thread; `late` where the part then takes so long that it is killed.
    """

    def watch() -> None:
        # Nothing is ever written there: reading ends when the last one who could write is gone.
        # Past Python's own buffer, whose lock this thread would still hold when the process ends.
        os.read(sys.stdin.fileno(), 1)
        told()
        # The group is the part's, with the processes that it runs; it was made for them.
        os.killpg(os.getpgid(0), signal.SIGTERM)
        time.sleep(STOP_SECONDS)
        late()
        end_at_once()

    threading.Thread(target=watch, daemon=True).start()


def end_at_once() -> None:
    """Within a part: end it as it stands, and every process that it has; what it said last is said."""
    os.killpg(os.getpgid(0), signal.SIGKILL)


def how_it_ended(returncode: int) -> str:
    """What `returncode`, as `subprocess` tells it, says of how a process ended, after "it ended"."""
    if returncode >= 0:
        return f"with status {returncode}"
    try:
        return f"by {signal.Signals(-returncode).name}"
    except ValueError:
        return f"by signal {-returncode}"


def last_words(log: Path) -> str:
    """The last lines of `log`."""
    with contextlib.suppress(FileNotFoundError):
        return "\n".join(log.read_text(errors="replace").splitlines()[-TAIL_LINES:])
    return ""
