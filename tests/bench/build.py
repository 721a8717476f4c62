"""Bench of the build: cold, warm, after an edit, and as the number of layers grows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.release.report import table
from tests.bench import peers
from tests.release.projects import make

CHECKOUT = Path(__file__).parent.parent.parent
COPIED = ("build.py", ".cfnlintrc.yaml", "handlers", "parameters", "pipeline", "requirements", "templates")
# Without lint and packaging: what `synthesize` does, in a fresh interpreter.
SYNTHESIZE = """
from pathlib import Path
from pipeline.release.synthesize import synthesize
from tests.templates.samples import CODE
synthesize(Path.cwd(), CODE)
"""


@dataclass(frozen=True)
class Cost:
    """What a command took, with every process that it started."""

    cpu: float
    wall: float


def measure(
    command: Sequence[str | Path], cwd: Path, repeat: int = 3, env: dict[str, str] | None = None
) -> Cost:
    """The least of `repeat` runs: what disturbs a run only adds to it."""
    runs = []
    for _ in range(repeat):
        before, begun = os.times(), time.perf_counter()
        subprocess.run(
            command, cwd=cwd, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env
        )
        after, wall = os.times(), time.perf_counter() - begun
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        runs.append(Cost(cpu, wall))
    return Cost(min(run.cpu for run in runs), min(run.wall for run in runs))


def tables() -> None:
    """Print what the build costs, and how that grows."""
    with tempfile.TemporaryDirectory() as folder:
        for line in of_this_project(Path(folder) / "project"):
            print(line, "\n")
        print(of_many_layers(Path(folder)), "\n")


def of_this_project(project: Path) -> Iterator[str]:
    """The real layers: cold, unchanged, and after an edit of one layer; beside CDK, where Node is there."""
    project.mkdir()
    for name in COPIED:
        source = CHECKOUT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, project / name)
    python = sys.executable
    build: list[str | Path] = [python, project / "build.py", "--env", "prod"]
    fetching = measure(build, project, repeat=1)
    cold = measure([*build, "--no-cache"], project)
    unchanged = measure(build, project)
    layer = project / "templates/monitoring/__init__.py"
    edited = []
    for number in range(3):
        # Another display name each time, so that its bytes are new ones.
        layer.write_text(f"{layer.read_text()}\n# {number}\n")
        alerts = project / "templates/monitoring/alerts.py"
        alerts.write_text(alerts.read_text().replace("Critical Alerts", f"Critical Alerts {number}"))
        edited.append(measure(build, project, repeat=1))
    edit = Cost(min(each.cpu for each in edited), min(each.wall for each in edited))
    generation = measure([python, "-c", SYNTHESIZE], CHECKOUT)
    rows = [
        ("from a fresh clone, wheels fetched", fetching),
        ("cold: generate, lint, package", cold),
        ("generation alone", generation),
        ("one layer edited", edit),
        ("nothing changed", unchanged),
    ]
    peer: Cost | None = None
    try:
        synth = peers.synth(project / "dist/prod", project.parent / "synthesized")
        peer = measure(synth, peers.HERE)
        rows.append(("cdk synth of the same, no lint", peer))
    except peers.MissingError as missing:
        yield str(missing)
    header = ("build", "CPU s", "wall s", "of CDK's CPU", "of its wall")
    yield table(
        header,
        [
            (name, f"{cost.cpu:.2f}", f"{cost.wall:.2f}", *(shares(cost, peer) if peer else ("-", "-")))
            for name, cost in rows
        ],
    )


def shares(cost: Cost, peer: Cost) -> tuple[str, str]:
    """What part of the peer's CPU and wall time `cost` is."""
    return f"{cost.cpu / peer.cpu:.2f}", f"{cost.wall / peer.wall:.2f}"


def of_many_layers(folder: Path) -> str:
    """Made-up layers of thirty resources each: what one more costs, once the rules are loaded."""
    rows = []
    base: Cost | None = None
    for layers in (1, 10, 50):
        project = make(folder / f"layers{layers}", layers)
        command: list[str | Path] = [sys.executable, project.folder / "build.py", "--env", "dev"]
        measure(command, folder, 1, project.environment())
        cold = measure([*command, "--no-cache"], folder, 2, project.environment())
        warm = measure(command, folder, 2, project.environment())
        base = base or cold
        each = (cold.cpu - base.cpu) / (layers - 1) if layers > 1 else 0.0
        numbers = (cold.cpu, cold.wall, warm.cpu)
        rows.append((str(layers), *(f"{number:.2f}" for number in numbers), f"{each:.3f}" if each else "-"))
    header = (
        "layers of 30 resources",
        "cold CPU s",
        "cold wall s",
        "unchanged CPU s",
        "CPU s for each layer more",
    )
    return table(header, rows)
