"""Cache: what earlier builds made, each thing kept under the digest of all that it was made from."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from pathlib import Path

# Entries of one kind that are kept; the ones that were used last stay.
KEPT = 100


class Cache:
    """Bytes by kind and key, in a folder of their own.

    An entry that is missing, cut or changed reads as nothing, and one that cannot be written is left out:
    the cache saves time, and no build depends on it.
    """

    def __init__(self, folder: Path, *, read: bool = True) -> None:
        self.folder = folder
        self.read = read

    def get(self, kind: str, key: str) -> bytes | None:
        """What was put under `key`, if it is still what was put."""
        if not self.read:
            return None
        path = self.folder / kind / key
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
        folder = self.folder / kind
        sealed = hashlib.sha256(value).hexdigest().encode() + b"\n" + value
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            replace(folder / key, sealed)
            self.prune(folder, kept)

    @staticmethod
    def prune(folder: Path, kept: int) -> None:
        """Remove the entries of `folder` that were not used for longest, down to `kept`."""
        by_use = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in by_use[kept:]:
            path.unlink()


def replace(path: Path, content: bytes) -> None:
    """Write `content` to `path` at once: readers see the old file or the new one, never a part."""
    beside = path.with_name(f".{path.name}-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
