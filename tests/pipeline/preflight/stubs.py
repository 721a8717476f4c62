"""AWS as botocore's models describe it: a session whose clients give the answers that a test lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import boto3
from botocore.session import get_session
from botocore.stub import Stubber

REGION, ACCOUNT = "us-east-1", "111111111111"
DENIED = "AccessDenied"
# A service, an operation of it, and an answer: its members, or the code of an error.
Call = tuple[str, str, dict[str, Any] | str]
# Reads and keeps the services' models; a session of its own would read them anew.
LOADER = get_session().get_component("data_loader")
IDENTITY: Call = ("sts", "get_caller_identity", {"Account": ACCOUNT})


class StubbedSession(boto3.Session):
    """A session that no network is behind; calls and answers are held against the services' models."""

    def __init__(self, calls: Iterable[Call], region: str = REGION) -> None:
        core = get_session()
        core.register_component("data_loader", LOADER)
        super().__init__("id", "secret", region_name=region, botocore_session=core)
        self.expected: dict[str, list[Call]] = defaultdict(list)
        for call in calls:
            self.expected[call[0]].append(call)
        self.stubs: list[Stubber] = []

    def client(self, service: str, **settings: Any) -> Any:  # type: ignore[override]  # the name is not a literal
        """Return a client with the answers of its service, in their order."""
        client = super().client(service, **settings)  # type: ignore[call-overload]
        stub = Stubber(client)
        for _, operation, answer in self.expected.pop(service, []):
            if isinstance(answer, str):
                stub.add_client_error(operation, answer, "as a test wants it", 400)
            else:
                stub.add_response(operation, answer)
        stub.activate()
        self.stubs.append(stub)
        return client

    def all_asked(self) -> bool:
        """Return whether every answer was asked for."""
        for stub in self.stubs:
            stub.assert_no_pending_responses()
        return not self.expected
