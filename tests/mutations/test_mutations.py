"""The tests of the templates notice when a template is spoilt: of every kind of mutation, some."""

from __future__ import annotations

import copy
import os
import subprocess
import sys

import pytest

from tests.mutations.__main__ import sample
from tests.mutations.mutation import DROPPED, Mutation, mutations
from tests.mutations.trial import relevant, rendered
from tests.paths import CHECKOUT

EVERY = [each for name, template in rendered().items() for each in mutations(name, template)]
SAMPLED = 6


def test_a_sample_of_mutations_is_caught() -> None:
    """`tox -e mutations` tries them all."""
    command = [sys.executable, "-m", "tests.mutations", "--sample", str(SAMPLED), "--jobs", "1"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)

    assert 0 == done.returncode, done.stdout + done.stderr
    assert ["all", str(SAMPLED), str(SAMPLED), "0"] == done.stdout.splitlines()[-1].split()


def test_a_mutation_that_no_test_reads_survives() -> None:
    """A trial that called everything caught would prove nothing."""
    script = (
        "from tests.mutations.mutation import Mutation\n"
        "from tests.mutations.trial import catches, relevant, remembering\n"
        "remembering()\n"
        "place = ('Resources', 'DataKey', 'Metadata')\n"
        "harmless = Mutation('none', 'security', place, {'Note': 'of no consequence'})\n"
        "print('caught by:', catches(harmless, relevant(harmless)))\n"
    )
    # Also for whoever wants no bytecode.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert "caught by: \n" == done.stdout


@pytest.mark.parametrize("kind", sorted({each.kind for each in EVERY}))
def test_a_mutation_changes_its_template(kind: str) -> None:
    for each in EVERY:
        if each.kind == kind:
            before = rendered()[each.template]
            spoilt = copy.deepcopy(before)
            each.apply(spoilt)
            assert spoilt != before, str(each)


def test_a_mutation_that_finds_no_place_changes_nothing() -> None:
    spoilt: dict[str, object] = {"Resources": {}}

    Mutation("none", "data", ("Resources", "Gone", "Properties"), DROPPED).apply(spoilt)

    assert {"Resources": {}} == spoilt


def test_a_sample_has_some_of_each_kind() -> None:
    kinds = {each.kind for each in EVERY}

    assert kinds == {each.kind for each in sample(EVERY, len(kinds))}


def test_every_mutation_is_looked_at_by_a_test() -> None:
    assert [] == [str(each) for each in EVERY if not relevant(each)]
