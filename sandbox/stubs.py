"""Stubs: the types of resource that the emulator does not know, and nothing runs through here.

A stub is recorded by CloudFormation, and has an id and the attributes that the templates read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Properties = Mapping[str, Any]
Created = tuple[str, dict[str, str]]


@dataclass(frozen=True)
class Stub:
    """A type of resource that is recorded only; its ids are `prefix` and 17 hexadecimal digits."""

    prefix: str
    missing: str
    """What there is not, here, for want of the real one."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """What GetAtt answers, in which `{id}`, `{region}` and `{account}` stand for the resource's own."""

    def create(self, title: str, _given: Properties, stack: str) -> Created:
        """The resource `title`; the same one whenever it is asked for again."""
        digest = hashlib.sha256(f"{stack}/{title}".encode()).hexdigest()
        return self.made(f"{self.prefix}-{digest[:17]}")

    def update(self, physical_id: str, _before: Properties, _given: Properties, _stack: str) -> Created:
        """The resource as it was."""
        return self.made(physical_id)

    def delete(self, _physical_id: str, _given: Properties) -> None:
        """Nothing to do: the record is CloudFormation's own."""

    def made(self, physical_id: str) -> Created:
        """What CloudFormation records of the resource."""
        # Imported only here: the list itself is for anyone to read, without the emulator.
        from ministack.core.responses import get_account_id, get_region  # noqa: PLC0415

        own = {"id": physical_id, "region": get_region(), "account": get_account_id()}
        return physical_id, {name: value.format(**own) for name, value in self.attributes.items()}


STUBS: Mapping[str, Stub] = {
    "AWS::AccessAnalyzer::Analyzer": Stub("analyzer", "nobody looks for access from outside"),
    "AWS::ApiGateway::ClientCertificate": Stub("certificate", "the API shows nobody a certificate"),
    "AWS::Backup::BackupSelection": Stub("selection", "nothing is backed up"),
    "AWS::CloudWatch::CompositeAlarm": Stub(
        "alarm",
        "no alarm is raised for several others",
        {"Arn": "arn:aws:cloudwatch:{region}:{account}:alarm:{id}"},
    ),
    "AWS::CodeDeploy::Application": Stub("application", "traffic moves to a new version at once"),
    "AWS::CodeDeploy::DeploymentGroup": Stub("group", "traffic moves to a new version at once"),
    "AWS::EC2::EIP": Stub("eipalloc", "functions are on this machine's network", {"AllocationId": "{id}"}),
    "AWS::EC2::FlowLog": Stub("fl", "functions are on this machine's network"),
    "AWS::EC2::NatGateway": Stub("nat", "functions are on this machine's network"),
    "AWS::EC2::SecurityGroupEgress": Stub("sgr", "functions are on this machine's network"),
    "AWS::SSM::Association": Stub("association", "functions are on this machine's network"),
    "AWS::WAFv2::LoggingConfiguration": Stub("logging", "no firewall stands before the API"),
    "AWS::WAFv2::WebACLAssociation": Stub("association", "no firewall stands before the API"),
}


def install() -> None:
    """Teach the emulator in this process every stub."""
    from ministack.services.cloudformation import provisioners  # noqa: PLC0415

    for kind, stub in STUBS.items():
        provisioners._RESOURCE_HANDLERS[kind] = {  # noqa: SLF001 -- it has no other way in
            "create": stub.create,
            "update": stub.update,
            "delete": stub.delete,
        }
