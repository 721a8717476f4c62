"""The operations of CloudFormation's API: from the parameters of a call to its answer."""

from __future__ import annotations

import json
from typing import Any

from tests.aws.cloudformation import change_sets, evaluating, operations
from tests.aws.cloudformation.answers import Request, Response, described, event_pages, paged, stack_answer
from tests.aws.cloudformation.cloud import Cloud
from tests.aws.cloudformation.evaluating import TemplateError
from tests.aws.cloudformation.provisioning import Options
from tests.aws.cloudformation.state import ApiError, ChangeSet, Definition, Stack, Template

# A stack in one of these states can be changed by a change set.
CHANGEABLE = (
    "CREATE_COMPLETE",
    "CREATE_FAILED",
    "UPDATE_COMPLETE",
    "UPDATE_FAILED",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
)
PRESERVED = ("CREATE_FAILED", "UPDATE_FAILED")


def invalid(message: str) -> ApiError:
    """Return the error of a request that makes no sense now."""
    return ApiError("ValidationError", message)


class Api:
    """One method for each operation that is known here, named as the API names it."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.drift_detections: dict[str, str] = {}

    def find_stack(self, name: str) -> Stack:
        """Return a stack; ValidationError where there is none."""
        try:
            return self.cloud.stack(name)
        except KeyError:
            raise invalid(f"Stack with id {name} does not exist") from None

    def find_change_set(self, request: Request) -> ChangeSet:
        """Return the change set that a request names; ChangeSetNotFound where there is none."""
        name, stack = request["ChangeSetName"], request.get("StackName", "")
        if not name.startswith("arn:") and not stack:
            raise invalid("StackName must be specified if ChangeSetName is not specified as an ARN.")
        if stack:
            self.find_stack(stack)
        found = self.cloud.find_change_set(name, stack)
        if found is None:
            raise ApiError("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", 404)
        return found

    def CreateChangeSet(self, request: Request) -> Response:  # noqa: N802 # the API's own names, here and below
        """Request a change set, and create a stack in REVIEW_IN_PROGRESS for one of type CREATE."""
        name, kind = request["ChangeSetName"], request.get("ChangeSetType", "UPDATE")
        stack = self.stack_to_change(request["StackName"], kind)
        present = stack.change_sets.get(name) if stack else None
        if stack and present is not None:
            if present.token and present.token == request.get("ClientToken"):
                return {"Id": present.id, "StackId": stack.id}
            raise ApiError("AlreadyExistsException", f"ChangeSet {name} already exists")
        if stack and len(stack.change_sets) >= self.cloud.change_set_limit:
            raise ApiError("LimitExceededException", f"ChangeSet limit exceeded for stack {stack.id}")
        definition = self.definition(request, stack)
        faults = list(evaluating.parameter_faults(definition))
        if faults:
            raise invalid(faults[0])
        stack = stack or self.cloud.new_stack(request["StackName"])
        change_set = self.cloud.new_change_set(stack, name, definition)
        change_set.type, change_set.token = kind, request.get("ClientToken", "")
        change_set.include_nested = request.get("IncludeNestedStacks", False)
        change_set.description = request.get("Description", "")
        change_set.on_stack_failure = request.get("OnStackFailure", "")
        change_set.capabilities = request.get("Capabilities", [])
        change_set.role = request.get("RoleARN", "")
        self.cloud.operations.append(change_sets.prepare(self.cloud, change_set))
        return {"Id": change_set.id, "StackId": stack.id}

    def stack_to_change(self, name: str, kind: str) -> Stack | None:
        """Return the stack that a change set may be created for, None for one to be created."""
        try:
            stack = self.cloud.stack(name)
        except KeyError:
            if kind == "CREATE":
                return None
            raise invalid(f"Stack [{name}] does not exist") from None
        if kind == "CREATE" and stack.status != "REVIEW_IN_PROGRESS":
            raise invalid(f"Stack [{name}] already exists and cannot be created again with the changeSet.")
        if kind != "CREATE" and stack.status not in CHANGEABLE:
            raise invalid(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
        return stack

    def definition(self, request: Request, stack: Stack | None) -> Definition:
        """Return what a request wants a stack to be made from."""
        former = stack.definition if stack else None
        template: Template
        if request.get("UsePreviousTemplate") and former is not None:
            template, url = former.template, former.url
        elif "TemplateBody" in request:
            template, url = json.loads(request["TemplateBody"]), ""
        else:
            url = request.get("TemplateURL", "")
            try:
                template = self.cloud.template(url)
            except TemplateError as fault:
                raise invalid(str(fault)) from None
        parameters = {}
        for parameter in request.get("Parameters", []):
            name = parameter["ParameterKey"]
            previous = former.parameters.get(name, "") if former and parameter.get("UsePreviousValue") else ""
            parameters[name] = parameter.get("ParameterValue", previous)
        tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}
        return Definition(template, parameters, tags, url)

    def DescribeChangeSet(self, request: Request) -> Response:  # noqa: N802
        """Return a page of a change set."""
        return described(self.cloud, self.find_change_set(request), request)

    def ListChangeSets(self, request: Request) -> Response:  # noqa: N802
        """Return the change sets of a stack."""
        stack = self.find_stack(request["StackName"])
        return {
            "Summaries": [
                {
                    "StackId": stack.id,
                    "StackName": stack.name,
                    "ChangeSetId": change_set.id,
                    "ChangeSetName": change_set.name,
                    "ExecutionStatus": change_set.execution_status,
                    "Status": change_set.status,
                    "StatusReason": change_set.reason,
                    "CreationTime": change_set.created,
                    "IncludeNestedStacks": change_set.include_nested,
                    **(
                        {"ParentChangeSetId": change_set.parent.id, "RootChangeSetId": change_set.root.id}
                        if change_set.parent
                        else {}
                    ),
                }
                for change_set in stack.change_sets.values()
            ]
        }

    def DeleteChangeSet(self, request: Request) -> Response:  # noqa: N802
        """Delete a change set: at once, or in steps where others are nested in it."""
        change_set = self.find_change_set(request)
        self.check_root(change_set)
        executed = change_set.execution_status in ("EXECUTE_IN_PROGRESS", "EXECUTE_COMPLETE")
        busy = change_set.status.endswith(("_PENDING", "_IN_PROGRESS"))
        if executed or busy:
            status = change_set.execution_status if executed else change_set.status
            raise ApiError("InvalidChangeSetStatus", f"ChangeSet [{change_set.id}] is in {status} status")
        if change_set.children:
            for member in change_set.family():
                member.status = "DELETE_PENDING"
            self.cloud.operations.append(change_sets.delete_family(self.cloud, change_set))
        else:
            del change_set.stack.change_sets[change_set.name]
        return {}

    def check_root(self, change_set: ChangeSet) -> None:
        """Raise InvalidChangeSetStatus for a nested change set: its root is executed or deleted."""
        if change_set.parent is not None:
            raise ApiError(
                "InvalidChangeSetStatus",
                f"ChangeSet [{change_set.id}] is nested: that is allowed on its root change set only",
            )

    def ExecuteChangeSet(self, request: Request) -> Response:  # noqa: N802
        """Begin to create or update a stack, and delete every other change set of the stacks it changes."""
        change_set = self.find_change_set(request)
        token = request.get("ClientRequestToken", "")
        if token and token == change_set.execution_token:
            return {}
        self.check_root(change_set)
        stack, status = change_set.stack, change_set.execution_status
        if change_set.status != "CREATE_COMPLETE" or status != "AVAILABLE":
            shown = status if change_set.status == "CREATE_COMPLETE" else change_set.status
            raise ApiError(
                "InvalidChangeSetStatus",
                f"ChangeSet [{change_set.id}] cannot be executed in its status [{shown}]",
            )
        disable = request.get("DisableRollback", False)
        if "DisableRollback" in request and change_set.on_stack_failure:
            raise invalid(
                "DisableRollback cannot be specified together with the change set's OnStackFailure."
            )
        if stack.status == "CREATE_FAILED" and stack.on_failure == "DO_NOTHING":
            raise invalid(
                "This stack cannot be updated from [CREATE_FAILED] state because it contains "
                "[on-failure: DO_NOTHING]. Please use disable-rollback option instead during stack creation."
            )
        if stack.status in PRESERVED and not disable:
            raise invalid(
                f"This stack is currently in a non-terminal [{stack.status}] state. To update the stack from "
                "this state, please use the disable-rollback parameter with update-stack API. To rollback to "
                "the last known good state, use the rollback-stack API"
            )
        if stack.status == "REVIEW_IN_PROGRESS":
            stack.on_failure = change_set.on_stack_failure
        stack.disable_rollback = disable
        stack.role = change_set.role or stack.role
        change_set.execution_status, change_set.execution_token = "EXECUTE_IN_PROGRESS", token
        for member in change_set.family():
            if member.status == "CREATE_COMPLETE":
                member.stack.change_sets = {member.name: member}
        preserves = disable or change_set.on_stack_failure == "DO_NOTHING"
        options = Options(
            preserve=preserves, retain_except_on_create=request.get("RetainExceptOnCreate", False)
        )
        self.cloud.operations.append(operations.execute(self.cloud, change_set, options))
        return {}

    def DescribeStacks(self, request: Request) -> Response:  # noqa: N802
        """Return one stack, a deleted one by its id only, or all that are not deleted."""
        if "StackName" in request:
            return {"Stacks": [stack_answer(self.find_stack(request["StackName"]))]}
        found = [stack_answer(stack) for stack in self.cloud.stacks if stack.status != "DELETE_COMPLETE"]
        return paged(self.cloud, "Stacks", found, request)

    def ListStacks(self, request: Request) -> Response:  # noqa: N802
        """Return summaries of stacks."""
        wanted = request.get("StackStatusFilter")
        names = (
            "StackId",
            "StackName",
            "CreationTime",
            "LastUpdatedTime",
            "StackStatus",
            "ParentId",
            "RootId",
        )
        found = [
            {name: value for name, value in stack_answer(stack).items() if name in names}
            for stack in self.cloud.stacks
            if not wanted or stack.status in wanted
        ]
        return paged(self.cloud, "StackSummaries", found, request)

    def DescribeStackEvents(self, request: Request) -> Response:  # noqa: N802
        """Return events of a stack, the newest first."""
        events = list(reversed(self.find_stack(request["StackName"]).events))
        return paged(self.cloud, "StackEvents", events, request)

    def DescribeEvents(self, request: Request) -> Response:  # noqa: N802
        """Return the events of a change set's validations."""
        return event_pages(self.cloud, self.find_change_set(request), request)

    def ListStackResources(self, request: Request) -> Response:  # noqa: N802
        """Return summaries of a stack's resources."""
        return paged(self.cloud, "StackResourceSummaries", self.resources(request["StackName"]), request)

    def DescribeStackResources(self, request: Request) -> Response:  # noqa: N802
        """Return a stack's resources."""
        stack = self.find_stack(request["StackName"])
        found = [
            {
                "StackName": stack.name,
                "StackId": stack.id,
                "Timestamp": resource.pop("LastUpdatedTimestamp"),
                **resource,
            }
            for resource in self.resources(request["StackName"])
        ]
        wanted = request.get("LogicalResourceId")
        return {"StackResources": [one for one in found if not wanted or one["LogicalResourceId"] == wanted]}

    def resources(self, name: str) -> list[dict[str, Any]]:
        """Return the resources of a stack."""
        stack = self.find_stack(name)
        return [
            {
                "LogicalResourceId": resource.logical_id,
                "PhysicalResourceId": resource.physical_id,
                "ResourceType": resource.type,
                "LastUpdatedTimestamp": self.cloud.clock.now,
                "ResourceStatus": resource.status,
                **({"ResourceStatusReason": resource.reason} if resource.reason else {}),
            }
            for resource in stack.resources.values()
        ]

    def GetTemplate(self, request: Request) -> Response:  # noqa: N802
        """Return the template of a stack or of a change set, as it was submitted."""
        if "ChangeSetName" in request:
            found: Definition | None = self.find_change_set(request).definition
        else:
            found = self.find_stack(request["StackName"]).definition
        return {
            # As text; botocore makes a mapping of it.
            "TemplateBody": json.dumps(found.template) if found else "{}",
            "StagesAvailable": ["Original", "Processed"],
        }

    def SetStackPolicy(self, request: Request) -> Response:  # noqa: N802
        """Set the policy of one stack; stacks nested in it have their own."""
        self.find_stack(request["StackName"]).policy = json.loads(request["StackPolicyBody"])
        return {}

    def GetStackPolicy(self, request: Request) -> Response:  # noqa: N802
        """Return the policy of a stack, if it has one."""
        policy = self.find_stack(request["StackName"]).policy
        return {} if policy is None else {"StackPolicyBody": json.dumps(policy)}

    def DeleteStack(self, request: Request) -> Response:  # noqa: N802
        """Begin to delete a stack."""
        try:
            stack = self.cloud.stack(request["StackName"])
        except KeyError:
            return {}
        retained = request.get("RetainResources", [])
        if retained and stack.status != "DELETE_FAILED":
            raise invalid(
                f"Invalid operation on stack [{stack.id}]: RetainResources is allowed in DELETE_FAILED only"
            )
        if not change_sets.is_idle(stack):
            raise invalid(f"Stack [{stack.name}] cannot be deleted while in status {stack.status}")
        if stack.status != "DELETE_COMPLETE":
            self.cloud.operations.append(operations.delete(self.cloud, stack, retained))
        return {}

    def RollbackStack(self, request: Request) -> Response:  # noqa: N802
        """Begin to roll a failed stack back to its last stable state; without one it is deleted."""
        stack = self.find_stack(request["StackName"])
        if stack.status not in PRESERVED:
            raise invalid(f"Stack:{stack.id} is in {stack.status} state and can not be rolled back.")
        retain = request.get("RetainExceptOnCreate", False)
        rolled_back = operations.roll_back_to_stable(self.cloud, stack, retain_except_on_create=retain)
        self.cloud.operations.append(rolled_back)
        return {"StackId": stack.id}

    def ContinueUpdateRollback(self, request: Request) -> Response:  # noqa: N802
        """Begin to roll back once more what could not be rolled back, except for resources to skip."""
        stack = self.find_stack(request["StackName"])
        if stack.parent is not None:
            raise invalid("RollbackUpdatedStack cannot be invoked on child stacks")
        if stack.status != "UPDATE_ROLLBACK_FAILED":
            raise invalid(
                f"Stack:{stack.id} is in {stack.status} state and can not be rolled back: it must be in "
                "UPDATE_ROLLBACK_FAILED"
            )
        skipped = [self.skipped(stack, name) for name in request.get("ResourcesToSkip", [])]
        operation = operations.roll_back(self.cloud, stack, skipped, retain_except_on_create=False)
        self.cloud.operations.append(operation)
        return {}

    def skipped(self, root: Stack, name: str) -> str:
        """Return the place of a resource to skip: `LogicalId`, or `NestedStackName.LogicalId`."""
        stack_name, _, title = name.rpartition(".")
        for stack in root.tree():
            if stack.name == (stack_name or root.name):
                failed = [undo.resource.logical_id for undo in stack.undo if undo.failed]
                if title in failed:
                    return stack.place(title)
        raise invalid(f"The following resource(s) cannot be skipped: [{name}]: not failed in the rollback")

    def DetectStackDrift(self, request: Request) -> Response:  # noqa: N802
        """Begin to detect drift, which is over at once."""
        detection = f"00000000-0000-4000-8000-{self.cloud.token()}"
        self.drift_detections[detection] = self.find_stack(request["StackName"]).id
        return {"StackDriftDetectionId": detection}

    def DescribeStackDriftDetectionStatus(self, request: Request) -> Response:  # noqa: N802
        """Return the status of a detection."""
        detection = request["StackDriftDetectionId"]
        return {
            "StackId": self.drift_detections[detection],
            "StackDriftDetectionId": detection,
            "DetectionStatus": "DETECTION_COMPLETE",
            "Timestamp": self.cloud.clock.now,
        }

    def DescribeStackResourceDrifts(self, request: Request) -> Response:  # noqa: N802
        """Return the drifts that a test arranged for a stack."""
        stack = self.find_stack(request["StackName"])
        return {"StackResourceDrifts": self.cloud.drifts.get(stack.name, [])}
