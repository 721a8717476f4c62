"""Canaries: what no log may hold, looked for in every line that handlers write while tests run.

A plugin of pytest: it reads what the tests of handlers and emulator leave on stdout and stderr, what
those tests read themselves, and the logs that they hand over. One line that holds a customer, a body or a
secret fails the run; so does a run whose handlers spoke and of which no line was read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

PLUGIN = "canaries"
# The sandbox tells people lines to try, which no log is; its functions' logs are handed over.
WATCHED = {"handlers", "emulator"}
# Whoever uses one of these has a function write a log.
SPEAKING = {"deployed", "wired", "stack"}

# What tests send, hold and sign with, by what it would be if it stood in a log. Values that are made
# while tests run are planted.
FORBIDDEN = {
    "customer id": re.compile(r"\bcus_\w"),
    "request body": re.compile(r"zq7marker|\\?\"(?:amount|customer_id)\\?\"\s*:"),
    "gateway key": re.compile(r"\b[sr]k_(?:test|live)_\w"),
    "Authorization header": re.compile(r"Bearer \w|AWS4-HMAC-SHA256|[Aa]uthorization['\"]?\s*[:=]"),
    "IAM token": re.compile(r"X-Amz-(?:Signature|Security-Token|Credential)="),
    "line that could not be written": re.compile(r"--- Logging error ---"),
}
# As cards are printed: digits, perhaps in groups. A moment in milliseconds begins with 1, which no card does.
DIGITS = re.compile(r"(?<![\w.-])[2-9](?:[ .-]?\d){12,18}(?![\w-])")
LOG_LINE = re.compile(r'"level":\s*"(?:DEBUG|INFO|WARNING|ERROR|CRITICAL)"')


@dataclass(eq=False)
class Canaries:
    """What was read so far, and what was found in it."""

    lines: int = 0
    of_log: int = 0
    """Those that are structured lines of a function's log."""

    speakers: int = 0
    """Tests that passed and had a function write."""

    leaks: list[str] = field(default_factory=list)
    """What kind of thing was found, and where: never the thing itself."""

    planted: dict[str, str] = field(default_factory=dict)
    deaf: bool = False
    """Whether nothing is captured, as with `-s`."""

    def plant(self, kind: str, value: str) -> None:
        """Look for `value`, which is a `kind`, from now on."""
        self.planted[value] = kind

    def search(self, text: str, where: str) -> None:
        """Look for everything forbidden in `text`, which `where` wrote."""
        lines = text.splitlines()
        self.lines += len(lines)
        self.of_log += sum(1 for line in lines if LOG_LINE.search(line))
        kinds = [kind for kind, pattern in FORBIDDEN.items() if pattern.search(text)]
        kinds += ["card number"] * any(card(each) for each in DIGITS.findall(text))
        kinds += [kind for value, kind in self.planted.items() if value in text]
        self.leaks += [f"{where}: found a {kind} in the log, expected none" for kind in kinds]

    def faults(self) -> list[str]:
        """Why the run fails."""
        if self.speakers and not self.of_log and not self.deaf:
            return [f"found no line of log, expected some: {self.speakers} tests had functions write"]
        return sorted(set(self.leaks))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Any:
        """Read what the test, its fixtures included, has left by its end."""
        report = cast("pytest.TestReport", (yield))
        if watched(item):
            if report.when == "call" and report.passed:
                self.speakers += bool(SPEAKING & set(getattr(item, "fixturenames", ())))
            if report.when == "teardown":
                text = [content for name, content in report.sections if "log" not in name]
                self.search("\n".join(text), item.nodeid)
        return report

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker of pytest-xdist read."""
        lines, of_log, speakers, leaks = getattr(node, "workeroutput", {}).get(PLUGIN, (0, 0, 0, ()))
        self.lines += lines
        self.of_log += of_log
        self.speakers += speakers
        self.leaks += leaks

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand over to the run that this one works for; there, fail where something was found."""
        handed = getattr(session.config, "workeroutput", None)
        if handed is not None:
            handed[PLUGIN] = (self.lines, self.of_log, self.speakers, self.leaks)
        elif self.faults():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say how much was read, and everything that was found."""
        if self.lines or self.faults():
            terminalreporter.section("logs searched for customers, bodies and secrets")
            terminalreporter.write_line(f"{self.lines:6} lines, {self.of_log} of them from functions' logs")
            for fault in self.faults():
                terminalreporter.write_line(f"FAILED {fault}", red=True)


def card(written: str) -> bool:
    """Whether the digits in `written` have the check digit of a card number."""
    digits = [int(each) for each in reversed(written) if each.isdigit()]
    doubled = [sum(divmod(2 * each, 10)) for each in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def watched(item: pytest.Item) -> bool:
    """Whether `item` is a test of something that writes logs."""
    return bool(WATCHED & set(item.nodeid.partition("::")[0].split("/")))


def of(config: pytest.Config) -> Canaries:
    """The canaries of this run."""
    found = config.pluginmanager.get_plugin(PLUGIN)
    assert isinstance(found, Canaries)
    return found


def pytest_configure(config: pytest.Config) -> None:
    """Read from now on; what tests read themselves is gone afterwards, so it is read with them."""
    canaries = Canaries(deaf=config.getoption("capture") == "no")
    config.pluginmanager.register(canaries, PLUGIN)
    real = pytest.CaptureFixture.readouterr

    def readouterr(fixture: pytest.CaptureFixture[Any]) -> Any:
        read = real(fixture)
        if watched(fixture.request.node) and isinstance(read.out, str):
            canaries.search(read.out + read.err, fixture.request.node.nodeid)
        return read

    pytest.CaptureFixture.readouterr = readouterr  # type: ignore[method-assign, assignment]
    config.add_cleanup(lambda: setattr(pytest.CaptureFixture, "readouterr", real))
