"""What handlers use of AWS's API is found wherever they use it, and by the service that it is of."""

from __future__ import annotations

import ast
import re

import pytest

from pipeline.release.import_closure import Handlers
from pipeline.release.sdk_usage import uses
from tests.paths import CHECKOUT
from tests.templates.functions import LIBRARIES

TYPES = """
if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_resource_groups import ResourceGroupsClient as Groups
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef
"""
MAKER = TYPES + "def queues() -> SQSClient: ..."


def found(**modules: str) -> list[tuple[str, str]]:
    trees = {f"handlers/{name}.py": ast.parse(text) for name, text in modules.items()}
    return [(use.service, use.method) for use in uses(trees)]


@pytest.mark.parametrize(
    "text",
    [
        "def send(to: SQSClient): to.send_message()",
        "def send(*, to: 'SQSClient'): to.send_message()",
        "def send(to: SQSClient): return partial(to.send_message, QueueUrl='')",
        "def send(to: SQSClient):\n    other = to\n    other.send_message()",
        "class Q:\n def __init__(self, to: SQSClient): self.to = to\n def send(self): self.to.send_message()",
    ],
)
def test_a_client_is_known_by_its_annotation(text: str) -> None:
    assert [("sqs", "send_message")] == found(take=TYPES + text)


@pytest.mark.parametrize(
    "text",
    [
        "from handlers import clients\ndef send(): clients.queues().send_message()",
        "from handlers.runtime.clients import queues\nqueues().send_message()",
        "from handlers import clients\ndef send():\n    to = clients.queues()\n    to.send_message()",
    ],
)
def test_a_client_is_known_by_who_made_it(text: str) -> None:
    assert [("sqs", "send_message")] == found(clients=MAKER, take=text)


def test_a_service_is_named_as_the_sdk_names_it() -> None:
    assert [("resource-groups", "list_groups")] == found(take=TYPES + "def ask(of: Groups): of.list_groups()")


def test_classes_that_name_their_clients_alike_are_told_apart() -> None:
    text = """
class Store:
    def __init__(self, client: DynamoDBClient): self.client = client
    def find(self): return self.client.get_item()
class Queue:
    def __init__(self, client: SQSClient): self.client = client
    def send(self): self.client.send_message()
"""
    assert [("dynamodb", "get_item"), ("sqs", "send_message")] == found(take=TYPES + text)


def test_what_is_no_client_is_not_used() -> None:
    text = "def read(message: MessageTypeDef, to: Other): message.get('Body'); to.send_message()"

    assert [] == found(take=TYPES + text)


def test_a_use_is_told_by_its_line() -> None:
    tree = ast.parse(TYPES + "def send(to: SQSClient):\n    to.send_message()")

    assert ["handlers/take.py:8"] == [use.place for use in uses({"handlers/take.py": tree})]


def test_no_use_of_a_client_in_the_handlers_is_overlooked() -> None:
    """Whoever keeps a client calls it `client` here."""
    real = Handlers(CHECKOUT, LIBRARIES)
    read, seen = set(), set()

    for entry in real.entry_points():
        closure = real.closure(entry)
        modules = {name: path for name, path in closure.items() if name.endswith(".py")}
        read |= {
            name for path in modules.values() for name in re.findall(r"\bclient\.(\w+)\(", path.read_text())
        }
        seen |= {use.method for use in uses(real.trees(closure))}

    assert {"put_item", "get_secret_value", "send_message", "put_object"} <= read
    assert read == seen
