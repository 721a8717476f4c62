"""Encryption: which edits lose some, service by service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.pipeline.review.tables import Edit, edits
from tests.pipeline.review.verdicts import reviewed, verdicts


@pytest.mark.parametrize("edit", edits("encryption"), ids=str)
def test_edit_has_its_verdict(edit: Edit) -> None:
    """The review finds every change of the edit, with its cause and risks, and no other change."""
    for verdict, review in edit.reviews():
        assert verdict == verdicts(review)


def test_a_volume_that_moves_in_a_list_without_order_is_compared_with_itself() -> None:
    """The encryption of one volume is not held against that of another, which stood at its place before."""

    def instance(*volumes: Mapping[str, object]) -> dict[str, Any]:
        properties = {"ImageId": "ami-1", "BlockDeviceMappings": list(volumes)}
        return {"Resources": {"Host": {"Type": "AWS::EC2::Instance", "Properties": properties}}}

    clear = {"DeviceName": "/dev/sda", "Ebs": {"VolumeSize": 8, "Encrypted": False}}
    encrypted = {"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 8, "Encrypted": True}}
    larger = {"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 9, "Encrypted": True}}
    opened = {"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 8, "Encrypted": False}}

    moved = reviewed(instance(encrypted, clear), instance(clear, larger))
    weakened = reviewed(instance(encrypted, clear), instance(clear, opened))

    assert "ENCRYPTION_LOSS" not in {risk.kind for _, risk in moved.risks()}
    assert "ENCRYPTION_LOSS" in {risk.kind for _, risk in weakened.risks()}
