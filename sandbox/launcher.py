"""The emulator's own process: installs stubs and adapters, then serves.

`sandbox.emulator` starts it, and holds the other end of its standard input: once that is closed, it ends.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from sandbox import clock, processes

# Changes the emulator, whose folder it takes, as long as the context is open.
Mend = Callable[[Path], AbstractContextManager[None]]
# A connection that a client keeps must outlive the pause between two of its calls.
KEEP_ALIVE_SECONDS = 75
# Nothing that is under way at the end is wanted any more.
GRACE_SECONDS = 0.1
# Parts end within a second or two.
REMOVALS = 30


def main(mend: Mend) -> None:
    """Serve on the inherited listening socket, changed by `mend`, until stopped or left by the parent."""
    parser = argparse.ArgumentParser(description="Serve the emulator; for sandbox.emulator, not for people.")
    parser.add_argument("socket", type=int, help="file descriptor of the listening socket")
    parser.add_argument("folder", type=Path, help="the emulator's own folder, removed when it is left alone")
    parser.add_argument("--as-it-is", action="store_true", help="without stubs, adapters and database")
    options = parser.parse_args()
    # Whatever it is at, it cleans up; the server, once it runs, sees to the signal itself.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    alone = threading.Event()
    remove = partial(removed, options.folder)
    processes.end_with_parent(alone.set, remove)
    clock.install()
    try:
        with contextlib.nullcontext() if options.as_it_is else mend(options.folder):
            asyncio.run(serve(options.socket))
    finally:
        if alone.is_set():
            remove()


def removed(folder: Path) -> None:
    """Remove `folder`, again while what is ending beside this still writes into it."""
    for _ in range(REMOVALS):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)


@contextlib.contextmanager
def mended(folder: Path) -> Iterator[None]:
    """Add what the emulator lacks: stubs, adapters and a database."""
    # Imported only where wanted: this is most of the time that a start takes.
    from sandbox import adapters, database, stubs  # noqa: PLC0415

    with database.running(folder / "database", processes.end_at_once) as server:
        stubs.install()
        adapters.install(server)
        yield


async def serve(socket: int) -> None:
    """Serve the emulator on the file descriptor `socket`."""
    # Imported only now: the emulator reads its environment as it is imported.
    from hypercorn.asyncio import serve as serve_application  # noqa: PLC0415
    from hypercorn.config import Config  # noqa: PLC0415
    from ministack.app import app  # noqa: PLC0415

    config = Config()
    config.bind = [f"fd://{socket}"]
    config.keep_alive_timeout = KEEP_ALIVE_SECONDS
    config.graceful_timeout = GRACE_SECONDS
    await serve_application(app, config)


if __name__ == "__main__":
    main(mended)
