from __future__ import annotations

import _imp
import base64
import os
import re
import subprocess
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from pipeline.release import bytecode
from pipeline.release.bytecode import BytecodeError, Compiler, reason
from pipeline.release.cache import Cache, of_user
from tests.pipeline.release.projects import Project

# What begins every module compiled by CPython 3.13, and no other.
MAGIC = 3571
SOURCE = b'"""Money."""\n\ndef whole(amount):\n    return [int(each) for each in (amount, "1", 10**9)]\n'


RUN = """
import {{ loadPyodide }} from "{pyodide}";
const [image, module] = Deno.args;
const python = await loadPyodide({{ _loadSnapshot: await Deno.readFile(image) }});
python.globals.set("module", module);
console.log(python.runPython(`
import base64, marshal, platform
scope = {{}}
exec(marshal.loads(base64.b64decode(module)[16:]), scope)
f"{{platform.python_version()[:4]}} {{scope['whole']('7')}}"
`));
"""


@pytest.fixture(scope="module")
def cache(built: Project) -> Cache:
    """What `built` was made with."""
    own = built.folder / "dist/.cache"
    return Cache(own, of_user(own))


@pytest.fixture(scope="module")
def compiler(cache: Cache) -> Iterator[Compiler]:
    with Compiler(cache) as started:
        yield started


def test_bytecode_is_of_the_functions_python_and_trusted_without_a_look_at_the_source(
    compiler: Compiler,
) -> None:
    """PEP 552: the magic number, flags 0b01 (by hash, unchecked), the source's hash."""
    made = compiler.compiled({"/var/task/money.py": SOURCE})["/var/task/money.py"]

    assert MAGIC.to_bytes(2, "little") + b"\r\n" == made[:4]
    assert 0b01 == int.from_bytes(made[4:8], "little")
    assert _imp.source_hash(int.from_bytes(made[:4], "little"), SOURCE) == made[8:16]
    assert b"/var/task/money.py" in made


def test_bytecode_runs(compiler: Compiler, cache: Cache, tmp_path: Path) -> None:
    """In the functions' own version, as which Deno has Pyodide here whatever this Python is."""
    made = compiler.compiled({"/var/task/money.py": SOURCE})["/var/task/money.py"]
    image, script = tmp_path / "image", tmp_path / "run.mjs"
    image.write_bytes(cache.get(bytecode.IMAGES, bytecode.image_key()) or b"")
    script.write_text(RUN.format(pyodide=pyodide()))

    done = subprocess.run(
        [bytecode.deno(), *bytecode.COMMAND, str(script), str(image), base64.b64encode(made).decode()],
        env={**os.environ, **bytecode.SETTINGS},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ("3.13 [7, 1, 1000000000]\n", 0) == (done.stdout, done.returncode), done.stderr


def pyodide() -> str:
    """The package that the script of the build imports, with its version."""
    found = re.search(r'"(npm:pyodide@[\d.]+)"', bytecode.SCRIPT.read_text())
    assert found
    return found[1]


def test_the_same_source_gives_the_same_bytes_whatever_is_compiled_with_it(
    compiler: Compiler, tmp_path: Path
) -> None:
    """From the image of a compiler, and from one that starts anew."""
    others = {f"/var/task/a{number}.py": SOURCE + b"x = %d\n" % number for number in range(5)}
    alone = compiler.compiled({"/var/task/money.py": SOURCE})

    with Compiler(Cache(tmp_path)) as fresh:
        among = fresh.compiled({**others, "/var/task/money.py": SOURCE})

    assert alone["/var/task/money.py"] == among["/var/task/money.py"]


def test_a_compiler_that_started_is_kept_as_an_image(cache: Cache) -> None:
    (image,) = cache.place(bytecode.IMAGES).iterdir()

    assert bytecode.image_key() == image.name


@pytest.fixture
def own(cache: Cache, tmp_path: Path) -> Cache:
    """A cache that holds nothing but a compiler that has started."""
    made = Cache(tmp_path)
    made.put(bytecode.IMAGES, bytecode.image_key(), cache.get(bytecode.IMAGES, bytecode.image_key()) or b"")
    return made


def test_a_module_is_compiled_once_for_all_checkouts_of_a_user(
    own: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another checkout had compiled needs no compiler; what it had not is compiled alone."""
    asked: list[list[str]] = []
    ask = Compiler.ask

    def heard(compiler: Compiler, request: Mapping[str, str]) -> dict[str, Any]:
        asked.append(list(request))
        return ask(compiler, request)

    monkeypatch.setattr(Compiler, "ask", heard)
    modules = {f"/var/task/{name}.py": SOURCE for name in "ab"}
    with Compiler(own) as first:
        before = first.compiled(modules)

    with Compiler(own) as second:
        kept = second.compiled(modules)
        second.compiled({**modules, "/var/task/a.py": SOURCE + b"#"})

    assert before == kept
    assert [["/var/task/a.py", "/var/task/b.py"], ["/var/task/a.py"]] == asked


def test_kept_bytecode_that_was_damaged_is_compiled_again(own: Cache) -> None:
    modules = {f"/var/task/{name}.py": SOURCE for name in "ab"}
    with Compiler(own) as first:
        before = first.compiled(modules)
    cut, changed = own.place(bytecode.MODULES).iterdir()
    cut.write_bytes(cut.read_bytes()[:-1])
    changed.write_bytes(changed.read_bytes()[:-1] + b"!")

    with Compiler(own) as second:
        assert before == second.compiled(modules)


def test_bytecode_lies_where_python_looks_for_it(compiler: Compiler) -> None:
    held = compiler.with_bytecode({"a/b.py": SOURCE, "a/b.sql": b"", "c.py": b""}, "/var/task")

    assert {
        "a/b.py",
        "a/b.sql",
        "a/__pycache__/b.cpython-313.pyc",
        "c.py",
        "__pycache__/c.cpython-313.pyc",
    } == set(held)


def test_a_module_that_the_functions_python_cannot_read_is_told_with_its_line(compiler: Compiler) -> None:
    with pytest.raises(BytecodeError, match=r"/var/task/a\.py:2: .*; expected Python 3\.13"):
        compiler.compiled({"/var/task/a.py": b"\nimport (", "/var/task/b.py": b""})


def test_a_compiler_of_another_python_is_refused(monkeypatch: pytest.MonkeyPatch, compiler: Compiler) -> None:
    """As after an upgrade of pyodide without one of the functions' runtime, or the other way round."""
    monkeypatch.setattr(bytecode, "PYTHON", "3.14")

    with pytest.raises(BytecodeError, match=r"bytecode\.mjs: found Python 3\.13\.\d+, expected 3\.14"):
        compiler.compiled({"/var/task/a.py": b""})


def test_without_deno_the_build_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, cache: Cache) -> None:
    def missing() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(bytecode, "find_deno_bin", missing)

    with (
        pytest.raises(BytecodeError, match=r"requirements/build\.txt: .* expected `pip install"),
        Compiler(cache) as it,
    ):
        it.compiled({"/var/task/a.py": b""})


def test_a_compiler_that_cannot_be_fetched_fails_the_build(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No archive goes out uncompiled because somebody was offline."""
    monkeypatch.setenv("DENO_DIR", str(tmp_path))
    monkeypatch.setattr(bytecode, "COMMAND", (*bytecode.COMMAND, "--cached-only"))

    with (
        pytest.raises(BytecodeError, match=r"deno\.lock: no network: the npm registry"),
        Compiler(Cache(tmp_path)) as it,
    ):
        it.compiled({"/var/task/a.py": b""})


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Tarball checksum did not match what was provided", "the compiler that the registry gives is not"),
        ("error: error sending request for url", "no network: the npm registry"),
        ("error: Uncaught TypeError: x\n  at y", "the compiler failed: Uncaught TypeError: x"),
        ("", "the compiler failed without a word"),
    ],
)
def test_what_deno_says_becomes_one_line(said: str, told: str) -> None:
    assert reason(said).startswith(told)


def test_every_module_of_a_release_has_its_bytecode(built: Project) -> None:
    for path in (built.folder / "dist/dev").rglob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            held = set(archive.namelist())
        assert {bytecode.cached(name) for name in held if name.endswith(".py")} == {
            name for name in held if name.endswith(".pyc")
        }
