"""Databases and keys: every property of them that a release may touch."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.review.neighbours import GONE, base, edited, lines, reviewed, told

DATABASE = "004"
READERS = "\nDbSecretAttachment False\nDbProxyTargets False\nDbCpuAlarm False"
REPLACED = "PaymentsDb True DELETE_FAILS NAME_COLLISION STATEFUL_REPLACEMENT" + READERS
MAYBE = "PaymentsDb Conditional STATEFUL_REPLACEMENT"

EDITS: dict[str, tuple[dict[str, Any], str]] = {
    "port": ({"PaymentsDb/Port": 5433}, MAYBE),
    "engine": ({"PaymentsDb/Engine": "mysql"}, MAYBE),
    "availability zone": ({"PaymentsDb/AvailabilityZone": "eu-west-1a"}, MAYBE),
    "maintenance window": ({"PaymentsDb/PreferredMaintenanceWindow": "sun:01:00-sun:02:00"}, MAYBE),
    "minor upgrades": ({"PaymentsDb/AutoMinorVersionUpgrade": False}, MAYBE),
    "insights key": ({"PaymentsDb/PerformanceInsightsKMSKeyId": "alias/x"}, MAYBE),
    "one zone": (
        {"PaymentsDb/MultiAZ": False},
        "PaymentsDb Conditional AVAILABILITY_LOSS STATEFUL_REPLACEMENT",
    ),
    "no backups": (
        {"PaymentsDb/BackupRetentionPeriod": 0},
        "PaymentsDb Conditional BACKUP_LOSS STATEFUL_REPLACEMENT",
    ),
    "more backups": ({"PaymentsDb/BackupRetentionPeriod": 30}, MAYBE),
    "public": ({"PaymentsDb/PubliclyAccessible": True}, "PaymentsDb False PUBLIC_EXPOSURE"),
    "minor version": ({"PaymentsDb/EngineVersion": "16.10"}, "PaymentsDb False INTERRUPTION"),
    "older version": ({"PaymentsDb/EngineVersion": "16.0"}, "PaymentsDb False INTERRUPTION UPDATE_FAILS"),
    "major version": ({"PaymentsDb/EngineVersion": "17.2"}, "PaymentsDb False INTERRUPTION UPDATE_FAILS"),
    "major version allowed": (
        {"PaymentsDb/EngineVersion": "17.2", "PaymentsDb/AllowMajorVersionUpgrade": True},
        "PaymentsDb False INTERRUPTION",
    ),
    "class": ({"PaymentsDb/DBInstanceClass": "db.r6g.large"}, "PaymentsDb False INTERRUPTION"),
    "storage type": ({"PaymentsDb/StorageType": "io1"}, "PaymentsDb False INTERRUPTION"),
    "more storage": ({"PaymentsDb/AllocatedStorage": "200"}, "PaymentsDb False"),
    "storage as a number": ({"PaymentsDb/AllocatedStorage": 100}, ""),
    "less storage": ({"PaymentsDb/AllocatedStorage": "50"}, "PaymentsDb False UPDATE_FAILS"),
    "password": (
        {"PaymentsDb/MasterUserPassword": "{{resolve:secretsmanager:other:SecretString:password}}"},
        "PaymentsDb False CREDENTIAL_CHANGE",
    ),
    "tags": ({"PaymentsDb/Tags": [{"Key": "a", "Value": "b"}]}, "PaymentsDb False"),
    "groups": ({"PaymentsDb/VPCSecurityGroups": ["sg-1"]}, "PaymentsDb False"),
    "subnet group": ({"PaymentsDb/DBSubnetGroupName": "other"}, REPLACED),
    "time zone": ({"PaymentsDb/Timezone": "UTC"}, REPLACED),
    "other key": ({"PaymentsDb/KmsKeyId": "alias/other"}, REPLACED),
    "no key": (
        {"PaymentsDb/KmsKeyId": GONE},
        REPLACED.replace("DELETE_FAILS", "DELETE_FAILS ENCRYPTION_LOSS"),
    ),
    "key of AWS": (
        {"PaymentsDb/KmsKeyId": "alias/aws/rds"},
        REPLACED.replace("DELETE_FAILS", "DELETE_FAILS ENCRYPTION_LOSS"),
    ),
    "renamed": (
        {"PaymentsDb/DBInstanceIdentifier": "other"},
        "PaymentsDb True DELETE_FAILS STATEFUL_REPLACEMENT" + READERS,
    ),
    "the same name, spelt": ({"PaymentsDb/DBInstanceIdentifier": "payments-prod-db"}, ""),
    "subnet group replaced": (
        {"DbSubnetGroup/DBSubnetGroupName": "x"},
        "DbSubnetGroup True\n" + REPLACED,
    ),
    "parameter group replaced": ({"DbParams/Family": "postgres17"}, f"DbParams True\n{MAYBE}"),
    "TLS not forced": (
        {"DbParams/Parameters": {"rds.force_ssl": "0"}},
        "DbParams False ENCRYPTION_LOSS INTERRUPTION",
    ),
    "TLS left to the default": ({"DbParams/Parameters": {}}, "DbParams False ENCRYPTION_LOSS INTERRUPTION"),
    "proxy without TLS": ({"DbProxy/RequireTLS": False}, "DbProxy False ENCRYPTION_LOSS"),
    "snapshot no more": ({"PaymentsDb.DeletionPolicy": "Delete"}, "PaymentsDb False PROTECTION_LOSS"),
    "snapshot by default": ({"PaymentsDb.DeletionPolicy": GONE}, "PaymentsDb False"),
    "kept": ({"PaymentsDb.DeletionPolicy": "Retain"}, "PaymentsDb False"),
    "deleted on replacement": (
        {"PaymentsDb.UpdateReplacePolicy": GONE},
        "PaymentsDb False PROTECTION_LOSS",
    ),
    "removed": (
        {
            "PaymentsDb": GONE,
            "DbSecretAttachment": GONE,
            "DbProxyTargets": GONE,
            "DbCpuAlarm": GONE,
            "Outputs/DbEndpoint": GONE,
        },
        """PaymentsDb Remove DELETE_FAILS STATEFUL_DELETION
           DbSecretAttachment Remove
           DbProxyTargets Remove
           DbCpuAlarm Remove""",
    ),
    "alarm removed": ({"DbCpuAlarm": GONE}, "DbCpuAlarm Remove MONITORING_LOSS"),
    "key not rotated": ({"PaymentsKey/EnableKeyRotation": False}, "PaymentsKey False PROTECTION_LOSS"),
    "key of another kind": ({"PaymentsKey/KeySpec": "RSA_2048"}, "PaymentsKey False UPDATE_FAILS"),
    "key kind by default": ({"PaymentsKey/KeySpec": GONE}, "PaymentsKey False"),
    "multi-Region key": ({"PaymentsKey/MultiRegion": True}, "PaymentsKey False UPDATE_FAILS"),
    "key disabled": ({"PaymentsKey/Enabled": False}, "PaymentsKey False PROTECTION_LOSS"),
    "key gone sooner": ({"PaymentsKey/PendingWindowInDays": 7}, "PaymentsKey False PROTECTION_LOSS"),
    "key described": ({"PaymentsKey/Description": "x"}, "PaymentsKey False"),
    "key not kept": ({"PaymentsKey.DeletionPolicy": "Delete"}, "PaymentsKey False PROTECTION_LOSS"),
}


@pytest.mark.parametrize("name", EDITS)
def test_edit_of_a_database(name: str) -> None:
    edits, expected = EDITS[name]
    old = base(DATABASE)

    assert lines(expected) == told(reviewed(old, edited(old, edits)))


def test_encryption_turned_on_replaces_but_loses_nothing() -> None:
    new = base(DATABASE)
    old = edited(new, {"PaymentsDb/StorageEncrypted": False, "PaymentsDb/KmsKeyId": GONE})

    assert lines(REPLACED) == told(reviewed(old, new))


def test_instance_of_a_cluster_has_nothing_to_snapshot() -> None:
    old = edited(base(DATABASE), {"PaymentsDb.DeletionPolicy": GONE, "PaymentsDb/DBClusterIdentifier": "c"})

    review = reviewed(old, edited(old, {"PaymentsDb": GONE}))

    assert ["Delete"] == [
        change.policy_action for change in review.changes if change.resource == "PaymentsDb"
    ]


def test_database_without_policy_is_snapshotted_when_removed() -> None:
    old = edited(base(DATABASE), {"PaymentsDb.DeletionPolicy": GONE})

    review = reviewed(old, edited(old, {"PaymentsDb": GONE}))

    assert ["Snapshot"] == [
        change.policy_action for change in review.changes if change.resource == "PaymentsDb"
    ]
