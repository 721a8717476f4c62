"""The page holds up to axe-core in Chromium: as wide as a desk's screen and a telephone's, light and dark."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from deno import find_deno_bin

from pipeline.review.renderers import rendered
from pipeline.review.renderers.html import POLICY
from pipeline.review.verdict import decide, policy
from tests.pipeline.review.renderers.browser import CHROMIUM, SCHEMES, loaded
from tests.pipeline.review.renderers.rendering import release
from tests.pipeline.review.verdicts import reviewed

SCRIPT = Path(__file__).with_name("axe.mjs")
LOCK = Path(__file__).with_name("deno.lock")
WIDTHS = (390, 1280)
# A frame has the width of a telephone; a window of Chromium cannot be as narrow.
FRAME = """<!doctype html><html lang="en"><title>frame</title><body><pre id="found"></pre>
<iframe title="page" style="border: 0; width: {width}px; height: 9000px" srcdoc="{page}"></iframe></body>"""
RUN = """<script>{axe}</script><script>
addEventListener("load", async () => {{
  for (const folded of document.querySelectorAll("details")) folded.open = true;
  const found = await axe.run(document, {{ resultTypes: ["violations"] }});
  const seen = ({{ id, nodes }}) => [id, nodes.map((node) => node.html)];
  const state = {{
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
    width: innerWidth,
    found: found.violations.map(seen),
    wide: document.documentElement.scrollWidth,
  }};
  parent.document.getElementById("found").textContent = JSON.stringify(state);
}});
</script>"""


@pytest.fixture(scope="module")
def axe() -> str:
    """Return the source of axe-core, of the version that the lock names."""
    command = [find_deno_bin(), "run", "--quiet", "--no-prompt", "--no-config", "--cached-only", "--frozen"]
    done = subprocess.run(
        [*command, f"--lock={LOCK}", "--allow-env", str(SCRIPT)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "NO_COLOR": "1", "DENO_NO_UPDATE_CHECK": "1"},
    )
    return done.stdout


def page() -> str:
    """Return a page with risks that block, that warn and that are accepted, and with all kinds of changes."""
    review = reviewed(*release())
    review.notes.append("a note")
    chosen = policy(accept=["IAM_WIDENING:Role", "BACKUP_LOSS:None"])
    chosen.modes["PROTECTION_LOSS"] = "warn"
    return rendered(review, decide(review, chosen), "html")


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing(axe: str, tmp_path: Path, scheme: str, width: int) -> None:
    # The page allows no scripts; axe is one.
    document = page().replace(POLICY, "").replace("</body>", RUN.format(axe=axe) + "</body>")
    file = tmp_path / "frame.html"
    file.write_text(FRAME.format(width=width, page=html.escape(document)), encoding="utf-8")

    shown = loaded(file, scheme)

    found = re.search(r'<pre id="found">(.*?)</pre>', shown, re.DOTALL)
    assert found, "the frame is there"
    assert found[1], "axe ran"
    state = json.loads(html.unescape(found[1]))
    assert ("dark" == scheme, width) == (state["dark"], state["width"])
    assert [] == state["found"]
    assert state["wide"] <= width, "nothing makes the page scroll sideways"
