"""Finding: what a check found in an account, what the stack needs, and what to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass

OK, MISSING, UNKNOWN, WARNING = "ok", "missing", "unknown", "warning"


@dataclass(frozen=True)
class Finding:
    """The result of a check."""

    what: str
    """What was looked at, in a few words."""
    found: str
    needed: str
    status: str
    """`ok`; `missing`, which stops a plan; `warning`, which does not; or `unknown`."""
    advice: str = ""
    """What to do; empty where that is nothing."""

    def line(self) -> str:
        """Return the finding as one line."""
        text = f"{self.what}: found {self.found}, needed {self.needed}"
        return f"{text}; {self.advice}" if self.advice else text

    def document(self) -> dict[str, str]:
        """Return the finding as `--json` prints it."""
        return {name.capitalize(): value for name, value in asdict(self).items()}


def judged(what: str, found: str, needed: str, advice: str, *, ok: bool) -> Finding:
    """Return a finding that is `ok`, or else missing with its advice."""
    return Finding(what, found, needed, OK if ok else MISSING, "" if ok else advice)


def unknown(what: str, why: str, needed: str) -> Finding:
    """Return a finding of what could not be read; nothing follows from it."""
    return Finding(what, why, needed, UNKNOWN)
