"""Cache: what earlier builds made, each thing kept under the digest of all that it was made from.

Wheels, the layer made of them, the compiler and the bytecode of single modules are kept for all of a user's
checkouts: a fresh clone fetches and compiles nothing that another one did. All else is kept beside the
releases of a checkout.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

# Entries of one kind that are kept; the ones that were used last stay.
KEPT = 100
# The kinds that a user's checkouts share.
SHARED = frozenset({"bytecode", "compiler", "libraries", "wheels"})
NAME = "payment-infrastructure"


class Cache:
    """Bytes by kind and key, in `folder`, and in `shared` what a user's checkouts share.

    An entry that is missing, cut or changed reads as nothing, and one that cannot be written is left out:
    the cache saves time, and no build depends on it.
    """

    def __init__(self, folder: Path, shared: Path | None = None, *, read: bool = True) -> None:
        self.folder = folder
        self.shared = shared or folder
        self.read = read

    def place(self, kind: str) -> Path:
        """The folder of the entries of `kind`."""
        return (self.shared if kind in SHARED else self.folder) / kind

    def get(self, kind: str, key: str) -> bytes | None:
        """What was put under `key`, if it is still what was put."""
        if not self.read:
            return None
        path = self.place(kind) / key
        try:
            sealed = path.read_bytes()
        except OSError:
            return None
        seal, value = sealed[:64], sealed[65:]
        if seal != hashlib.sha256(value).hexdigest().encode():
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return value

    def put(self, kind: str, key: str, value: bytes, *, kept: int = KEPT) -> None:
        """Keep `value` under `key`, and `kept` entries of its kind."""
        self.put_all(kind, {key: value}, kept=kept)

    def put_all(self, kind: str, values: Mapping[str, bytes], *, kept: int = KEPT) -> None:
        """Keep `values` by their keys, and `kept` entries of their kind."""
        folder = self.place(kind)
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            for key, value in values.items():
                replace(folder / key, hashlib.sha256(value).hexdigest().encode() + b"\n" + value)
            self.prune(folder, kept)

    @staticmethod
    def prune(folder: Path, kept: int) -> None:
        """Remove the entries of `folder` that were not used for longest, down to `kept`."""
        by_use = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in by_use[kept:]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def of_user(otherwise: Path) -> Path:
    """The folder for what a user's checkouts share; `otherwise` where that cannot be written."""
    with contextlib.suppress(RuntimeError, OSError):
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", NAME)
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    return otherwise


def replace(path: Path, content: bytes) -> None:
    """Write `content` to `path` at once: readers see the old file or the new one, never a part."""
    beside = path.with_name(f".{path.name}-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
