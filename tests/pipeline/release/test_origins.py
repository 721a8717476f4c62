"""A resource leads back to the line that makes it."""

from __future__ import annotations

import pytest

from pipeline.release.source_lines import origin
from pipeline.release.stack import source_files
from tests.paths import CHECKOUT


@pytest.mark.parametrize(
    ("layer", "title", "file"),
    [
        ("data", "RetryQueue", "templates/data/retry_queues.py"),
        ("network", "Vpc", "templates/network/__init__.py"),
        ("security", "Missing", "templates/security/__init__.py"),
    ],
)
def test_a_resource_of_a_layer_leads_to_the_file_of_its_package(layer: str, title: str, file: str) -> None:
    path, line = origin(CHECKOUT, source_files(CHECKOUT, layer), title).split(":")
    assert path == file
    made = (CHECKOUT / path).read_text(encoding="utf-8").splitlines()[int(line) - 1]
    assert title in made or title == "Missing"
