"""Publishing: a release that was made is uploaded, if that is asked for, and told."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from importlib import import_module

from pipeline import console
from pipeline.console import Progress
from pipeline.release import summary
from pipeline.release.assemble import Release


def tell(release: Release, given: Namespace, progress: Progress) -> None:
    """Tell what was made, upload it if `given` says so, and tell where the root lies then."""
    told: dict[str, object] = {"Folder": str(release.folder), "Unchanged": release.unchanged}
    told |= release.manifest
    if not given.json:
        console.say(summary.summary(release))
    if given.publish:
        # Only publishing pays for loading the AWS SDK.
        published = import_module("pipeline.release.publish").publish(release, progress)
        told["Published"] = asdict(published)
        if not given.json:
            console.say(f"root  {published.root_url}")
    if given.json:
        console.say_json(told)
