"""Projects: small made-up checkouts for build.py, with as many layers as somebody wants."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.paths import CHECKOUT

COPIED = (
    ".cfnlintrc.yaml",
    "build.py",
    # The build's own reader of JSON is the functions' one.
    "handlers/payments/__init__.py",
    "handlers/payments/json_objects.py",
    "pipeline/__init__.py",
    "pipeline/aws.py",
    "pipeline/commands",
    "pipeline/console.py",
    "pipeline/evaluation",
    "pipeline/release",
    "pipeline/review",
)
COPIED_TEMPLATES = ("__init__.py", "artifacts.py", "stack.py", "wires.py")

SETTINGS = '''"""Settings."""
from dataclasses import dataclass
from templates.wires import BucketName, Wire, number

class Days(Wire):
    """Days that logs are kept."""
    admits = number(1, 365)

@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every Parameter."""
    artifact_bucket: BucketName
    days: Days
'''
ACCOUNT = '''"""Account: what there is once."""
from dataclasses import dataclass
from troposphere import sns

@dataclass(frozen=True)
class Inputs:
    """Nothing."""

@dataclass(frozen=True)
class Outputs:
    """Nothing."""

def build(template, given):
    """A topic."""
    template.add_resource(sns.Topic("AccountTopic"))
    return Outputs()
'''
# A layer of `queues` resources, fed by the one before it.
LAYER = '''"""Layer {number}: queues that a made-up layer would hold."""
from dataclasses import dataclass
from troposphere import GetAtt, Tags, sqs
from templates.settings import Days
from templates.wires import BucketName, QueueArn

@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What it needs."""
    days: Days
    before: {before}

@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What it offers."""
    last: QueueArn

def build(template, given{code}):
    """Queues."""
    for number in range({queues}):
        queue = template.add_resource(work_queue(number, given))
    return Outputs(last=QueueArn(GetAtt(queue, "Arn")))

def work_queue(number, given):
    """A queue."""
    return sqs.Queue(
        f"WorkQueue{{number}}",
        MessageRetentionPeriod=86400,
        Tags=Tags(days=given.days, before=given.before),
        DeletionPolicy="Delete",
        UpdateReplacePolicy="Delete",
    )
'''
FUNCTION = '''

def function(code, given):
    """The function that takes payments."""
    from troposphere import awslambda
    return awslambda.Function(
        "TakeFunction",
        Role="arn:aws:iam::123456789012:role/made-up",
        Runtime="python3.13",
        Handler="handlers.take.handler",
        Code=awslambda.Code(S3Bucket=given.before, S3Key=code.functions["take"].key),
    )
'''
HANDLERS = {
    "__init__.py": '"""Handlers."""\n',
    "take.py": '"""Take."""\nimport example\nfrom handlers.shared import money\n\n'
    "def handler(event, context):\n    return money.whole(event), example\n",
    "give.py": '"""Give."""\nimport json\n\ndef handler(event, context):\n    return json.dumps(event)\n',
    "shared/__init__.py": '"""Shared."""\n',
    "shared/money.py": '"""Money."""\n\ndef whole(amount):\n    return int(amount)\n',
    "shared/unused.py": '"""Unused: imported by nobody."""\n',
}
PARAMETERS = {
    "Parameters": {"ArtifactBucket": "made-up-artifacts", "Days": "90"},
    "Tags": {"Environment": "development"},
    "StackPolicy": {
        "Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]
    },
}


@dataclass(frozen=True)
class Project:
    """A checkout that build.py can be run in."""

    folder: Path

    def leftovers(self) -> list[str]:
        """Return the names of what a build of dev that did not end left behind."""
        dist = self.folder / "dist"
        return sorted(path.name for path in dist.iterdir() if path.name.startswith(".dev"))

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run build.py, from another folder, without any network."""
        return subprocess.run(
            [sys.executable, str(self.folder / "build.py"), *arguments],
            cwd=self.folder.parent,
            env={**self.environment(), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def build(self, *arguments: str, **environment: str) -> dict[str, Any]:
        """Build for `dev`; what it tells."""
        done = self.run("--env", "dev", "--json", *arguments, **environment)
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def environment(self) -> dict[str, str]:
        """What build.py sees: this environment, and no network."""
        return {**os.environ, **self.pip(), "CI": "true"}

    def pip(self) -> dict[str, str]:
        """What has pip find the made-up wheels and nothing else."""
        return {
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": (self.folder / "wheels").as_uri(),
            "PIP_CONFIG_FILE": os.devnull,
        }

    def write(self, name: str, text: str) -> None:
        """Write the file `name`."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace `old` in the file `name`."""
        text = (self.folder / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))

    def files(self) -> dict[str, bytes]:
        """The release for `dev`, by path."""
        release = self.folder / "dist/dev"
        return {
            str(path.relative_to(release)): path.read_bytes() for path in release.rglob("*") if path.is_file()
        }

    def template(self, name: str) -> dict[str, Any]:
        """One template of the release."""
        found: dict[str, Any] = json.loads(self.files()[f"{name}.template.json"])
        return found

    def copy(self, folder: Path) -> Project:
        """The same checkout elsewhere, with all that was built in it."""
        shutil.copytree(self.folder, folder)
        return Project(folder)


def make(folder: Path, layers: int = 3, queues: int = 30, handlers: int = 0) -> Project:
    """A checkout in `folder` whose root nests `layers` layers of `queues` resources.

    It has `handlers` entry points besides those two that it always has, each of a hundred lines.
    """
    project = Project(folder)
    for name in COPIED:
        source, target = CHECKOUT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    for name in COPIED_TEMPLATES:
        project.write(f"templates/{name}", (CHECKOUT / "templates" / name).read_text())
    project.write("templates/settings.py", SETTINGS)
    project.write("templates/account.py", ACCOUNT)
    project.write("templates/root.py", root(layers))
    for number in range(layers):
        before = "BucketName" if number == 0 else "QueueArn"
        code = ", code" if number == 0 else ""
        layer = LAYER.format(number=number, before=before, code=code, queues=queues)
        if number == 0:
            made = "    template.add_resource(function(code, given))\n    for number"
            layer = layer.replace("    for number", made, 1) + FUNCTION
        project.write(f"templates/layer{number}.py", layer)
    for name, text in HANDLERS.items():
        project.write(f"handlers/{name}", text)
    for number in range(handlers):
        project.write(f"handlers/work{number}.py", handler(number))
    for environment in ("dev", "prod"):
        project.write(f"parameters/{environment}.json", json.dumps(PARAMETERS, indent=2))
    wheel(project, "example", "1.0", {"example/__init__.py": '"""Example."""\n'})
    return project


def handler(number: int) -> str:
    """An entry point of a hundred lines, unlike any other."""
    steps = "".join(
        f'def step{each}(event):\n    """Step {number}.{each}."""\n'
        f'    return {{**event, "{number}": {each}}}\n\n\n'
        for each in range(19)
    )
    calls = "".join(f"    event = step{each}(event)\n" for each in range(0, 19, 5))
    return (
        f'"""Work {number}."""\nfrom handlers.shared import money\n\n\n{steps}'
        f"def handler(event, context):\n{calls}    return money.whole(event)\n"
    )


def root(layers: int) -> str:
    """A root that chains `layers` layers."""
    names = [f"layer{number}" for number in range(layers)]
    lines = [
        '"""Root: made-up layers."""',
        "from troposphere import Output",
        f"from templates import {', '.join(names)}",
        "from templates.settings import Settings",
        "from templates.stack import Nest, declare",
        "",
        "def build(template, code):",
        '    """Nest them."""',
        "    given = declare(template, Settings)",
        "    nest = Nest(template)",
        "    before = given.artifact_bucket",
    ]
    for number, name in enumerate(names):
        extra = ", code=code" if number == 0 else ""
        inputs = f"{name}.Inputs(days=given.days, before=before)"
        lines.append(f'    before = nest.add("Layer{number}", {name}.build, {inputs}{extra}).last')
    lines += ['    template.add_output(Output("Last", Value=before))', "    return nest", ""]
    return "\n".join(lines)


def wheel(
    project: Project, name: str, version: str, files: dict[str, str], tag: str = "py3-none-any"
) -> None:
    """Put a wheel where pip finds it, and lock it."""
    info = f"{name}-{version}.dist-info"
    held = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    rows = []
    for path, text in held.items():
        sealed = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        rows.append(f"{path},sha256={sealed},{len(text.encode())}")
    held[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""])
    made = project.folder / "wheels" / f"{name}-{version}-{tag}.whl"
    made.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(made, "w") as archive:
        for each, text in held.items():
            archive.writestr(zipfile.ZipInfo(each, (2020, 1, 1, 0, 0, 0)), text)
    digest = hashlib.sha256(made.read_bytes()).hexdigest()
    project.write("requirements/libraries.txt", f"{name}=={version} \\\n    --hash=sha256:{digest}\n")
