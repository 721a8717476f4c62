"""Bytecode: modules compiled for the functions' own Python, so that no cold start has to do it.

The compiler is CPython's own, of the functions' version whatever this Python is: the npm package `pyodide`
is CPython as WebAssembly. Deno, which comes with `requirements/build.txt`, fetches it once, as `deno.lock`
has it, and runs it without network, environment or a file to write. The same source gives the same bytes on
every machine.

Bytecode is kept in the cache by module, and an interpreter that has started as an image of its memory, for
starting takes seconds.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Any, Self

from deno import find_deno_bin

from pipeline import BuildError
from pipeline.release.cache import Cache
from pipeline.release.sources import digest, version

# The functions' runtime.
PYTHON = "3.13"
TAG = f"cpython-{PYTHON.replace('.', '')}"
HERE = Path(__file__).parent
SCRIPT = HERE / "bytecode.mjs"
LOCK = HERE / "deno.lock"
# Nothing of a user's own Deno project counts, and nothing is asked.
COMMAND = ("run", "--quiet", "--no-prompt", "--no-config", "--frozen", f"--lock={LOCK}", "--allow-read")
# What lives for seconds is not worth compiling its WebAssembly a second time, better.
ENGINE = "--v8-flags=--no-wasm-tier-up"
# The kinds under which the cache keeps images, and modules: those of a few releases.
IMAGES = "compiler"
MODULES = "bytecode"
MODULES_KEPT = 4_000
SETTINGS = {"NO_COLOR": "1", "DENO_NO_UPDATE_CHECK": "1"}
# Deno trusts its own list of authorities only; a company's proxy signs with one that the machine trusts.
AUTHORITIES = {"DENO_TLS_CA_STORE": "mozilla,system"}
STOP_SECONDS = 5


class BytecodeError(BuildError):
    """Modules that cannot be compiled for the functions' Python."""


class Compiler:
    """The compiler, started when the first module is to be compiled, and ended with the `with` block."""

    def __init__(self, cache: Cache) -> None:
        self.cache = cache
        # Functions share modules: what one had compiled the next one has.
        self.known: dict[str, bytes] = {}
        self.process: subprocess.Popen[bytes] | None = None
        self.said: IO[bytes] | None = None
        self.unkept: Path | None = None
        self.place: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        """Start nothing yet: most builds compile nothing."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave no process behind."""
        if self.process is not None:
            with suppress(BrokenPipeError):
                self.process.communicate(timeout=STOP_SECONDS)
            self.process.kill()
            self.process.wait()
        if self.said is not None:
            self.said.close()
        if self.place is not None:
            self.place.cleanup()

    def with_bytecode(self, files: Mapping[str, bytes], place: str) -> dict[str, bytes]:
        """`files`, by their paths in an archive, and beside each module its bytecode.

        Lambda unpacks the archive in `place`, which tracebacks name.
        """
        modules = {f"{place}/{name}": data for name, data in files.items() if name.endswith(".py")}
        made = self.compiled(modules) if modules else {}
        return {**files, **{cached(name.removeprefix(f"{place}/")): data for name, data in made.items()}}

    def compiled(self, modules: Mapping[str, bytes]) -> dict[str, bytes]:
        """The bytecode of `modules`, by the same paths, compiled where none is kept; raises BytecodeError."""
        keys = {name: module_key(name, source) for name, source in modules.items()}
        for key in keys.values():
            if key not in self.known and (kept := self.cache.get(MODULES, key)) is not None:
                self.known[key] = kept
        missing = {name: source for name, source in modules.items() if keys[name] not in self.known}
        if missing:
            made = {keys[name]: data for name, data in self.compiled_now(missing).items()}
            self.cache.put_all(MODULES, made, kept=MODULES_KEPT)
            self.known |= made
        return {name: self.known[key] for name, key in keys.items()}

    def compiled_now(self, modules: Mapping[str, bytes]) -> dict[str, bytes]:
        """The bytecode of `modules`, by the same paths; raises BytecodeError."""
        answer = self.ask({name: base64.b64encode(source).decode() for name, source in modules.items()})
        if not answer["python"].startswith(f"{PYTHON}."):
            raise BytecodeError(
                f"{SCRIPT.name}: found Python {answer['python']}, expected {PYTHON}, the functions' own"
            )
        if answer["faults"]:
            raise BytecodeError(*(f"{fault}; expected Python {PYTHON}" for fault in answer["faults"]))
        return {name: base64.b64decode(data) for name, data in answer["modules"].items()}

    def ask(self, request: Mapping[str, str]) -> dict[str, Any]:
        """The compiler's answer to `request`."""
        process = self.process or self.start()
        if process.stdin is None or process.stdout is None or self.said is None:
            raise TypeError("found a process without pipes, expected those that it was started with")
        line = b""
        with suppress(BrokenPipeError):
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
        if not line:
            process.wait()
            self.said.seek(0)
            raise BytecodeError(f"{LOCK.name}: {reason(self.said.read().decode(errors='replace'))}")
        self.keep()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def start(self) -> subprocess.Popen[bytes]:
        """Start the compiler, from its image where one is kept; the first time on a machine it is fetched."""
        self.said = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the compiler is
        self.place = tempfile.TemporaryDirectory()
        image, kept = Path(self.place.name, "image"), self.cache.get(IMAGES, image_key())
        if kept is None:
            self.unkept = image
        else:
            image.write_bytes(kept)
        may, what = ((), "load") if kept is not None else ((f"--allow-write={image}",), "make")
        self.process = subprocess.Popen(
            [deno(), *COMMAND, ENGINE, *may, str(SCRIPT), what, str(image)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.said,
            env={**AUTHORITIES, **os.environ, **SETTINGS},
        )
        return self.process

    def keep(self) -> None:
        """Keep the image that the compiler made, if it made one; it has answered, so the image is whole."""
        if self.unkept is not None:
            self.cache.put(IMAGES, image_key(), self.unkept.read_bytes(), kept=1)
            self.unkept = None


@cache
def image_key() -> str:
    """Under what an image is kept: all that it was made by."""
    return digest(LOCK.read_bytes(), SCRIPT.read_bytes(), version("deno"))


def module_key(name: str, source: bytes) -> str:
    """Under what the bytecode of a module is kept: its path, which it holds, its source, and the compiler."""
    return digest(PYTHON, image_key(), name, source)


def deno() -> str:
    """The program that came with the package `deno`."""
    try:
        return find_deno_bin()
    except FileNotFoundError as missing:
        raise BytecodeError(
            "requirements/build.txt: the package deno has no program here; "
            "expected `pip install -r requirements/build.txt`"
        ) from missing


def cached(name: str) -> str:
    """Where Python looks for the bytecode of the module at the path `name`."""
    path = PurePosixPath(name)
    return str(path.parent / "__pycache__" / f"{path.stem}.{TAG}.pyc")


def reason(said: str) -> str:
    """The line of what Deno `said` that tells a person most."""
    if "checksum did not match" in said:
        return "the compiler that the registry gives is not the one that is locked; expected its hash"
    if re.search(r"error sending request|dns error|client error \(Connect\)|--cached-only", said):
        return "no network: the npm registry, which has the compiler, does not answer"
    errors = [line.removeprefix("error: ") for line in said.splitlines() if line.strip()]
    return f"the compiler failed: {errors[0]}" if errors else "the compiler failed without a word"
