from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pipeline.release.archives import MigrationsError, pack, schema_version
from pipeline.release.import_closure import Handlers, ImportsError
from tests.paths import CHECKOUT
from tests.pipeline.release.projects import Project


def handlers(project: Path, **files: str) -> Handlers:
    """Handlers in `project`; `__` in a name is a slash, and every folder is a package."""
    for name, text in files.items():
        path = project / "handlers" / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        for package in (path.parent, project / "handlers"):
            (package / "__init__.py").touch()
        path.write_text(text)
    return Handlers(project, frozenset({"example"}))


def closure(project: Path, **files: str) -> list[str]:
    return list(handlers(project, **files).closure("take"))


def test_an_archive_holds_the_handler_and_what_it_imports(tmp_path: Path) -> None:
    held = closure(
        tmp_path,
        take="from handlers.shared import money\nimport boto3, example, json\n",
        shared__money="from . import clock\nfrom .units.minor import digits\n",
        shared__clock="",
        shared__unused="",
        shared__units__minor="digits = 2",
        give="",
    )

    assert [
        "handlers/__init__.py",
        "handlers/shared/__init__.py",
        "handlers/shared/clock.py",
        "handlers/shared/money.py",
        "handlers/shared/units/__init__.py",
        "handlers/shared/units/minor.py",
        "handlers/take.py",
    ] == held


@pytest.mark.parametrize(
    "text",
    [
        "import handlers.shared.money",
        "import handlers.shared.money as m",
        "from handlers.shared.money import whole",
        "def later():\n    from handlers.shared import money",
        "try:\n    from handlers.shared import money\nexcept ImportError:\n    money = None",
    ],
)
def test_every_way_to_import_counts(tmp_path: Path, text: str) -> None:
    held = closure(tmp_path, take=text, shared__money="def whole(): ...")

    assert "handlers/shared/money.py" in held


def test_what_only_type_checkers_import_stays_out(tmp_path: Path) -> None:
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from handlers.shared import money\n"

    assert ["handlers/__init__.py", "handlers/take.py"] == closure(tmp_path, take=text, shared__money="")


def test_data_that_a_module_names_comes_along_and_strays_do_not(tmp_path: Path) -> None:
    text = 'HERE / "migrations"\nHERE.joinpath("ca.pem")\nHERE / "missing.sql"\nHERE / "../../build.py"\n'
    folder = tmp_path / "handlers/shared"
    made = handlers(tmp_path, take="from handlers.shared import ledger", shared__ledger=text)
    (folder / "migrations").mkdir()
    names = ["0001_a.sql", ".0001_a.sql.swp", "0001_a.sql~", ".DS_Store", "notes.txt"]
    for name in [*(f"migrations/{each}" for each in names), "ca.pem", "other.pem"]:
        (folder / name).write_text("x")

    held = [name for name in made.closure("take") if not name.endswith(".py")]

    assert ["handlers/shared/ca.pem", "handlers/shared/migrations/0001_a.sql"] == held


def test_an_import_that_will_not_be_there_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(
        ImportsError, match=r"handlers/shared/money\.py:2: imports requests, which no archive"
    ):
        closure(tmp_path, take="from handlers.shared import money", shared__money="\nimport requests")


def test_a_module_that_is_no_python_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ImportsError, match=r"handlers/take\.py:2: .*; expected Python"):
        closure(tmp_path, take="\nimport (")


def test_modules_that_define_handler_are_entry_points(tmp_path: Path) -> None:
    made = handlers(
        tmp_path, take="def handler(event, context): ...", helper="x = 1", give="def handler(): ..."
    )

    assert ["give", "take"] == made.entry_points()


def test_an_archive_depends_on_nothing_but_what_it_holds(tmp_path: Path) -> None:
    forwards, backwards = {"a.py": b"a", "b.py": b"b" * 999}, {"b.py": b"b" * 999, "a.py": b"a"}

    with zipfile.ZipFile(io.BytesIO(pack(forwards))) as archive:
        entries = archive.infolist()

    assert pack(forwards) == pack(backwards)
    assert ["a.py", "b.py"] == [entry.filename for entry in entries]
    assert {((1980, 1, 1, 0, 0, 0), 0o100644, 3)} == {
        (entry.date_time, entry.external_attr >> 16, entry.create_system) for entry in entries
    }


def test_a_handler_runs_out_of_its_archive_alone(built: Project) -> None:
    release = built.folder / "dist/dev"
    layer = f"{release / 'libraries.zip'}/python"
    script = "from handlers.take import handler; print(handler('7', None)[0])"

    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-c",
            f"import sys; sys.path[:0] = {[str(release / 'functions/take.zip'), layer]}; {script}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ("7\n", "") == (done.stdout, done.stderr)


def test_every_handler_of_this_project_finds_what_it_imports() -> None:
    """The libraries' modules are named here; the build reads them off the layer."""
    real = Handlers(CHECKOUT, frozenset({"aws_lambda_powertools", "msgspec", "pg8000"}))

    for entry in real.entry_points():
        assert f"handlers/{entry}.py" in real.closure(entry)


def migrations(tmp_path: Path, **files: str) -> Path:
    folder = tmp_path / "handlers/payments/adapters/migrations"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name.lstrip('m')}.sql").write_text(text)
    return tmp_path


def test_a_new_or_edited_migration_is_a_new_schema_version(tmp_path: Path) -> None:
    first = schema_version(migrations(tmp_path, m0001_ledger="create table a ();"))
    second = schema_version(migrations(tmp_path, m0002_more="create table b ();"))
    edited = schema_version(migrations(tmp_path, m0001_ledger="create table c ();"))

    assert ("0001-", "0002-", "0002-") == (first[:5], second[:5], edited[:5])
    assert second != edited


@pytest.mark.parametrize("name", ["m0003_gap", "m0002-dash", "mnotes", "m0001_twice"])
def test_migrations_that_the_migrator_would_refuse_are_refused(tmp_path: Path, name: str) -> None:
    migrations(tmp_path, **{"m0001_ledger": "", name: ""})

    with pytest.raises(
        MigrationsError, match=r"handlers/payments/adapters/migrations/.*: expected a name like 000"
    ):
        schema_version(tmp_path)


def test_the_migrations_of_this_project_are_packed_with_their_migrator() -> None:
    real = Handlers(CHECKOUT, frozenset({"aws_lambda_powertools", "msgspec", "pg8000"}))

    held = {name for name in real.closure("ledger_migrator") if name.endswith(".sql")}

    assert {path.name for path in (CHECKOUT / "handlers/payments/adapters/migrations").glob("*.sql")} == {
        Path(name).name for name in held
    }
    assert "handlers/payments/adapters/migrations/0001_ledger.sql" in held


def test_the_authorities_of_aws_are_packed_with_whatever_calls_it() -> None:
    real = Handlers(CHECKOUT, frozenset({"aws_lambda_powertools", "msgspec", "pg8000"}))

    for entry in real.entry_points():
        assert "handlers/runtime/amazon.pem" in real.closure(entry)
