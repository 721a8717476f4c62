"""dist/pipeline/ is made like every release: the same bytes each time, and nothing over a limit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.console import Silence
from pipeline.delivery import build
from pipeline.release.configuration import ConfigurationError
from pipeline.release.quotas import QuotaError
from tests.pipeline.release.projects import CHECKOUT


def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CHECKOUT / build.PARAMETERS).read_bytes())
    return found


def project(folder: Path, text: str) -> Path:
    path = folder / build.PARAMETERS
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return folder


def test_the_templates_are_the_same_bytes_each_time() -> None:
    assert build.synthesized(Silence()) == build.synthesized(Silence())


def test_the_parameters_suit_the_template() -> None:
    build.check(build.read(CHECKOUT), build.synthesized(Silence()))


def test_what_is_made_by_hand_needs_no_bucket() -> None:
    """`aws cloudformation deploy` takes up to 51,200 bytes by itself."""
    uses = {use.place: use for use in build.sizes(build.synthesized(Silence()))}

    assert uses["store.template.json"].limit == uses["target.template.json"].limit == 51_200


def test_the_template_of_a_target_account_has_room_for_more() -> None:
    """A fifth of it, or the next grants would end the command that the guide gives."""
    (use,) = [use for use in build.sizes(build.synthesized(Silence())) if use.place == "target.template.json"]

    assert use.used <= 0.8 * use.limit


def test_a_template_that_is_too_large_is_told() -> None:
    with pytest.raises(QuotaError, match=r"store\.template\.json: found 60,000 .*expected at most 51,200"):
        build.sizes({"store": b" " * 60_000})


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DevAccount", "1234", 'DevAccount: found "1234", expected an account id of 12 digits'),
        ("ExternalId", "short", 'ExternalId: found "short", expected 16 to 128'),
        (
            "Brunch",
            "main",
            r"Brunch: unknown \(did you mean Branch\?\); expected only what pipeline/template\.py declares",
        ),
    ],
)
def test_a_parameter_that_makes_no_sense_is_told(
    tmp_path: Path, name: str, value: str, expected: str
) -> None:
    given = document()
    given["Parameters"][name] = value
    read = build.read(project(tmp_path, json.dumps(given)))

    with pytest.raises(ConfigurationError, match=rf"parameters/tooling/pipeline\.json: {expected}"):
        build.check(read, build.synthesized(Silence()))


@pytest.mark.parametrize(("text", "expected"), [("{", "expected JSON"), ("[]", "found a list")])
def test_a_file_that_is_none_is_told(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(ConfigurationError, match=expected):
        build.read(project(tmp_path, text))
