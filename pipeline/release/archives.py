"""Archives: zip files whose bytes depend on nothing but what they hold."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline import BuildError
from pipeline.release.bytecode import Compiler
from pipeline.release.cache import Cache
from pipeline.release.import_closure import Handlers
from pipeline.release.sdk_models import models
from pipeline.release.sdk_usage import uses
from pipeline.release.sources import Sources, content, digest, walk
from templates.artifacts import Archive, Code

# The first moment that a zip file can tell; Lambda shows it to nobody.
MOMENT = (1980, 1, 1, 0, 0, 0)
# A plain file that everyone may read: Lambda runs as another user than the one who packs.
READABLE = 0o100644 << 16
DEFLATE_LEVEL = 9
# Digits of a digest that a key in S3 holds: enough that no two artifacts ever meet, and fit for people.
KEY_DIGITS = 16
MIGRATIONS = "handlers/payments/adapters/migrations"
# Where Lambda unpacks a function's archive.
PLACE = "/var/task"
# What packs and compiles: an archive that they made is made again where they change.
MAKERS = ("pipeline/release/archives", "pipeline/release/bytecode", "pipeline/release/deno.lock")
MODELLERS = ("pipeline/release/sdk_models", "pipeline/release/sdk_usage")


class MigrationsError(BuildError):
    """Migrations of the ledger that are not numbered from 1 up."""


@dataclass(frozen=True)
class Zip:
    """An archive: its bytes."""

    data: bytes

    def names(self) -> list[str]:
        """The paths that it holds."""
        with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
            return archive.namelist()

    def unzipped(self) -> int:
        """The bytes that come out of it."""
        with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
            return sum(entry.file_size for entry in archive.infolist())


def pack(files: Mapping[str, bytes]) -> bytes:
    """The archive of `files`, by path."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, MOMENT)
            entry.create_system = 3  # Unix, on whatever machine
            entry.external_attr = READABLE
            archive.writestr(entry, files[name], zipfile.ZIP_DEFLATED, DEFLATE_LEVEL)
    return buffer.getvalue()


def functions(handlers: Handlers, sources: Sources, cache: Cache, compiler: Compiler) -> dict[str, Zip]:
    """The archive of each entry point: the handler and what it imports, with bytecode, and the SDK's models.

    Taken from `cache` where these very files were packed before.
    """
    made = {}
    packer = sources.key(*MAKERS, *MODELLERS)
    for entry in handlers.entry_points():
        closure = handlers.closure(entry)
        files = {name: content(path, name) for name, path in closure.items()}
        key = digest(packer, *(part for pair in files.items() for part in pair))
        data = cache.get("functions", key)
        if data is None:
            needed = models(uses(handlers.trees(closure)))
            data = pack(compiler.with_bytecode(files, PLACE) | needed)
            cache.put("functions", key, data)
        made[entry] = Zip(data)
    return made


def addressed(folder: str, name: str, data: bytes, suffix: str) -> Archive:
    """Where `data` lies in S3: a key that holds its digest."""
    made = hashlib.sha256(data).hexdigest()
    return Archive(f"{folder}/{name.replace('_', '-')}-{made[:KEY_DIGITS]}.{suffix}", made)


@dataclass(frozen=True)
class Archives:
    """Everything that the functions run."""

    functions: Mapping[str, Zip]
    """By the name of the entry point: `payment_validator`."""
    libraries: Zip
    schema_version: str

    def code(self) -> Code:
        """The archives, as the templates refer to them."""
        return Code(
            functions={
                name: addressed("functions", name, each.data, "zip") for name, each in self.functions.items()
            },
            libraries=addressed("libraries", "libraries", self.libraries.data, "zip"),
            schema_version=self.schema_version,
        )


def schema_version(project: Path) -> str:
    """The last of the ledger's migrations, and a digest of them all; a new one runs the migrator.

    Raises MigrationsError where the migrator would refuse them.
    """
    files = [path for path in walk(project / MIGRATIONS) if path.suffix == ".sql"]
    found = {path.name: content(path, f"{MIGRATIONS}/{path.name}") for path in sorted(files)}
    for number, name in enumerate(found, 1):
        if not re.fullmatch(rf"{number:04}_[a-z0-9_]+\.sql", name):
            raise MigrationsError(f"{MIGRATIONS}/{name}: expected a name like {number:04}_ledger.sql")
    made = digest(*(part for pair in found.items() for part in pair))
    return f"{len(found):04}-{made[:12]}"
