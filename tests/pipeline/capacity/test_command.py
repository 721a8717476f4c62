from __future__ import annotations

import json

import pytest

import build
from pipeline.capacity import report
from pipeline.capacity.costs import costs
from pipeline.capacity.limits import limits
from pipeline.capacity.load import load
from tests.paths import CHECKOUT
from tests.pipeline.release.deployments import deployed, encoded

WELL = ("--assume", "average_share=0.05", "--assume", "processor_seconds=0.4")


@pytest.fixture(autouse=True)
def _built(monkeypatch: pytest.MonkeyPatch) -> None:
    """The product's templates, without the libraries that only a package index has."""
    monkeypatch.setattr("pipeline.release.assemble.templates", lambda *_: encoded())


def run(*arguments: str, environment: str = "prod") -> int:
    return build.main(["capacity", "--env", environment, *arguments])


def test_a_rate_that_is_served_is_said_with_what_gives_way_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert 0 == run("--rate", "3", *WELL)

    last = capsys.readouterr().out.splitlines()[-1]
    assert "3 payments a second can be served: requests a month, each key gives way first, at 3.81/s" == last


def test_a_rate_that_is_not_served_fails_and_names_what_to_turn(capsys: pytest.CaptureFixture[str]) -> None:
    assert 1 == run("--rate", "20", *WELL)

    told = capsys.readouterr().out
    assert "20 payments a second cannot be served: 2 limits give way" == told.splitlines()[-1]
    assert "  executions of payment-processor at once\n      FunctionConcurrency\n" in told
    assert [] == [line for line in told.splitlines() if len(line) > 79]


def test_a_machine_is_told_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert 1 == run("--rate", "100", "--json")

    told = json.loads(capsys.readouterr().out)
    short = [each["What"] for each in told["Limits"] if each["Need"] > each["Limit"]]
    assert told["Served"] is False
    assert "calls of the payment gateway a second" in short
    assert 0.02 == told["Assumed"]["retried"]


@pytest.mark.parametrize("arguments", [(), ("--rate", "100")])
def test_tables_fit_a_terminal(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """But for what to turn, which stands last and may wrap."""
    run(*arguments)

    tables = capsys.readouterr().out.split("\n\n")
    assert 80 >= max(len(line) for line in tables[0].splitlines())


@pytest.mark.parametrize(
    ("region", "said"),
    [("eu-west-1", ["eu-west-1 has other prices: these are us-east-1's"]), ("us-east-1", [])],
)
def test_prices_of_another_region_are_said_to_be_others(region: str, said: list[str]) -> None:
    given, assumed = deployed("prod"), load([])

    lines = report.ladder(given, assumed, limits(given, assumed, CHECKOUT), region).splitlines()

    assert said == [line for line in lines if "prices" in line]


@pytest.mark.parametrize("rate", ["0", "-1", "many", "nan", "1e9"])
def test_a_rate_that_is_none_is_wrong_usage(rate: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(f"--rate={rate}")

    assert 2 == ended.value.code
    assert f'found "{rate}", expected a number above 0' in capsys.readouterr().err


def test_the_documentation_is_what_the_command_says(capsys: pytest.CaptureFixture[str]) -> None:
    """Mended by: python build.py capacity --env prod --markdown > docs/capacity.md."""
    assert 0 == run("--markdown")

    assert (CHECKOUT / "docs/capacity.md").read_text() == capsys.readouterr().out


def test_costs_follow_what_the_templates_hold() -> None:
    """Dev has no interface endpoints, and both have three NAT gateways."""
    prod, dev = (
        {each.part: each.dollars for each in costs(deployed(environment), load([]), 1)}
        for environment in ("prod", "dev")
    )

    assert 3 * 0.045 * 730 == pytest.approx(prod["NAT gateways"])
    assert 0 == dev["interface endpoints"] < prod["interface endpoints"]


def test_ten_times_the_payments_cost_ten_times_the_requests() -> None:
    once, ten_times = (
        {each.part: each.dollars for each in costs(deployed("prod"), load([]), rate)} for rate in (1, 10)
    )

    for part in ("API", "table", "functions", "logs"):
        assert 10 * once[part] == pytest.approx(ten_times[part])
    assert once["database"] == ten_times["database"]


def test_every_step_adds_to_the_one_before() -> None:
    """No limit is told at two steps, and none below the last step is left out."""
    given, assumed = deployed("prod"), load([])
    found = limits(given, assumed, CHECKOUT)
    told = [text for _, text, _ in report.steps(given, assumed, found)]

    for each in found:
        expected = 1 if each.serves() < report.STEPS[-1] else 0
        assert expected == sum(f"{each.what} at " in text for text in told), each.what
