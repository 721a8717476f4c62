"""What people are asked, and told, at the command line."""

from __future__ import annotations

import io
import json
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

import build
from pipeline import BuildError
from pipeline.change import plan as planning
from pipeline.change import smoke
from pipeline.change.plan import Planned, PlanRequest
from pipeline.change.releases import read
from pipeline.change.sessions import ChangeError
from pipeline.commands import deploy, rehearse
from pipeline.commands.plan import planned_for
from pipeline.commands.targets import PlanArguments
from pipeline.review.acceptance import FORMS
from tests.pipeline.change.deployments import plan


def planned(stack: str) -> Planned:
    return Planned(plan(stack=stack), None, None, [], predicted=False)


def confirmed(
    monkeypatch: pytest.MonkeyPatch, stack: str, answer: str, environment: str = "dev", *, yes: bool = False
) -> bool:
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    return deploy.confirmed(planned(stack), environment, yes=yes)


@pytest.mark.parametrize(("answer", "expected"), [("yes\n", True), ("no\n", False), ("", False)])
def test_a_deployment_is_asked_for(monkeypatch: pytest.MonkeyPatch, answer: str, expected: bool) -> None:
    assert confirmed(monkeypatch, "payments-mine", answer) is expected


def test_a_sandbox_need_not_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert confirmed(monkeypatch, "payments-mine", "", yes=True)


@pytest.mark.parametrize("environment", ["prod", ""])
def test_prod_wants_its_name_whatever_the_options_say(
    monkeypatch: pytest.MonkeyPatch, environment: str
) -> None:
    assert not confirmed(monkeypatch, "payments-prod", "yes\n", environment, yes=True)
    assert confirmed(monkeypatch, "payments-prod", "payments-prod\n", environment, yes=True)


@pytest.mark.parametrize(
    ("approve", "answer", "expected"),
    [
        (True, "", True),
        (False, "yes\n", True),
        (False, "y\n", True),
        (False, "no\n", False),
        (False, "", False),
    ],
)
def test_a_rehearsal_asks_at_the_terminal_unless_all_is_approved(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    approve: bool,
    answer: str,
    expected: bool,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))

    assert rehearse.asking(Namespace(approve=approve))("Approve? ") is expected
    assert capsys.readouterr().err == ("" if approve else "Approve? ")


def test_logs_cannot_be_kept_in_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Which is told before anything is started."""
    (tmp_path / "taken").write_text("")

    assert build.main(["rehearse", "--logs", str(tmp_path / "taken")]) == 1
    assert capsys.readouterr().err == (
        f"error: --logs {tmp_path}/taken: File exists; expected a folder for logs\n"
    )


def test_a_plan_wants_one_release() -> None:
    with pytest.raises(BuildError, match="expected either --env or --release"):
        planned_for(PlanArguments(), "7")


def test_slips_are_told_before_anything_is_built(capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["plan", "--env", "dev", "--store", "bucket/prefix"]) == 2
    assert build.main(["plan", "--env", "dev", "--accept", "SG_OPENING"]) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "error: --store bucket/prefix: expected s3://bucket/prefix",
        f"error: accept SG_OPENING: expected {FORMS}",
    ]


def test_a_release_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ChangeError, match=r"manifest\.json: No such file.*expected a release"):
        read(tmp_path)


def test_a_template_that_was_changed_after_the_build_is_refused(tmp_path: Path) -> None:
    artifact = {
        "name": "root",
        "kind": "template",
        "path": "root.template.json",
        "key": "templates/root.json",
        "bytes": 2,
        "sha256": "0" * 64,
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"Artifacts": [artifact]}))
    (tmp_path / "configuration.json").write_text("{}")
    (tmp_path / "root.template.json").write_text("{}")

    with pytest.raises(ChangeError, match=r"root\.template\.json: is not what the manifest says"):
        read(tmp_path)


def test_prod_takes_only_the_root_that_has_run() -> None:
    """Before AWS is asked for anything."""
    release: Any = Namespace(digest="1" * 64)
    nobody: Any = None

    with pytest.raises(ChangeError, match=r"expected 2222.*which has run"):
        planning.plan(
            nobody, PlanRequest(release=release, stack="payments-prod", run="7", required_digest="2" * 64)
        )


def test_a_payment_wants_a_customer(capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["smoke", "--stack", "payments-dev", "--payment", "yes"]) == 1
    assert capsys.readouterr().err == (
        "error: --payment yes: found no customer; expected --customer, whom the gateway knows\n"
    )


class Api:
    """Answers in turn."""

    def __init__(self, *answers: smoke.Answer) -> None:
        self.answers = list(answers)
        self.called: list[tuple[str, str, Any]] = []

    def call(self, method: str, path: str, body: object = None) -> smoke.Answer:
        """The next answer."""
        self.called.append((method, path, body))
        return self.answers.pop(0)


def pay(*answers: smoke.Answer) -> Api:
    api: Any = Api(*answers)
    list(smoke.pay(api, "7", "cus_1"))
    return api  # type: ignore[no-any-return]  # it stands in for the other Api


def test_a_smoke_payment_is_tagged_and_seen_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    retrying, done = ({"state": each} for each in ("retrying", "processed"))

    api = pay(
        smoke.Answer(200, {}), smoke.Answer(202, {}), smoke.Answer(200, retrying), smoke.Answer(200, done)
    )

    assert api.called[0][2]["transaction_id"] == "smoke-7"
    assert api.called[-1][:2] == ("GET", "/transactions/smoke-7")


@pytest.mark.parametrize("status", [400, 402, 409, 500])
def test_a_payment_that_is_not_taken_fails(status: int) -> None:
    with pytest.raises(ChangeError, match=f"POST /process: answered {status}; expected 200 or 202"):
        pay(smoke.Answer(200, {}), smoke.Answer(status, {"detail": "not for a log"}))


def test_a_payment_that_failed_later_fails() -> None:
    with pytest.raises(ChangeError, match="smoke-7: is failed; expected processed"):
        pay(smoke.Answer(200, {}), smoke.Answer(202, {}), smoke.Answer(200, {"state": "failed"}))
