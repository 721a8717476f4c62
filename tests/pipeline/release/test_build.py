from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.release.assemble import Order
from tests.pipeline.release.projects import Project


def test_a_build_that_takes_nothing_from_a_cache_is_byte_identical(built: Project, tmp_path: Path) -> None:
    """Whatever the directory, clock, umask, hash seed, locale and stray files."""
    other = built.copy(tmp_path / "a place with spaces" / "project")
    for stray in (
        "handlers/.DS_Store",
        "handlers/shared/money.py~",
        "handlers/shared/junk.py",
        "templates/#a#",
    ):
        other.write(stray, "stray")
    (other.folder / "handlers/__pycache__").mkdir(exist_ok=True)
    other.write("handlers/__pycache__/take.cpython-313.pyc", "stray")
    for path in other.folder.rglob("*.py"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.chmod(0o600)
    before = os.umask(0o077)
    try:
        surroundings = {"PYTHONHASHSEED": "7", "LC_ALL": "C", "LANG": "C", "TZ": "Asia/Tokyo"}
        done = other.run("--env", "dev", "--no-cache", **surroundings)
    finally:
        os.umask(before)

    assert "5 of 5 templates judged" in done.stderr
    assert built.files() == other.files()


def test_both_environments_get_the_same_templates(project: Project) -> None:
    done = project.run("--env", "prod", "--json")

    made = json.loads(done.stdout)["Artifacts"]
    dev = json.loads(project.files()["manifest.json"])["Artifacts"]
    assert dev == made


def test_a_build_with_nothing_changed_makes_nothing(project: Project) -> None:
    assert project.build()["Unchanged"]


def test_a_build_with_nothing_changed_loads_nothing_that_makes_one(project: Project) -> None:
    script = (
        "import sys, build\n"
        "assert build.main(['--env', 'dev']) == 0\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "print(*sorted(loaded & {'awacs', 'boto3', 'cfnlint', 'packaging', 'troposphere'}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=project.folder,
        env={**os.environ, **project.environment()},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "" == done.stderr
    assert "" == done.stdout.splitlines()[-1]


def test_what_a_key_of_the_cache_is_made_of_is_there(project: Project) -> None:
    """A file that was renamed, and not in the key, would leave what it made before in the cache."""
    project.edit("templates/layer1.py", '"""A queue."""', '"""A queue, or so."""')
    # What is in the cache is looked up by its key as well.
    script = (
        "import sys, build\n"
        "from pipeline.release.sources import Sources\n"
        "key = Sources.key\n"
        "Sources.key = lambda its, *paths: print(*paths, file=sys.stderr) or key(its, *paths)\n"
        "assert build.main(['--env', 'dev', '--json']) == 0\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=project.folder,
        env={**os.environ, **project.environment()},
        capture_output=True,
        text=True,
        check=True,
    )
    prefixes = set(done.stderr.split())
    files = [
        path.relative_to(project.folder).as_posix() for path in project.folder.rglob("*") if path.is_file()
    ]

    assert {
        "templates/",
        "pipeline/release/archives",
        "pipeline/release/lint",
        "pipeline/release/sbom",
    } <= prefixes
    assert [] == [prefix for prefix in prefixes if not any(file.startswith(prefix) for file in files)]


@pytest.mark.parametrize("name", ["root.template.json", "functions/take.zip", "manifest.json"])
@pytest.mark.parametrize("harm", ["tampered", "removed"])
def test_a_harmed_file_of_a_release_is_made_again(project: Project, name: str, harm: str) -> None:
    before = project.files()
    path = project.folder / "dist/dev" / name
    if harm == "removed":
        path.unlink()
    else:
        path.write_bytes(b"tampered")

    assert not project.build()["Unchanged"]
    assert before == project.files()


def test_a_corrupt_cache_harms_no_build(project: Project) -> None:
    before = project.files()
    for path in (project.folder / "dist/.cache").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-3] + b"bad")

    assert not project.build()["Unchanged"]
    assert before == project.files()


def test_an_edited_layer_is_linted_with_what_nests_it_and_nothing_else(project: Project) -> None:
    before = project.files()
    project.edit("templates/layer1.py", "86400", "3600")

    done = project.run("--env", "dev")

    assert "2 of 5 templates judged" in done.stderr
    changed = {name for name, data in project.files().items() if before[name] != data}
    assert {"layer1.template.json", "root.template.json", "manifest.json"} == changed


def test_an_edited_comment_changes_no_byte_and_lints_nothing(project: Project) -> None:
    before = project.files()
    project.edit("templates/layer1.py", '"""A queue."""', '"""A queue, or so."""')

    done = project.run("--env", "dev")

    assert "0 of 5 templates judged" in done.stderr
    assert before == project.files()


def test_an_edited_handler_changes_its_archive_and_what_names_it(project: Project) -> None:
    before = project.files()
    project.edit("handlers/shared/money.py", "int(amount)", "int(amount) + 0")

    project.build()

    changed = {name for name, data in project.files().items() if before[name] != data}
    assert {
        "functions/take.zip",
        "layer0.template.json",
        "root.template.json",
        "manifest.json",
    } == changed


def test_another_bucket_is_a_parameter_and_no_other_template(project: Project) -> None:
    before = project.files()

    project.build("--bucket", "somewhere-else")

    after = project.files()
    assert "somewhere-else" == json.loads(after["configuration.json"])["Parameters"]["ArtifactBucket"]
    assert {"configuration.json", "manifest.json"} >= {name for name in after if before[name] != after[name]}


def test_an_order_may_give_bucket_and_boundary_in_place_of_the_file_s() -> None:
    place, boundary = Path("anywhere"), "arn:aws:iam::111111111111:policy/payments-stack-boundary-dev"

    assert Order(place, "dev", place).instead == {}
    assert Order(place, "dev", place, bucket="b", boundary=boundary).instead == {
        "ArtifactBucket": "b",
        "PermissionsBoundaryArn": boundary,
    }


def test_a_boundary_that_is_none_is_refused(built: Project) -> None:
    """A variable of the build that is not set would leave every role without one."""
    done = built.run("--env", "dev", "--boundary", "")

    assert 2 == done.returncode
    assert 'argument --boundary: found "", expected the ARN of a policy' in done.stderr


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        (
            "parameters/dev.json",
            '"Days": "90"',
            '"Days": "900"',
            'error: parameters/dev.json: Days: found "900", expected a whole number from 1 to 365',
        ),
        (
            "templates/layer1.py",
            "MessageRetentionPeriod",
            "MessageRetention",
            "AttributeError: AWS::SQS::Queue object does not support attribute MessageRetention",
        ),
        (
            "templates/root.py",
            "layer1.Inputs(days=given.days, before=before)",
            "layer1.Inputs(days=given.days, before=given.days)",
            "error: templates/root.py:13: WiringError: Layer1.Inputs.before: found Days, expected QueueArn",
        ),
        ("templates/layer1.py", "def build(", "def build((", "error: templates/layer1.py:18: SyntaxError"),
        (
            "handlers/take.py",
            "import example",
            "import elsewhere",
            "error: handlers/take.py:2: imports elsewhere, which no archive holds; expected handlers, the",
        ),
    ],
)
def test_bad_input_is_one_line_and_leaves_the_release_as_it_was(
    project: Project, name: str, old: str, new: str, said: str
) -> None:
    before = project.files()
    project.edit(name, old, new)

    done = project.run("--env", "dev")

    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert 1 == done.returncode
    assert said in errors[-1]
    assert "Traceback" not in done.stderr
    assert before == project.files()
    assert [] == project.leftovers()


def test_an_unknown_environment_is_told_with_the_known_ones(built: Project) -> None:
    done = built.run("--env", "../dev")

    assert (1, "error: parameters/../dev.json: not found; expected one of dev, prod\n") == (
        done.returncode,
        done.stderr,
    )


def test_wrong_usage_is_told_apart_from_refusal(built: Project) -> None:
    assert 2 == built.run("--environment", "dev").returncode


def test_a_folder_that_cannot_be_written_is_told_in_a_line(project: Project) -> None:
    shutil.rmtree(project.folder / "dist", ignore_errors=True)
    (project.folder / "dist").write_text("somebody's file")

    refused = project.run("--env", "dev")

    assert 1 == refused.returncode
    told = f"error: {project.folder / 'dist'}: Not a directory; expected a folder to write to\n"
    assert told == refused.stderr
    assert "Traceback" in project.run("--env", "dev", "--debug").stderr


def test_debug_shows_where_an_error_comes_from(built: Project) -> None:
    assert "Traceback" in built.run("--env", "xyz", "--debug").stderr


def test_errors_are_told_to_machines_too(built: Project) -> None:
    told = json.loads(built.run("--env", "xyz", "--json").stdout)

    assert ["parameters/xyz.json: not found; expected one of dev, prod"] == told["Errors"]


def test_builds_at_the_same_time_do_not_disturb_each_other(project: Project) -> None:
    before = project.files()
    project.edit("templates/layer1.py", "86400", "3600")
    command = [sys.executable, str(project.folder / "build.py"), "--env", "dev"]
    running = [
        subprocess.Popen(
            command, env=project.environment(), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        for _ in range(2)
    ]
    said = [each.communicate()[1] for each in running]

    assert [0, 0] == [each.returncode for each in running], said
    assert before.keys() == project.files().keys()
    assert [] == project.leftovers()
    assert project.build()["Unchanged"]


def test_progress_on_a_plain_stream_is_a_line_for_each_stage(project: Project) -> None:
    project.edit("templates/layer1.py", '"""A queue."""', '"""A queue, or so."""')

    done = project.run("--env", "dev")

    stages = [line.split()[0] for line in done.stderr.splitlines()]
    assert ["libraries", "functions", "synthesize", "lint", "package"] == stages
    assert "\033" not in done.stdout + done.stderr


def test_the_table_shows_each_template_with_resources_bytes_and_digest(built: Project) -> None:
    told = built.run("--env", "dev").stdout

    artifact = next(
        each for each in json.loads(built.files()["manifest.json"])["Artifacts"] if each["name"] == "layer1"
    )
    row = next(line for line in told.splitlines() if " layer1 " in line)
    assert ["template", "layer1", "30", f"{artifact['bytes']:,}", artifact["sha256"][:16]] == row.split()


def test_sources_edited_during_a_build_are_refused(project: Project) -> None:
    """Else the cache would keep what was made of one state under the name of another."""
    project.write("templates/layer2.py", (project.folder / "templates/layer2.py").read_text() + EDITS_ITSELF)

    done = project.run("--env", "dev")

    assert 1 == done.returncode
    assert "error: templates/layer2.py: changed while it was being built" in done.stderr


EDITS_ITSELF = """
from pathlib import Path
Path(__file__).write_text(Path(__file__).read_text() + "#")
"""


def test_a_bar_moves_on_a_terminal() -> None:
    """Rich draws it, on a stream that says it is a terminal."""
    script = (
        "import sys; from pipeline.console import Bars\n"
        "with Bars(sys.stderr).stage('lint', 2) as stage:\n"
        "    stage.step(); stage.note = '2 of 2'\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert "2 of 2" in done.stderr
