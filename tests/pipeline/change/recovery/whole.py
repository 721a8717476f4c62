"""The whole payment stack in a cloud: planned, executed and recovered by the product's own functions."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

from pipeline.change import execute, plan
from pipeline.change.execute import Approved
from pipeline.change.plan import Planned, PlanRequest
from pipeline.change.record import NONE
from pipeline.change.recovery.names import Named, named
from pipeline.change.recovery.recover import Recovery
from pipeline.change.recovery.stores import Found, Stores, stores
from pipeline.change.releases import Releasable, digest
from pipeline.release.configuration import Configuration, read
from pipeline.review.acceptance import Acceptance
from pipeline.review.verdict import RISKS, Policy
from tests.aws.cloudformation.cloud import Cloud
from tests.aws.cloudformation.state import ACCOUNT, PARTITION, REGION, Physical, Template
from tests.paths import CHECKOUT
from tests.pipeline.change.deployments import signing
from tests.templates.rendered import LAYERS, TEMPLATES

STACK = "payments-dev"
TO_DATA = ("STATEFUL_REPLACEMENT", "STATEFUL_DELETION")
PSEUDO = {"AWS::AccountId": ACCOUNT, "AWS::Partition": PARTITION, "AWS::Region": REGION}


@dataclass
class Account:
    """A session of the cloud's account; its client of S3 only spells URLs."""

    cloud: Cloud
    region_name: str = REGION

    def client(self, name: str, **_more: object) -> object:
        """Return a client."""
        clients: dict[str, Callable[[], object]] = {
            "cloudformation": self.cloud.client,
            "sts": Identity,
            "s3": signing,
        }
        return clients[name]()


class Identity:
    """A client of STS: who calls."""

    def get_caller_identity(self) -> dict[str, str]:
        """Return somebody of the cloud's account."""
        return {"Account": ACCOUNT, "Arn": f"arn:{PARTITION}:iam::{ACCOUNT}:user/somebody"}


@dataclass
class OfCloud:
    """Resources of one type, as the cloud has them."""

    cloud: Cloud
    kind: str
    contents: Mapping[str, str]

    @property
    def name_property(self) -> str:
        """The property of the type that is the name."""
        return name_properties()[self.kind]

    def find(self, name: str) -> Found | None:
        """Return a resource."""
        physical = self.physical(name)
        if physical is None:
            return None
        return Found(physical.id, self.contents.get(name, ""), protected=physical.protected)

    def physical(self, name: str) -> Physical | None:
        """Return what exists under a name."""
        return self.cloud.inventory.found.get((self.kind, name))

    def unprotect(self, name: str) -> None:
        """Turn deletion protection off."""
        physical = self.physical(name)
        assert physical is not None
        assert not physical.stable, f"{name} belongs to a stack that was complete"
        physical.protected = False

    def delete(self, name: str) -> None:
        """Delete a resource that is neither protected nor full, and that no complete stack created."""
        physical = self.physical(name)
        assert physical is not None
        assert not physical.protected
        assert not physical.stable, f"{name} belongs to a stack that was complete"
        assert name not in self.contents, f"{name} holds {self.contents[name]}"
        del self.cloud.inventory.found[self.kind, name]


@dataclass
class Whole:
    """A cloud that the payment stack is deployed to."""

    cloud: Cloud
    contents: dict[str, str] = field(default_factory=dict)
    """What resources hold, by name."""
    layers: dict[str, Template] = field(
        default_factory=lambda: copy.deepcopy({title: TEMPLATES[title] for title in LAYERS})
    )
    lines: list[str] = field(default_factory=list)
    serial: int = 0

    @property
    def given(self) -> Configuration:
        """The configuration of dev."""
        return read(CHECKOUT, "dev")

    def release(self) -> Releasable:
        """Return the release, published."""
        # A copy: the cloud keeps what it is passed, and tests change the layers later.
        layers = copy.deepcopy(self.layers)
        url = self.cloud.publish(TEMPLATES["Root"], layers)
        root = self.cloud.templates[url]
        release = Releasable(
            name="dev",
            root=root,
            layers=layers,
            key=f"templates/{digest(root)}.json",
            digest=digest(root),
            digests={title: digest(template) for title, template in layers.items()},
            bucket="payment-artifacts-dev",
            configuration=self.given,
        )
        self.cloud.store(root, plan.template_url(self.session, release))
        return release

    @property
    def session(self) -> Any:
        """A session of the cloud's account."""
        return Account(self.cloud)

    def plan(self, *accept: str) -> Planned:
        """Plan the release, as `build.py plan` does; risks to data block, and no others: they have tests."""
        self.serial += 1
        request = PlanRequest(
            release=self.release(),
            stack=STACK,
            run=f"try-{self.serial}",
            policy=Policy(
                {**dict.fromkeys(RISKS, "warn"), **dict.fromkeys(TO_DATA, "block")},
                [Acceptance.parsed(text, RISKS) for text in accept],
            ),
        )
        return plan.plan(self.session, request)

    def execute(self, planned: Planned) -> None:
        """Execute a plan, as `build.py execute` does."""
        record = planned.plan
        approved = Approved(
            plan=record, change_set=record.change_set or NONE, digest=record.digest, run=record.run
        )
        execute.execute(self.session, approved, self.lines.append)

    def deploy(self, *accept: str) -> None:
        """Plan and execute the release."""
        self.execute(self.plan(*accept))

    def roll_back_creation(self, resource: str, reason: str) -> None:
        """Create the stack and let a resource fail, which undoes the creation: as in the console, say."""
        planned = self.plan()
        self.cloud.fail("CREATE", resource, reason)
        self.cloud.client().execute_change_set(ChangeSetName=str(planned.plan.change_set), StackName=STACK)
        self.cloud.run()

    def stores(self) -> Stores:
        """Return the cloud's resources by type, of all types that a recovery knows."""
        return {kind: OfCloud(self.cloud, kind, self.contents) for kind in name_properties()}

    def names(self) -> list[Named]:
        """Return the release's resources with fixed names."""
        found = named(TEMPLATES["Root"], self.layers, self.given.parameters, PSEUDO, name_properties())
        return list(found)

    def recovery(self, **options: Any) -> Recovery:
        """Return the recovery of the stack, as `build.py recover` makes it."""
        return Recovery(self.cloud.client(), self.stores(), STACK, self.names(), self.lines.append, **options)

    def recover(self, **options: Any) -> None:
        """Carry out whatever a recovery proposes."""
        recovery = self.recovery(**options)
        recovery.carry_out(recovery.steps(recovery.assess()))

    @property
    def status(self) -> str:
        """The status of the stack."""
        return self.cloud.stack(STACK).status


@cache
def name_properties() -> dict[str, str]:
    """Return the property of the name, by type."""
    return {kind: store.name_property for kind, store in stores(cast("Any", Clients())).items()}


class Clients:
    """A session that has no clients: only the types are asked for."""

    def client(self, _name: str, **_more: object) -> None:
        """Return nothing."""
