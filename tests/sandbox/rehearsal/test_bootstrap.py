"""The bootstrap creates what an account needs once, however many environments are in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from sandbox.emulator import Emulator
from sandbox.rehearsal import accounts, bootstrap
from sandbox.rehearsal.accounts import Cloud
from sandbox.rehearsal.checkout import PIPELINE_PARAMETERS, Commit
from sandbox.rehearsal.transcript import Transcript

STORE = {"ArtifactBucket": "made-up", "ArtifactKeyArn": "arn:aws:kms:us-east-1:123456789012:key/made-up"}


@pytest.mark.parametrize(
    ("layout", "prepared"),
    [("1", {"dev": 1, "prod": 0}), ("3", {"dev": 1, "prod": 1})],
)
def test_an_account_is_prepared_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str, prepared: dict[str, int]
) -> None:
    for name in ("parameters/dev.json", "parameters/prod.json", PIPELINE_PARAMETERS):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        names = ("DevAccount", "ProdAccount", "DevCustomer", "ProdCustomer", "PaymentGatewayUrl")
        known = dict.fromkeys((*names, "ArtifactBucket", "ArtifactKeyArn"), "")
        file.write_text(json.dumps({"Parameters": known}))
    created: list[tuple[str, str]] = []

    def create(
        _cloud: Cloud, account: str, stack: str, _template: Path, _parameters: Mapping[str, str]
    ) -> dict[str, str]:
        created.append((account, stack))
        return STORE

    monkeypatch.setattr(bootstrap, "create", create)
    monkeypatch.setattr(bootstrap, "build", lambda *_arguments: None)
    monkeypatch.setattr(bootstrap, "prefix_lists", lambda *_arguments: {})
    monkeypatch.setattr(bootstrap, "external_id", lambda _folder: "made-up-external-id")
    cloud = Cloud(cast("Emulator", None), accounts.LAYOUTS[layout])

    bootstrap.bootstrap(cloud, Commit(tmp_path), "http://127.0.0.1:1", Transcript(machine=True))

    found = {part: created.count((part, "payments-account")) for part in ("dev", "prod")}
    assert found == prepared
    assert [stack for _, stack in created if stack.startswith("payments-target-")] == [
        "payments-target-dev",
        "payments-target-prod",
    ]
    written = json.loads((tmp_path / PIPELINE_PARAMETERS).read_bytes())["Parameters"]
    assert (written["DevAccount"] == written["ProdAccount"]) is (layout == "1")
