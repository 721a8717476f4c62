from __future__ import annotations

import hashlib
import json
import zipfile
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.markers import default_environment

from pipeline.release.archives import Zip, pack
from pipeline.release.libraries import LibrariesError
from pipeline.release.licences import Licence, licence
from pipeline.release.sbom import NAME, TARGET, Library, document, library
from pipeline.release.templates import canonical
from tests.pipeline.release.projects import Project, wheel

LAYER = pack({"python/a.py": b""})
VALIDATOR = JsonStrictValidator(SchemaVersion.V1_6)


def made(*libraries: Library) -> dict[str, Any]:
    text = canonical(document(list(libraries), Zip(LAYER))).decode()
    assert VALIDATOR.validate_str(text) is None
    told: dict[str, Any] = json.loads(text)
    return told


def of(name: str, *depends_on: str, text: str = "MIT", spdx: bool = True) -> Library:
    return Library(name, "1.0", Licence(text, spdx), "0" * 64, depends_on)


def test_a_release_says_what_its_layer_is_made_of(built: Project) -> None:
    """Of each wheel: version, package URL, and the hash that the lock admits."""
    text = built.files()[NAME].decode()
    bill = json.loads(text)

    assert VALIDATOR.validate_str(text) is None
    (one,) = bill["components"]
    assert ("example", "1.0", "pkg:pypi/example@1.0") == (one["name"], one["version"], one["purl"])
    assert one["hashes"][0]["content"] in (built.folder / "requirements/libraries.txt").read_text()
    layer = hashlib.sha256(built.files()["libraries.zip"]).hexdigest()
    assert layer == bill["metadata"]["component"]["hashes"][0]["content"]


def test_a_bill_holds_no_time_and_no_chance(built: Project) -> None:
    bill = json.loads(built.files()[NAME])

    assert "serialNumber" not in bill
    assert "timestamp" not in bill["metadata"]


def test_a_bill_is_written_anew_when_the_lock_changes(project: Project) -> None:
    wheel(project, "example", "2.0", {"example/__init__.py": '"""Example, newer."""\n'})
    project.build()

    assert "2.0" == json.loads(project.files()[NAME])["components"][0]["version"]


def test_a_bill_says_what_needs_what() -> None:
    told = made(of("One", "two-too", "not-here"), of("two.too"))

    depends = {each["ref"]: each["dependsOn"] for each in told["dependencies"]}
    assert ["pkg:pypi/two-too@1.0"] == depends["pkg:pypi/one@1.0"]
    assert [] == depends["pkg:pypi/two-too@1.0"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (Licence("MIT OR Apache-2.0", spdx=True), [{"expression": "MIT OR Apache-2.0"}]),
        (Licence("Ours, see below", spdx=False), [{"license": {"name": "Ours, see below"}}]),
        (Licence("", spdx=False), None),
    ],
)
def test_a_licence_is_an_expression_or_the_authors_words(given: Licence, expected: object) -> None:
    told = made(of("one", text=given.text, spdx=given.spdx))

    assert expected == told["components"][0].get("licenses")


def headers(**values: str | list[str]) -> Message:
    said = Message()
    for name, value in values.items():
        for each in [value] if isinstance(value, str) else value:
            said[name.replace("_", "-")] = each
    return said


BSD, APACHE = "License :: OSI Approved :: BSD License", "License :: OSI Approved :: Apache Software License"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (headers(License_Expression="BSD-3-Clause", License="other"), Licence("BSD-3-Clause", spdx=True)),
        (headers(License="The MIT License (MIT)"), Licence("MIT", spdx=True)),
        (headers(License="", Classifier=APACHE), Licence("Apache-2.0", spdx=True)),
        (headers(License="BSD", Classifier=BSD), Licence("BSD License", spdx=False)),
        (
            headers(License="Dual License", Classifier=[BSD, APACHE]),
            Licence("BSD License; Apache Software License", spdx=False),
        ),
        (headers(License="MIT", Classifier=[BSD, APACHE]), Licence("MIT", spdx=True)),
        (headers(License_Expression="mit or apache-2.0"), Licence("MIT OR Apache-2.0", spdx=True)),
        (headers(License_Expression="Ours", Classifier=BSD), Licence("Ours", spdx=False)),
        (headers(Name="silent"), Licence("", spdx=False)),
    ],
)
def test_a_licence_is_told_as_spdx_only_where_it_is_certain(said: Message, expected: Licence) -> None:
    assert expected == licence(said)


def test_only_what_is_needed_where_functions_run_counts_as_needed(tmp_path: Path) -> None:
    path = tmp_path / "example-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "example-1.0.dist-info/METADATA",
            "Name: example\nVersion: 1.0\nRequires-Dist: six (>=1.5)\nRequires-Dist: b[x]>=1,<2\n"
            'Requires-Dist: c; extra == "d"\nRequires-Dist: E_e; python_version >= "3.13"\n'
            'Requires-Dist: f; python_version < "3.13"\nRequires-Dist: g; sys_platform == "win32"\n'
            'Requires-Dist: h; platform_machine == "aarch64" and implementation_name == "cpython"\n',
        )

    assert ("six", "b", "e-e", "h") == library(path).depends_on


def test_every_term_of_a_marker_is_the_functions_and_not_this_machines() -> None:
    assert default_environment().keys() <= TARGET.keys()


def test_a_wheel_whose_requirements_make_no_sense_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "example-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "example-1.0.dist-info/METADATA", "Name: example\nVersion: 1.0\nRequires-Dist: six >\n"
        )

    with pytest.raises(LibrariesError, match=r"example-1\.0.*\.whl: Requires-Dist: .*; expected a"):
        library(path)


def test_a_wheel_that_says_nothing_of_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "example-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("example.py", "")

    with pytest.raises(LibrariesError, match="found no METADATA, expected a wheel"):
        library(path)
