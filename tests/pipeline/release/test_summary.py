from __future__ import annotations

from pipeline.release import summary
from pipeline.release.archives import Archives, Zip
from pipeline.release.quotas import UNZIPPED_BYTES, Use, check
from tests.pipeline.release.deployments import encoded, parameters


def test_the_table_of_quotas_fits_a_terminal_of_80_columns() -> None:
    """Even where every quota is used up, by what has the longest name."""
    empty = Zip(b"PK\x05\x06" + bytes(18))
    uses = check(encoded(), parameters("prod"), Archives({"take": empty}, empty, "0000"))
    full = [Use(use.quota, "DatabaseConnectionsThreshold", UNZIPPED_BYTES, UNZIPPED_BYTES) for use in uses]

    lines = summary.quotas(full).splitlines()

    assert len(lines) > len({use.quota for use in uses})
    assert [] == [line for line in lines if len(line) > 80]


def test_the_table_of_quotas_names_a_template_as_the_table_of_artifacts_does() -> None:
    (_, row) = summary.quotas([Use("bytes of a template", "compute.template.json", 5, 10)]).splitlines()

    assert row.split() == ["bytes", "compute", "5", "10", "50.0"]
