from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from handlers import ledger_migrator
from handlers.payments.adapters.migrate import Migration, migrations
from handlers.payments.adapters.postgres import Address, connection
from handlers.runtime import clients
from handlers.runtime.wiring.migrator import sign_in
from tests.handlers.world import client

URL = "https://cloudformation.example/answer?signature=made-up"


class Answers:
    """What stands at CloudFormation's address."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def request(self, method: str, url: str, *, body: bytes, headers: dict[str, str], **_: Any) -> Any:
        """Keep the answer."""
        assert (method, url, headers) == ("PUT", URL, {"Content-Type": ""})
        assert len(body) < 4096
        self.sent.append(json.loads(body))
        return type("Response", (), {"status": 200})


class Invocation:
    """What Lambda tells of an invocation."""

    aws_request_id = "i-1"

    def __init__(self, seconds: float = 900) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        """The time that is left."""
        return int(self.seconds * 1000)


@pytest.fixture
def answers(
    aws: None, new_database: Callable[[], Address], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Answers]:
    """A migrator whose database is empty, and where its answers go."""
    address = new_database()
    secret = client("secretsmanager").create_secret(
        Name="owner", SecretString=json.dumps({"username": "postgres", "password": "s3cr3t"})
    )
    for name, value in {
        "RDS_SECRET_ARN": secret["ARN"],
        "DATABASE_HOST": address.host,
        "DATABASE_PORT": str(address.port),
        "DATABASE_NAME": address.name,
        "DATABASE_TLS": "off",
        "POWERTOOLS_SERVICE_NAME": "ledger-migrator",
        "POWERTOOLS_METRICS_NAMESPACE": "Payments",
    }.items():
        monkeypatch.setenv(name, value)
    made = Answers()
    monkeypatch.setattr(ledger_migrator, "transport", lambda: made)
    monkeypatch.setattr(clients, "secretsmanager", lambda: client("secretsmanager"))
    yield made
    # A thread that is to interrupt is not left behind.
    assert all(each["PhysicalResourceId"] == "ledger-schema" for each in made.sent)


def event(kind: str, version: str = "0002-0123456789ab", before: str = "") -> dict[str, Any]:
    """Return what CloudFormation sends, on an update with the version before it."""
    old = {"OldResourceProperties": {"SchemaVersion": before}} if before else {}
    return old | {
        "RequestType": kind,
        "ResponseURL": URL,
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "LedgerSchema",
        "ResourceProperties": {"SchemaVersion": version},
    }


def versions() -> list[int]:
    """The versions that the database has."""
    made = sign_in(5)
    rows = made.run("SELECT version FROM ledger.schema_migrations ORDER BY version")
    made.close()
    return [version for (version,) in rows]


def test_create_update_and_delete_succeed_and_delete_keeps_everything(answers: Answers) -> None:
    for kind in ("Create", "Update", "Delete"):
        ledger_migrator.handler(event(kind), Invocation())

    assert [each["Status"] for each in answers.sent] == ["SUCCESS"] * 3
    assert answers.sent[0]["Data"] == {"Applied": "0001_ledger,0002_roles"}
    assert answers.sent[0]["RequestId"] == "request"
    assert versions() == [1, 2]


def test_a_rollback_to_older_code_succeeds(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = [*migrations(), Migration(3, "0003_more", "CREATE TABLE ledger.more (id int)")]
    monkeypatch.setattr(ledger_migrator, "migrations", lambda: newer)
    ledger_migrator.handler(event("Update", "0003-0123456789ab"), Invocation())
    monkeypatch.setattr(ledger_migrator, "migrations", migrations)
    ledger_migrator.handler(event("Update"), Invocation())

    assert [each["Status"] for each in answers.sent] == ["SUCCESS", "SUCCESS"]
    assert versions() == [1, 2, 3]


@pytest.mark.parametrize("before", ["0003-0123456789ab", "0002-0123456789ab", "0002-ba9876543210"])
def test_going_back_asks_nothing_of_the_database(
    answers: Answers, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    """What kept the database from answering may be what failed the update that is rolled back."""
    for name in ("RDS_SECRET_ARN", "DATABASE_HOST", "DATABASE_PORT", "DATABASE_NAME"):
        monkeypatch.delenv(name)

    ledger_migrator.handler(event("Update", before=before), Invocation())

    assert ["SUCCESS"] == [sent["Status"] for sent in answers.sent]
    assert {"Applied": ""} == answers.sent[0]["Data"]


@pytest.mark.parametrize("before", ["0001-0123456789ab", "nonsense", ""])
def test_going_forward_asks_the_database(answers: Answers, before: str) -> None:
    ledger_migrator.handler(event("Update", before=before), Invocation())

    assert {"Applied": "0001_ledger,0002_roles"} == answers.sent[0]["Data"]


def test_a_rollback_by_newer_code_goes_no_further_than_it_is_asked_to(
    answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code may not have been rolled back yet, and its newest migration is the one that failed."""
    ledger_migrator.handler(event("Create"), Invocation())
    newer = [*migrations(), Migration(3, "0003_bad", "SELECT 1/0")]
    monkeypatch.setattr(ledger_migrator, "migrations", lambda: newer)
    for version in ("0003-0123456789ab", "0002-0123456789ab"):
        ledger_migrator.handler(event("Update", version), Invocation())

    assert [each["Status"] for each in answers.sent] == ["SUCCESS", "FAILED", "SUCCESS"]
    assert versions() == [1, 2]


@pytest.mark.parametrize("version", ["", "0", "0003-0123456789ab", "two", "-1", "\u0662"])
def test_a_version_that_the_code_does_not_know_is_refused(answers: Answers, version: str) -> None:
    ledger_migrator.handler(event("Create", version), Invocation())

    assert answers.sent[0]["Status"] == "FAILED"
    assert "expected 0001 to 0002" in answers.sent[0]["Reason"]


def test_a_failed_migration_says_why_and_nothing_secret(
    answers: Answers, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ledger_migrator, "migrations", lambda: [Migration(1, "0001_bad", "SELEC 1")])

    ledger_migrator.handler(event("Create", "0001-0123456789ab"), Invocation())

    assert answers.sent[0]["Status"] == "FAILED"
    assert "the database rejected a migration: 42601" in answers.sent[0]["Reason"]
    assert "s3cr3t" not in json.dumps(answers.sent) + capsys.readouterr().out


@pytest.mark.usefixtures("collected")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_it_answers_before_its_own_time_is_up(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each statement is in time and all of them are not; the server rolls back what there was."""
    slow = "CREATE TABLE public.half (id int);" + "SELECT pg_sleep(0.4);" * 20
    monkeypatch.setattr(ledger_migrator, "migrations", lambda: [Migration(1, "0001_slow", slow)])

    ledger_migrator.handler(event("Create", "0001-0123456789ab"), Invocation(46))

    assert answers.sent[0]["Status"] == "FAILED"
    assert "none of them was kept" in answers.sent[0]["Reason"]
    made = sign_in(5)
    assert made.run("SELECT to_regclass('public.half')") == [[None]]
    made.close()


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("DATABASE_PORT", "1", "the database did not answer"),
        ("RDS_SECRET_ARN", "nothing", "secret could not be read: ResourceNotFoundException"),
        ("DATABASE_TLS", "none", "DATABASE_TLS: found 'none'"),
        ("DATABASE_HOST", "", "DATABASE_HOST: found nothing"),
    ],
)
def test_what_is_missing_is_told(
    answers: Answers, monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(name, value)

    # As much time as migrations take: none is left to wait for a database that does not answer.
    ledger_migrator.handler(event("Create"), Invocation(ledger_migrator.MIGRATING_SECONDS))

    assert answers.sent[0]["Status"] == "FAILED"
    assert reason in answers.sent[0]["Reason"]


def test_an_error_that_nobody_foresaw_is_answered_too(
    answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_migrator, "migrations", lambda: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        ledger_migrator.handler(event("Create"), Invocation())
    assert answers.sent[0]["Status"] == "FAILED"


def test_a_second_role_of_the_same_server_is_no_obstacle(answers: Answers, postgres: Address) -> None:
    """Roles belong to the server, which may have had such a ledger before."""
    owner = connection(postgres, None, None)
    found = owner.run("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'payments%'")
    owner.close()
    ledger_migrator.handler(event("Create"), Invocation())

    assert found in ([[0]], [[2]])
    assert answers.sent[0]["Status"] == "SUCCESS"
