"""Sets: makes the change set of a root with all that it nests, and clears up those that failed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pipeline.aws import plain
from pipeline.change.record import StackState
from pipeline.change.sessions import ChangeError
from pipeline.change.waiting import until
from pipeline.release.configuration import Configuration

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackTypeDef

# A stack with nothing in it yet but a change set.
UNMADE = "REVIEW_IN_PROGRESS"
CREATED, FAILED = "CREATE_COMPLETE", "FAILED"
NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
# What a change set says of one nested in it, whose own reason tells more.
OF_NESTED = re.compile(r"arn:aws[a-z-]*:cloudformation:[^\s,]+:changeSet/[^\s,.)\]]+")
ECHO = "Currently in FAILED"
# Making change sets of six nested stacks takes a minute or two.
PATIENCE_SECONDS = 1800
# A run that is under way may change a database.
STACK_PATIENCE_SECONDS = 3 * 3600
BROKEN = {
    "ROLLBACK_COMPLETE": "was never made; expected it to be deleted first",
    "ROLLBACK_FAILED": "was never made; expected it to be deleted first",
    "CREATE_FAILED": "was never made; expected it to be deleted first",
    "DELETE_FAILED": "is half deleted; expected it to be deleted first",
    "UPDATE_ROLLBACK_FAILED": "is stuck; expected `aws cloudformation continue-update-rollback` first",
}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a stack is to become."""

    name: str
    """Of the change set."""
    description: str
    template_url: str
    given: Configuration
    execution_role: str = ""


@dataclass
class Made:
    """What became of a change set: its id, or nothing where nothing changes."""

    change_set: str
    creating: bool
    state: StackState
    nested: list[str] = field(default_factory=list)
    """The ids of the change sets nested in it."""


def find(client: CloudFormationClient, stack: str) -> StackTypeDef | None:
    """The stack, if there is one."""
    try:
        return client.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in error.response["Error"].get("Message", ""):
            return None
        raise


def at_rest(client: CloudFormationClient, stack: str) -> StackTypeDef | None:
    """The stack once nothing is under way in it; ChangeError where nothing can be planned for it."""
    found = until(
        stack,
        lambda: find(client, stack),
        lambda each: (
            each is None or each["StackStatus"] == UNMADE or not each["StackStatus"].endswith("_IN_PROGRESS")
        ),
        STACK_PATIENCE_SECONDS,
    )
    if found is not None and found["StackStatus"] in BROKEN:
        raise ChangeError(f"{stack}: {found['StackStatus']}: {BROKEN[found['StackStatus']]}")
    return found


def state_of(found: StackTypeDef | None) -> StackState:
    """What a stack is, as far as one has to know whether it moved."""
    if found is None or found["StackStatus"] == UNMADE:
        return StackState()
    updated = found.get("LastUpdatedTime") or found["CreationTime"]
    return StackState(found["StackStatus"], updated.isoformat())


def make(client: CloudFormationClient, stack: str, wanted: Wanted) -> Made:
    """Make the change set that is `wanted`, and wait for it and for every one nested in it.

    Where nothing changes there is none. Raises ChangeError with the reason that came first where it
    cannot be made; what was made by then is removed.
    """
    found = at_rest(client, stack)
    creating = found is None or found["StackStatus"] == UNMADE
    # An earlier try of the same run may have left it.
    delete(client, ChangeSetName=wanted.name, StackName=stack)
    optional: Any = {"RoleARN": wanted.execution_role} if wanted.execution_role else {}
    created = client.create_change_set(
        StackName=stack,
        ChangeSetName=wanted.name,
        ChangeSetType="CREATE" if creating else "UPDATE",
        Description=wanted.description,
        TemplateURL=wanted.template_url,
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value} for key, value in wanted.given.parameters.items()
        ],
        Tags=[{"Key": key, "Value": value} for key, value in wanted.given.tags.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        IncludeNestedStacks=True,
        **optional,
    )
    root = settled(client, created["Id"], stack)
    members = list(family(client, root))
    if root["Status"] == CREATED:
        nested = [each["ChangeSetId"] for each in members[1:]]
        return Made(created["Id"], creating, state_of(found), nested)
    reasons = [each for member in members for each in reasons_of(client, member)]
    clear(client, members)
    if reasons and all(is_nothing(each) for each in reasons):
        return Made("", creating, state_of(found))
    real = [each for each in reasons if not is_nothing(each)]
    raise ChangeError(
        *(f"{stack}: change set {wanted.name}: {each}" for each in real or ["failed, with no reason given"])
    )


def settled(client: CloudFormationClient, change_set: str, stack: str = "") -> dict[str, Any]:
    """A change set once it is made or has failed; who may look at one `stack` has to name it."""
    named: Any = {"StackName": stack} if stack else {}

    def ask() -> dict[str, Any]:
        return dict(client.describe_change_set(ChangeSetName=change_set, **named))

    return until(
        change_set,
        ask,
        lambda each: not each["Status"].endswith(("_PENDING", "_IN_PROGRESS")),
        PATIENCE_SECONDS,
    )


def family(client: CloudFormationClient, root: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A change set and all that are nested in it, each once it has ended; failed ones name theirs too."""
    waiting, seen = [root], {root["ChangeSetId"]}
    while waiting:
        member = waiting.pop(0)
        yield member
        for child in children(client, member):
            if child not in seen:
                seen.add(child)
                waiting.append(settled(client, child))


def children(client: CloudFormationClient, member: dict[str, Any]) -> list[str]:
    """The ids of the change sets that are nested in `member`, on whatever page it names them."""
    found: list[str] = []
    page = member
    while True:
        for change in page.get("Changes", []):
            nested = change.get("ResourceChange", {}).get("ChangeSetId")
            found += [nested] if nested else []
        if not page.get("NextToken"):
            break
        page = dict(
            client.describe_change_set(
                ChangeSetName=member["ChangeSetId"],
                StackName=member["StackName"],
                NextToken=page["NextToken"],
            )
        )
    return found + OF_NESTED.findall(member.get("StatusReason", ""))


def reasons_of(client: CloudFormationClient, member: dict[str, Any]) -> list[str]:
    """Why a change set failed, in its own words and in those of what was validated before."""
    if member["Status"] != FAILED:
        return []
    said = plain(member.get("StatusReason", ""))
    if is_nothing(said):
        return [said]
    found = [
        f"{each.get('LogicalResourceId', '')} {each.get('ValidationName', '')}: "
        f"{each.get('ValidationStatusReason', '')} at {each.get('ValidationPath', '')}".strip()
        for each in validations(client, member)
    ]
    of_others = ECHO in said or OF_NESTED.search(said)
    own = f"{member['StackName']}: {said}" if member.get("ParentChangeSetId") else said
    return found + ([own] if said and not of_others else [])


def validations(client: CloudFormationClient, member: dict[str, Any]) -> Iterator[Any]:
    """The validations that a change set did not pass."""
    token: Any = {}
    while True:
        page = client.describe_events(
            ChangeSetName=member["ChangeSetId"], StackName=member["StackName"], **token
        )
        for event in page.get("OperationEvents", []):
            if event.get("ValidationStatus") == FAILED:
                yield event
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def is_nothing(reason: str) -> bool:
    """Whether a change set failed only because nothing changes."""
    return any(each in reason for each in NO_CHANGES)


def clear(client: CloudFormationClient, members: list[dict[str, Any]]) -> None:
    """Remove a failed change set with those nested in it, which would pile up.

    A stack that was only made for it stays, empty: the next plan takes it, and whoever plans should not be
    able to delete stacks.
    """
    for member in members:
        delete(client, ChangeSetName=member["ChangeSetId"], StackName=member["StackName"])


def delete(client: CloudFormationClient, **named: Any) -> None:
    """Remove a change set, if it is there."""
    try:
        client.delete_change_set(**named)
    except ClientError as error:
        code, said = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        if code not in ("ChangeSetNotFound", "ChangeSetNotFoundException") and "does not exist" not in said:
            raise
