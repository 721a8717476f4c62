"""The layers and their wiring, drawn from the templates."""

from __future__ import annotations

from tests.pipeline.release.projects import Project


def test_an_environment_that_is_not_there_has_no_graph(built: Project) -> None:
    refused = built.run("graph", "--env", "xyz")

    assert 1 == refused.returncode
    assert "error: parameters/xyz.json: not found; expected one of dev, prod\n" == refused.stderr


def test_the_graph_names_the_layers_and_every_wire(built: Project) -> None:
    drawn = built.run("graph", "--env", "dev").stdout
    compact = built.run("graph", "--env", "dev", "--compact").stdout

    assert 'Layer0 -->|"Last"| Layer1' in drawn
    assert 'Settings -->|"ArtifactBucket<br/>Days"| Layer0' in drawn
    assert "Layer0 -->|1| Layer1" in compact
    assert "Settings" not in compact
