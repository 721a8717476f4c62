"""How the database is set up, what it logs, and what it must not log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgres import Postgres, running
from tests.templates.data_layer import RESOURCES, named, properties, ref, statements

SETTINGS = properties("DatabaseParameters")["Parameters"]
EXPORTS = {"postgresql": "DatabasePostgresqlLogGroup", "upgrade": "DatabaseUpgradeLogGroup"}

# How PostgreSQL spells a switch that is on.
SPELT = {"1": "on"}
MOST_LOOKS = 100

# What a careless or unlucky session may do with what a customer told us, in place of {told}.
MISHAPS = """
CREATE TABLE customers (id text PRIMARY KEY, amount numeric CHECK (amount > 0));
INSERT INTO customers VALUES ('{told}', 1);
INSERT INTO customers VALUES ('{told}', 1);
INSERT INTO customers VALUES ('{told}-2', -1);
INSERT INTO customers VALUES ($1, $2) \\bind '{told}' 1 \\g
SELECT nothing FROM customers WHERE id = '{told}';
SELECT pg_sleep(0.01) FROM customers WHERE id = '{told}';
CREATE ROLE careless LOGIN PASSWORD '{told}';
DROP ROLE careless;
DROP TABLE customers;
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """A PostgreSQL of this machine."""
    with running() as started:
        yield started


def set_to(server: Postgres, settings: dict[str, str]) -> None:
    """Have `settings` in every session from now on."""
    commands = [f"ALTER SYSTEM SET {name} = '{value}';" for name, value in settings.items()]
    server.psql("\n".join([*commands, "SELECT pg_reload_conf();"]))
    # It reads them when it comes to it.
    asked = "SELECT 'as set' WHERE " + " AND ".join(
        f"current_setting('{name}') IN ('{value}', '{SPELT.get(value, value)}')"
        for name, value in settings.items()
    )
    assert any("as set" in server.psql(f"{asked};") for _ in range(MOST_LOOKS))


def test_tls_is_forced() -> None:
    """F074: a parameter group of its own."""
    assert ref("DatabaseParameters") == properties("Database")["DBParameterGroupName"]
    assert "1" == SETTINGS["rds.force_ssl"]


def test_the_parameters_are_of_the_databases_major_version() -> None:
    major = properties("Database")["EngineVersion"].split(".")[0]

    assert f"postgres{major}" == properties("DatabaseParameters")["Family"]


def test_the_log_tells_who_came_and_went() -> None:
    assert ("1", "1") == (SETTINGS["log_connections"], SETTINGS["log_disconnections"])


def test_the_log_does_not_tell_what_customers_told_us(server: Postgres) -> None:
    """A real PostgreSQL tells it as it comes, and no more with our parameters, though errors are logged."""
    server.psql(MISHAPS.format(told="4242-4242-4242-4242"))
    as_it_comes = server.log()
    set_to(server, {name: value for name, value in SETTINGS.items() if not name.startswith("rds.")})
    server.psql(MISHAPS.format(told="5555-5555-5555-4444"))
    since = server.log().removeprefix(as_it_comes)

    assert "4242-4242-4242-4242" in as_it_comes
    assert "duplicate key value violates unique constraint" in since
    assert "connection authorized" in since
    assert "5555-5555-5555-4444" not in since


def test_the_log_is_exported() -> None:
    """F073."""
    assert list(EXPORTS) == properties("Database")["EnableCloudwatchLogsExports"]


@pytest.mark.parametrize(("export", "group"), EXPORTS.items())
def test_an_exported_log_is_kept_for_a_set_time_under_a_customer_key(export: str, group: str) -> None:
    """F073: the retention that the original asked for in vain."""
    assert {"Fn::Join": ["/", ["/aws/rds/instance", named("payment-database"), export]]} == properties(group)[
        "LogGroupName"
    ]
    assert ref("LogRetentionDays") == properties(group)["RetentionInDays"]
    assert ref("LogsKeyArn") == properties(group)["KmsKeyId"]


def test_log_groups_are_there_before_rds_makes_its_own() -> None:
    """Those would be kept for ever, and without a key of ours."""
    assert sorted(EXPORTS.values()) == sorted(RESOURCES["Database"]["DependsOn"])


def test_enhanced_monitoring_writes_its_measurements_and_nothing_else() -> None:
    (granted,) = statements("DatabaseMonitoringPolicy").values()
    group = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:RDSOSMetrics"

    assert [{"Fn::Sub": group}, {"Fn::Sub": f"{group}:*"}] == granted["Resource"]
    assert {action.split(":")[0] for action in granted["Action"]} == {"logs"}
    assert [ref("DatabaseMonitoringPolicy")] == properties("DatabaseMonitoringRole")["ManagedPolicyArns"]


def test_enhanced_monitoring_works_for_databases_of_this_account_only() -> None:
    (trusted,) = properties("DatabaseMonitoringRole")["AssumeRolePolicyDocument"]["Statement"]

    assert {"Service": "monitoring.rds.amazonaws.com"} == trusted["Principal"]
    assert {"aws:SourceAccount": {"Ref": "AWS::AccountId"}} == trusted["Condition"]["StringEquals"]
